/*
 * store_outbox: what is to be sent, and how far it got. A row is taken with a lease and an attempt
 * number; only who holds that number may settle it. A lease that ends in `sending` is `unknown`,
 * never `pending` again by itself.
 */
#include "postroom/store.h"

#include "lib/store/db.h"

static const char *const state_names[] = {
    [PR_OUTBOX_PENDING] = "pending",   [PR_OUTBOX_SENDING] = "sending", [PR_OUTBOX_SENT] = "sent",
    [PR_OUTBOX_DEFERRED] = "deferred", [PR_OUTBOX_UNKNOWN] = "unknown", [PR_OUTBOX_DEAD] = "dead",
    [PR_OUTBOX_HELD] = "held",
};

const char *
pr_outbox_state_name(enum pr_outbox_state state)
{
	return state_names[state];
}

int
pr_store_outbox_add(struct pr_store *store, const struct pr_store_outbox *o, bool *added,
		    struct pr_err *err)
{
	const struct pr_db_value params[] = {
	    PR_DB_S(o->cid),
	    PR_DB_ID(o->case_id),
	    PR_DB_S(o->kind),
	    PR_DB_S(o->lane),
	    PR_DB_S(o->channel),
	    PR_DB_S(o->address),
	    PR_DB_S(o->lang),
	    PR_DB_S(o->subject),
	    PR_DB_S(o->body),
	    PR_DB_S(o->message_id),
	    PR_DB_S(o->in_reply_to),
	    PR_DB_S(o->references_text),
	    PR_DB_S(pr_str_c(state_names[o->state])),
	    PR_DB_I(o->created_at),
	    PR_DB_S(o->detail),
	};
	int64_t changed;

	if (pr_db_do(store,
		     "INSERT INTO outbox (cid, case_id, kind, lane, channel, address, lang, "
		     "subject, body, "
		     "message_id, in_reply_to, references_text, state, attempt, lease_until, "
		     "next_at, created_at, "
		     "detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, "
		     "0, $14, $14, $15) "
		     "ON CONFLICT (cid, kind) DO NOTHING",
		     params, PR_DB_COUNT(params), &changed, err) < 0)
		return -1;
	*added = changed == 1;
	return 0;
}

/* The columns of a row as pr_db_list reads them; the state arrives as its word. */
struct outbox_row {
	struct pr_store_outbox o;
	struct pr_str state;
};
#define OUTBOX_INT(m) PR_DB_COLUMN_INT(struct outbox_row, o.m)
#define OUTBOX_STR(m) PR_DB_COLUMN_STR(struct outbox_row, o.m)
static const struct pr_db_column outbox_columns[] = {
    OUTBOX_INT(id),
    OUTBOX_INT(case_id),
    OUTBOX_INT(attempt),
    OUTBOX_INT(lease_until),
    OUTBOX_INT(next_at),
    OUTBOX_INT(created_at),
    OUTBOX_STR(cid),
    OUTBOX_STR(kind),
    OUTBOX_STR(lane),
    OUTBOX_STR(channel),
    OUTBOX_STR(address),
    OUTBOX_STR(lang),
    OUTBOX_STR(subject),
    OUTBOX_STR(body),
    OUTBOX_STR(message_id),
    OUTBOX_STR(in_reply_to),
    OUTBOX_STR(references_text),
    OUTBOX_STR(detail),
    PR_DB_COLUMN_STR(struct outbox_row, state),
};
#define OUTBOX_COLUMNS                                                                             \
	"id, case_id, attempt, lease_until, next_at, created_at, cid, kind, lane, channel, "       \
	"address, lang, subject, "                                                                 \
	"body, message_id, in_reply_to, references_text, detail, state"

static int
outbox_rows(struct pr_store *store, const char *sql, const struct pr_db_value *params,
	    size_t nparams, struct pr_arena *a, struct pr_store_outbox **rows, size_t *n,
	    struct pr_err *err)
{
	struct pr_db_list list = PR_DB_LIST(struct outbox_row, outbox_columns, a);

	if (pr_db_rows(store, sql, params, nparams, pr_db_list_row, &list, err) < 0)
		return -1;
	struct pr_store_outbox *out = pr_arena_array(a, list.n, sizeof(*out));
	for (size_t i = 0; i < list.n; i++) {
		struct outbox_row row;
		memcpy(&row, list.rows + i * sizeof(row), sizeof(row));
		out[i] = row.o;
		for (size_t s = 0; s < PR_DB_COUNT(state_names); s++)
			if (pr_str_eq_c(row.state, state_names[s]))
				out[i].state = (enum pr_outbox_state)s;
	}
	*rows = out;
	*n = list.n;
	return 0;
}

