/*
 * store: the case store. Nouns and transactions; the SQL is in lib/store/ and nowhere else.
 *
 * One contract, two drivers (SQLite, PostgreSQL), the same SQL and schema: lib/store/db.h is the
 * narrow driver vtable, lib/store/store_*.c the nouns over it. Times are ms since 1970 UTC; days
 * are days since 1970 (calendar.h). UNIQUE constraints are the truth about duplicates. A function
 * that returns rows puts them into the arena.
 *
 * Failures: PR_RETRY when the database is busy, gone or full; PR_REJECT when this row is refused by
 * it; PR_FATAL when the schema is not ours.
 */
#ifndef POSTROOM_STORE_H
#define POSTROOM_STORE_H

#include "postroom/contact.h"

struct pr_store;

/* url: "sqlite:PATH" or "postgresql://…". write: open for changes and apply missing migrations;
 * else query_only. */
struct pr_store *pr_store_open(const char *url, bool write, struct pr_err *err) PR_MUST_CHECK;
void pr_store_close(struct pr_store **store);
int
pr_store_schema_version(struct pr_store *store, int64_t *version, struct pr_err *err) PR_MUST_CHECK;
/* Integrity: PRAGMA integrity_check or its like, and the event chain. PR_FATAL says what is broken.
 */
