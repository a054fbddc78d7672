/*
 * The daemon skeleton: from argv to exit status. The loop is at the end; everything before it
 * happens once, in the order that service.h promises.
 */
#include "postroom/service.h"

#include "lib/service/arguments.h"
#include "lib/service/notify.h"
#include "lib/service/signals.h"
#include "postroom/cleanup.h"
#include "postroom/council.h"
#include "postroom/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

enum {
	STEP_ARENA = 256 << 20, /* a batch of the largest messages, read and classified */
	DIAG_ARENA = 1 << 20,
	IDLE_MS = 1000,
	BACKOFF_FIRST_MS = 100,
	BACKOFF_LAST_MS = 30000,
	GO_ON = -1,
};

struct daemon {
	struct pr_service_ctx ctx;
	struct pr_arguments arguments;
	struct pr_config *config;
	struct pr_notify notify;
	int signals;
	bool stop, reload;
	int64_t backoff;
	char consumer[80];
};

/* -c, else what the `postroom` command reads too; with neither, the defaults. */
static const char *
config_path(const struct daemon *d)
{
	static const char usual[] = "/etc/postroom/postroom.yaml";
	const char *named = d->arguments.config ? d->arguments.config : getenv("POSTROOM_CONFIG");
	if (named)
		return named;
	return access(usual, F_OK) == 0 ? usual : NULL;
}

static struct pr_config *
load_config(const struct daemon *d)
{
	PR_AUTO_ARENA struct pr_arena arena;
	struct pr_diag diag;
	pr_arena_init(&arena, DIAG_ARENA);
	pr_diag_init(&diag, &arena);
	struct pr_config *config = pr_config_load(config_path(d), d->ctx.service->sections,
						  pr_section_names, d->arguments.overrides, &diag);
	if (!config) {
		pr_diag_print(&diag, stderr);
		fflush(stderr);
	}
	return config;
}

/* ---- the loop ---- */

static void
reload(struct daemon *d)
{
	const struct pr_service *s = d->ctx.service;
	struct pr_err err = {0};
	d->reload = false;
	if (!s->reload) {
		pr_log(PR_WARN, NULL, "reload", "nothing can be reloaded: restart %s instead",
		       s->name);
		return;
	}
	pr_notify_reloading();
	struct pr_config *fresh = load_config(d), *old = d->config;
	d->ctx.config = fresh;
	if (fresh && s->reload(&d->ctx, &err) == 0) {
		d->config = fresh;
		pr_config_free(&old);
		pr_log(PR_INFO, NULL, "reload", "result=new");
	} else {
		d->ctx.config = old;
		if (!fresh)
			pr_fail(&err, PR_FATAL, 0, "the configuration has errors");
		pr_config_free(&fresh);
		pr_fail_in(&err, "the old configuration stays in force");
		pr_log_err(PR_ERROR, NULL, "reload", &err);
	}
	pr_notify_ready();
}

/* Sleep for ms, or until a signal or (unless it is -1) wake_fd has something. The watchdog is fed
 * meanwhile. */
static void
rest(struct daemon *d, int64_t ms, int wake_fd)
{
	int64_t until = pr_notify_now() + ms;
	for (;;) {
		int64_t left = pr_notify_tick(&d->notify, until - pr_notify_now());
		struct pollfd fds[] = {{d->signals, POLLIN, 0}, {wake_fd, POLLIN, 0}};
		struct timespec t = {left / 1000, left % 1000 * 1000000};
		if (left < 0)
			t = (struct timespec){0, 0};
		int n = ppoll(fds, 2, &t, NULL);
		pr_signals_read(d->signals, &d->stop, &d->reload);
		if (n > 0 || pr_notify_now() >= until)
			return;
	}
}

static int
after_error(struct daemon *d, const struct pr_err *err)
{
	bool last = err->fault == PR_FATAL || d->arguments.once || d->ctx.service->quick;
	pr_log_err(PR_ERROR, NULL, "step", err);
	if (last)
		return PR_EXIT_TEMPORARY;
	d->backoff = d->backoff ? d->backoff * 2 : BACKOFF_FIRST_MS;
	if (d->backoff > BACKOFF_LAST_MS)
		d->backoff = BACKOFF_LAST_MS;
	/* What woke an idle daemon may be what it stumbles over: only a signal ends this rest. */
	rest(d, d->backoff, -1);
	return GO_ON;
}

