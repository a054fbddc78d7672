/*
 * accept: the one transaction of a contact: its row, which case, who, what is sent, what happened.
 *
 * The row comes first and decides alone whether the contact is new: everything after it is done
 * once, whatever the queue hands out how often.
 */
#include "dispatch/cases/cases.h"

#include "postroom/cleanup.h"
#include "postroom/digest.h"

#include <stdarg.h>

#define WHY_MAX    4096
#define RULES_TOLD 5

/* ---- which queue: where a person finds it ---- */

static bool
is_canary(const struct pr_deed *d)
{
	return d->c->canary != 0;
}

static bool
is_unreadable(const struct pr_deed *d)
{
	return d->c->unreadable.n > 0;
}

static bool
needs_a_person(const struct pr_deed *d)
{
	return d->note[0] || d->c->incomplete || !d->c->certain ||
	       d->service == d->policy->catalogue->triage ||
	       (d->c->automated.n && !pr_deed_is(d->c->automated, "no"));
}

static bool
otherwise(const struct pr_deed *d)
{
	(void)d;
	return true;
}

static const struct {
	bool (*applies)(const struct pr_deed *d);
	struct pr_str queue;
} queues[] = {
    {is_canary, {"team", 4}},       {is_unreadable, {"unreadable", 10}},
    {pr_deed_at_risk, {"risk", 4}}, {needs_a_person, {"triage", 6}},
    {otherwise, {"team", 4}},
};

static struct pr_str
queue_of(const struct pr_deed *d)
{
	size_t i = 0;

	while (!queues[i].applies(d))
		i++;
	return queues[i].queue;
}

static void PR_PRINTF(2, 3) also(struct pr_buf *b, const char *fmt, ...)
{
	char words[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	pr_buf_addf(b, "%s%s", b->n ? "; " : "", words);
}

/* What decided, for staff: rule names and the verdict's own words, nothing of the message. */
static struct pr_str
why(const struct pr_deed *d)
{
	const struct pr_contact *c = d->c;
	struct pr_str rest, rule;
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, WHY_MAX);
	if (d->note[0])
		also(&b, "%s", d->note);
	if (c->canary)
		also(&b, "canary");
	if (c->unreadable.n)
		also(&b, "could not be read: " PR_S_FMT, PR_S(c->unreadable));
	if (pr_deed_at_risk(d))
		also(&b, "risk " PR_S_FMT, PR_S(c->risk));
	if (c->automated.n && !pr_deed_is(c->automated, "no"))
		also(&b, "automatic message: " PR_S_FMT, PR_S(c->automated));
	if (c->incomplete)
		also(&b, "a rule hit its limits");
	if (!c->certain && c->lgsl)
		also(&b, "not certain, best guess %lld/%lld", (long long)c->lgsl,
		     (long long)c->lgil);
	if (!c->lgsl && !c->unreadable.n && !c->canary)
		also(&b, "no rule speaks for any service");
	for (size_t i = 0; i < c->rules.n && i < RULES_TOLD; i++) {
		rest = c->rules.v[i];
		if (pr_str_cut(&rest, ' ', &rule))
			also(&b, PR_S_FMT, PR_S(rule));
	}
	return pr_arena_dup(d->a, pr_buf_str(&b));
}

/* ---- the row ---- */

/* One mail that reached three mailboxes: the same Message-ID, sender, words and files. Empty when
 * it has none. */
static struct pr_str
same_key(const struct pr_contact *c, struct pr_arena *a)
{
	const struct pr_str fields[] = {c->message_id, c->from_email, c->subject, c->text};
	unsigned char raw[PR_SHA256_BYTES];
	char *hex = pr_arena_alloc(a, 2 * sizeof(raw) + 1);
	struct pr_sha256 h;

	if (!pr_str_eq_c(c->channel, "email") || !c->message_id.n || !c->from_email.n || !c->text.n)
		return PR_STR_NONE;
	pr_sha256_init(&h);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		pr_sha256_add_field(&h, fields[i]);
	for (size_t i = 0; i < c->attachments.n; i++)
		pr_sha256_add_field(&h, c->attachments.v[i]);
	pr_sha256_end(&h, raw);
	pr_hex(raw, sizeof(raw), hex);
	return pr_str_n(hex, 2 * sizeof(raw));
}

static int
claim_row(struct pr_deed *d, struct pr_str key, bool *added, struct pr_err *err)
{
	const struct pr_contact *c = d->c;
	const struct pr_store_contact row = {
	    .cid = c->cid,
	    .reference = pr_str_c(d->reference),
	    .channel = c->channel,
	    .account = c->account,
	    .kind = c->kind,
	    .lang = c->lang,
	    .risk = c->risk,
	    .rules_version = c->rules_version,
	    .received_at = c->received_at,
	    .recorded_at = d->now,
	    .lgsl = c->lgsl,
	    .lgil = c->lgil,
	    .certain = c->certain,
	    .how = pr_str_c(d->how),
	    .same_key = key,
	    .canary = c->canary != 0,
	    .shadow = c->shadow != 0,
	    .possible_duplicate = c->possible_duplicate.n > 0,
	};

	return pr_store_contact_add(d->store, &row, added, err);
}

