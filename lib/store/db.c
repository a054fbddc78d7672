/*
 * db: the table of drivers, migrations, and the few calls that the nouns of store_*.c are written
 * with.
 */
#include "lib/store/db.h"

#include "postroom/buf.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/store.h"

#define MIGRATION_MAX ((size_t)1 << 20)

const struct pr_db_driver *const pr_db_drivers[] = {&pr_db_sqlite, &pr_db_pgsql, NULL};

int
pr_db_open(const char *url, bool write, struct pr_store *store, struct pr_err *err)
{
	struct pr_str scheme, rest = pr_str_c(url);

	/* libpq knows both spellings; the table has one. */
	if (pr_str_cut(&rest, ':', &scheme) && pr_str_eq_c(scheme, "postgres"))
		scheme = PR_STR("postgresql");
	for (size_t i = 0; pr_db_drivers[i]; i++) {
		if (!pr_str_eq_c(scheme, pr_db_drivers[i]->scheme))
			continue;
		store->driver = pr_db_drivers[i];
		store->write = write;
		store->db = store->driver->open(url, write, err);
		return store->db ? 0 : -1;
	}
	return pr_fail(err, PR_FATAL, 0,
		       "store.url begins with neither 'sqlite:' nor 'postgresql:': write for "
		       "example 'sqlite:/var/lib/postroom/postroom.db'");
}

/* A copy of the migration in the words of this database. */
static int
translate(const struct pr_db_driver *driver, struct pr_str sql, struct pr_buf *out,
	  struct pr_err *err)
{
	static const struct pr_str words[] = {{"INTEGER", 7}, {"SERIAL", 6}, {"STRICT", 6}};
	struct pr_str head;
	bool inside = false;

	for (; pr_str_cut(&sql, '@', &head); inside = !inside) {
		const char *with = NULL;
		for (size_t i = 0; inside && i < PR_DB_COUNT(words); i++)
			if (pr_str_eq(head, words[i]))
				with = driver->dialect[i];
		if (inside && !with)
			return pr_fail(err, PR_FATAL, 0,
				       "a migration holds the unknown word @" PR_S_FMT "@",
				       PR_S(head));
		if (inside)
			pr_buf_add_c(out, with);
		else
			pr_buf_add_str(out, head);
	}
	return out->failed ? pr_fail(err, PR_FATAL, 0, "a migration is too long") : 0;
}

static int
apply(struct pr_store *store, const struct pr_migration *m, struct pr_err *err)
{
	const struct pr_db_value params[] = {PR_DB_I(m->version), PR_DB_S(pr_str_c(m->name)),
					     PR_DB_I(pr_now())};
	PR_AUTO_BUF struct pr_buf sql;

	pr_buf_init(&sql, MIGRATION_MAX);
	if (translate(store->driver, pr_str_n(m->start, (size_t)(m->end - m->start)), &sql, err) <
		0 ||
	    store->driver->script(store->db, sql.p, err) < 0)
		return pr_fail_in(err, "migration %lld of the store (%s)", (long long)m->version,
				  m->name);
	return pr_db_do(
	    store, "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)",
	    params, PR_DB_COUNT(params), NULL, err);
}

static int
version_now(struct pr_store *store, int64_t *version, struct pr_err *err)
{
	*version = 0;
	return pr_db_number(store, "SELECT coalesce(max(version), 0) FROM schema_version", NULL, 0,
			    version, err) < 0
		   ? -1
		   : 0;
}

/* One step, in a transaction that no other process is in; *more when it was not the last. */
static int
migrate_once(struct pr_store *store, bool *more, struct pr_err *err)
{
	int64_t version;

	if (store->driver->script(store->db, store->driver->begin_migrate, err) < 0)
		return -1;
	store->in_tx = true;
	int rc = store->driver->script(
	    store->db,
	    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL "
	    "PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
	    err);
	if (rc == 0)
		rc = version_now(store, &version, err);
	if (rc == 0 && version > (int64_t)pr_migrations_n)
		rc = pr_fail(
		    err, PR_FATAL, 0,
		    "the store has schema %lld, this program knows %zu: install the newer postroom",
		    (long long)version, pr_migrations_n);
	*more = rc == 0 && version < (int64_t)pr_migrations_n;
	if (*more)
		rc = apply(store, &pr_migrations[version], err);
	return pr_db_leave(store, true, rc, err);
}

