/*
 * postroom-ingest-web: the public form.
 */
#include "ingest/canary.h"
#include "ingest/web/door.h"
#include "postroom/log.h"
#include "postroom/service.h"

struct web_service {
	struct door door;
	struct pr_web_route routes[DOOR_ROUTES];
	struct pr_submit submit;
	struct pr_canary canary;
	struct pr_web_server *server;
};

static void
web_close(struct pr_service_ctx *ctx)
{
	struct web_service *w = ctx->self;

	if (!w)
		return;
	pr_web_stop(&w->server);
	committer_stop(&w->door.committer);
	pr_queue_close(&w->submit.queue);
	pr_spool_close(&w->submit.spool);
	seen_free(&w->door.seen);
	door_pages_free(&w->door.pages);
	free(w);
	ctx->self = NULL;
}

static int
open_backend(struct web_service *w, struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);
	const struct pr_queue_conf *queue = pr_config_get(ctx->config, &pr_queue_section);

	w->submit.shadow = ctx->shadow;
	w->submit.spool = pr_spool_open(spool->dir, spool->min_free, err);
	if (!w->submit.spool)
		return -1;
	w->submit.queue = pr_queue_open(queue->socket, ctx->consumer, err);
	if (!w->submit.queue)
		return -1;
	w->door.pages = door_pages_load(err);
	if (!w->door.pages)
		return -1;
	w->door.seen = seen_new(w->door.conf->token_life);
	pr_canary_init(&w->canary, PR_CHANNEL_WEB, ctx->shadow ? 0 : spool->canary);
	w->door.committer = committer_start(&w->submit, err);
	return w->door.committer ? 0 : -1;
}

static int
web_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct web_service *w = pr_calloc(1, sizeof(*w));
	struct pr_web_conf conf = {.error_page = door_error_page};

	ctx->self = w;
	w->door.council = pr_config_get(ctx->config, &pr_council_section);
	w->door.conf = pr_config_get(ctx->config, &pr_web_section);
	if (!*w->door.council->instance_key)
		return pr_fail(err, PR_FATAL, 0,
			       "council.instance_key is not set: references and forms need it; "
			       "`postroom setup` makes one");
	if (open_backend(w, ctx, err) < 0)
		return -1;
	door_routes(w->door.conf, w->routes);
	conf.listen = w->door.conf->listen;
	conf.connections_max = (int)w->door.conf->connections;
	w->server = pr_web_start(&conf, w->routes, DOOR_ROUTES, &w->door, err);
	if (!w->server)
		return -1;
	pr_log(PR_INFO, NULL, "listening", "address=%s port=%d", conf.listen,
	       pr_web_port(w->server));
	return 0;
}

/* The server's threads do the work; the canary is ours. */
static enum pr_step
web_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct web_service *w = ctx->self;

	(void)err;
	pr_canary_commit(&w->canary, w->door.committer);
	return PR_STEP_IDLE;
}

static const struct pr_section *const sections[] = {&pr_council_section, &pr_spool_section,
						    &pr_queue_section, &pr_web_section, NULL};

static const struct pr_service web_service = {
    .name = "postroom-ingest-web",
    .summary = "takes reports from the public form",
    .sections = sections,
    .open = web_open,
    .step = web_step,
    .close = web_close,
};

int
main(int argc, char **argv)
{
	return pr_service_main(argc, argv, &web_service);
}
