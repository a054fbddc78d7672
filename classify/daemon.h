/*
 * daemon: the parts of postroom-classify. main.c is the table of hooks, read.c takes contacts from
 * the queue and reads, classifies and passes on each of them.
 */
#ifndef CLASSIFY_DAEMON_H
#define CLASSIFY_DAEMON_H

#include "postroom/classify.h"
#include "postroom/mail.h"
#include "postroom/queue.h"
#include "postroom/spool.h"

#define PR_CLASSIFY_BATCH_MAX PR_ZYGOTE_BATCH

struct pr_classify_conf {
	int64_t batch;
	int64_t attempts;
	int64_t wait;
};

struct pr_classifier {
	const struct pr_classify_conf *conf;
	struct pr_zygote *zygote;
	struct pr_spool *spool;
	struct pr_queue *queue;
	struct pr_rules *rules;
	struct pr_classify_world world;
	struct pr_arena arena; /* the contact in hand */
	struct pr_buf answers[PR_CLASSIFY_BATCH_MAX];
	struct pr_buf sidecar;
};

/*
 * Take up to conf->batch contacts and pass them on. Returns how many were taken, or -1: PR_RETRY
 * when Redis or the spool is away, PR_FATAL when the zygote is gone. What one contact does never
 * stops its neighbours.
 */
int pr_classifier_step(struct pr_classifier *k, struct pr_err *err);

#endif
