/*
 * sweep: the spool's new/ against queue and store. Redis may be emptied at any moment: what stands
 * in new/, has no row and is not live, is put again.
 *
 * The queue is asked before the store: whoever finishes a contact in between commits its row before
 * it leaves the queue, so "not live, and then no row" is never said of a contact that was just
 * accepted.
 */
#include "dispatch/dispatch.h"

#include "postroom/clock.h"
#include "postroom/log.h"

#define SWEEP_BATCH 256

struct sweep {
	struct pr_dispatch *d;
	struct pr_sweep_counts *counts;
	struct pr_err *err;
	struct pr_cid cids[SWEEP_BATCH];
	size_t n;
};

/* A bundle that cannot be read cannot be classified: a person must look at it. */
static int
bury_unreadable(struct pr_dispatch *d, const struct pr_cid *cid, const struct pr_err *why,
		struct pr_err *err)
{
	const struct pr_store_buried b = {pr_str_c(cid->hex), PR_STR("unknown"), pr_str_c(why->msg),
					  pr_now()};

	pr_log_err(PR_ERROR, cid->hex, "bundle_unreadable", why);
	return pr_store_buried_add(d->store, &b, err);
}

/* The channel, from the bundle's receipt: 1; 0: it was buried; -1. */
static int
channel_of(struct pr_dispatch *d, const struct pr_cid *cid, enum pr_channel *channel,
	   struct pr_err *err)
{
	struct pr_bundle bundle;
	struct pr_contact receipt;
	struct pr_err why;

	if (pr_spool_bundle(d->spool, cid, &bundle, &why) == 0) {
		pr_arena_reset(&d->work);
		int rc = pr_bundle_receipt(&bundle, &d->work, &receipt, &why);
		if (rc == 0 && !pr_channel_parse(receipt.channel, channel))
			rc = pr_fail(&why, PR_REJECT, 0, "the receipt names an unknown channel");
		pr_bundle_close(&bundle);
		if (rc == 0)
			return 1;
	}
	if (why.fault == PR_REJECT)
		return bury_unreadable(d, cid, &why, err);
	*err = why;
	return -1;
}

static int
flush(struct sweep *s)
{
	struct pr_dispatch *d = s->d;
	bool live[SWEEP_BATCH], present[SWEEP_BATCH], buried[SWEEP_BATCH];
	struct pr_queue_item items[SWEEP_BATCH];
	size_t nitems = 0, added = 0, n = s->n;

	s->n = 0;
	if (n == 0)
		return 0;
	if (pr_queue_live(d->queue, s->cids, live, n, s->err) < 0 ||
	    pr_store_contact_present(d->store, s->cids, present, buried, n, s->err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (present[i]) {
			s->counts->released++;
			if (pr_spool_release(d->spool, &s->cids[i], s->err) < 0)
				return -1;
			continue;
		}
		if (live[i] || buried[i])
			continue;
		int rc = channel_of(d, &s->cids[i], &items[nitems].channel, s->err);
		if (rc < 0)
			return -1;
		items[nitems].cid = s->cids[i];
		nitems += rc > 0;
	}
	if (nitems && pr_queue_put(d->queue, items, nitems, &added, s->err) < 0)
		return -1;
	s->counts->put += added;
	return 0;
}

static int
visit(void *ctx, const struct pr_cid *cid)
{
	struct sweep *s = ctx;

	s->counts->seen++;
	s->cids[s->n++] = *cid;
	return s->n == SWEEP_BATCH ? flush(s) : 0;
}

int
pr_dispatch_sweep(struct pr_dispatch *d, struct pr_sweep_counts *counts, struct pr_err *err)
{
	struct sweep s = {.d = d, .counts = counts, .err = err};

	*counts = (struct pr_sweep_counts){0};
	if (pr_spool_each_new(d->spool, d->conf->sweep_min_age, visit, &s, err) != 0 ||
	    flush(&s) < 0)
		return -1;
	return 0;
}
