/*
 * store_event: what happened, append only, chained by digests. The digest of an event covers the
 * one before it, the digest of its payload and its other fields: an erased payload leaves the chain
 * whole, a changed or missing event does not.
 */
#include "postroom/store.h"

#include "lib/store/db.h"
#include "postroom/digest.h"

#define HEX         (2 * PR_SHA256_BYTES)
#define VERIFY_ROWS 1000

struct head {
	int64_t seq;
	char digest[HEX + 1];
};

static void
head_set(struct head *h, int64_t seq, struct pr_str digest)
{
	h->seq = seq;
	snprintf(h->digest, sizeof(h->digest), PR_S_FMT, PR_S(pr_str_sub(digest, 0, HEX)));
}

static int
head_row(void *ctx, const struct pr_db_value *values, size_t n)
{
	if (n == 2)
		head_set(ctx, values[0].i, values[1].s);
	return 1;
}

static void
add_number(struct pr_sha256 *h, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	pr_sha256_add_field(h, pr_str_c(text));
}

static void
text_digest(struct pr_str text, char out[HEX + 1])
{
	unsigned char raw[PR_SHA256_BYTES];

	pr_sha256_of(text, raw);
	pr_hex(raw, sizeof(raw), out);
}

struct event {
	int64_t seq, case_id, at;
	struct pr_str cid, kind, who, payload_digest;
};

static void
chain(const char *previous, const struct event *e, char out[HEX + 1])
{
	const struct pr_str texts[] = {pr_str_c(previous), e->payload_digest, e->cid, e->kind,
				       e->who};
	unsigned char raw[PR_SHA256_BYTES];
	struct pr_sha256 h;

	pr_sha256_init(&h);
	for (size_t i = 0; i < PR_DB_COUNT(texts); i++)
		pr_sha256_add_field(&h, texts[i]);
	add_number(&h, e->seq);
	add_number(&h, e->case_id);
	add_number(&h, e->at);
	pr_sha256_end(&h, raw);
	pr_hex(raw, sizeof(raw), out);
}

static int
append(struct pr_store *store, struct event *e, struct pr_str payload, struct pr_err *err)
{
	char payload_digest[HEX + 1], digest[HEX + 1];
	struct head head = {0};

	/* The UPDATE takes the row's lock: on PostgreSQL two processes add one after the other. */
	if (pr_db_rows(store,
		       "UPDATE event_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, digest",
		       NULL, 0, head_row, &head, err) < 0)
		return -1;
	if (head.seq == 0)
		return pr_fail(err, PR_FATAL, 0,
			       "the store has lost its event_head row: restore it from a backup");
	text_digest(payload, payload_digest);
	e->seq = head.seq;
	e->payload_digest = pr_str_c(payload_digest);
	chain(head.digest, e, digest);
	const struct pr_db_value params[] = {
	    PR_DB_I(e->seq),
	    PR_DB_S(e->cid),
	    PR_DB_ID(e->case_id),
	    PR_DB_S(e->kind),
	    PR_DB_S(e->who),
	    PR_DB_S(payload),
	    PR_DB_S(e->payload_digest),
	    PR_DB_I(e->at),
	    PR_DB_S(pr_str_c(digest)),
	};
	if (pr_db_do(store,
		     "INSERT INTO event (seq, cid, case_id, kind, who, payload, payload_digest, "
		     "created_at, digest) "
		     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		     params, PR_DB_COUNT(params), NULL, err) < 0)
		return -1;
	const struct pr_db_value end[] = {PR_DB_S(pr_str_c(digest))};
	return pr_db_do(store, "UPDATE event_head SET digest = $1 WHERE id = 1", end, 1, NULL, err);
}

int
pr_store_event_add(struct pr_store *store, struct pr_str cid, int64_t case_id, struct pr_str kind,
		   struct pr_str who, struct pr_str payload, int64_t now, struct pr_err *err)
{
	struct event e = {.cid = cid, .case_id = case_id, .kind = kind, .who = who, .at = now};
	bool own;

	if (pr_db_enter(store, &own, err) < 0)
		return -1;
	return pr_db_leave(store, own, append(store, &e, payload, err), err);
}

/* ---- verification ---- */

struct walk {
	struct head at; /* the last event that was right */
	size_t rows;
	int64_t broken; /* the first that is not, 0: none */
	const char *reason;
};

static int
walk_row(void *ctx, const struct pr_db_value *v, size_t n)
{
	struct walk *w = ctx;
	char digest[HEX + 1];

	if (n != 9)
		pr_bug("the verification query has %zu columns", n);
	const struct event e = {.seq = v[0].i,
				.cid = v[1].s,
				.case_id = v[2].i,
				.kind = v[3].s,
				.who = v[4].s,
				.payload_digest = v[6].s,
				.at = v[7].i};
	w->broken = e.seq;
	w->reason = "an event before it is missing";
	if (e.seq != w->at.seq + 1)
		return 1;
	text_digest(v[5].s, digest);
	w->reason = "its payload was changed";
	if (v[5].type != PR_DB_NULL && !pr_str_eq_c(e.payload_digest, digest))
		return 1;
	chain(w->at.digest, &e, digest);
	w->reason = "it was changed";
	if (!pr_str_eq_c(v[8].s, digest))
		return 1;
	head_set(&w->at, e.seq, v[8].s);
	w->broken = 0;
	w->rows++;
	return 0;
}

static int
verify_chain(struct pr_store *store, struct pr_err *err)
{
	struct walk w = {0};
	struct head head = {0};

	memset(w.at.digest, '0', HEX);
	do {
		const struct pr_db_value params[] = {PR_DB_I(w.at.seq), PR_DB_I(VERIFY_ROWS)};
		w.rows = 0;
		if (pr_db_rows(store,
			       "SELECT seq, cid, case_id, kind, who, payload, payload_digest, "
			       "created_at, digest "
			       "FROM event WHERE seq > $1 ORDER BY seq LIMIT $2",
			       params, PR_DB_COUNT(params), walk_row, &w, err) < 0)
			return -1;
	} while (w.rows == VERIFY_ROWS && !w.broken);
	if (w.broken)
		return pr_fail(err, PR_FATAL, 0, "the event chain is broken at event %lld: %s",
			       (long long)w.broken, w.reason);
	if (pr_db_rows(store, "SELECT seq, digest FROM event_head WHERE id = 1", NULL, 0, head_row,
		       &head, err) < 0)
		return -1;
	if (head.seq != w.at.seq || strcmp(head.digest, w.at.digest) != 0)
		return pr_fail(err, PR_FATAL, 0,
			       "the event chain ends at %lld, its head says %lld: events were "
			       "removed or added",
			       (long long)w.at.seq, (long long)head.seq);
	return 0;
}

int
pr_store_verify(struct pr_store *store, struct pr_err *err)
{
	bool own;

	if (store->driver->verify && store->driver->verify(store->db, err) < 0)
		return -1;
	/* One snapshot where there is a writer's transaction; a reader looks at what is committed.
	 */
	if (!store->write)
		return verify_chain(store, err);
	if (pr_db_enter(store, &own, err) < 0)
		return -1;
	return pr_db_leave(store, own, verify_chain(store, err), err);
}
