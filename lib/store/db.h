/*
 * db: the narrow contract of a store driver. One driver is one file store_<name>.c and one line in
 * db.c.
 *
 * Statements are written once, in the SQL that SQLite 3.40 and PostgreSQL 15 share: parameters are
 * $1, $2 … in the order of their first appearance; ON CONFLICT, RETURNING and CTEs are allowed;
 * types are TEXT and 64-bit integers (digests are hex). Migrations may use the words @INTEGER@
 * @SERIAL@ (primary key that counts itself) and
 * @STRICT@, which the driver replaces.
 */
#ifndef LIB_STORE_DB_H
#define LIB_STORE_DB_H

#include "postroom/arena.h"
#include "postroom/err.h"

struct pr_db;

enum pr_db_type { PR_DB_NULL, PR_DB_INT, PR_DB_TEXT };

struct pr_db_value {
	enum pr_db_type type;
	int64_t i;
	struct pr_str s;
};
#define PR_DB_I(x) ((struct pr_db_value){PR_DB_INT, (x), {NULL, 0}})
#define PR_DB_S(x) ((struct pr_db_value){PR_DB_TEXT, 0, (x)})
#define PR_DB_NONE ((struct pr_db_value){PR_DB_NULL, 0, {NULL, 0}})
/* 0 is how the structs of store.h say "none"; the tables say NULL. */
#define PR_DB_ID(x) ((x) != 0 ? PR_DB_I(x) : PR_DB_NONE)

typedef int pr_db_row(void *ctx, const struct pr_db_value *values, size_t n);

struct pr_db_driver {
	const char *scheme; /* "sqlite", "postgresql" */
	struct pr_db *(*open)(const char *url, bool write, struct pr_err *err);
	void (*close)(struct pr_db **db);
	/* Called outside a transaction before anything else: come back from a lost connection. May
	 * be NULL. */
	int (*ready)(struct pr_db *db, struct pr_err *err);
	/* Several statements without parameters: migrations, BEGIN, COMMIT. */
	int (*script)(struct pr_db *db, const char *sql, struct pr_err *err);
	/*
	 * One statement, prepared and kept under its text's address (literals only). Calls row()
	 * for every row until it returns non-zero, values valid for that call; row may be NULL.
	 * *changed (may be NULL) is the number of rows written. row() must not run a statement
	 * itself.
	 */
	int (*run)(struct pr_db *db, const char *sql, const struct pr_db_value *params,
		   size_t nparams, pr_db_row *row, void *ctx, int64_t *changed, struct pr_err *err);
	/* A transaction is open and can still be committed: false after the database gave it up by
	 * itself. */
	bool (*in_transaction)(struct pr_db *db);
	const char *begin;         /* "BEGIN IMMEDIATE" */
	const char *begin_migrate; /* the same, but one process at a time */
	/* What replaces @INTEGER@, @SERIAL@ and @STRICT@, in this order. */
	const char *dialect[3];
	int (*verify)(struct pr_db *db, struct pr_err *err);
};

extern const struct pr_db_driver *const pr_db_drivers[]; /* NULL-terminated */
extern const struct pr_db_driver pr_db_sqlite, pr_db_pgsql;

struct pr_migration {
	int64_t version;
	const char *name;
	const char *start, *end; /* its text, embedded */
};
extern const struct pr_migration pr_migrations[]; /* in order of version, contiguous from 1 */
extern const size_t pr_migrations_n;

/* ---- what the nouns of store_*.c are written with ---- */

struct pr_store {
	const struct pr_db_driver *driver;
	struct pr_db *db;
	bool write;
	bool in_tx; /* between pr_store_begin and its end */
};

/* Open the database that the url names, by its scheme. */
int
pr_db_open(const char *url, bool write, struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;
/* Apply what is missing (write), or make sure that nothing is (read). */
int pr_db_migrate(struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;

#define PR_DB_COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Run a statement for its effect, for one value, for rows. */
int pr_db_do(struct pr_store *store, const char *sql, const struct pr_db_value *params, size_t n,
	     int64_t *changed, struct pr_err *err) PR_MUST_CHECK;
int pr_db_rows(struct pr_store *store, const char *sql, const struct pr_db_value *params, size_t n,
	       pr_db_row *row, void *ctx, struct pr_err *err) PR_MUST_CHECK;
/* The first number of the first row into *value: 1; no row: 0, *value is left alone; -1. */
int pr_db_number(struct pr_store *store, const char *sql, const struct pr_db_value *params,
		 size_t n, int64_t *value, struct pr_err *err) PR_MUST_CHECK;
/* A transaction of one's own, or a part of the caller's: *own says which, and goes to leave. */
int pr_db_enter(struct pr_store *store, bool *own, struct pr_err *err) PR_MUST_CHECK;
/* Commits (rc 0) or rolls back (rc -1) what enter began; returns rc or -1. */
int pr_db_leave(struct pr_store *store, bool own, int rc, struct pr_err *err) PR_MUST_CHECK;

/*
 * Rows to structs by a table: column i of the SELECT goes to the member at offset[i]. Rows are
 * appended to an array in the arena.
 */
enum pr_db_member { PR_DB_MEMBER_INT, PR_DB_MEMBER_BOOL, PR_DB_MEMBER_STR };
struct pr_db_column {
	enum pr_db_member type;
	size_t offset;
};
struct pr_db_list {
	struct pr_arena *arena;
	const struct pr_db_column *columns;
	size_t ncolumns, size /* of one struct */;
	char *rows;
	size_t n, room;
};
/* pr_db_row for a struct pr_db_list. */
int pr_db_list_row(void *list, const struct pr_db_value *values, size_t n);
#define PR_DB_COLUMN_INT(T, member)                                                                \
	{                                                                                          \
		PR_DB_MEMBER_INT, offsetof(T, member)                                              \
	}
#define PR_DB_COLUMN_BOOL(T, member)                                                               \
	{                                                                                          \
		PR_DB_MEMBER_BOOL, offsetof(T, member)                                             \
	}
#define PR_DB_COLUMN_STR(T, member)                                                                \
	{                                                                                          \
		PR_DB_MEMBER_STR, offsetof(T, member)                                              \
	}
#define PR_DB_LIST(T, table, a)                                                                    \
	((struct pr_db_list){(a), (table), PR_DB_COUNT(table), sizeof(T), NULL, 0, 0})

#endif