static int
by_lane(const void *va, const void *vb)
{
	const struct pr_store_outbox *a = va, *b = vb;
	bool urgent_a = pr_str_eq_c(a->lane, "urgent"), urgent_b = pr_str_eq_c(b->lane, "urgent");

	if (urgent_a != urgent_b)
		return urgent_a ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

int
pr_store_outbox_take(struct pr_store *store, int64_t now, int64_t lease_ms, size_t max,
		     struct pr_arena *a, struct pr_store_outbox **rows, size_t *n,
		     struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_I(now + lease_ms), PR_DB_I(now),
					     PR_DB_I((int64_t)max)};
	bool own;

	*n = 0;
	if (pr_db_enter(store, &own, err) < 0)
		return -1;
	/*
	 * The outer condition is asked again under the row's lock: on PostgreSQL two senders never
	 * take one row. What is pending is due, whatever the clock says: put back by an hour, it
	 * must not hold up an alert.
	 */
	int rc = outbox_rows(
	    store,
	    "UPDATE outbox SET state = 'sending', attempt = attempt + 1, lease_until = $1 "
	    "WHERE state IN ('pending', 'deferred') AND id IN (SELECT id FROM outbox WHERE state "
	    "IN "
	    "('pending', 'deferred') AND (state = 'pending' OR next_at <= $2) ORDER BY lane DESC, "
	    "next_at, id LIMIT $3) "
	    "RETURNING " OUTBOX_COLUMNS,
	    params, PR_DB_COUNT(params), a, rows, n, err);
	if (rc == 0 && *n > 1) /* RETURNING promises no order */
		qsort(*rows, *n, sizeof(**rows), by_lane);
	rc = pr_db_leave(store, own, rc, err);
	if (rc < 0)
		*n = 0;
	return rc;
}

static int
settle(struct pr_store *store, const struct pr_store_outbox *o, enum pr_outbox_state state,
       int64_t next_at, struct pr_str detail, int64_t now, bool *settled, struct pr_err *err)
{
	const char *word = state_names[state];
	const struct pr_db_value params[] = {PR_DB_S(pr_str_c(word)), PR_DB_I(next_at),
					     PR_DB_S(detail), PR_DB_I(o->id), PR_DB_I(o->attempt)};
	char kind[96];
	int64_t changed;

	/* `unknown` too: the word of the one who sent it, late, is better than none. */
	if (pr_db_do(store,
		     "UPDATE outbox SET state = $1, lease_until = 0, next_at = $2, detail = $3 "
		     "WHERE id = $4 AND attempt = $5 AND state IN ('sending', 'unknown')",
		     params, PR_DB_COUNT(params), &changed, err) < 0)
		return -1;
	*settled = changed == 1;
	if (!*settled)
		return 0;
	snprintf(kind, sizeof(kind), PR_S_FMT "_%s", PR_S(pr_str_sub(o->kind, 0, 64)), word);
	return pr_store_event_add(store, o->cid, o->case_id, pr_str_c(kind), PR_STR("postroom"),
				  detail, now, err);
}

int
pr_store_outbox_settle(struct pr_store *store, const struct pr_store_outbox *o,
		       enum pr_outbox_state state, int64_t next_at, struct pr_str detail,
		       int64_t now, bool *settled, struct pr_err *err)
{
	bool own;

	*settled = false;
	if (pr_db_enter(store, &own, err) < 0)
		return -1;
	int rc = settle(store, o, state, next_at, detail, now, settled, err);
	return pr_db_leave(store, own, rc, err);
}

int
pr_store_outbox_expire(struct pr_store *store, int64_t now, int64_t *n, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_I(now)};

	return pr_db_do(store,
			"UPDATE outbox SET state = 'unknown', detail = 'its lease ended while it "
			"was being sent' "
			"WHERE state = 'sending' AND lease_until <= $1",
			params, PR_DB_COUNT(params), n, err);
}

static int
outbox_get(struct pr_store *store, int64_t id, struct pr_arena *a, struct pr_store_outbox *row,
	   struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_I(id)};
	struct pr_store_outbox *rows;
	size_t n;

	if (outbox_rows(store, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE id = $1", params, 1, a,
			&rows, &n, err) < 0)
		return -1;
	if (n == 0)
		return pr_fail(err, PR_REJECT, 0, "there is no outbox row %lld", (long long)id);
	*row = rows[0];
	return 0;
}

/* "<cid>.<kind>@domain" -> "<cid>.<kind>.<attempt>@domain": what is sent again must be told apart.
 */
