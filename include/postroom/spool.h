/*
 * spool: where contacts are safe. Redis, sidecars and even the queue's order can be rebuilt from
 * it.
 *
 *     DIR/tmp/            being written; emptied of old files by the sweep
 *     DIR/new/<cid>       every contact that has no row in the store yet: a hard link to the bundle
 *     DIR/ab/<cid>        the bundle, in the folder named by the first two hex digits of its cid
 *     DIR/ab/<cid>.contact    sidecar: the contact as classify left it; rebuildable, not fsynced
 *     DIR/ab/<cid>.attempts   sidecar: one byte a failed attempt
 *
 * The order of a put is what the promise stands on: write tmp/, fsync it, link new/, fsync new/,
 * link ab/, fsync ab/. So ab/<cid> exists only when new/<cid> had been durable, and a contact found
 * in ab/ but not in new/ has been dispatched. Only when put returns 0 may the source be told.
 */
#ifndef POSTROOM_SPOOL_H
#define POSTROOM_SPOOL_H

#include "postroom/bundle.h"

struct pr_spool;

/* Make what is missing below `dir` and open it. min_free: bytes that intake leaves free on the file
 * system. */
struct pr_spool *pr_spool_open(const char *dir, int64_t min_free, struct pr_err *err) PR_MUST_CHECK;
void pr_spool_close(struct pr_spool **spool);

struct pr_spool_item {
	struct pr_cid cid;
	bool known; /* out: it was there already, and is durable */
	const struct pr_part *parts;
	size_t nparts;
};

/*
 * Room for a bundle of about `bytes` more: fewer than min_free bytes or 1 % of inodes left is
 * PR_RETRY. The only reason for which intake refuses.
 */
int pr_spool_room(struct pr_spool *spool, size_t bytes, struct pr_err *err) PR_MUST_CHECK;
/*
 * Make all n bundles durable, in one go (several share their flushes). All or none is told: on -1
 * the caller tells no source anything and tries all again later; those that made it are `known`
 * then.
 */
int pr_spool_put(struct pr_spool *spool, struct pr_spool_item *items, size_t n,
		 struct pr_err *err) PR_MUST_CHECK;

/* Open the bundle of `cid` (ab/, else new/). ENOENT is PR_REJECT with err->sys = ENOENT. */
int pr_spool_bundle(struct pr_spool *spool, const struct pr_cid *cid, struct pr_bundle *b,
		    struct pr_err *err) PR_MUST_CHECK;
/* A read-only descriptor on the same file, for the child that reads it; -1 as above. The caller
 * closes it. */
int pr_spool_bundle_fd(struct pr_spool *spool, const struct pr_cid *cid,
		       struct pr_err *err) PR_MUST_CHECK;
/* The contact has its row in the store (COMMIT returned): remove new/<cid>. Absent is fine. Not
 * synced: the sweep repeats it. */
int pr_spool_release(struct pr_spool *spool, const struct pr_cid *cid,
		     struct pr_err *err) PR_MUST_CHECK;
bool pr_spool_is_new(struct pr_spool *spool, const struct pr_cid *cid);
bool pr_spool_has(struct pr_spool *spool, const struct pr_cid *cid);

/* The contact sidecar; reading appends to b, absent is PR_REJECT with err->sys = ENOENT. */
int pr_spool_contact_write(struct pr_spool *spool, const struct pr_cid *cid, struct pr_str bytes,
			   struct pr_err *err) PR_MUST_CHECK;
int pr_spool_contact_read(struct pr_spool *spool, const struct pr_cid *cid, struct pr_buf *b,
			  struct pr_err *err) PR_MUST_CHECK;
int pr_spool_contact_drop(struct pr_spool *spool, const struct pr_cid *cid,
			  struct pr_err *err) PR_MUST_CHECK;

/* Attempts so far; note one more (before the dangerous thing is tried); forget them. */
unsigned pr_spool_attempts(struct pr_spool *spool, const struct pr_cid *cid);
int pr_spool_attempt(struct pr_spool *spool, const struct pr_cid *cid,
		     struct pr_err *err) PR_MUST_CHECK;
void pr_spool_attempts_clear(struct pr_spool *spool, const struct pr_cid *cid);

/*
 * Call fn for each contact in new/ (any order) until it returns non-zero, which is returned. The
 * link is at least min_age_ms old. An ab/ link that a crash left out is made. tmp/ files older than
 * an hour are removed.
 */
int
pr_spool_each_new(struct pr_spool *spool, int64_t min_age_ms,
		  int (*fn)(void *ctx, const struct pr_cid *cid), void *ctx, struct pr_err *err);
/* As above over every bundle in ab/. */
int pr_spool_each(struct pr_spool *spool, int (*fn)(void *ctx, const struct pr_cid *cid), void *ctx,
		  struct pr_err *err);

#endif
