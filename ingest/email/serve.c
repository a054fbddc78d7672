/*
 * serve: the mailboxes in turn. A step is one batch of one mailbox. A mailbox that fails is tried
 * again after a back-off of its own; its neighbours do not wait for it.
 */
#include "ingest/email/serve.h"
#include "postroom/clock.h"
#include "postroom/council.h"
#include "postroom/file.h"
#include "postroom/log.h"
#include "postroom/sections.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAUSE_FIRST 1000
#define PAUSE_MAX   300000

/* libetpan waits with select(): a descriptor of 1,024 or more would end the process. */
static void
limit_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 1000) {
		limit.rlim_cur = 1000;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int
pr_email_open_door(struct pr_service_ctx *ctx, struct pr_email *e, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);
	const struct pr_queue_conf *queue = pr_config_get(ctx->config, &pr_queue_section);

	e->wake_fd = -1;
	e->spool = pr_spool_open(spool->dir, spool->min_free, err);
	if (!e->spool)
		return -1;
	e->queue = pr_queue_open(queue->socket, ctx->consumer, err);
	if (!e->queue)
		return -1;
	e->submit = (struct pr_submit){e->spool, e->queue, ctx->shadow};
	snprintf(e->state_dir, sizeof(e->state_dir), "%s/mailboxes", spool->dir);
	return 0;
}

static void
boxes_close(struct pr_mailbox *boxes, size_t n)
{
	for (size_t i = n; i-- > 0;) {
		if (boxes[i].self)
			boxes[i].driver->close(&boxes[i]);
		pr_uid_state_release(&boxes[i].trouble.left);
	}
	free(boxes);
}

/* The mailboxes that the configuration names, all closed and due at once. */
static int
boxes_make(struct pr_service_ctx *ctx, struct pr_email *e, struct pr_err *err)
{
	size_t n = pr_config_count(ctx->config, &pr_mailboxes_section);
	struct pr_mailbox *boxes = pr_calloc(n ? n : 1, sizeof(*boxes));

	for (size_t i = 0; i < n; i++) {
		struct pr_mailbox *m = &boxes[i];
		m->conf = pr_config_at(ctx->config, &pr_mailboxes_section, i);
		m->driver = pr_mailbox_drivers[m->conf->type];
		m->state_dir = *m->conf->state_dir ? m->conf->state_dir : e->state_dir;
		m->shadow = ctx->shadow;
		m->wake_fd = e->wake_fd;
		if (pr_dir_make(m->state_dir, err) < 0) {
			free(boxes);
			return -1;
		}
	}
	boxes_close(e->boxes, e->n);
	e->boxes = boxes;
	e->n = n;
	e->next = 0;
	return 0;
}

void
pr_email_close(struct pr_service_ctx *ctx)
{
	struct pr_email *e = ctx->self;

	if (!e)
		return;
	boxes_close(e->boxes, e->n);
	if (e->wake_fd >= 0)
		close(e->wake_fd);
	if (e->batch.v)
		pr_mail_batch_release(&e->batch);
	pr_queue_close(&e->queue);
	pr_spool_close(&e->spool);
	free(e);
	ctx->self = NULL;
}

/* None in shadow: nothing but a copy of the live mailbox's mail goes through then. */
static void
start_canary(const struct pr_service_ctx *ctx, struct pr_email *e)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);

	pr_canary_init(&e->canary, PR_CHANNEL_EMAIL, ctx->shadow ? 0 : spool->canary);
}

int
pr_email_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_email *e = pr_calloc(1, sizeof(*e));

	ctx->self = e;
	limit_descriptors();
	if (pr_email_open_door(ctx, e, err) < 0)
		return -1;
	pr_mail_batch_init(&e->batch);
	e->wake_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	ctx->wake_fd = e->wake_fd;
	start_canary(ctx, e);
	return boxes_make(ctx, e, err);
}

int
pr_email_reload(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_email *e = ctx->self;

	if (boxes_make(ctx, e, err) < 0)
		return -1;
	start_canary(ctx, e);
	return 0;
}

/* A file arrived somewhere: whatever can be woken is due. */
static void
drain_wakes(struct pr_email *e)
{
	char events[4096];
	bool any = false;

	while (e->wake_fd >= 0 && read(e->wake_fd, events, sizeof(events)) > 0)
		any = true;
	for (size_t i = 0; any && i < e->n; i++)
		if (e->boxes[i].driver->poll_max && !e->boxes[i].pause)
			e->boxes[i].due = 0;
}

/* The next mailbox in turn that is due, or NULL. */
static struct pr_mailbox *
next_due(struct pr_email *e)
{
	int64_t now = pr_mono();

	for (size_t i = 0; i < e->n; i++) {
		struct pr_mailbox *m = &e->boxes[(e->next + i) % e->n];
		if (m->due <= now) {
			e->next = (e->next + i + 1) % e->n;
			return m;
		}
	}
	return NULL;
}

static int64_t
until_due(const struct pr_email *e)
{
	int64_t now = pr_mono(), wait = 60000;

	for (size_t i = 0; i < e->n; i++)
		if (e->boxes[i].due - now < wait)
			wait = e->boxes[i].due > now ? e->boxes[i].due - now : 1;
	return wait;
}

/* This one waits, 1 s first and up to 5 min; it is told once each time, with its name. */
static void
set_aside(struct pr_mailbox *m, struct pr_err *err)
{
	if (m->self)
		m->driver->close(m);
	m->pause = m->pause ? (m->pause * 2 > PAUSE_MAX ? PAUSE_MAX : m->pause * 2) : PAUSE_FIRST;
	m->due = pr_mono() + m->pause;
	pr_fail_in(err, "mailbox '%s'", m->conf->name);
	pr_log_err(PR_ERROR, NULL, "mailbox_failed", err);
}

static void
rest(struct pr_mailbox *m)
{
	int64_t wait = m->conf->poll;

	if (m->driver->poll_max && wait > m->driver->poll_max)
		wait = m->driver->poll_max;
	m->pause = 0;
	m->due = pr_mono() + wait;
}

static enum pr_step
serve(struct pr_email *e, struct pr_mailbox *m, struct pr_err *err)
{
	int n = m->self || m->driver->open(m, err) == 0 ? m->driver->fetch(m, &e->batch, err) : -1;

	if (n < 0) {
		set_aside(m, err);
		return PR_STEP_WORKED;
	}
	if (n == 0) {
		rest(m);
		return PR_STEP_WORKED;
	}
	/* A full disk concerns all mailboxes alike: the process as a whole waits, the source knows
	 * of nothing. */
	if (pr_mailbox_submit(&e->submit, pr_str_c(m->conf->name), &e->batch, err) < 0) {
		m->driver->close(m);
		return PR_STEP_ERROR;
	}
	pr_log(PR_DEBUG, NULL, "batch", "mailbox=%s messages=%d", m->conf->name, n);
	if (m->driver->done(m, &e->batch, err) < 0)
		set_aside(m, err);
	else
		m->pause = 0;
	return PR_STEP_WORKED;
}

enum pr_step
pr_email_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_email *e = ctx->self;

	pr_canary_submit(&e->canary, &e->submit);
	drain_wakes(e);
	struct pr_mailbox *m = next_due(e);
	if (!m) {
		ctx->idle_ms = pr_canary_wait(&e->canary, until_due(e));
		return PR_STEP_IDLE;
	}
	pr_mail_batch_reset(&e->batch);
	return serve(e, m, err);
}
