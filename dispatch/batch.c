/*
 * batch: classified contacts become cases. A batch is one transaction with a savepoint for each
 * contact; only after COMMIT are the tickets done and the links in new/ removed. Whatever fails
 * before that leaves both as they are.
 *
 * A ticket that was handed out before, or a batch whose COMMIT failed, is taken one at a time, with
 * the attempt noted first: a contact that kills the process is buried alone, and its neighbours are
 * not.
 */
#include "dispatch/dispatch.h"

#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/log.h"

#define SIDECAR_MAX ((size_t)96 << 20)
#define ARENA_SLACK ((size_t)1 << 20)

enum fate {
	FATE_ACCEPT, /* decoded, to be accepted */
	FATE_DONE,   /* it has its row (or its place among the buried) once COMMIT returns */
	FATE_AGAIN,  /* no usable sidecar: the sweep brings it back to classify */
	FATE_STAFF, /* an operator buried it meanwhile: it leaves the queue, and waits for a kick */
	FATE_BURY,  /* given up: reason says why */
	FATE_LATER, /* refused this time: stays pending and is handed out again */
};

struct entry {
	const struct pr_ticket *ticket;
	enum fate fate;
	struct pr_contact contact;
	struct pr_case_outcome outcome;
	char reason[256];
};

/* ---- before the transaction: sidecars ---- */

/* Made again a few times, no more: what classify writes and we cannot read would go round for ever.
 */
static int
forget_sidecar(struct pr_dispatch *d, struct entry *e, const struct pr_err *why, struct pr_err *err)
{
	unsigned attempts = pr_spool_attempts(d->spool, &e->ticket->cid);

	pr_log_err(PR_WARN, e->ticket->cid.hex, "sidecar_unusable", why);
	if ((int64_t)attempts >= d->conf->attempts) {
		e->fate = FATE_BURY;
		snprintf(e->reason, sizeof(e->reason), "its record could not be used %u times",
			 attempts + 1);
		return 0;
	}
	e->fate = FATE_AGAIN;
	return pr_spool_contact_drop(d->spool, &e->ticket->cid, err);
}

/* 1: *e is filled; 0: it does not fit into the arena beside the others; -1. */
static int
load(struct pr_dispatch *d, struct entry *e, struct pr_buf *buf, struct pr_err *err)
{
	struct pr_err why;

	pr_buf_reset(buf);
	if (pr_spool_contact_read(d->spool, &e->ticket->cid, buf, &why) < 0) {
		if (why.fault == PR_REJECT)
			return forget_sidecar(d, e, &why, err) < 0 ? -1 : 1;
		*err = why;
		return -1;
	}
	/* Lists cost an entry each beside the bytes; texts point into the copy. */
	if (pr_arena_left(&d->work) < buf->n * 2 + ARENA_SLACK)
		return 0;
	if (pr_contact_decode(pr_arena_dup(&d->work, pr_buf_str(buf)), PR_STAGE_CLASSIFY, &d->work,
			      &e->contact, &why) < 0)
		return forget_sidecar(d, e, &why, err) < 0 ? -1 : 1;
	e->fate = FATE_ACCEPT;
	return 1;
}

/* How many of the first n were loaded, at least one; -1. */
static int
load_all(struct pr_dispatch *d, struct entry *entries, size_t n, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf buf;
	size_t i;

	pr_buf_init(&buf, SIDECAR_MAX);
	for (i = 0; i < n; i++) {
		entries[i].ticket = &d->hand[i];
		int rc = load(d, &entries[i], &buf, err);
		if (rc < 0)
			return -1;
		if (rc == 0 && i > 0)
			break;
		if (rc == 0) {
			entries[i].fate = FATE_BURY;
			snprintf(entries[i].reason, sizeof(entries[i].reason),
				 "its record is too large to be read");
		}
	}
	return (int)i;
}

