/*
 * zygote_wire: who talks to whom, and in which bytes.
 *
 *     daemon ── request: id, [bundle, pipe] ──▶ zygote ── fork ──▶ child
 *     daemon ◀─ report: id, how the child ended ── zygote
 *     daemon ◀──────────── pipe: head, answer ─────────────────── child
 *
 * A job is over when its pipe is closed and its end is reported. An answer counts when it is whole
 * and its child ended with 0: one that dies midway has none.
 */
#ifndef LIB_SERVICE_ZYGOTE_WIRE_H
#define LIB_SERVICE_ZYGOTE_WIRE_H

#include "postroom/zygote.h"

#include <sys/types.h>

enum {
	PR_ZYGOTE_RUNNING = 2,        /* children at a time */
	PR_ZYGOTE_MAGIC = 0x70725a31, /* "prZ1" */
};

struct pr_zygote_request {
	uint32_t id;
};

struct pr_zygote_report {
	uint32_t id;
	int32_t status; /* of waitpid */
	int32_t failed; /* errno when there was no child at all */
	uint32_t late;  /* killed for its wall time */
};

struct pr_zygote_answer_head {
	uint32_t magic;
	uint32_t refused;
	uint64_t length;
	struct pr_err err;
};

/*
 * The zygote's own process: says a struct pr_err (no fault: ready) on the socket, then serves it
 * until the daemon closes its end.
 */
_Noreturn void pr_zygote_nest(const struct pr_zygote_work *work, int socket, pid_t daemon);

#endif
