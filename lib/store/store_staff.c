/*
 * store_staff: what people see: the lists that wait for them, what was buried, and the counts of
 * reconcile.
 */
#include "postroom/store.h"

#include "lib/store/db.h"

int
pr_store_buried_add(struct pr_store *store, const struct pr_store_buried *b, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(b->cid), PR_DB_S(b->channel),
					     PR_DB_S(b->reason), PR_DB_I(b->at)};

	return pr_db_do(
	    store,
	    "INSERT INTO buried (cid, channel, reason, created_at) VALUES ($1, $2, $3, $4) "
	    "ON CONFLICT (cid) DO NOTHING",
	    params, PR_DB_COUNT(params), NULL, err);
}

int
pr_store_buried_remove(struct pr_store *store, struct pr_str cid, bool *was, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(cid)};
	int64_t changed = 0;
	int rc = pr_db_do(store, "DELETE FROM buried WHERE cid = $1", params, 1, &changed, err);

	*was = changed == 1;
	return rc;
}

static const struct pr_db_column waiting_columns[] = {
    PR_DB_COLUMN_STR(struct pr_store_waiting, cid),
    PR_DB_COLUMN_STR(struct pr_store_waiting, reference),
    PR_DB_COLUMN_STR(struct pr_store_waiting, channel),
    PR_DB_COLUMN_STR(struct pr_store_waiting, list),
    PR_DB_COLUMN_STR(struct pr_store_waiting, why),
    PR_DB_COLUMN_INT(struct pr_store_waiting, since),
    PR_DB_COLUMN_INT(struct pr_store_waiting, case_id),
    PR_DB_COLUMN_INT(struct pr_store_waiting, outbox_id),
};

#define WAITING_CASE                                                                               \
	"SELECT c.cid, c.reference, c.channel, k.queue, k.why, k.opened_at, k.id, 0 FROM "         \
	"service_case k "                                                                          \
	"JOIN contact c ON c.reference = k.reference WHERE k.state = 'open' AND k.queue = $1 "     \
	"ORDER BY k.opened_at, k.id LIMIT $2"

static const struct {
	const char *list;
	const char *sql;
} waiting_lists[] = {
    {"unreadable", WAITING_CASE},
    {"triage", WAITING_CASE},
    {"risk", WAITING_CASE},
    {"buried", "SELECT cid, '', channel, CAST($1 AS TEXT), reason, created_at, 0, 0 FROM buried "
	       "ORDER BY created_at, cid LIMIT $2"},
    {"unknown",
     /* what nobody would take is not in doubt, but somebody waits for it all the same */
     "SELECT o.cid, c.reference, c.channel, o.state, o.kind || ' ' || o.state || ': ' || o.detail, "
     "o.created_at, o.case_id, o.id FROM outbox o JOIN contact c ON c.cid = o.cid "
     "WHERE o.state = $1 OR (o.state = 'dead' AND o.detail <> 'suppressed' AND "
     "o.detail <> 'resolved by a person') "
     "ORDER BY o.created_at, o.id LIMIT $2"},
};

int
pr_store_waiting(struct pr_store *store, struct pr_str list, size_t max, struct pr_arena *a,
		 struct pr_store_waiting **rows, size_t *n, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(list), PR_DB_I((int64_t)max)};
	struct pr_db_list found = PR_DB_LIST(struct pr_store_waiting, waiting_columns, a);
	const char *sql = NULL;

	for (size_t i = 0; i < PR_DB_COUNT(waiting_lists); i++)
		if (pr_str_eq_c(list, waiting_lists[i].list))
			sql = waiting_lists[i].sql;
	if (!sql)
		return pr_fail(err, PR_REJECT, 0, "there is no list of that name");
	if (pr_db_rows(store, sql, params, PR_DB_COUNT(params), pr_db_list_row, &found, err) < 0)
		return -1;
	struct pr_store_waiting *out = pr_arena_array(a, found.n, sizeof(*out));
	if (found.n)
		memcpy(out, found.rows, found.n * sizeof(*out));
	*rows = out;
	*n = found.n;
	return 0;
}

static int
contacts_row(void *ctx, const struct pr_db_value *v, size_t n)
{
	struct pr_store_counts *counts = ctx;
	enum pr_channel channel;

	if (n == 4 && pr_channel_parse(v[0].s, &channel)) {
		counts->contacts[channel] = v[1].i;
		counts->cases[channel] = v[2].i;
		counts->staff[channel] = v[3].i;
	}
	return 0;
}

