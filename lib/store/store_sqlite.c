/*
 * store_sqlite: the embedded driver (SQLite 3.40 in WAL mode; the only file that includes
 * sqlite3.h).
 *
 * Writers use BEGIN IMMEDIATE, so that two of them wait for each other at the door and never
 * half-way. Readers open the file for writing too, with query_only: a read-only open of a WAL
 * database fails while no writer has it open.
 */
#include "lib/store/db.h"

#include "postroom/buf.h"
#include "postroom/cleanup.h"

#include <limits.h>
#include <sqlite3.h>

#define STATEMENTS 256 /* a power of two, well above the number of SQL texts in lib/store/ */
#define BUSY_MS    5000
#define RETRY_MS   2
#define COLUMNS    32

struct statement {
	const char *sql; /* its address is the key */
	sqlite3_stmt *stmt;
};

struct pr_db {
	sqlite3 *handle;
	size_t nstatements;
	struct statement statements[STATEMENTS];
};

/* What the caller must do, by SQLite's primary result code; everything else is a bug in our SQL. */
static const struct {
	int code;
	enum pr_fault fault;
} faults[] = {
    {SQLITE_BUSY, PR_RETRY},      {SQLITE_LOCKED, PR_RETRY},   {SQLITE_IOERR, PR_RETRY},
    {SQLITE_FULL, PR_RETRY},      {SQLITE_CANTOPEN, PR_RETRY}, {SQLITE_NOMEM, PR_RETRY},
    {SQLITE_PROTOCOL, PR_RETRY},  {SQLITE_SCHEMA, PR_RETRY},   {SQLITE_INTERRUPT, PR_RETRY},
    {SQLITE_READONLY, PR_RETRY},  {SQLITE_PERM, PR_RETRY},     {SQLITE_CONSTRAINT, PR_REJECT},
    {SQLITE_MISMATCH, PR_REJECT}, {SQLITE_TOOBIG, PR_REJECT},
};

static int
failed(sqlite3 *handle, struct pr_err *err)
{
	int code = sqlite3_extended_errcode(handle);
	enum pr_fault fault = PR_FATAL;

	for (size_t i = 0; i < PR_DB_COUNT(faults); i++)
		if (faults[i].code == (code & 0xff))
			fault = faults[i].fault;
	return pr_fail(err, fault, 0, "store: %s (SQLite %d)", sqlite3_errmsg(handle), code);
}

static int
sqlite_script(struct pr_db *db, const char *sql, struct pr_err *err)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : failed(db->handle, err);
}

static void
sqlite_close(struct pr_db **db)
{
	if (!*db)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize((*db)->statements[i].stmt);
	sqlite3_close((*db)->handle);
	free(*db);
	*db = NULL;
}

/*
 * Ask again at an even pace. SQLite's own handler waits ever longer, up to 100 ms a time: a writer
 * of batches would starve behind one that commits all the time and is away for a few milliseconds
 * in between, as dispatch behind send.
 */
static int
wait_for_lock(void *ctx, int tries)
{
	(void)ctx;
	if (tries >= BUSY_MS / RETRY_MS)
		return 0;
	nanosleep(&(struct timespec){0, RETRY_MS * 1000000L}, NULL);
	return 1;
}

/*
 * A new file becomes a WAL one under a lock for which SQLite asks no busy handler (two who wait for
 * each other would never end): daemons that start in the same instant on a new store take turns
 * here.
 */
static int
to_wal(struct pr_db *db, struct pr_err *err)
{
	for (int tries = 0;; tries++) {
		int rc = sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			return 0;
		if ((rc & 0xff) != SQLITE_BUSY || !wait_for_lock(NULL, tries))
			return failed(db->handle, err);
	}
}

static int
configure(struct pr_db *db, bool write, struct pr_err *err)
{
	/*
	 * The cache keeps the inner pages of tables with random keys in memory; a checkpoint every
	 * 64 MB of WAL writes a page once that a hundred commits changed.
	 */
	if (to_wal(db, err) < 0 ||
	    sqlite_script(db,
			  "PRAGMA synchronous = FULL; "
			  "PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; "
			  "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; "
			  "PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864",
			  err) < 0)
		return -1;
	return write ? 0 : sqlite_script(db, "PRAGMA query_only = ON", err);
}

