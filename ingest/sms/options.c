/*
 * options: the section `webhooks` of postroom.yaml.
 */
#include "ingest/sms/webhook.h"

/* clang-format off */
static const struct pr_option webhooks_options[] = {
	PR_OPTION_TEXT(struct pr_webhooks_conf, listen, "127.0.0.1:8081", "where SMS gateways call: 127.0.0.1:8081, [::1]:8081 or unix:/path"),
	PR_OPTION_INT(struct pr_webhooks_conf, connections, "64", 2, 4096, "how many gateways may be connected together"),
	PR_OPTION_END};
/* clang-format on */

const struct pr_section pr_webhooks_section = {"webhooks",
					       "the address that SMS gateways call",
					       false,
					       sizeof(struct pr_webhooks_conf),
					       webhooks_options,
					       NULL};
