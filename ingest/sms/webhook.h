/*
 * webhook: what an SMS gateway calls when a text has come.
 */
#ifndef PR_INGEST_WEBHOOK_H
#define PR_INGEST_WEBHOOK_H

#include "ingest/committer.h"
#include "postroom/config.h"
#include "postroom/sections.h"
#include "postroom/web.h"

/* The section of postroom.yaml (options.c). */
struct pr_webhooks_conf {
	const char *listen;
	int64_t connections;
};

struct webhooks {
	const struct pr_config *config; /* its `sms` entries (pr_sms_receive_section) */
	struct committer *committer;
};

#define WEBHOOK_ROUTES 3
extern const struct pr_web_route webhook_routes[WEBHOOK_ROUTES];

#endif