/* One step and the rest that follows it; GO_ON or the exit status. */
static int
turn(struct daemon *d)
{
	struct pr_err err = {0};
	pr_arena_reset(&d->ctx.arena);
	enum pr_step step = d->ctx.service->step(&d->ctx, &err);
	if (step == PR_STEP_ERROR)
		return after_error(d, &err);
	d->backoff = 0;
	if (step == PR_STEP_DONE || d->arguments.once)
		return PR_EXIT_OK;
	if (step == PR_STEP_IDLE)
		rest(d, d->ctx.idle_ms, d->ctx.wake_fd);
	else
		pr_notify_tick(&d->notify, 0);
	return GO_ON;
}

static int
loop(struct daemon *d)
{
	int status = GO_ON;
	pr_notify_open(&d->notify);
	pr_notify_ready();
	pr_log(PR_INFO, NULL, "ready", "version=%s consumer=%s%s", PR_VERSION, d->consumer,
	       d->ctx.shadow ? " shadow" : "");
	while (status == GO_ON) {
		pr_signals_read(d->signals, &d->stop, &d->reload);
		if (d->stop) /* with a message still in the pipe, 0 would say that it is safe */
			status = d->ctx.service->quick ? PR_EXIT_TEMPORARY : PR_EXIT_OK;
		else if (d->reload)
			reload(d);
		else
			status = turn(d);
	}
	d->ctx.stopping = true;
	pr_notify_stopping();
	pr_log(PR_INFO, NULL, "stopping", "status=%d", status);
	return status;
}

/* ---- once ---- */

static int
open_failed(const char *event, const struct pr_err *err)
{
	pr_log_err(PR_ERROR, NULL, event, err);
	return err->fault == PR_RETRY ? PR_EXIT_TEMPORARY : PR_EXIT_CONFIG;
}

static int
run(struct daemon *d)
{
	const struct pr_service *s = d->ctx.service;
	struct pr_err err = {0};
	if (s->before_threads && s->before_threads(&d->ctx, &err) < 0)
		return open_failed("start", &err);
	/* Before open, whose threads then leave the signals to this one. */
	if ((d->signals = pr_signals_open(&err)) < 0)
		return open_failed("start", &err);
	int status = GO_ON;
	if (s->open && s->open(&d->ctx, &err) < 0)
		status = open_failed("start", &err);
	if (status == GO_ON) {
		status = loop(d);
		if (s->close)
			s->close(&d->ctx);
	}
	close(d->signals);
	return status;
}

static int
refuse_root(const char *name)
{
	if (geteuid() != 0 && getuid() != 0)
		return GO_ON;
	fprintf(stderr,
		"%s: does not run as root. Run it as an ordinary user:\n"
		"    setpriv --reuid=USER --regid=GROUP --clear-groups %s ...\n",
		name, name);
	return PR_EXIT_CONFIG;
}

static int
configure_and_run(struct daemon *d)
{
	const struct pr_service *s = d->ctx.service;
	d->config = load_config(d);
	if (!d->config)
		return PR_EXIT_CONFIG;
	d->ctx.config = d->config;
	int status = PR_EXIT_OK;
	if (d->arguments.check)
		printf("%s: the configuration is good\n", s->name);
	else if ((status = refuse_root(s->name)) == GO_ON)
		status = run(d);
	pr_config_free(&d->config);
	return status;
}

/* "postroom-classify" and 2 make "classify-2": the name under which Redis knows this process after
 * a restart. */
static void
name_consumer(struct daemon *d)
{
	const char *name = d->ctx.service->name, *prefix = "postroom-";
	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	snprintf(d->consumer, sizeof(d->consumer), "%.60s-%d", name, d->ctx.instance);
	d->ctx.consumer = d->consumer;
}

int
pr_service_main(int argc, char **argv, const struct pr_service *service)
{
	struct daemon d = {
	    .ctx = {.service = service, .idle_ms = IDLE_MS, .wake_fd = -1, .instance = 1},
	    .signals = -1};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error of write(), not a death */
	umask(0027);
	pr_log_open(service->name, PR_INFO);
	int status =
	    pr_arguments_read(&d.arguments, &d.ctx, argc, argv) < 0 ? PR_EXIT_CONFIG : PR_EXIT_OK;
	if (d.arguments.verbose)
		pr_log_level(PR_DEBUG);
	if (d.ctx.service->quick)
		pr_out_of_memory_exits(PR_EXIT_MTA_TEMPORARY);
	name_consumer(&d);
	pr_arena_init(&d.ctx.arena, STEP_ARENA);
	if (d.arguments.help)
		pr_arguments_help(service, stdout);
	else if (d.arguments.version)
		printf("%s %s\n", service->name, PR_VERSION);
	else if (status == PR_EXIT_OK)
		status = configure_and_run(&d);
	pr_arena_release(&d.ctx.arena);
	return status != PR_EXIT_OK && d.ctx.service->quick ? PR_EXIT_MTA_TEMPORARY : status;
}
