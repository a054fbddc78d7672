/*
 * store_contact: one row a contact, for ever.
 */
#include "postroom/store.h"

#include "lib/store/db.h"
#include "postroom/buf.h"
#include "postroom/cleanup.h"

int
pr_store_contact_add(struct pr_store *store, const struct pr_store_contact *c, bool *added,
		     struct pr_err *err)
{
	const struct pr_db_value params[] = {
	    PR_DB_S(c->cid),         PR_DB_S(c->reference),
	    PR_DB_S(c->channel),     PR_DB_S(c->account),
	    PR_DB_S(c->kind),        PR_DB_S(c->lang),
	    PR_DB_S(c->risk),        PR_DB_S(c->rules_version),
	    PR_DB_I(c->received_at), PR_DB_I(c->recorded_at),
	    PR_DB_ID(c->case_id),    PR_DB_ID(c->citizen_id),
	    PR_DB_I(c->lgsl),        PR_DB_I(c->lgil),
	    PR_DB_I(c->certain),     PR_DB_S(c->how),
	    PR_DB_S(c->same_key),    PR_DB_I(c->canary),
	    PR_DB_I(c->shadow),      PR_DB_I(c->possible_duplicate),
	    PR_DB_S(c->avoidable),   PR_DB_S(c->avoidable_by),
	};
	int64_t changed;

	/* ON CONFLICT names the cid: a second contact with this reference would be a bug, and is
	 * refused. */
	if (pr_db_do(store,
		     "INSERT INTO contact (cid, reference, channel, account, kind, lang, risk, "
		     "rules_version, "
		     "received_at, recorded_at, case_id, citizen_id, lgsl, lgil, certain, how, "
		     "same_key, canary, "
		     "shadow, possible_duplicate, avoidable, avoidable_by) VALUES ($1, $2, $3, "
		     "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, "
		     "$20, $21, $22) ON CONFLICT (cid) DO NOTHING",
		     params, PR_DB_COUNT(params), &changed, err) < 0)
		return -1;
	*added = changed == 1;
	return 0;
}

int
pr_store_contact_bind(struct pr_store *store, struct pr_str cid, int64_t case_id,
		      int64_t citizen_id, struct pr_str how, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_ID(case_id), PR_DB_ID(citizen_id), PR_DB_S(how),
					     PR_DB_S(cid)};

	return pr_db_do(store,
			"UPDATE contact SET case_id = $1, citizen_id = $2, how = $3 WHERE cid = $4",
			params, PR_DB_COUNT(params), NULL, err);
}

int
pr_store_contact_avoidable(struct pr_store *store, struct pr_str cid, struct pr_str reason,
			   struct pr_str by, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(reason), PR_DB_S(by), PR_DB_S(cid)};

	return pr_db_do(store,
			"UPDATE contact SET avoidable = $1, avoidable_by = $2 WHERE cid = $3",
			params, PR_DB_COUNT(params), NULL, err);
}

int
pr_store_contact_same(struct pr_store *store, struct pr_str cid, struct pr_str same_key,
		      int64_t *case_id, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(same_key), PR_DB_S(cid)};

	return pr_db_number(
	    store,
	    "SELECT case_id FROM contact WHERE same_key = $1 AND same_key <> '' AND cid <> $2 "
	    "AND case_id IS NOT NULL ORDER BY recorded_at, cid LIMIT 1",
	    params, PR_DB_COUNT(params), case_id, err);
}