static struct pr_db *
sqlite_open(const char *url, bool write, struct pr_err *err)
{
	const char *path = url + sizeof("sqlite:") - 1;
	int flags = SQLITE_OPEN_READWRITE | (write ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_EXRESCODE;
	struct pr_db *db = pr_calloc(1, sizeof(*db));

	/* Its counters cost a lock at every allocation; refused (harmless) once the library is in
	 * use. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK)
		failed(db->handle, err);
	else if (sqlite3_busy_handler(db->handle, wait_for_lock, NULL) == SQLITE_OK &&
		 configure(db, write, err) == 0)
		return db;
	pr_fail_in(err, "cannot open '%s'", path);
	sqlite_close(&db);
	return NULL;
}

static size_t
slot_of(const char *sql)
{
	uintptr_t x = (uintptr_t)sql;

	return (size_t)((x ^ (x >> 7) ^ (x >> 13)) % STATEMENTS);
}

static sqlite3_stmt *
prepare(struct pr_db *db, const char *sql, struct pr_err *err)
{
	size_t i = slot_of(sql);

	while (db->statements[i].sql && db->statements[i].sql != sql)
		i = (i + 1) % STATEMENTS;
	if (db->statements[i].sql)
		return db->statements[i].stmt;
	if (db->nstatements == STATEMENTS - 1)
		pr_bug("more SQL texts than STATEMENTS: pass literals only");
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &db->statements[i].stmt, NULL) != SQLITE_OK) {
		failed(db->handle, err);
		return NULL;
	}
	db->statements[i].sql = sql;
	db->nstatements++;
	return db->statements[i].stmt;
}

static int
bind(sqlite3_stmt *stmt, int i, const struct pr_db_value *v)
{
	switch (v->type) {
	case PR_DB_NULL:
		return sqlite3_bind_null(stmt, i);
	case PR_DB_INT:
		return sqlite3_bind_int64(stmt, i, v->i);
	case PR_DB_TEXT:
		/* The caller's bytes stay until the statement is reset: no copy. An empty text is
		 * not NULL. */
		return sqlite3_bind_text64(stmt, i, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC,
					   SQLITE_UTF8);
	}
	return SQLITE_MISUSE;
}

static void
fetch(sqlite3_stmt *stmt, struct pr_db_value *values, int n)
{
	for (int i = 0; i < n; i++) {
		int type = sqlite3_column_type(stmt, i);
		values[i] = PR_DB_NONE;
		if (type == SQLITE_INTEGER)
			values[i] = PR_DB_I(sqlite3_column_int64(stmt, i));
		else if (type != SQLITE_NULL)
			values[i] = PR_DB_S(pr_str_n(sqlite3_column_text(stmt, i),
						     (size_t)sqlite3_column_bytes(stmt, i)));
	}
}

static int
sqlite_run(struct pr_db *db, const char *sql, const struct pr_db_value *params, size_t nparams,
	   pr_db_row *row, void *ctx, int64_t *changed, struct pr_err *err)
{
	struct pr_db_value values[COLUMNS] = {{0}};
	sqlite3_stmt *stmt = prepare(db, sql, err);
	int rc = SQLITE_OK, step = SQLITE_ROW;

	if (!stmt)
		return -1;
	if (sqlite3_stmt_busy(stmt) || sqlite3_bind_parameter_count(stmt) != (int)nparams ||
	    sqlite3_column_count(stmt) > COLUMNS)
		pr_bug("statement run inside itself or with %zu parameters: %s", nparams, sql);
	for (size_t i = 0; i < nparams && rc == SQLITE_OK; i++)
		rc = bind(stmt, (int)i + 1, &params[i]);
	while (rc == SQLITE_OK && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		fetch(stmt, values, sqlite3_column_count(stmt));
		if (row && row(ctx, values, (size_t)sqlite3_column_count(stmt)))
			break;
	}
	rc = rc == SQLITE_OK && (step == SQLITE_ROW || step == SQLITE_DONE)
		 ? 0
		 : failed(db->handle, err);
	if (rc == 0 && changed)
		*changed = sqlite3_changes64(db->handle);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return rc;
}

static bool
sqlite_in_transaction(struct pr_db *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

static int
verdict_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	bool *ok = ctx;

	*ok = n > 0 && pr_str_eq_c(values[0].s, "ok");
	return 1;
}

static int
violation_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	bool *ok = ctx;

	(void)values;
	(void)n;
	*ok = false;
	return 1;
}

static int
sqlite_verify(struct pr_db *db, struct pr_err *err)
{
	bool intact = false, linked = true;

	if (sqlite_run(db, "PRAGMA integrity_check(1)", NULL, 0, verdict_row, &intact, NULL, err) <
		0 ||
	    sqlite_run(db, "PRAGMA foreign_key_check", NULL, 0, violation_row, &linked, NULL, err) <
		0)
		return -1;
	if (!intact || !linked)
		return pr_fail(err, PR_FATAL, 0,
			       "the store is damaged (%s): restore it from a backup",
			       intact ? "foreign_key_check" : "integrity_check");
	return 0;
}

const struct pr_db_driver pr_db_sqlite = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .script = sqlite_script,
    .run = sqlite_run,
    .in_transaction = sqlite_in_transaction,
    .begin = "BEGIN IMMEDIATE",
    .begin_migrate = "BEGIN IMMEDIATE",
    .dialect = {"INTEGER", "INTEGER PRIMARY KEY", "STRICT"},
    .verify = sqlite_verify,
};
