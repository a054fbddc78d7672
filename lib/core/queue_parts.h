/*
 * queue_parts: what queue.c (the hops) and queue_take.c (the reading) share.
 */
#ifndef LIB_CORE_QUEUE_PARTS_H
#define LIB_CORE_QUEUE_PARTS_H

#include "lib/core/queue_link.h"
#include "postroom/queue.h"

/* Where a stream's name stands in KEYS, which is what queue.lua calls it. */
enum pr_place {
	PR_PLACE_LIVE = 1,
	PR_PLACE_CONTACTS = 2,
	PR_PLACE_CLASSIFIED = 5,
	PR_PLACE_URGENT = 8,
	PR_PLACE_BURIED = 9,
	PR_PLACES = 9
};

/* By place: the key, and the place itself as an argument. */
extern const char *const pr_place_key[PR_PLACES + 1];
extern const char *const pr_place_word[PR_PLACES + 1];

/* What a consumer remembers of a stage that it reads. */
struct pr_reading {
	bool own;                       /* what it had in hand before has been given out again */
	int64_t claim_at;               /* when to look for what dead consumers hold; 0: at once */
	unsigned turn;                  /* which channel is asked first */
	char from[PR_PLACES + 1][50];   /* how far `own` has come, "" at the start */
	char newest[PR_PLACES + 1][48]; /* of a stream found empty: where to wait */
};

struct pr_queue {
	struct pr_queue_link *link;
	char *consumer;
	int64_t claim_ms;
	struct pr_reading reading[3];
};

/* FCALL of a Function with the nine keys; its arguments follow. */
void pr_queue_begin(struct pr_queue *q, const char *function);

#endif
