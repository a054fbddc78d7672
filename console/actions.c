/*
 * actions: what staff can do about something that waits. Each is one transaction and an event with
 * their name.
 */
#include "console/console.h"

#include "postroom/clock.h"
#include "postroom/log.h"

static struct pr_str
form(const struct pr_web_request *q, const char *name)
{
	return pr_web_get(q->form, q->nform, pr_str_c(name));
}

static bool
form_cid(const struct pr_web_request *q, struct pr_cid *cid)
{
	return pr_cid_parse(form(q, "cid"), cid);
}

static int
bad_form(struct console *c, const struct session *session, struct pr_web_reply *reply,
	 struct pr_err *err)
{
	return console_sorry(c, session, 400, "That did not work",
			     "The page was old or incomplete. Nothing was changed.", reply, err);
}

/* Where it goes: a service "557/17" and its team, or a team by name with the service left as it is.
 */
static bool
find_target(const struct console *c, struct pr_str to, struct pr_store_case *k)
{
	for (size_t i = 0; i < c->catalogue->n; i++) {
		const struct pr_catalogue_entry *e = &c->catalogue->v[i];
		char id[32];
		int n = snprintf(id, sizeof(id), "%d/%d", e->lgsl, e->lgil);
		if (pr_str_eq(to, pr_str_n(id, (size_t)n))) {
			k->team = e->team;
			k->lgsl = e->lgsl;
			k->lgil = e->lgil;
			return true;
		}
		if (pr_str_eq(to, e->team)) {
			k->team = e->team;
			return true;
		}
	}
	return false;
}

/* Within a transaction. *found is false when there is no such contact, case or target. */
static int
assign(struct console *c, struct pr_str cid, struct pr_str to, struct pr_arena *a, bool *found,
       struct pr_err *err)
{
	struct pr_store_contact row;
	struct pr_store_case k;
	int got = pr_store_contact_find(c->store, cid, a, &row, err);

	*found = got == 1 && row.case_id;
	if (got < 0 || !*found)
		return got < 0 ? -1 : 0;
	if (pr_store_case_get(c->store, row.case_id, a, &k, err) < 0)
		return -1;
	*found = find_target(c, to, &k);
	if (!*found)
		return 0;
	if (pr_store_case_assign(c->store, k.id, PR_STR("team"), k.team, k.lgsl, k.lgil, err) < 0)
		return -1;
	return pr_store_event_add(c->store, cid, k.id, PR_STR("assigned"), pr_str_c(c->conf->user),
				  pr_arena_printf(a, "to " PR_S_FMT ", service %lld/%lld",
						  PR_S(k.team), (long long)k.lgsl,
						  (long long)k.lgil),
				  pr_now(), err);
}

int
console_assign(struct console *c, const struct session *session, const struct pr_web_request *q,
	       struct pr_web_reply *reply, struct pr_err *err)
{
	struct pr_cid cid;
	bool found = false;
	int result;

	if (!form_cid(q, &cid))
		return bad_form(c, session, reply, err);
	pthread_mutex_lock(&c->store_lock);
	result = pr_store_begin(c->store, err);
	if (result == 0) {
		result = assign(c, pr_str_c(cid.hex), form(q, "to"), q->arena, &found, err);
		if (result == 0)
			result = pr_store_commit(c->store, err);
		if (result < 0)
			pr_store_rollback(c->store);
	}
	pthread_mutex_unlock(&c->store_lock);
	if (result < 0)
		return -1;
	if (!found)
		return bad_form(c, session, reply, err);
	pr_log(PR_INFO, cid.hex, "assigned", "who=%s", c->conf->user);
	pr_web_redirect(reply, PR_STR("/?done=given"));
	return 0;
}

/* Out of the list; dispatch's sweep finds it in the spool and puts it back into the queue. */
int
console_retry(struct console *c, const struct session *session, const struct pr_web_request *q,
	      struct pr_web_reply *reply, struct pr_err *err)
{
	struct pr_cid cid;
	bool was = false;
	int result;

	if (!form_cid(q, &cid))
		return bad_form(c, session, reply, err);
	pr_spool_attempts_clear(c->spool, &cid);
	pthread_mutex_lock(&c->store_lock);
	result = pr_store_buried_remove(c->store, pr_str_c(cid.hex), &was, err);
	pthread_mutex_unlock(&c->store_lock);
	if (result < 0)
		return -1;
	pr_log(PR_INFO, cid.hex, "kicked", "who=%s was_buried=%d", c->conf->user, was);
	pr_web_redirect(reply, PR_STR("/?done=retry"));
	return 0;
}

int
console_resolve(struct console *c, const struct session *session, const struct pr_web_request *q,
		struct pr_web_reply *reply, struct pr_err *err)
{
	bool again = pr_str_eq_c(form(q, "how"), "again");
	struct pr_cid cid;
	int64_t id;
	int result;

	if (!form_cid(q, &cid) || !pr_str_int(form(q, "id"), 1, INT64_MAX, &id) ||
	    (!again && !pr_str_eq_c(form(q, "how"), "sent")))
		return bad_form(c, session, reply, err);
	pthread_mutex_lock(&c->store_lock);
	result =
	    pr_store_outbox_resolve(c->store, id, again, pr_str_c(c->conf->user), pr_now(), err);
	pthread_mutex_unlock(&c->store_lock);
	if (result < 0)
		return err->fault == PR_REJECT ? bad_form(c, session, reply, err) : -1;
	pr_log(PR_INFO, cid.hex, "resolved", "who=%s how=%s", c->conf->user,
	       again ? "again" : "sent");
	pr_web_redirect(reply, again ? PR_STR("/?done=again") : PR_STR("/?done=sent"));
	return 0;
}
