/*
 * queue: who works on what next. It carries ids only and can be emptied at any moment: the spool's
 * new/ and dispatch's sweep bring everything back. (Redis 7 Streams and Functions; hiredis appears
 * in queue_redis.c only.)
 *
 *     pr:contacts:<channel>     from ingest to classify, one stream a channel so that reading is
 * fair pr:classified:<channel>   from classify to dispatch pr:urgent                 from classify
 * to dispatch, always drained first pr:buried                 from classify or dispatch to
 * dispatch's hand for staff pr:live                   set of cids that stand in any of them
 *
 * Entry fields: cid, channel. Group: "pr". Every hop is one Redis Function call: put adds an id
 * unless it is live; move, done and bury act only on an entry whose XACK returned 1, and report the
 * others as already done, which is success. Functions and groups are loaded by whoever finds them
 * missing. Never XADD MAXLEN, NOACK, or done before COMMIT.
 *
 * A lost connection is PR_RETRY; the caller may call again at once, each call reconnects with
 * back-off. What was in doubt is done again: every call is idempotent. Only put never waits. The
 * process ignores SIGPIPE (the daemon skeleton does): hiredis writes to sockets that may be closed.
 */
#ifndef POSTROOM_QUEUE_H
#define POSTROOM_QUEUE_H

#include "postroom/contact.h"

struct pr_queue;

enum pr_queue_stage { PR_QUEUE_CONTACTS, PR_QUEUE_CLASSIFIED, PR_QUEUE_BURIED };

struct pr_ticket {
	struct pr_cid cid;
	enum pr_channel channel;
	unsigned char stream; /* which stream it stands in, for the queue's own use */
	char id[48];          /* its entry there */
	unsigned deliveries;  /* how often it was handed out, this time included; 1 when fresh */
};

/* socket: path of Redis' Unix socket. consumer: fixed name of this process, e.g. "classify-1". Does
 * not connect yet. */
struct pr_queue *
pr_queue_open(const char *socket, const char *consumer, struct pr_err *err) PR_MUST_CHECK;
void pr_queue_close(struct pr_queue **q);
/*
 * Ask the server for its settings: appendonly yes, appendfsync always, no-appendfsync-on-rewrite
 * no, maxmemory-policy noeviction, version 7. PR_FATAL names every one that is wrong and what to
 * write instead.
 */
int pr_queue_check(struct pr_queue *q, struct pr_err *err) PR_MUST_CHECK;

struct pr_queue_item {
	struct pr_cid cid;
	enum pr_channel channel;
};
/* Put contacts before classify unless they are live. *added (may be NULL) counts those that were
 * not. */
int pr_queue_put(struct pr_queue *q, const struct pr_queue_item *items, size_t n, size_t *added,
		 struct pr_err *err) PR_MUST_CHECK;
/*
 * Take up to max tickets; waits up to wait_ms when there is none. The first calls after open give
 * what this consumer had in hand before it died; once a minute what dead consumers hold (idle for
 * claim_ms) is taken over. For PR_QUEUE_CLASSIFIED pr:urgent is drained first. Returns how many, or
 * -1.
 */
int pr_queue_take(struct pr_queue *q, enum pr_queue_stage stage, struct pr_ticket *tickets,
		  size_t max, int wait_ms, struct pr_err *err) PR_MUST_CHECK;
/* Classify is through with these: on to dispatch; urgent[i] chooses the lane (NULL: none is
 * urgent). */
int pr_queue_move(struct pr_queue *q, const struct pr_ticket *tickets, const bool *urgent, size_t n,
		  struct pr_err *err) PR_MUST_CHECK;
/* The store has them (after COMMIT): out of the queue. */
int pr_queue_done(struct pr_queue *q, const struct pr_ticket *tickets, size_t n,
		  struct pr_err *err) PR_MUST_CHECK;
/* Into pr:buried; the reason is in the spool or the store, not here. */
int
pr_queue_bury(struct pr_queue *q, const struct pr_ticket *ticket, struct pr_err *err) PR_MUST_CHECK;
/* live[i] = item i stands in some stream. */
int pr_queue_live(struct pr_queue *q, const struct pr_cid *cids, bool *live, size_t n,
		  struct pr_err *err) PR_MUST_CHECK;

struct pr_queue_counts {
	int64_t contacts[PR_CHANNELS], classified[PR_CHANNELS], urgent, buried, live, pending;
};
int pr_queue_count(struct pr_queue *q, struct pr_queue_counts *counts,
		   struct pr_err *err) PR_MUST_CHECK;
/* How long an entry must be idle before another consumer takes it over (default 60,000 ms; tests
 * use less). */
void pr_queue_claim_after(struct pr_queue *q, int64_t claim_ms);

#endif