static int
buried_row(void *ctx, const struct pr_db_value *v, size_t n)
{
	struct pr_store_counts *counts = ctx;
	enum pr_channel channel;

	/* A bundle whose receipt cannot be read has no channel: an e-mail, for want of better. */
	if (n == 2 && !pr_channel_parse(v[0].s, &channel))
		channel = PR_CHANNEL_EMAIL;
	if (n == 2)
		counts->buried[channel] += v[1].i;
	return 0;
}

static int
outbox_row(void *ctx, const struct pr_db_value *v, size_t n)
{
	struct pr_store_counts *counts = ctx;

	for (int s = 0; n == 2 && s <= PR_OUTBOX_HELD; s++)
		if (pr_str_eq_c(v[0].s, pr_outbox_state_name((enum pr_outbox_state)s)))
			counts->outbox[s] = v[1].i;
	return 0;
}

int
pr_store_count(struct pr_store *store, struct pr_store_counts *counts, struct pr_err *err)
{
	memset(counts, 0, sizeof(*counts));
	/* A contact without a case would be a hole: it counts as neither, and reconcile shows the
	 * difference. */
	if (pr_db_rows(
		store,
		"SELECT c.channel, count(*), sum(CASE WHEN k.queue = 'team' THEN 1 ELSE 0 END), "
		"sum(CASE WHEN k.queue <> 'team' THEN 1 ELSE 0 END) "
		"FROM contact c LEFT JOIN service_case k ON k.id = c.case_id GROUP BY c.channel",
		NULL, 0, contacts_row, counts, err) < 0)
		return -1;
	if (pr_db_rows(store, "SELECT channel, count(*) FROM buried GROUP BY channel", NULL, 0,
		       buried_row, counts, err) < 0)
		return -1;
	return pr_db_rows(store, "SELECT state, count(*) FROM outbox GROUP BY state", NULL, 0,
			  outbox_row, counts, err);
}

static const struct pr_db_column judged_columns[] = {
    PR_DB_COLUMN_STR(struct pr_store_judged, cid),
    PR_DB_COLUMN_STR(struct pr_store_judged, how),
    PR_DB_COLUMN_INT(struct pr_store_judged, received_at),
    PR_DB_COLUMN_INT(struct pr_store_judged, lgsl),
    PR_DB_COLUMN_INT(struct pr_store_judged, lgil),
    PR_DB_COLUMN_INT(struct pr_store_judged, certain),
    PR_DB_COLUMN_INT(struct pr_store_judged, case_lgsl),
    PR_DB_COLUMN_INT(struct pr_store_judged, case_lgil),
    PR_DB_COLUMN_BOOL(struct pr_store_judged, assigned),
    PR_DB_COLUMN_BOOL(struct pr_store_judged, closed),
};

int
pr_store_judged_walk(struct pr_store *store, struct pr_str after, int64_t since, size_t max,
		     struct pr_arena *a, struct pr_store_judged **rows, size_t *n,
		     struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(after), PR_DB_I(since), PR_DB_I((int64_t)max)};
	struct pr_db_list found = PR_DB_LIST(struct pr_store_judged, judged_columns, a);

	/* Not EXISTS: PostgreSQL would read all events for every page. */
	if (pr_db_rows(
		store,
		"SELECT c.cid, c.how, c.received_at, c.lgsl, c.lgil, c.certain, k.lgsl, k.lgil, "
		"COALESCE((SELECT 1 FROM event e WHERE e.case_id = k.id AND e.kind = 'assigned' "
		"LIMIT 1), 0), "
		"CASE WHEN k.state = 'closed' THEN 1 ELSE 0 END "
		"FROM contact c JOIN service_case k ON k.id = c.case_id "
		"WHERE c.cid > $1 AND c.how = 'opened' AND c.canary = 0 AND c.received_at >= $2 "
		"ORDER BY c.cid LIMIT $3",
		params, PR_DB_COUNT(params), pr_db_list_row, &found, err) < 0)
		return -1;
	struct pr_store_judged *out = pr_arena_array(a, found.n, sizeof(*out));
	if (found.n)
		memcpy(out, found.rows, found.n * sizeof(*out));
	*rows = out;
	*n = found.n;
	return 0;
}

static int
canary_row(void *ctx, const struct pr_db_value *v, size_t n)
{
	int64_t *last = ctx;
	enum pr_channel channel;

	if (n == 2 && pr_channel_parse(v[0].s, &channel))
		last[channel] = v[1].i;
	return 0;
}

int
pr_store_canaries(struct pr_store *store, int64_t last[PR_CHANNELS], struct pr_err *err)
{
	memset(last, 0, PR_CHANNELS * sizeof(*last));
	return pr_db_rows(
	    store,
	    "SELECT channel, max(recorded_at) FROM contact WHERE canary = 1 GROUP BY channel", NULL,
	    0, canary_row, last, err);
}