/* ---- which case ---- */

/* 1: *o is the letter of ours that the contact answers. Our ids begin with a cid: others are not
 * looked for. */
static int
letter_answered(struct pr_deed *d, struct pr_store_outbox *o, struct pr_err *err)
{
	const struct pr_contact *c = d->c;
	struct pr_cid cid;
	int found = 0;

	for (size_t i = 0; found == 0 && i <= c->references.n; i++) {
		struct pr_str id = i == 0 ? c->in_reply_to : c->references.v[i - 1];
		if (pr_cid_parse(pr_str_sub(id, 0, PR_CID_LENGTH), &cid))
			found = pr_store_outbox_by_message_id(d->store, id, d->a, o, err);
	}
	return found;
}

/* Why a contact that belongs to a case is not added to it: a person decides then. */
static const char *
why_not_added(struct pr_deed *d, const struct pr_store_case *k, int same_sender)
{
	const char *words = NULL;

	if (!same_sender)
		words = "sender differs";
	else if (!pr_deed_is(k->state, "open"))
		words = "that case is closed";
	else if (pr_deed_at_risk(d))
		words = "but may be urgent";
	else if (d->c->incomplete)
		words = "but the rules could not search all of it";
	return words;
}

/* 1: joined the found case; 0: not, and d->note says why. */
static int
join_found(struct pr_deed *d, const struct pr_store_case *k, const char *how_found,
	   struct pr_err *err)
{
	int same = pr_identity_same_sender(d, k->citizen_id, err);
	const char *words;

	if (same < 0)
		return -1;
	words = why_not_added(d, k, same);
	if (!words) {
		d->k = *k;
		d->how = "follow_up";
		return 1;
	}
	d->quotes_closed = same && !pr_deed_is(k->state, "open");
	d->note = pr_arena_printf(d->a, "%s, %s", how_found, words).p;
	return 0;
}

/* The case that the contact's reference leads to, or else that of the letter that it answers. */
static int
join_quoted(struct pr_deed *d, struct pr_err *err)
{
	const char *quotes =
	    pr_arena_printf(d->a, "quotes reference " PR_S_FMT, PR_S(d->c->case_ref)).p;
	struct pr_store_outbox o;
	struct pr_store_case k;
	int found;

	if (d->c->case_ref.n) {
		found = pr_store_case_by_reference(d->store, d->c->case_ref, d->a, &k, err);
		if (found == 0)
			d->note = pr_arena_printf(d->a, "%s, which leads to no case", quotes).p;
		return found > 0 ? join_found(d, &k, quotes, err) : found;
	}
	if ((found = letter_answered(d, &o, err)) <= 0 || o.case_id == 0)
		return found < 0 ? -1 : 0;
	if (pr_store_case_get(d->store, o.case_id, d->a, &k, err) < 0)
		return -1;
	return join_found(d, &k, "answers a letter of ours", err);
}

/* 1: a bounce of a letter of ours, joined to that letter's case; its address gets nothing more. */
static int
join_bounced(struct pr_deed *d, struct pr_err *err)
{
	const struct pr_contact *c = d->c;
	struct pr_store_outbox o;
	int found;

	if (!pr_deed_is(c->automated, "bounce"))
		return 0;
	if ((found = letter_answered(d, &o, err)) <= 0 || o.case_id == 0)
		return found < 0 ? -1 : 0;
	if (pr_store_case_get(d->store, o.case_id, d->a, &d->k, err) < 0)
		return -1;
	/* Only the address that we wrote to: a forged report must not silence another. */
	for (size_t i = 0; i < c->failed_recipients.n; i++)
		if (pr_str_eq_nocase(c->failed_recipients.v[i], o.address) &&
		    pr_store_suppress(d->store, o.address, PR_STR("mail to it bounced"), d->now,
				      err) < 0)
			return -1;
	d->how = "follow_up";
	return 1;
}

static int
join_same(struct pr_deed *d, struct pr_str key, struct pr_err *err)
{
	int64_t id;
	int found = key.n ? pr_store_contact_same(d->store, d->c->cid, key, &id, err) : 0;

	if (found <= 0)
		return found;
	if (pr_store_case_get(d->store, id, d->a, &d->k, err) < 0)
		return -1;
	d->how = "same";
	return 1;
}

static void
plan_due(struct pr_deed *d)
{
	int64_t day;
	bool confirmed;

	if (!d->c->certain ||
	    !pr_due_day(d->policy, d->service, d->c->received_at, &day, &confirmed))
		return;
	d->k.due_at = pr_day_end(day);
	d->k.due_confirmed = confirmed;
	d->due_day = confirmed ? day : 0;
}

