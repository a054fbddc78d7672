/*
 * postroom-dispatch: classified contacts become cases; the sweep; the buried.
 */
#include "dispatch/dispatch.h"
#include "postroom/clock.h"
#include "postroom/log.h"
#include "postroom/sections.h"
#include "postroom/service.h"

#define POLICY_ARENA   ((size_t)64 << 20)
#define WORK_ARENA     ((size_t)256 << 20)
#define SWEEP_AGAIN_MS 2000

static void
discard(struct pr_dispatch **d)
{
	if (!*d)
		return;
	pr_store_close(&(*d)->store);
	pr_queue_close(&(*d)->queue);
	pr_spool_close(&(*d)->spool);
	pr_case_policy_release(&(*d)->policy);
	pr_arena_release(&(*d)->work);
	pr_arena_release(&(*d)->arena);
	free(*d);
	*d = NULL;
}

static int
load_policy(struct pr_dispatch *d, const struct pr_config *config, struct pr_err *err)
{
	const struct pr_council_conf *council = pr_config_get(config, &pr_council_section);
	char *rules = pr_config_path(config, council->rules, &d->arena);
	struct pr_diag diag;

	if (!*council->instance_key)
		return pr_fail(err, PR_FATAL, 0,
			       "council.instance_key is not set: references need it; `postroom "
			       "setup` makes one");
	pr_diag_init(&diag, &d->arena);
	d->policy = pr_case_policy_load(council, rules, d->conf->acks_per_day, &d->arena, &diag);
	if (d->policy)
		return 0;
	pr_diag_print(&diag, stderr);
	return pr_fail(err, PR_FATAL, 0,
		       "council.rules: %zu errors in services, calendars or templates", diag.n);
}

static int
open_queue(struct pr_dispatch *d, const struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_queue_conf *conf = pr_config_get(ctx->config, &pr_queue_section);

	d->queue = pr_queue_open(conf->socket, ctx->consumer, err);
	if (!d->queue)
		return -1;
	pr_queue_claim_after(d->queue, conf->claim_after);
	/* A Redis that is not there yet is waited for; one with wrong settings would lose what it
	 * promises. */
	return pr_queue_check(d->queue, err) < 0 && err->fault == PR_FATAL ? -1 : 0;
}

static struct pr_dispatch *
make(struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);
	const struct pr_store_conf *store = pr_config_get(ctx->config, &pr_store_section);
	struct pr_dispatch *d = pr_calloc(1, sizeof(*d));

	d->conf = pr_config_get(ctx->config, &pr_dispatch_section);
	d->next_sweep = pr_mono();
	pr_arena_init(&d->arena, POLICY_ARENA);
	pr_arena_init(&d->work, WORK_ARENA);
	if (load_policy(d, ctx->config, err) == 0 &&
	    (d->spool = pr_spool_open(spool->dir, spool->min_free, err)) &&
	    open_queue(d, ctx, err) == 0 && (d->store = pr_store_open(store->url, true, err)))
		return d;
	discard(&d);
	return NULL;
}

static int
dispatch_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	ctx->idle_ms = 1; /* a round waits for the queue by itself */
	ctx->self = make(ctx, err);
	return ctx->self ? 0 : -1;
}

static int
dispatch_reload(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_dispatch *fresh = make(ctx, err), *old = ctx->self;

	if (!fresh)
		return -1;
	/* What was in hand is pending under our name, and the new queue is handed it first. */
	discard(&old);
	ctx->self = fresh;
	return 0;
}

static void
dispatch_close(struct pr_service_ctx *ctx)
{
	struct pr_dispatch *d = ctx->self;

	discard(&d);
	ctx->self = NULL;
}

/* A sweep that fails does not hold up the contacts that the queue knows: it is tried again soon. */
static void
sweep_when_due(struct pr_dispatch *d)
{
	struct pr_sweep_counts counts;
	struct pr_err err;

	if (pr_mono() < d->next_sweep)
		return;
	d->next_sweep = pr_mono() + d->conf->sweep_every;
	if (pr_dispatch_sweep(d, &counts, &err) == 0) {
		pr_log(counts.put || counts.released ? PR_INFO : PR_DEBUG, NULL, "swept",
		       "seen=%zu put=%zu released=%zu", counts.seen, counts.put, counts.released);
		return;
	}
	pr_log_err(PR_WARN, NULL, "sweep_failed", &err);
	if (d->conf->sweep_every > SWEEP_AGAIN_MS)
		d->next_sweep = pr_mono() + SWEEP_AGAIN_MS;
}

static enum pr_step
dispatch_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_dispatch *d = ctx->self;
	int n, buried;

	sweep_when_due(d);
	if ((n = pr_dispatch_round(d, err)) < 0 || (buried = pr_dispatch_buried(d, err)) < 0)
		return PR_STEP_ERROR;
	return n + buried > 0 ? PR_STEP_WORKED : PR_STEP_IDLE;
}

static const struct pr_section *const sections[] = {&pr_council_section,  &pr_spool_section,
						    &pr_queue_section,    &pr_store_section,
						    &pr_dispatch_section, NULL};

static const struct pr_service dispatch_service = {
    .name = "postroom-dispatch",
    .summary = "makes cases of classified contacts",
    .sections = sections,
    .open = dispatch_open,
    .step = dispatch_step,
    .reload = dispatch_reload,
    .close = dispatch_close,
};

int
main(int argc, char **argv)
{
	return pr_service_main(argc, argv, &dispatch_service);
}
