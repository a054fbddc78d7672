/*
 * dispatch: the daemon's state, and its three kinds of work: a round of contacts, the buried, the
 * sweep.
 */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "postroom/case.h"
#include "postroom/queue.h"
#include "postroom/spool.h"

#define PR_DISPATCH_BATCH_MAX 256

/* The section "dispatch" of postroom.yaml (options.c). */
struct pr_dispatch_conf {
	int64_t batch, attempts, acks_per_day;
	int64_t wait, sweep_every, sweep_min_age; /* ms */
};

struct pr_dispatch {
	const struct pr_dispatch_conf *conf;
	struct pr_arena arena; /* the policy; as long as this configuration */
	struct pr_case_policy *policy;
	struct pr_spool *spool;
	struct pr_queue *queue;
	struct pr_store *store;

	/* Tickets that were taken and not settled; after a failed COMMIT they are done again one by
	 * one. */
	struct pr_ticket hand[PR_DISPATCH_BATCH_MAX];
	size_t nhand;
	bool singly;
	bool noted; /* the attempt at hand[0] is in the spool: once each time it is handed out */
	struct pr_arena work; /* the contacts of one batch */
	int64_t next_sweep;   /* monotonic */
};

/* batch.c: take (or go on with what is in hand) and settle one batch. How many tickets, or -1. */
int pr_dispatch_round(struct pr_dispatch *d, struct pr_err *err) PR_MUST_CHECK;
/* Rows for what classify gave up on. How many, or -1. */
int pr_dispatch_buried(struct pr_dispatch *d, struct pr_err *err) PR_MUST_CHECK;

/* sweep.c: put back what the queue forgot, forget links that are done with. */
struct pr_sweep_counts {
	size_t seen, released, put;
};
int pr_dispatch_sweep(struct pr_dispatch *d, struct pr_sweep_counts *counts,
		      struct pr_err *err) PR_MUST_CHECK;

#endif
