/*
 * store_case: the case, where it stands and who has it.
 */
#include "postroom/store.h"

#include "lib/store/db.h"

int
pr_store_case_add(struct pr_store *store, const struct pr_store_case *c, int64_t *id,
		  struct pr_err *err)
{
	const struct pr_db_value params[] = {
	    PR_DB_S(c->reference),     PR_DB_ID(c->citizen_id),
	    PR_DB_I(c->lgsl),          PR_DB_I(c->lgil),
	    PR_DB_S(c->team),          PR_DB_S(c->state),
	    PR_DB_S(c->queue),         PR_DB_S(c->why),
	    PR_DB_I(c->opened_at),     PR_DB_ID(c->due_at),
	    PR_DB_I(c->due_confirmed), PR_DB_ID(c->closed_at),
	    PR_DB_I(c->restricted),    PR_DB_I(c->possible_duplicate),
	};
	int found = pr_db_number(
	    store,
	    "INSERT INTO service_case (reference, citizen_id, lgsl, lgil, team, state, queue, "
	    "why, opened_at, due_at, due_confirmed, closed_at, restricted, "
	    "possible_duplicate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
	    "$13, $14) RETURNING id",
	    params, PR_DB_COUNT(params), id, err);

	return found < 0 ? -1 : 0;
}

static const struct pr_db_column case_columns[] = {
    PR_DB_COLUMN_INT(struct pr_store_case, id),
    PR_DB_COLUMN_STR(struct pr_store_case, reference),
    PR_DB_COLUMN_INT(struct pr_store_case, citizen_id),
    PR_DB_COLUMN_INT(struct pr_store_case, lgsl),
    PR_DB_COLUMN_INT(struct pr_store_case, lgil),
    PR_DB_COLUMN_STR(struct pr_store_case, team),
    PR_DB_COLUMN_STR(struct pr_store_case, state),
    PR_DB_COLUMN_STR(struct pr_store_case, queue),
    PR_DB_COLUMN_STR(struct pr_store_case, why),
    PR_DB_COLUMN_INT(struct pr_store_case, opened_at),
    PR_DB_COLUMN_INT(struct pr_store_case, due_at),
    PR_DB_COLUMN_BOOL(struct pr_store_case, due_confirmed),
    PR_DB_COLUMN_INT(struct pr_store_case, closed_at),
    PR_DB_COLUMN_BOOL(struct pr_store_case, restricted),
    PR_DB_COLUMN_BOOL(struct pr_store_case, possible_duplicate),
};
#define CASE_COLUMNS                                                                               \
	"k.id, k.reference, k.citizen_id, k.lgsl, k.lgil, k.team, k.state, k.queue, k.why, "       \
	"k.opened_at, k.due_at, "                                                                  \
	"k.due_confirmed, k.closed_at, k.restricted, k.possible_duplicate"

static int
case_find(struct pr_store *store, const char *sql, struct pr_db_value key, struct pr_arena *a,
	  struct pr_store_case *c, struct pr_err *err)
{
	struct pr_db_list list = PR_DB_LIST(struct pr_store_case, case_columns, a);

	if (pr_db_rows(store, sql, &key, 1, pr_db_list_row, &list, err) < 0)
		return -1;
	if (list.n)
		memcpy(c, list.rows, sizeof(*c));
	return list.n ? 1 : 0;
}

int
pr_store_case_get(struct pr_store *store, int64_t id, struct pr_arena *a, struct pr_store_case *c,
		  struct pr_err *err)
{
	int found = case_find(store, "SELECT " CASE_COLUMNS " FROM service_case k WHERE k.id = $1",
			      PR_DB_I(id), a, c, err);

	if (found == 0)
		return pr_fail(err, PR_REJECT, 0, "there is no case %lld", (long long)id);
	return found < 0 ? -1 : 0;
}

int
pr_store_case_by_reference(struct pr_store *store, struct pr_str reference, struct pr_arena *a,
			   struct pr_store_case *c, struct pr_err *err)
{
	return case_find(
	    store,
	    "SELECT " CASE_COLUMNS
	    " FROM contact c JOIN service_case k ON k.id = c.case_id WHERE c.reference = $1",
	    PR_DB_S(reference), a, c, err);
}

struct earlier {
	bool *open, *closed_lately;
};

static int
earlier_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	struct earlier *e = ctx;

	if (n == 2) {
		*e->open = values[0].i != 0;
		*e->closed_lately = values[1].i != 0;
	}
	return 1;
}

/* clang-format off */
/* A case of that citizen and service, in no order and no further than the first. */
#define EARLIER(state)                                                                             \
	"EXISTS (SELECT 1 FROM service_case k JOIN contact o ON o.reference = k.reference "        \
	"WHERE k.citizen_id = $1 AND k.lgsl = $2 AND k.id <> $3 AND k.restricted = 0 "             \
	"AND o.received_at < $4 AND " state ")"

/* What was closed since the contact came in was open to the one who wrote it. */
static const char earlier_sql[] =
	"SELECT CASE WHEN " EARLIER("k.closed_at IS NULL") " OR " EARLIER("k.closed_at > $4")
	" THEN 1 ELSE 0 END, "
	"CASE WHEN " EARLIER("k.closed_at <= $4 AND k.closed_at >= $5") " THEN 1 ELSE 0 END";
/* clang-format on */

int
pr_store_case_earlier(struct pr_store *store, const struct pr_store_earlier *q, bool *open,
		      bool *closed_lately, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_I(q->citizen_id), PR_DB_I(q->lgsl),
					     PR_DB_I(q->case_id), PR_DB_I(q->received_at),
					     PR_DB_I(q->closed_since)};
	struct earlier found = {open, closed_lately};

	*open = *closed_lately = false;
	if (q->citizen_id == 0)
		return 0;
	return pr_db_rows(store, earlier_sql, params, PR_DB_COUNT(params), earlier_row, &found,
			  err);
}

int
pr_store_case_assign(struct pr_store *store, int64_t id, struct pr_str queue, struct pr_str team,
		     int64_t lgsl, int64_t lgil, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(queue), PR_DB_S(team), PR_DB_I(lgsl),
					     PR_DB_I(lgil), PR_DB_I(id)};
	int64_t changed;

	if (pr_db_do(
		store,
		"UPDATE service_case SET queue = $1, team = $2, lgsl = $3, lgil = $4 WHERE id = $5",
		params, PR_DB_COUNT(params), &changed, err) < 0)
		return -1;
	if (changed != 1)
		return pr_fail(err, PR_REJECT, 0, "there is no case %lld", (long long)id);
	return 0;
}
