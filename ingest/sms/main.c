/*
 * postroom-ingest-sms: texts from SMS gateways, through their webhooks.
 */
#include "ingest/canary.h"
#include "ingest/sms/webhook.h"
#include "postroom/council.h"
#include "postroom/gateway.h"
#include "postroom/log.h"
#include "postroom/service.h"

struct sms_service {
	struct webhooks webhooks;
	struct pr_submit submit;
	struct pr_canary canary;
	struct pr_web_server *server;
};

static void
sms_close(struct pr_service_ctx *ctx)
{
	struct sms_service *s = ctx->self;

	if (!s)
		return;
	pr_web_stop(&s->server);
	committer_stop(&s->webhooks.committer);
	pr_queue_close(&s->submit.queue);
	pr_spool_close(&s->submit.spool);
	free(s);
	ctx->self = NULL;
}

static int
sms_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);
	const struct pr_queue_conf *queue = pr_config_get(ctx->config, &pr_queue_section);
	const struct pr_webhooks_conf *webhooks = pr_config_get(ctx->config, &pr_webhooks_section);
	const struct pr_web_conf conf = {.listen = webhooks->listen,
					 .connections_max = (int)webhooks->connections};
	struct sms_service *s = pr_calloc(1, sizeof(*s));

	ctx->self = s;
	s->webhooks.config = ctx->config;
	s->submit.shadow = ctx->shadow;
	s->submit.spool = pr_spool_open(spool->dir, spool->min_free, err);
	if (!s->submit.spool)
		return -1;
	s->submit.queue = pr_queue_open(queue->socket, ctx->consumer, err);
	if (!s->submit.queue)
		return -1;
	pr_canary_init(&s->canary, PR_CHANNEL_SMS, ctx->shadow ? 0 : spool->canary);
	s->webhooks.committer = committer_start(&s->submit, err);
	if (!s->webhooks.committer)
		return -1;
	s->server = pr_web_start(&conf, webhook_routes, WEBHOOK_ROUTES, &s->webhooks, err);
	if (!s->server)
		return -1;
	pr_log(PR_INFO, NULL, "listening", "address=%s port=%d accounts=%zu", conf.listen,
	       pr_web_port(s->server), pr_config_count(ctx->config, &pr_sms_receive_section));
	return 0;
}

/* The server's threads do the work; the canary is ours. */
static enum pr_step
sms_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct sms_service *s = ctx->self;

	(void)err;
	pr_canary_commit(&s->canary, s->webhooks.committer);
	return PR_STEP_IDLE;
}

static const struct pr_section *const sections[] = {
    &pr_spool_section, &pr_queue_section, &pr_webhooks_section, &pr_sms_receive_section, NULL};

static const struct pr_service sms_service = {
    .name = "postroom-ingest-sms",
    .summary = "takes texts from SMS gateways",
    .sections = sections,
    .open = sms_open,
    .step = sms_step,
    .close = sms_close,
};

int
main(int argc, char **argv)
{
	return pr_service_main(argc, argv, &sms_service);
}