/* One that was handed out before: note the attempt before it is tried again. */
static int
note_attempt(struct pr_dispatch *d, struct entry *e, struct pr_err *err)
{
	unsigned attempts = pr_spool_attempts(d->spool, &e->ticket->cid);

	if (e->fate != FATE_ACCEPT || d->noted)
		return 0;
	if ((int64_t)attempts >= d->conf->attempts) {
		e->fate = FATE_BURY;
		snprintf(e->reason, sizeof(e->reason), "gave up after %u attempts", attempts);
		return 0;
	}
	if (pr_spool_attempt(d->spool, &e->ticket->cid, err) < 0)
		return -1;
	d->noted = true; /* a store that is busy or gone for an hour is not this contact's fault */
	return 0;
}

/* ---- inside the transaction ---- */

/* A contact that has its row already needs no grave. */
static int
bury(struct pr_dispatch *d, const struct pr_ticket *ticket, const char *reason, struct pr_err *err)
{
	const struct pr_store_buried b = {pr_str_c(ticket->cid.hex),
					  pr_str_c(pr_channel_name(ticket->channel)),
					  pr_str_c(reason), pr_now()};
	bool present, is_buried;

	if (pr_store_contact_present(d->store, &ticket->cid, &present, &is_buried, 1, err) < 0)
		return -1;
	return present ? 0 : pr_store_buried_add(d->store, &b, err);
}

/* The contact was refused: once more later, or given up. Its neighbours are not touched. */
static int
refused(struct pr_dispatch *d, struct entry *e, bool careful, const struct pr_err *why,
	struct pr_err *err)
{
	pr_store_savepoint_rollback(d->store);
	pr_log_err(PR_WARN, e->ticket->cid.hex, "refused", why);
	e->fate = FATE_LATER;
	if (!careful && pr_spool_attempt(d->spool, &e->ticket->cid, err) < 0)
		return -1;
	if ((int64_t)pr_spool_attempts(d->spool, &e->ticket->cid) >= d->conf->attempts) {
		e->fate = FATE_BURY;
		snprintf(e->reason, sizeof(e->reason), "%s", why->msg);
		return bury(d, e->ticket, e->reason, err);
	}
	return 0;
}

static int
accept_one(struct pr_dispatch *d, struct entry *e, bool careful, struct pr_err *err)
{
	struct pr_err why;

	if (e->fate == FATE_BURY)
		return bury(d, e->ticket, e->reason, err);
	if (e->fate != FATE_ACCEPT)
		return 0;
	if (pr_store_savepoint(d->store, err) < 0)
		return -1;
	if (pr_case_accept(d->store, d->policy, &e->contact, pr_now(), &d->work, &e->outcome,
			   &why) < 0) {
		if (why.fault == PR_REJECT)
			return refused(d, e, careful, &why, err);
		*err = why;
		return -1;
	}
	e->fate = FATE_DONE;
	return pr_store_savepoint_release(d->store, err);
}