static int
open_case(struct pr_deed *d, struct pr_err *err)
{
	const struct pr_contact *c = d->c;

	d->how = "opened";
	d->k = (struct pr_store_case){
	    .opened_at = d->now,
	    .reference = pr_str_c(d->reference),
	    .lgsl = c->lgsl,
	    .lgil = c->lgil,
	    .state = c->canary ? PR_STR("closed") : PR_STR("open"),
	    .closed_at = c->canary ? d->now : 0,
	    .queue = queue_of(d),
	    .restricted = d->service->restricted,
	    .possible_duplicate = c->possible_duplicate.n > 0,
	};
	d->k.team = c->certain ? d->service->team : d->policy->catalogue->triage->team;
	d->k.why = why(d);
	plan_due(d);
	if (pr_identity_decide(d, &d->k.citizen_id, err) < 0)
		return -1;
	return pr_store_case_add(d->store, &d->k, &d->k.id, err);
}

static int
choose_case(struct pr_deed *d, struct pr_str key, struct pr_err *err)
{
	int joined = join_same(d, key, err);

	if (joined == 0)
		joined = join_bounced(d, err);
	if (joined == 0 && !is_unreadable(d) && !is_canary(d))
		joined = join_quoted(d, err);
	if (joined < 0)
		return -1;
	return joined ? 0 : open_case(d, err);
}

/* ---- what happened ---- */

/* "word; word; " of those that are not empty. */
static struct pr_str
and_then(struct pr_str before, const char *name, struct pr_str words, struct pr_arena *a)
{
	return words.n ? pr_arena_printf(a, PR_S_FMT "%s" PR_S_FMT "; ", PR_S(before), name,
					 PR_S(words))
		       : before;
}

static int
record(struct pr_deed *d, struct pr_str avoidable, const char *ack, struct pr_err *err)
{
	bool bounce = strcmp(d->how, "follow_up") == 0 && pr_deed_is(d->c->automated, "bounce");
	const char *kind = bounce ? "acknowledgement_bounced" : d->how;
	struct pr_str words = and_then(PR_STR_NONE, "queue ", d->k.queue, d->a);

	if (strcmp(d->how, "opened") == 0)
		words = and_then(words, "", d->k.why, d->a);
	words = and_then(words, "avoidable: ", avoidable, d->a);
	if (pr_store_contact_bind(d->store, d->c->cid, d->k.id, d->k.citizen_id, pr_str_c(d->how),
				  err) < 0)
		return -1;
	return pr_store_event_add(
	    d->store, d->c->cid, d->k.id, pr_str_c(kind), PR_STR("postroom"),
	    pr_arena_printf(d->a, PR_S_FMT "acknowledgement %s", PR_S(words), ack), d->now, err);
}

static int
begin(struct pr_deed *d, struct pr_err *err)
{
	const struct pr_council_conf *council = d->policy->council;
	struct pr_cid cid;

	if (!pr_cid_parse(d->c->cid, &cid))
		return pr_fail(err, PR_REJECT, 0, "the contact's cid is not 32 hex digits");
	pr_reference_make(pr_str_c(council->prefix), pr_str_c(council->instance_key), &cid,
			  d->reference);
	d->service = pr_catalogue_find(d->policy->catalogue, (int)d->c->lgsl, (int)d->c->lgil);
	if (!d->service)
		d->service = d->policy->catalogue->triage;
	pr_identity_points(d);
	return 0;
}

int
pr_case_accept(struct pr_store *store, const struct pr_case_policy *policy,
	       const struct pr_contact *c, int64_t now, struct pr_arena *a,
	       struct pr_case_outcome *out, struct pr_err *err)
{
	struct pr_deed d = {.store = store,
			    .policy = policy,
			    .c = c,
			    .now = now,
			    .a = a,
			    .how = "opened",
			    .note = ""};
	struct pr_str avoidable;
	bool added;

	*out = (struct pr_case_outcome){.ack = "none: it was accepted before", .queue = ""};
	if (begin(&d, err) < 0)
		return -1;
	memcpy(out->reference, d.reference, sizeof(out->reference));
	struct pr_str key = same_key(c, a);
	if (claim_row(&d, key, &added, err) < 0)
		return -1;
	out->known = !added;
	if (out->known)
		return 0;
	if (choose_case(&d, key, err) < 0 || pr_deed_avoidable(&d, &avoidable, err) < 0 ||
	    pr_acknowledge(&d, &out->ack, err) < 0 || record(&d, avoidable, out->ack, err) < 0)
		return -1;
	out->case_id = d.k.id;
	out->follow_up = strcmp(d.how, "opened") != 0;
	out->queue = pr_arena_dup_c(a, d.k.queue);
	return 0;
}
