/*
 * store_pgsql: PostgreSQL 15 for councils with more than one host (the only file that includes
 * libpq-fe.h).
 *
 * Values travel in binary: integers as eight bytes, texts as they are. A statement is prepared at
 * its first use, with the types of the first values it is given. A lost connection is PR_RETRY and
 * is opened again by ready(), which the store calls outside of transactions only: half a
 * transaction is never continued on a new connection.
 */
#include "lib/store/db.h"

#include "postroom/buf.h"
#include "postroom/cleanup.h"

#include <endian.h>
#include <libpq-fe.h>
#include <limits.h>

#define STATEMENTS 256
#define PARAMS     32

/* Type numbers of pg_type.dat that our SQL can give. */
enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25 };

struct pr_db {
	PGconn *conn;
	bool write;
	size_t nstatements;
	const char *statements[STATEMENTS]; /* the text at [i] is prepared as "s<i>" */
};

/* What the caller must do, by the first characters of SQLSTATE; everything else is a bug in our
 * SQL. */
static const struct {
	const char *prefix;
	enum pr_fault fault;
} faults[] = {
    {"08", PR_RETRY}, {"53", PR_RETRY}, {"57", PR_RETRY},  {"58", PR_RETRY},  {"40", PR_RETRY},
    {"55", PR_RETRY}, {"25", PR_RETRY}, {"22", PR_REJECT}, {"23", PR_REJECT}, {"54", PR_REJECT},
};

static int
failed(struct pr_db *db, const PGresult *res, struct pr_err *err)
{
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	enum pr_fault fault = PR_FATAL;

	if (!state || PQstatus(db->conn) != CONNECTION_OK)
		return pr_fail(err, PR_RETRY, 0, "the connection to PostgreSQL was lost");
	for (size_t i = 0; i < PR_DB_COUNT(faults); i++)
		if (strncmp(state, faults[i].prefix, 2) == 0)
			fault = faults[i].fault;
	/* The primary message only: DETAIL would quote the row. */
	return pr_fail(err, fault, 0, "store: %s (SQLSTATE %s)",
		       PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY), state);
}