int pr_store_verify(struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;

/*
 * BEGIN IMMEDIATE, COMMIT (durable when it returns 0; on -1 it was rolled back), ROLLBACK;
 * savepoints for one contact within a batch. A transaction that the database gave up by itself
 * fails at the next savepoint or commit.
 */
int pr_store_begin(struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;
int pr_store_commit(struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;
void pr_store_rollback(struct pr_store *store);
int pr_store_savepoint(struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;
int pr_store_savepoint_release(struct pr_store *store, struct pr_err *err) PR_MUST_CHECK;
void pr_store_savepoint_rollback(struct pr_store *store);

/* ---- contact: one row a contact, for ever (a tombstone after erasure) ---- */

struct pr_store_contact {
	struct pr_str cid, reference, channel, account, kind, lang, risk, rules_version;
	int64_t received_at, recorded_at, case_id, citizen_id, lgsl, lgil, certain;
	struct pr_str
	    how; /* "opened" a case, "follow_up", "same" (another receipt of the same words) */
	struct pr_str
	    same_key; /* digest of what makes two receipts the same message; empty: it has none */
	bool canary, shadow, possible_duplicate;
	struct pr_str avoidable, avoidable_by; /* avoidable.h; empty: not avoidable */
};
/* *added = false when the cid has its row already (ON CONFLICT DO NOTHING). */
int pr_store_contact_add(struct pr_store *store, const struct pr_store_contact *c, bool *added,
			 struct pr_err *err) PR_MUST_CHECK;
/* What was decided after the row was claimed: its case, citizen (0: none) and how it came there. */
int pr_store_contact_bind(struct pr_store *store, struct pr_str cid, int64_t case_id,
			  int64_t citizen_id, struct pr_str how, struct pr_err *err) PR_MUST_CHECK;
/* Why it could have been avoided, and what shows that: dispatch's last word (avoidable.h). */
int pr_store_contact_avoidable(struct pr_store *store, struct pr_str cid, struct pr_str reason,
			       struct pr_str by, struct pr_err *err) PR_MUST_CHECK;
/* The case of another contact with this (non-empty) same_key: 1, 0, -1. */
int pr_store_contact_same(struct pr_store *store, struct pr_str cid, struct pr_str same_key,
			  int64_t *case_id, struct pr_err *err) PR_MUST_CHECK;
/* 1 found, 0 none, -1. `key` is a cid or a reference in canonical form. */
int pr_store_contact_find(struct pr_store *store, struct pr_str key, struct pr_arena *a,
			  struct pr_store_contact *c, struct pr_err *err) PR_MUST_CHECK;
/* present[i]: cids[i] has a row in contact, or in buried. One query. */
int pr_store_contact_present(struct pr_store *store, const struct pr_cid *cids, bool *present,
			     bool *is_buried, size_t n, struct pr_err *err) PR_MUST_CHECK;

/* ---- citizen, contact point, identity link ---- */

/* The citizen who is claimed by exactly this point and folded name: 1, 0, -1. kind: "email" or
 * "phone". */
int pr_store_citizen_find(struct pr_store *store, struct pr_str kind, struct pr_str value,
			  struct pr_str name_key, int64_t *citizen_id,
			  struct pr_err *err) PR_MUST_CHECK;
int pr_store_citizen_add(struct pr_store *store, struct pr_str name, struct pr_str name_key,
			 int64_t now, int64_t *citizen_id, struct pr_err *err) PR_MUST_CHECK;
int pr_store_point_add(struct pr_store *store, int64_t citizen_id, struct pr_str kind,
		       struct pr_str value, int64_t now, struct pr_err *err) PR_MUST_CHECK;
/* Whether that citizen is claimed by this point: 1, 0, -1. */
int pr_store_point_of(struct pr_store *store, int64_t citizen_id, struct pr_str kind,
		      struct pr_str value, struct pr_err *err) PR_MUST_CHECK;
/* Score in thousandths; evidence in words ("same e-mail address and name"); who: "postroom" or a
 * member of staff. */
int pr_store_link_add(struct pr_store *store, struct pr_str cid, int64_t citizen_id, int64_t score,
		      struct pr_str evidence, struct pr_str who, int64_t now,
		      struct pr_err *err) PR_MUST_CHECK;

/* ---- case ---- */

struct pr_store_case {
	int64_t id, opened_at, due_at /* 0: none */, closed_at, citizen_id, lgsl, lgil;
	struct pr_str reference; /* of the contact that opened it */
	struct pr_str team, state /* open, closed */;
	struct pr_str queue; /* where a person finds it: team, risk, triage, unreadable */
	struct pr_str why;   /* rules that decided, or why it waits */
	bool restricted, due_confirmed, possible_duplicate;
};
int pr_store_case_add(struct pr_store *store, const struct pr_store_case *c, int64_t *id,
		      struct pr_err *err) PR_MUST_CHECK;
int pr_store_case_get(struct pr_store *store, int64_t id, struct pr_arena *a,
		      struct pr_store_case *c, struct pr_err *err) PR_MUST_CHECK;
/* The open or closed case that a reference leads to: 1, 0, -1. */
int pr_store_case_by_reference(struct pr_store *store, struct pr_str reference, struct pr_arena *a,
			       struct pr_store_case *c, struct pr_err *err) PR_MUST_CHECK;
/*
 * Whether a citizen had a case of a service before a contact of theirs: open when the contact was
 * received, or closed by then but not before `closed_since`. A case is older than the contact when
 * the contact that opened it was received before. Restricted cases are never counted: nobody may
 * learn from a reason that there is one.
 */
struct pr_store_earlier {
	int64_t citizen_id, lgsl, received_at, closed_since;
	int64_t case_id; /* the contact's own, which does not count */
};
int pr_store_case_earlier(struct pr_store *store, const struct pr_store_earlier *q, bool *open,
			  bool *closed_lately, struct pr_err *err) PR_MUST_CHECK;
/* A person moved it: to a queue, team and service. */
int
pr_store_case_assign(struct pr_store *store, int64_t id, struct pr_str queue, struct pr_str team,
		     int64_t lgsl, int64_t lgil, struct pr_err *err) PR_MUST_CHECK;

/* ---- event: append only, a hash chain over digests ---- */

/* kind: "opened", "follow_up", "acknowledged", …; payload may hold words of staff, its digest is
 * chained. */
int pr_store_event_add(struct pr_store *store, struct pr_str cid, int64_t case_id,
		       struct pr_str kind, struct pr_str who, struct pr_str payload, int64_t now,
		       struct pr_err *err) PR_MUST_CHECK;

/* ---- outbox ---- */

enum pr_outbox_state {
	PR_OUTBOX_PENDING,
	PR_OUTBOX_SENDING,
	PR_OUTBOX_SENT,
	PR_OUTBOX_DEFERRED,
	PR_OUTBOX_UNKNOWN,
	PR_OUTBOX_DEAD,
	PR_OUTBOX_HELD
};
const char *pr_outbox_state_name(enum pr_outbox_state state);

struct pr_store_outbox {
	int64_t id, case_id, attempt, lease_until /* mono-free: wall ms */, next_at, created_at;
	struct pr_str cid, kind /* acknowledgement, alert, … */, lane /* urgent, normal */;
	struct pr_str channel /* email, sms */, address, lang, subject, body;
	struct pr_str
	    message_id; /* fixed: Message-ID without brackets, or the reference at the gateway */
	struct pr_str in_reply_to, references_text /* ids, one a line */;
	enum pr_outbox_state state;
	struct pr_str detail; /* what the other side said, without personal data */
};
/* UNIQUE (cid, kind): *added = false when there is one. */
int pr_store_outbox_add(struct pr_store *store, const struct pr_store_outbox *o, bool *added,
			struct pr_err *err) PR_MUST_CHECK;
/*
 * Take up to max rows that are due (pending, or deferred with next_at <= now), urgent lane first:
 * state sending, attempt + 1, lease until `now + lease_ms`. One transaction of its own, durable
 * before it returns.
 */
int pr_store_outbox_take(struct pr_store *store, int64_t now, int64_t lease_ms, size_t max,
			 struct pr_arena *a, struct pr_store_outbox **rows, size_t *n,
			 struct pr_err *err) PR_MUST_CHECK;
/*
 * sending -> sent | deferred | unknown | dead, only while attempt is still the same (fencing):
 * *settled = false when another took it. Also adds the event. Transaction of its own.
 */
int pr_store_outbox_settle(struct pr_store *store, const struct pr_store_outbox *o,
			   enum pr_outbox_state state, int64_t next_at, struct pr_str detail,
			   int64_t now, bool *settled, struct pr_err *err) PR_MUST_CHECK;
/* Every row in `sending` whose lease has ended becomes unknown. *n how many. */
int pr_store_outbox_expire(struct pr_store *store, int64_t now, int64_t *n,
			   struct pr_err *err) PR_MUST_CHECK;
/* A person's word on an unknown or a dead one: "sent" or "again" (back to pending with a new
 * message id). */
int pr_store_outbox_resolve(struct pr_store *store, int64_t id, bool again, struct pr_str who,
			    int64_t now, struct pr_err *err) PR_MUST_CHECK;
/* The row that was sent under this id (what a bounce answers to): 1, 0, -1. */
int
pr_store_outbox_by_message_id(struct pr_store *store, struct pr_str message_id, struct pr_arena *a,
			      struct pr_store_outbox *row, struct pr_err *err) PR_MUST_CHECK;
int pr_store_outbox_of(struct pr_store *store, struct pr_str cid, struct pr_arena *a,
		       struct pr_store_outbox **rows, size_t *n, struct pr_err *err) PR_MUST_CHECK;

/* ---- suppression: addresses that get nothing more (bad address, STOP) ---- */
int pr_store_suppress(struct pr_store *store, struct pr_str address, struct pr_str reason,
		      int64_t now, struct pr_err *err) PR_MUST_CHECK;
int pr_store_unsuppress(struct pr_store *store, struct pr_str address,
			struct pr_err *err) PR_MUST_CHECK;
int pr_store_suppressed(struct pr_store *store, struct pr_str address, bool *yes,
			struct pr_err *err) PR_MUST_CHECK;
/* Acknowledgements created for this address since `since`: the cap on loops. */
int pr_store_ack_count(struct pr_store *store, struct pr_str address, int64_t since, int64_t *n,
		       struct pr_err *err) PR_MUST_CHECK;

/* ---- buried: what the machine gave up on, until a person kicks it ---- */
struct pr_store_buried {
	struct pr_str cid, channel, reason;
	int64_t at;
};
int pr_store_buried_add(struct pr_store *store, const struct pr_store_buried *b,
			struct pr_err *err) PR_MUST_CHECK;
int pr_store_buried_remove(struct pr_store *store, struct pr_str cid, bool *was,
			   struct pr_err *err) PR_MUST_CHECK;

/* ---- what staff see ---- */
struct pr_store_waiting {
	struct pr_str cid, reference, channel, list /* unreadable, buried, triage, risk, unknown */,
	    why;
	int64_t since, case_id, outbox_id;
};
/* list: one of the five, oldest first. */
int pr_store_waiting(struct pr_store *store, struct pr_str list, size_t max, struct pr_arena *a,
		     struct pr_store_waiting **rows, size_t *n, struct pr_err *err) PR_MUST_CHECK;

struct pr_store_counts {
	int64_t contacts[PR_CHANNELS]; /* rows in contact */
	int64_t cases[PR_CHANNELS];    /* of them with a case that a team has */
	int64_t staff[PR_CHANNELS];    /* of them with a case in triage, risk or unreadable */
	int64_t buried[PR_CHANNELS];
	int64_t outbox[PR_OUTBOX_HELD + 1]; /* by state */
};
int pr_store_count(struct pr_store *store, struct pr_store_counts *counts,
		   struct pr_err *err) PR_MUST_CHECK;
/*
 * What the classifier said beside what staff made of it: the contacts that opened a case, no
 * canaries. `assigned`: a member of staff gave the case to a service or a team at least once (a
 * team alone leaves the service as it was); `closed`: the case is.
 */
struct pr_store_judged {
	struct pr_str cid, how;
	int64_t received_at;
	int64_t lgsl, lgil, certain;  /* the classifier's; 0: nothing spoke for any service */
	int64_t case_lgsl, case_lgil; /* the case's now */
	bool assigned, closed;
};
/*
 * The next page, at most max, in ascending order of cid: those behind `after` (empty: from the
 * start) that were received at `since` or later (0: all). *n < max: there are no more.
 */
int pr_store_judged_walk(struct pr_store *store, struct pr_str after, int64_t since, size_t max,
			 struct pr_arena *a, struct pr_store_judged **rows, size_t *n,
			 struct pr_err *err) PR_MUST_CHECK;
/* When the last canary of each channel became a row, ms; 0: none ever did. */
int pr_store_canaries(struct pr_store *store, int64_t last[PR_CHANNELS],
		      struct pr_err *err) PR_MUST_CHECK;

#endif
