/*
 * store: opening, transactions and verification, over whichever driver the URL names.
 */
#include "postroom/store.h"

#include "lib/store/db.h"

struct pr_store *
pr_store_open(const char *url, bool write, struct pr_err *err)
{
	struct pr_store *store = pr_calloc(1, sizeof(*store));

	if (pr_db_open(url, write, store, err) == 0 && pr_db_migrate(store, err) == 0)
		return store;
	pr_store_close(&store);
	return NULL;
}

void
pr_store_close(struct pr_store **store)
{
	if (!*store)
		return;
	if ((*store)->db)
		(*store)->driver->close(&(*store)->db);
	free(*store);
	*store = NULL;
}

int
pr_store_schema_version(struct pr_store *store, int64_t *version, struct pr_err *err)
{
	*version = 0;
	return pr_db_number(store, "SELECT max(version) FROM schema_version", NULL, 0, version,
			    err) < 0
		   ? -1
		   : 0;
}

int
pr_store_begin(struct pr_store *store, struct pr_err *err)
{
	if (store->in_tx)
		pr_bug("a transaction inside a transaction");
	if (store->driver->ready && store->driver->ready(store->db, err) < 0)
		return -1;
	if (store->driver->script(store->db, store->driver->begin, err) < 0)
		return -1;
	store->in_tx = true;
	return 0;
}

/* After a full disk or a lost connection the statements that follow must not run outside of a
 * transaction. */
static int
still_there(struct pr_store *store, struct pr_err *err)
{
	if (store->in_tx && store->driver->in_transaction(store->db))
		return 0;
	return pr_fail(err, PR_RETRY, 0,
		       "the store gave the transaction up: all of it must be done again");
}

int
pr_store_commit(struct pr_store *store, struct pr_err *err)
{
	if (still_there(store, err) < 0 || store->driver->script(store->db, "COMMIT", err) < 0) {
		pr_store_rollback(store);
		return -1;
	}
	store->in_tx = false;
	return 0;
}

void
pr_store_rollback(struct pr_store *store)
{
	/* It may be gone already, which is what was wanted. */
	(void)store->driver->script(store->db, "ROLLBACK", NULL);
	store->in_tx = false;
}

int
pr_store_savepoint(struct pr_store *store, struct pr_err *err)
{
	if (still_there(store, err) < 0)
		return -1;
	return pr_db_do(store, "SAVEPOINT contact", NULL, 0, NULL, err);
}

int
pr_store_savepoint_release(struct pr_store *store, struct pr_err *err)
{
	if (still_there(store, err) < 0)
		return -1;
	return pr_db_do(store, "RELEASE SAVEPOINT contact", NULL, 0, NULL, err);
}

void
pr_store_savepoint_rollback(struct pr_store *store)
{
	/* When this fails the transaction is gone, and the next savepoint or commit says so. */
	(void)store->driver->script(
	    store->db, "ROLLBACK TO SAVEPOINT contact; RELEASE SAVEPOINT contact", NULL);
}
