/*
 * store_citizen: who wrote, as far as it is claimed; links that carry their evidence.
 */
#include "postroom/store.h"

#include "lib/store/db.h"

int
pr_store_citizen_find(struct pr_store *store, struct pr_str kind, struct pr_str value,
		      struct pr_str name_key, int64_t *citizen_id, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(kind), PR_DB_S(value), PR_DB_S(name_key)};

	return pr_db_number(
	    store,
	    "SELECT citizen_id FROM contact_point WHERE kind = $1 AND value = $2 AND name_key = $3",
	    params, PR_DB_COUNT(params), citizen_id, err);
}

int
pr_store_citizen_add(struct pr_store *store, struct pr_str name, struct pr_str name_key,
		     int64_t now, int64_t *citizen_id, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(name), PR_DB_S(name_key), PR_DB_I(now)};
	int found = pr_db_number(
	    store,
	    "INSERT INTO citizen (name, name_key, created_at) VALUES ($1, $2, $3) RETURNING id",
	    params, PR_DB_COUNT(params), citizen_id, err);

	return found < 0 ? -1 : 0;
}

int
pr_store_point_add(struct pr_store *store, int64_t citizen_id, struct pr_str kind,
		   struct pr_str value, int64_t now, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(kind), PR_DB_S(value), PR_DB_I(now),
					     PR_DB_I(citizen_id)};

	/* Another citizen's claim to the same point under the same name stays theirs: people merge,
	 * not programs. */
	return pr_db_do(store,
			"INSERT INTO contact_point (citizen_id, kind, value, name_key, created_at) "
			"SELECT id, CAST($1 AS TEXT), CAST($2 AS TEXT), name_key, CAST($3 AS "
			"BIGINT) FROM citizen "
			"WHERE id = $4 ON CONFLICT (kind, value, name_key) DO NOTHING",
			params, PR_DB_COUNT(params), NULL, err);
}

int
pr_store_point_of(struct pr_store *store, int64_t citizen_id, struct pr_str kind,
		  struct pr_str value, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_I(citizen_id), PR_DB_S(kind), PR_DB_S(value)};
	int64_t one;

	return pr_db_number(store,
			    "SELECT 1 FROM contact_point WHERE citizen_id = $1 AND kind = $2 AND "
			    "value = $3 LIMIT 1",
			    params, PR_DB_COUNT(params), &one, err);
}

int
pr_store_link_add(struct pr_store *store, struct pr_str cid, int64_t citizen_id, int64_t score,
		  struct pr_str evidence, struct pr_str who, int64_t now, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_S(cid),      PR_DB_I(citizen_id), PR_DB_I(score),
					     PR_DB_S(evidence), PR_DB_S(who),        PR_DB_I(now)};

	return pr_db_do(
	    store,
	    "INSERT INTO identity_link (cid, citizen_id, score, evidence, who, created_at) "
	    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cid, citizen_id) DO NOTHING",
	    params, PR_DB_COUNT(params), NULL, err);
}
