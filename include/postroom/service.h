/*
 * service: the one daemon skeleton. A daemon's main is a table and a call:
 *
 *     static const struct pr_service classify_service = {
 *         .name = "postroom-classify", .summary = "sorts contacts", .sections = sections,
 *         .before_threads = start_zygote, .open = classify_open, .step = classify_step,
 *         .reload = classify_reload, .close = classify_close,
 *     };
 *     int main(int argc, char **argv) { return pr_service_main(argc, argv, &classify_service); }
 *
 * The skeleton owns, in this order: SIGPIPE ignored; log; arguments (-c file, -n check only, -o
 * section.setting=value, -1 one step and leave, -v, --help, --version and the daemon's own flags);
 * the configuration; refusing to run as root; before_threads; open; signals through signalfd;
 * sd_notify READY=1 and watchdog; the loop. TERM and INT finish the step in hand and leave; HUP
 * calls reload, which builds the new and swaps, or keeps the old and says why; close mirrors open
 * (a failed open cleans up after itself).
 *
 * Exit codes: 0 done, 100 configuration or usage (do not restart), 111 temporary (restart);
 * before_threads and open choose: PR_RETRY is 111, the others are 100. With --stdin every failure
 * is 75 (EX_TEMPFAIL), which is what an MTA's pipe understands.
 */
#ifndef POSTROOM_SERVICE_H
#define POSTROOM_SERVICE_H

#include "postroom/config.h"

enum { PR_EXIT_OK = 0, PR_EXIT_CONFIG = 100, PR_EXIT_TEMPORARY = 111, PR_EXIT_MTA_TEMPORARY = 75 };

enum pr_step {
	PR_STEP_WORKED, /* call again at once */
	PR_STEP_IDLE,   /* nothing to do: wait for idle_ms, a signal or a readable wake_fd */
	PR_STEP_ERROR,  /* *err says what: PR_RETRY waits with back-off (to 30 s), PR_FATAL leaves
			   with 111 */
	PR_STEP_DONE,   /* the work is finished: leave with 0 (--stdin, -1) */
};

struct pr_service_ctx {
	const struct pr_service *service;
	const struct pr_config *config;
	void *self;            /* the daemon's own state, made in open */
	struct pr_arena arena; /* reset before each step */
	int64_t idle_ms;       /* how long an idle step may sleep; open sets it, 1,000 by default */
	int wake_fd;           /* readable means: step again; -1 */
	bool stopping; /* TERM came and the last step is over: close may leave what can wait */
	bool shadow;   /* --shadow */
	const char *consumer; /* "classify-1": name and --instance number */
	int instance;
};

/* A flag of one daemon, beside the common ones: "--stdin". */
struct pr_service_flag {
	const char *name; /* with its dashes */
	const char *arg;  /* name of its argument for the help, NULL for none */
	const char *help;
	/* Before open; non-zero is a usage error. It may put another table in ctx->service: --stdin
	 * is its own service. */
	int (*set)(struct pr_service_ctx *ctx, const char *arg);
};

struct pr_service {
	const char *name;
	const char *summary;
	const struct pr_section *const *sections; /* NULL-terminated */
	const struct pr_service_flag *flags;      /* ends with a NULL name; may be NULL */
	bool quick; /* one message and out (--stdin): failures exit 75 */
	/* Called after the configuration is read (but before secrets are used), with no thread, TLS
	 * or socket open. */
	int (*before_threads)(struct pr_service_ctx *ctx, struct pr_err *err);
	int (*open)(struct pr_service_ctx *ctx, struct pr_err *err);
	enum pr_step (*step)(struct pr_service_ctx *ctx, struct pr_err *err);
	/* ctx->config is the new one already; on -1 the skeleton puts the old one back. May be
	 * NULL. */
	int (*reload)(struct pr_service_ctx *ctx, struct pr_err *err);
	void (*close)(struct pr_service_ctx *ctx);
};

int pr_service_main(int argc, char **argv, const struct pr_service *service);

#endif
