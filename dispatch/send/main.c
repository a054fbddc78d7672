/*
 * postroom-send: takes what is due out of the outbox and hands it to mail server and SMS gateways.
 */
#include "dispatch/send/send.h"
#include "postroom/gateway.h"
#include "postroom/log.h"
#include "postroom/service.h"

static void
send_close(struct pr_service_ctx *ctx)
{
	struct pr_send *s = ctx->self;

	if (!s)
		return;
	pr_send_close(s);
	pr_store_close(&s->store);
	free(s);
	ctx->self = NULL;
}

static struct pr_send *
send_make(struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_store_conf *store_conf = pr_config_get(ctx->config, &pr_store_section);
	struct pr_carrier_conf conf = {pr_config_get(ctx->config, &pr_send_section),
				       pr_config_get(ctx->config, &pr_council_keyless_section),
				       ctx->config};
	struct pr_send *s = pr_calloc(1, sizeof(*s));

	struct pr_store *store = pr_store_open(store_conf->url, true, err);
	if (store && pr_send_open(s, &conf, store, err) == 0) {
		ctx->idle_ms = conf.send->poll;
		if (conf.send->hold)
			pr_log(PR_WARN, NULL, "on_hold", "nothing is sent until 'hold' is no");
		return s;
	}
	pr_store_close(&store);
	free(s);
	return NULL;
}

static int
send_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	ctx->self = send_make(ctx, err);
	return ctx->self ? 0 : -1;
}

static int
send_reload(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_send *fresh = send_make(ctx, err);

	if (!fresh)
		return -1;
	send_close(ctx);
	ctx->self = fresh;
	return 0;
}

static enum pr_step
send_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_send *s = ctx->self;

	int n = pr_send_round(s, &ctx->arena, err);
	if (n < 0)
		return PR_STEP_ERROR;
	return n ? PR_STEP_WORKED : PR_STEP_IDLE;
}

static const struct pr_section *const sections[] = {&pr_council_keyless_section, &pr_store_section,
						    &pr_sms_section, &pr_send_section, NULL};

static const struct pr_service send_service = {
    .name = "postroom-send",
    .summary = "sends acknowledgements and other messages",
    .sections = sections,
    .open = send_open,
    .step = send_step,
    .reload = send_reload,
    .close = send_close,
};

int
main(int argc, char **argv)
{
	return pr_service_main(argc, argv, &send_service);
}
