/*
 * zygote: a small process that forks a disposable, sandboxed child for every message to be parsed.
 *
 * It is made before there are threads, TLS, Redis or secrets, so its children have none of them. A
 * child gets a read-only descriptor of the bundle and a pipe, gives itself limits (CPU seconds,
 * memory, file size, open files, no processes) and a seccomp filter (read, write, memory; files
 * opened for reading only, which iconv needs for its modules; no sockets, no exec, no signals to
 * others), runs `work` and ends. One message, one child. Whatever a child does, the caller gets an
 * outcome; when the zygote itself is gone, PR_FATAL.
 */
#ifndef POSTROOM_ZYGOTE_H
#define POSTROOM_ZYGOTE_H

#include "postroom/buf.h"

struct pr_zygote;

struct pr_zygote_work {
	const char *name;
	/* Once, in the zygote: load libraries, tables, character sets. May be NULL. */
	void (*warm)(void);
	/* In the child: read from fd, append the answer to out. 0 or -1 with err (its words reach
	 * the caller). */
	int (*run)(int fd, struct pr_buf *out, struct pr_err *err);
	int cpu_seconds;   /* 2 */
	int64_t memory;    /* bytes of address space beyond what the zygote has; 0 under ASan */
	int64_t wall_ms;   /* 10,000: then it is killed */
	size_t answer_max; /* bytes */
};

enum pr_zygote_outcome {
	PR_ZYGOTE_OK,
	PR_ZYGOTE_REFUSED, /* run() returned -1: err->msg has its words */
	PR_ZYGOTE_CRASHED, /* a signal, seccomp's among them, or memory */
	PR_ZYGOTE_TIMEOUT, /* CPU or wall time */
};

struct pr_zygote *
pr_zygote_start(const struct pr_zygote_work *work, struct pr_err *err) PR_MUST_CHECK;
/*
 * Run the work over fd (from offset 0; the descriptor is only lent). Blocks, at most wall_ms and a
 * little. Returns 0 with *outcome set (and err filled when it is not OK, out as it was before); -1
 * with PR_FATAL when the zygote is gone, with PR_RETRY when there is no room for a pipe or a
 * process now: nothing is known of the message.
 */
int pr_zygote_run(struct pr_zygote *z, int fd, struct pr_buf *out, enum pr_zygote_outcome *outcome,
		  struct pr_err *err) PR_MUST_CHECK;
/*
 * The same for several at once, `n` of them, at most PR_ZYGOTE_BATCH, two children running at a
 * time. outs[i], outcomes[i] and errs[i] belong to fds[i].
 */
#define PR_ZYGOTE_BATCH 64
int pr_zygote_run_batch(struct pr_zygote *z, const int *fds, size_t n, struct pr_buf *outs,
			enum pr_zygote_outcome *outcomes, struct pr_err *errs,
			struct pr_err *err) PR_MUST_CHECK;
/* Ends the zygote and waits for it. */
void pr_zygote_stop(struct pr_zygote **z);

#endif