static struct pr_str
new_message_id(const struct pr_store_outbox *o, struct pr_arena *a)
{
	size_t at = pr_str_find(o->message_id, PR_STR("@"));

	if (at == (size_t)-1)
		at = o->message_id.n;
	return pr_arena_printf(a, PR_S_FMT ".%lld" PR_S_FMT, PR_S(pr_str_sub(o->message_id, 0, at)),
			       (long long)o->attempt,
			       PR_S(pr_str_sub(o->message_id, at, o->message_id.n)));
}

static int
resolve(struct pr_store *store, int64_t id, bool again, struct pr_str who, int64_t now,
	struct pr_arena *a, struct pr_err *err)
{
	struct pr_store_outbox o = {0};
	int64_t changed;

	if (outbox_get(store, id, a, &o, err) < 0)
		return -1;
	const struct pr_db_value params[] = {PR_DB_S(again ? PR_STR("pending") : PR_STR("sent")),
					     PR_DB_S(again ? new_message_id(&o, a) : o.message_id),
					     PR_DB_I(now), PR_DB_I(id)};
	if (pr_db_do(
		store,
		/* a dead one that is settled stays dead: it was never sent */
		"UPDATE outbox SET state = CASE WHEN state = 'dead' AND $1 = 'sent' THEN state "
		"ELSE $1 END, message_id = $2, next_at = $3, lease_until = 0, "
		"detail = 'resolved by a person' WHERE id = $4 AND state IN ('unknown', 'dead')",
		params, PR_DB_COUNT(params), &changed, err) < 0)
		return -1;
	if (changed != 1)
		return pr_fail(err, PR_REJECT, 0, "outbox row %lld is not in doubt: it is %s",
			       (long long)id, state_names[o.state]);
	return pr_store_event_add(store, o.cid, o.case_id,
				  again ? PR_STR("send_again") : PR_STR("called_sent"), who, o.kind,
				  now, err);
}

int
pr_store_outbox_resolve(struct pr_store *store, int64_t id, bool again, struct pr_str who,
			int64_t now, struct pr_err *err)
{
	struct pr_arena a;
	bool own;

	if (pr_db_enter(store, &own, err) < 0)
		return -1;
	pr_arena_init(&a, (size_t)1 << 20);
	int rc = resolve(store, id, again, who, now, &a, err);
	pr_arena_release(&a);
	return pr_db_leave(store, own, rc, err);
}

int
pr_store_outbox_of(struct pr_store *store, struct pr_str cid, struct pr_arena *a,
		   struct pr_store_outbox **rows, size_t *n, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(cid)};

	return outbox_rows(store,
			   "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE cid = $1 ORDER BY id",
			   params, 1, a, rows, n, err);
}

int
pr_store_outbox_by_message_id(struct pr_store *store, struct pr_str message_id, struct pr_arena *a,
			      struct pr_store_outbox *row, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(message_id)};
	struct pr_store_outbox *rows;
	size_t n;

	if (outbox_rows(store, "SELECT " OUTBOX_COLUMNS " FROM outbox WHERE message_id = $1",
			params, 1, a, &rows, &n, err) < 0)
		return -1;
	if (n)
		*row = rows[0];
	return n ? 1 : 0;
}

/* ---- suppression, and the cap on loops ---- */

int
pr_store_suppress(struct pr_store *store, struct pr_str address, struct pr_str reason, int64_t now,
		  struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(address), PR_DB_S(reason), PR_DB_I(now)};

	return pr_db_do(store,
			"INSERT INTO suppression (address, reason, created_at) VALUES ($1, $2, $3) "
			"ON CONFLICT (address) DO NOTHING",
			params, PR_DB_COUNT(params), NULL, err);
}

int
pr_store_unsuppress(struct pr_store *store, struct pr_str address, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(address)};

	return pr_db_do(store, "DELETE FROM suppression WHERE address = $1", params, 1, NULL, err);
}

int
pr_store_suppressed(struct pr_store *store, struct pr_str address, bool *yes, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(address)};
	int64_t one;
	int found = pr_db_number(store, "SELECT 1 FROM suppression WHERE address = $1", params, 1,
				 &one, err);

	*yes = found > 0;
	return found < 0 ? -1 : 0;
}

int
pr_store_ack_count(struct pr_store *store, struct pr_str address, int64_t since, int64_t *n,
		   struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(address), PR_DB_I(since)};
	int found =
	    pr_db_number(store,
			 "SELECT count(*) FROM outbox WHERE address = $1 AND created_at >= $2 "
			 "AND kind = 'acknowledgement'",
			 params, PR_DB_COUNT(params), n, err);

	return found < 0 ? -1 : 0;
}