int
pr_db_migrate(struct pr_store *store, struct pr_err *err)
{
	int64_t version;
	bool more = true;

	if (!store->write) {
		if (version_now(store, &version, NULL) < 0 || version < (int64_t)pr_migrations_n)
			return pr_fail(
			    err, PR_RETRY, 0,
			    "the store's schema is not there yet or older than this program: start "
			    "postroom-dispatch or run 'postroom setup', which bring it up to date");
		if (version > (int64_t)pr_migrations_n)
			return pr_fail(err, PR_FATAL, 0,
				       "the store has schema %lld, this program knows %zu: install "
				       "the newer postroom",
				       (long long)version, pr_migrations_n);
		return 0;
	}
	while (more)
		if (migrate_once(store, &more, err) < 0)
			return -1;
	return 0;
}

static int
run(struct pr_store *store, const char *sql, const struct pr_db_value *params, size_t n,
    pr_db_row *row, void *ctx, int64_t *changed, struct pr_err *err)
{
	const struct pr_db_driver *driver = store->driver;

	if (!store->in_tx && driver->ready && driver->ready(store->db, err) < 0)
		return -1;
	return driver->run(store->db, sql, params, n, row, ctx, changed, err);
}

int
pr_db_do(struct pr_store *store, const char *sql, const struct pr_db_value *params, size_t n,
	 int64_t *changed, struct pr_err *err)
{
	return run(store, sql, params, n, NULL, NULL, changed, err);
}

int
pr_db_rows(struct pr_store *store, const char *sql, const struct pr_db_value *params, size_t n,
	   pr_db_row *row, void *ctx, struct pr_err *err)
{
	return run(store, sql, params, n, row, ctx, NULL, err);
}

struct number {
	int64_t *value;
	bool found;
};

static int
number_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	struct number *number = ctx;

	if (n > 0 && values[0].type == PR_DB_INT)
		*number->value = values[0].i;
	number->found = true;
	return 1;
}

int
pr_db_number(struct pr_store *store, const char *sql, const struct pr_db_value *params, size_t n,
	     int64_t *value, struct pr_err *err)
{
	struct number number = {value, false};

	if (run(store, sql, params, n, number_row, &number, NULL, err) < 0)
		return -1;
	return number.found ? 1 : 0;
}

int
pr_db_list_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	struct pr_db_list *list = ctx;

	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 8;
		char *rows = pr_arena_array(list->arena, room, list->size);
		if (list->n)
			memcpy(rows, list->rows, list->n * list->size);
		list->rows = rows;
		list->room = room;
	}
	char *at = list->rows + list->n++ * list->size;
	for (size_t i = 0; i < n && i < list->ncolumns; i++) {
		void *member = at + list->columns[i].offset;
		struct pr_str text;
		bool yes = values[i].i != 0;
		switch (list->columns[i].type) {
		case PR_DB_MEMBER_INT:
			memcpy(member, &values[i].i, sizeof(values[i].i));
			break;
		case PR_DB_MEMBER_BOOL:
			memcpy(member, &yes, sizeof(yes));
			break;
		case PR_DB_MEMBER_STR:
			text = pr_arena_dup(list->arena, values[i].s);
			memcpy(member, &text, sizeof(text));
			break;
		}
	}
	return 0;
}

int
pr_db_enter(struct pr_store *store, bool *own, struct pr_err *err)
{
	*own = !store->in_tx;
	return *own ? pr_store_begin(store, err) : 0;
}

int
pr_db_leave(struct pr_store *store, bool own, int rc, struct pr_err *err)
{
	if (!own)
		return rc;
	if (rc == 0)
		return pr_store_commit(store, err);
	pr_store_rollback(store);
	return -1;
}