static const struct pr_db_column contact_columns[] = {
    PR_DB_COLUMN_STR(struct pr_store_contact, cid),
    PR_DB_COLUMN_STR(struct pr_store_contact, reference),
    PR_DB_COLUMN_STR(struct pr_store_contact, channel),
    PR_DB_COLUMN_STR(struct pr_store_contact, account),
    PR_DB_COLUMN_STR(struct pr_store_contact, kind),
    PR_DB_COLUMN_STR(struct pr_store_contact, lang),
    PR_DB_COLUMN_STR(struct pr_store_contact, risk),
    PR_DB_COLUMN_STR(struct pr_store_contact, rules_version),
    PR_DB_COLUMN_INT(struct pr_store_contact, received_at),
    PR_DB_COLUMN_INT(struct pr_store_contact, recorded_at),
    PR_DB_COLUMN_INT(struct pr_store_contact, case_id),
    PR_DB_COLUMN_INT(struct pr_store_contact, citizen_id),
    PR_DB_COLUMN_INT(struct pr_store_contact, lgsl),
    PR_DB_COLUMN_INT(struct pr_store_contact, lgil),
    PR_DB_COLUMN_INT(struct pr_store_contact, certain),
    PR_DB_COLUMN_STR(struct pr_store_contact, how),
    PR_DB_COLUMN_STR(struct pr_store_contact, same_key),
    PR_DB_COLUMN_BOOL(struct pr_store_contact, canary),
    PR_DB_COLUMN_BOOL(struct pr_store_contact, shadow),
    PR_DB_COLUMN_BOOL(struct pr_store_contact, possible_duplicate),
    PR_DB_COLUMN_STR(struct pr_store_contact, avoidable),
    PR_DB_COLUMN_STR(struct pr_store_contact, avoidable_by),
};

int
pr_store_contact_find(struct pr_store *store, struct pr_str key, struct pr_arena *a,
		      struct pr_store_contact *c, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(key)};
	struct pr_db_list list = PR_DB_LIST(struct pr_store_contact, contact_columns, a);

	if (pr_db_rows(store,
		       "SELECT cid, reference, channel, account, kind, lang, risk, rules_version, "
		       "received_at, "
		       "recorded_at, case_id, citizen_id, lgsl, lgil, certain, how, same_key, "
		       "canary, shadow, possible_duplicate, avoidable, avoidable_by "
		       "FROM contact WHERE cid = $1 OR reference = $1",
		       params, PR_DB_COUNT(params), pr_db_list_row, &list, err) < 0)
		return -1;
	if (list.n)
		memcpy(c, list.rows, sizeof(*c));
	return list.n ? 1 : 0;
}

struct presence {
	bool *present, *is_buried;
	size_t n;
};

static int
presence_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	struct presence *p = ctx;
	size_t i = (size_t)values[0].i;

	if (n == 3 && i < p->n) {
		p->present[i] = values[1].i != 0;
		p->is_buried[i] = values[2].i != 0;
	}
	return 0;
}

int
pr_store_contact_present(struct pr_store *store, const struct pr_cid *cids, bool *present,
			 bool *is_buried, size_t n, struct pr_err *err)
{
	struct presence presence = {present, is_buried, n};
	PR_AUTO_BUF struct pr_buf ids;

	pr_buf_init(&ids, n * PR_CID_LENGTH + 1);
	memset(present, 0, n * sizeof(*present));
	memset(is_buried, 0, n * sizeof(*is_buried));
	if (n == 0)
		return 0;
	/* Neither database has a list parameter that the other knows: the ids are cut from one
	 * text. */
	for (size_t i = 0; i < n; i++)
		pr_buf_add(&ids, cids[i].hex, PR_CID_LENGTH);
	const struct pr_db_value params[] = {PR_DB_S(pr_buf_str(&ids)), PR_DB_I((int64_t)n)};
	return pr_db_rows(
	    store,
	    "WITH RECURSIVE want (i, cid) AS (SELECT 0, substr($1, 1, 32) UNION ALL "
	    "SELECT i + 1, substr($1, (i + 1) * 32 + 1, 32) FROM want WHERE i + 1 < $2) "
	    "SELECT i, EXISTS (SELECT 1 FROM contact c WHERE c.cid = want.cid), "
	    "EXISTS (SELECT 1 FROM buried b WHERE b.cid = want.cid) FROM want",
	    params, PR_DB_COUNT(params), presence_row, &presence, err);
}
