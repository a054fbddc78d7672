/*
 * postroom-classify: what arrived is read in a sandbox, sorted by the rules and passed on to
 * dispatch.
 */
#include "classify/daemon.h"
#include "postroom/clock.h"
#include "postroom/council.h"
#include "postroom/log.h"
#include "postroom/sections.h"
#include "postroom/service.h"

#include <errno.h>
#include <sys/stat.h>

#define CONTACT_ARENA_MAX ((size_t)64 << 20)
#define DIAG_ARENA_MAX    ((size_t)1 << 20)
#define SIDECAR_MAX       ((size_t)16 << 20)

/* The zygote is made first of all, before there are rules, threads, connections or secrets. */
static int
start_zygote(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_classifier *k = pr_calloc(1, sizeof(*k));

	ctx->self = k;
	k->zygote = pr_zygote_start(&pr_mail_work, err);
	return k->zygote ? 0 : -1;
}

static void
log_wrong(const struct pr_diag *diag)
{
	for (const struct pr_diag_line *l = diag->first; l; l = l->next)
		pr_log(PR_ERROR, NULL, "rules", "%s:%d:%d: " PR_S_FMT,
		       l->mark.file ? l->mark.file : "?", l->mark.line, l->mark.column,
		       PR_S(l->words));
}

/* Compiled patterns are kept beside the spool; without that they are compiled at every start. */
static struct pr_rules_how
how_to_load(const struct pr_config *config, struct pr_arena *a)
{
	const struct pr_spool_conf *spool = pr_config_get(config, &pr_spool_section);
	struct pr_rules_how how = {.cache = pr_arena_printf(a, "%s/rules-cache", spool->dir).p};

	if (mkdir(how.cache, 0700) < 0 && errno != EEXIST)
		how.cache = NULL;
	return how;
}

static struct pr_rules *
load_rules(const struct pr_config *config, struct pr_err *err)
{
	const struct pr_council_conf *council = pr_config_get(config, &pr_council_keyless_section);
	struct pr_arena arena;
	struct pr_diag diag;
	struct pr_rules *rules;
	struct pr_rules_how how;
	int64_t start = pr_mono();

	pr_arena_init(&arena, DIAG_ARENA_MAX);
	pr_diag_init(&diag, &arena);
	how = how_to_load(config, &arena);
	rules = pr_rules_load(pr_config_path(config, council->rules, &arena), &how, &diag);
	if (rules) {
		pr_log(PR_INFO, NULL, "rules", "count=%zu version=%s ms=%lld scan=\"%s\"",
		       pr_rules_count(rules), pr_rules_version(rules),
		       (long long)(pr_mono() - start), pr_rules_scan(rules));
	} else {
		log_wrong(&diag);
		pr_fail(err, PR_FATAL, 0,
			"council.rules: %zu errors; `postroom rules test` shows them", diag.n);
	}
	pr_arena_release(&arena);
	return rules;
}

static void
use_config(struct pr_classifier *k, const struct pr_config *config)
{
	const struct pr_council_conf *council = pr_config_get(config, &pr_council_keyless_section);

	k->conf = pr_config_get(config, &pr_classify_section);
	k->world.reference_prefix = pr_str_c(council->prefix);
}

static void
classifier_close(struct pr_service_ctx *ctx)
{
	struct pr_classifier *k = ctx->self;

	for (size_t i = 0; i < PR_CLASSIFY_BATCH_MAX; i++)
		pr_buf_release(&k->answers[i]);
	pr_buf_release(&k->sidecar);
	pr_arena_release(&k->arena);
	pr_rules_free(&k->rules);
	pr_queue_close(&k->queue);
	pr_spool_close(&k->spool);
	pr_zygote_stop(&k->zygote);
	free(k);
	ctx->self = NULL;
}

static int
open_parts(struct pr_classifier *k, struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);
	const struct pr_queue_conf *queue = pr_config_get(ctx->config, &pr_queue_section);

	k->spool = pr_spool_open(spool->dir, spool->min_free, err);
	if (!k->spool)
		return -1;
	k->rules = load_rules(ctx->config, err);
	if (!k->rules)
		return -1;
	k->queue = pr_queue_open(queue->socket, ctx->consumer, err);
	if (!k->queue)
		return -1;
	pr_queue_claim_after(k->queue, queue->claim_after);
	/* a Redis that is not there yet is waited for; one with wrong settings would lose what it
	 * promises */
	return pr_queue_check(k->queue, err) < 0 && err->fault == PR_FATAL ? -1 : 0;
}

static int
classifier_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_classifier *k = ctx->self;

	pr_arena_init(&k->arena, CONTACT_ARENA_MAX);
	pr_buf_init(&k->sidecar, SIDECAR_MAX);
	for (size_t i = 0; i < PR_CLASSIFY_BATCH_MAX; i++)
		pr_buf_init(&k->answers[i], pr_mail_work.answer_max);
	use_config(k, ctx->config);
	if (open_parts(k, ctx, err) == 0)
		return 0;
	classifier_close(ctx);
	return -1;
}

static enum pr_step
classifier_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	int n = pr_classifier_step(ctx->self, err);

	if (n < 0)
		return PR_STEP_ERROR;
	return n ? PR_STEP_WORKED : PR_STEP_IDLE;
}

/* New rules or none: one mistake keeps the old set. */
static int
classifier_reload(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_classifier *k = ctx->self;
	struct pr_rules *rules = load_rules(ctx->config, err);

	if (!rules)
		return -1;
	pr_rules_free(&k->rules);
	k->rules = rules;
	use_config(k, ctx->config);
	return 0;
}

static const struct pr_section *const sections[] = {&pr_council_keyless_section, &pr_spool_section,
						    &pr_queue_section, &pr_classify_section, NULL};

static const struct pr_service classify_service = {
    .name = "postroom-classify",
    .summary = "reads what arrived in a sandbox, sorts it by the rules and passes it on",
    .sections = sections,
    .before_threads = start_zygote,
    .open = classifier_open,
    .step = classifier_step,
    .reload = classifier_reload,
    .close = classifier_close,
};

int
main(int argc, char **argv)
{
	return pr_service_main(argc, argv, &classify_service);
}
