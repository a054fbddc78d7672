/*
 * committer: many threads with one contact each become few flushes. A thread hands its arrival over
 * and sleeps; one thread takes all that wait, up to PR_SUBMIT_BATCH, through one pr_submit() and
 * wakes them.
 */
#ifndef PR_INGEST_COMMITTER_H
#define PR_INGEST_COMMITTER_H

#include "postroom/submit.h"

struct committer;

/* `submit` is used by the committer's thread only, until stop. */
struct committer *committer_start(struct pr_submit *submit, struct pr_err *err) PR_MUST_CHECK;
/* From any thread: 0 when the contact is durable. */
int
committer_submit(struct committer *c, struct pr_arrival *arrival, struct pr_err *err) PR_MUST_CHECK;
/* Nobody may be inside committer_submit() any more. */
void committer_stop(struct committer **c);

#endif