static bool
succeeded(const PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

static int
pgsql_script(struct pr_db *db, const char *sql, struct pr_err *err)
{
	PGresult *res = PQexec(db->conn, sql);
	int rc = succeeded(res) ? 0 : failed(db, res, err);

	PQclear(res);
	return rc;
}

static int
configure(struct pr_db *db, struct pr_err *err)
{
	db->nstatements = 0;
	if (pgsql_script(db,
			 "SET client_encoding = 'UTF8'; SET synchronous_commit = on; SET "
			 "lock_timeout = '5s'",
			 err) < 0)
		return -1;
	return db->write ? 0 : pgsql_script(db, "SET default_transaction_read_only = on", err);
}

static int
pgsql_ready(struct pr_db *db, struct pr_err *err)
{
	if (PQstatus(db->conn) == CONNECTION_OK)
		return 0;
	PQreset(db->conn);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return pr_fail(
		    err, PR_RETRY, 0,
		    "PostgreSQL does not answer: is it running, and is store.url right?");
	return configure(db, err);
}

static void
ignore_notice(void *ctx, const char *words)
{
	(void)ctx;
	(void)words;
}

static void
pgsql_close(struct pr_db **db)
{
	if (!*db)
		return;
	PQfinish((*db)->conn);
	free(*db);
	*db = NULL;
}

static struct pr_db *
pgsql_open(const char *url, bool write, struct pr_err *err)
{
	struct pr_db *db = pr_calloc(1, sizeof(*db));

	db->write = write;
	db->conn = PQconnectdb(url);
	if (!db->conn)
		pr_out_of_memory();
	PQsetNoticeProcessor(db->conn, ignore_notice, NULL);
	/* libpq's own words may quote the URL, password and all: ours do not. */
	if (PQstatus(db->conn) != CONNECTION_OK)
		pr_fail(err, PR_RETRY, 0,
			"cannot connect to PostgreSQL: is it running, are host, user and database "
			"in store.url right?");
	else if (configure(db, err) == 0)
		return db;
	pgsql_close(&db);
	return NULL;
}

/* The index under which the text is prepared, or -1. */
static int
prepare(struct pr_db *db, const char *sql, const struct pr_db_value *params, size_t nparams,
	struct pr_err *err)
{
	static const Oid types_of[] = {
	    [PR_DB_NULL] = 0, /* the server finds out */
	    [PR_DB_INT] = OID_INT8,
	    [PR_DB_TEXT] = OID_TEXT,
	};
	Oid types[PARAMS];
	char name[24];
	size_t i = 0;

	while (i < db->nstatements && db->statements[i] != sql)
		i++;
	if (i < db->nstatements)
		return (int)i;
	if (i == STATEMENTS || nparams > PARAMS)
		pr_bug("more SQL texts than STATEMENTS: pass literals only");
	for (size_t k = 0; k < nparams; k++)
		types[k] = types_of[params[k].type];
	snprintf(name, sizeof(name), "s%zu", i);
	PGresult *res = PQprepare(db->conn, name, sql, (int)nparams, types);
	int rc = succeeded(res) ? (int)i : failed(db, res, err);
	PQclear(res);
	if (rc >= 0)
		db->statements[db->nstatements++] = sql;
	return rc;
}

static struct pr_db_value
fetch(const PGresult *res, int r, int i)
{
	const char *p = PQgetvalue(res, r, i);
	uint64_t wide;
	uint32_t narrow;

	if (PQgetisnull(res, r, i))
		return PR_DB_NONE;
	switch (PQftype(res, i)) {
	case OID_INT8:
		memcpy(&wide, p, sizeof(wide));
		return PR_DB_I((int64_t)be64toh(wide));
	case OID_INT4:
		memcpy(&narrow, p, sizeof(narrow));
		return PR_DB_I((int32_t)be32toh(narrow));
	case OID_BOOL:
		return PR_DB_I(*p != 0);
	case OID_TEXT:
		return PR_DB_S(pr_str_n(p, (size_t)PQgetlength(res, r, i)));
	default:
		pr_bug("column %d has a type that is neither text nor integer", i);
	}
}

static void
deliver(const PGresult *res, pr_db_row *row, void *ctx)
{
	struct pr_db_value values[PARAMS];
	int n = PQnfields(res), rows = PQntuples(res);

	if (n > PARAMS)
		pr_bug("a statement with %d columns", n);
	for (int r = 0; r < rows; r++) {
		for (int i = 0; i < n; i++)
			values[i] = fetch(res, r, i);
		if (row(ctx, values, (size_t)n))
			return;
	}
}

static int
pgsql_run(struct pr_db *db, const char *sql, const struct pr_db_value *params, size_t nparams,
	  pr_db_row *row, void *ctx, int64_t *changed, struct pr_err *err)
{
	const char *values[PARAMS];
	int lengths[PARAMS], formats[PARAMS];
	uint64_t wide[PARAMS];
	char name[24];
	int index = prepare(db, sql, params, nparams, err);

	if (index < 0)
		return -1;
	for (size_t i = 0; i < nparams; i++) {
		formats[i] = 1;
		values[i] = NULL;
		lengths[i] = 0;
		if (params[i].type == PR_DB_INT) {
			wide[i] = htobe64((uint64_t)params[i].i);
			values[i] = (const char *)&wide[i];
			lengths[i] = sizeof(wide[i]);
		} else if (params[i].type == PR_DB_TEXT) {
			if (params[i].s.n > INT_MAX)
				return pr_fail(err, PR_REJECT, 0,
					       "store: a text is longer than 2 GB");
			values[i] = params[i].s.p ? params[i].s.p : "";
			lengths[i] = (int)params[i].s.n;
		}
	}
	snprintf(name, sizeof(name), "s%d", index);
	PGresult *res = PQexecPrepared(db->conn, name, (int)nparams, values, lengths, formats, 1);
	int rc = succeeded(res) ? 0 : failed(db, res, err);
	if (rc == 0 && row)
		deliver(res, row, ctx);
	if (rc == 0 && changed && !pr_str_int(pr_str_c(PQcmdTuples(res)), 0, INT64_MAX, changed))
		*changed = 0;
	PQclear(res);
	return rc;
}

static bool
pgsql_in_transaction(struct pr_db *db)
{
	return PQtransactionStatus(db->conn) == PQTRANS_INTRANS;
}

const struct pr_db_driver pr_db_pgsql = {
    .scheme = "postgresql",
    .open = pgsql_open,
    .close = pgsql_close,
    .ready = pgsql_ready,
    .script = pgsql_script,
    .run = pgsql_run,
    .in_transaction = pgsql_in_transaction,
    .begin = "BEGIN",
    .begin_migrate = "BEGIN; SELECT pg_advisory_xact_lock(7016996765293437281)",
    .dialect = {"BIGINT", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", ""},
};
