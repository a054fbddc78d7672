/*
 * avoidable: the last word on whether a contact could have been avoided: what it says of itself,
 * and what the store knows of its sender.
 */
#include "postroom/avoidable.h"

#include "dispatch/cases/cases.h"

/*
 * The citizen is the one that identity decided on: a point and a name. A point alone would make
 * every report that a relay or a household sends from one address chase the one before it.
 */
static int
ask_store(struct pr_deed *d, struct pr_avoidable_known *known, struct pr_err *err)
{
	const struct pr_contact *c = d->c;
	const struct pr_store_earlier q = {.citizen_id = d->k.citizen_id,
					   .lgsl = c->lgsl,
					   .received_at = c->received_at,
					   .closed_since = c->received_at - PR_AVOIDABLE_CLOSED_MS,
					   .case_id = d->k.id};

	/* A guess is not a service that two contacts have in common. */
	if (!c->certain || !c->lgsl || d->service->restricted || d->k.restricted)
		return 0;
	return pr_store_case_earlier(d->store, &q, &known->open_case, &known->closed_lately, err);
}

int
pr_deed_avoidable(struct pr_deed *d, struct pr_str *words, struct pr_err *err)
{
	struct pr_avoidable_known known = {.joined = strcmp(d->how, "follow_up") == 0,
					   .joined_closed = d->quotes_closed};
	struct pr_str reason, by;

	*words = PR_STR_NONE;
	/* Another receipt of one message is no second contact. */
	if (strcmp(d->how, "same") == 0)
		return 0;
	if (!known.joined && ask_store(d, &known, err) < 0)
		return -1;
	pr_avoidable_decide(d->c, &known, d->c->avoidable, d->c->avoidable_by, &reason, &by);
	if (!reason.n)
		return 0;
	*words = pr_avoidable_text(reason, by, d->a);
	return pr_store_contact_avoidable(d->store, d->c->cid, reason, by, err);
}