/* What stands among the buried is staff's until they give it back. */
static int
leave_to_staff(struct pr_dispatch *d, struct entry *entries, size_t n, struct pr_err *err)
{
	struct pr_cid *cids = pr_arena_array(&d->work, n, sizeof(*cids));
	bool present[PR_DISPATCH_BATCH_MAX], buried[PR_DISPATCH_BATCH_MAX];

	for (size_t i = 0; i < n; i++)
		cids[i] = entries[i].ticket->cid;
	if (pr_store_contact_present(d->store, cids, present, buried, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (buried[i] && !present[i])
			entries[i].fate = FATE_STAFF;
	return 0;
}

static int
accept_all(struct pr_dispatch *d, struct entry *entries, size_t n, bool careful, struct pr_err *err)
{
	if (leave_to_staff(d, entries, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (accept_one(d, &entries[i], careful, err) < 0)
			return -1;
	return 0;
}

static int
transact(struct pr_dispatch *d, struct entry *entries, size_t n, bool careful, struct pr_err *err)
{
	if (pr_store_begin(d->store, err) < 0)
		return -1;
	if (accept_all(d, entries, n, careful, err) < 0) {
		pr_store_rollback(d->store);
		return -1;
	}
	return pr_store_commit(d->store, err);
}

/* ---- after COMMIT ---- */

static void
tell(const struct entry *e)
{
	const struct pr_case_outcome *o = &e->outcome;
	const char *cid = e->ticket->cid.hex;

	if (e->fate == FATE_BURY)
		pr_log(PR_ERROR, cid, "buried", "reason=\"%s\"", e->reason);
	else if (e->fate == FATE_DONE && o->known)
		pr_log(PR_INFO, cid, "known", "delivery=%u", e->ticket->deliveries);
	else if (e->fate == FATE_DONE)
		pr_log(PR_INFO, cid, "accepted", "case=%lld queue=%s follow_up=%d ack=\"%s\"",
		       (long long)o->case_id, o->queue, o->follow_up, o->ack);
}

static int
settle(struct pr_dispatch *d, const struct entry *entries, size_t n, bool careful,
       struct pr_err *err)
{
	struct pr_ticket done[PR_DISPATCH_BATCH_MAX];
	size_t ndone = 0;

	for (size_t i = 0; i < n; i++)
		if (entries[i].fate != FATE_LATER)
			done[ndone++] = *entries[i].ticket;
	if (ndone && pr_queue_done(d->queue, done, ndone, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct pr_cid *cid = &entries[i].ticket->cid;
		struct pr_err why;
		tell(&entries[i]);
		if (entries[i].fate == FATE_AGAIN && pr_spool_attempt(d->spool, cid, &why) < 0)
			pr_log_err(PR_WARN, cid->hex, "attempt", &why);
		if (entries[i].fate != FATE_DONE)
			continue;
		if (careful)
			pr_spool_attempts_clear(d->spool, cid);
		if (pr_spool_release(d->spool, cid, &why) < 0) /* the sweep repeats it */
			pr_log_err(PR_WARN, cid->hex, "release_failed", &why);
	}
	return 0;
}

/* ---- a round ---- */

static size_t
fresh_ones(const struct pr_dispatch *d)
{
	size_t n = 0;

	while (n < d->nhand && d->hand[n].deliveries <= 1)
		n++;
	return n;
}

int
pr_dispatch_round(struct pr_dispatch *d, struct pr_err *err)
{
	if (d->nhand == 0) {
		d->singly = false;
		int taken = pr_queue_take(d->queue, PR_QUEUE_CLASSIFIED, d->hand,
					  (size_t)d->conf->batch, (int)d->conf->wait, err);
		if (taken <= 0)
			return taken;
		d->nhand = (size_t)taken;
	}
	size_t n = d->singly ? 0 : fresh_ones(d);
	bool careful = n == 0;
	pr_arena_reset(&d->work);
	struct entry *entries = pr_arena_array(&d->work, careful ? 1 : n, sizeof(*entries));
	int loaded = load_all(d, entries, careful ? 1 : n, err);
	if (loaded < 0 || (careful && note_attempt(d, &entries[0], err) < 0))
		return -1;
	if (transact(d, entries, (size_t)loaded, careful, err) < 0) {
		d->singly = true;
		return -1;
	}
	/* When this fails the tickets stay in hand: accepted again they are known, and done then.
	 */
	if (settle(d, entries, (size_t)loaded, careful, err) < 0)
		return -1;
	d->noted = false;
	d->nhand -= (size_t)loaded;
	memmove(d->hand, d->hand + loaded, d->nhand * sizeof(d->hand[0]));
	return loaded;
}

int
pr_dispatch_buried(struct pr_dispatch *d, struct pr_err *err)
{
	struct pr_ticket tickets[PR_DISPATCH_BATCH_MAX];
	char reason[64];
	int n = pr_queue_take(d->queue, PR_QUEUE_BURIED, tickets, (size_t)d->conf->batch, 0, err);

	if (n <= 0)
		return n;
	if (pr_store_begin(d->store, err) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		snprintf(reason, sizeof(reason), "gave up after %u attempts to read and sort it",
			 pr_spool_attempts(d->spool, &tickets[i].cid));
		if (bury(d, &tickets[i], reason, err) < 0) {
			pr_store_rollback(d->store);
			return -1;
		}
		pr_log(PR_ERROR, tickets[i].cid.hex, "buried", "reason=\"%s\"", reason);
	}
	if (pr_store_commit(d->store, err) < 0 ||
	    pr_queue_done(d->queue, tickets, (size_t)n, err) < 0)
		return -1;
	return n;
}
