/*
 * gateway_null: takes nothing and sends nowhere, for trying postroom without a gateway.
 */
#include "lib/gateway/gateway_common.h"
#include "postroom/log.h"

#include <errno.h>

static int
null_receive(const struct pr_gateway_conf *conf, const struct pr_gateway_request *request,
	     struct pr_arena *a, struct pr_gateway_text *text, struct pr_err *err)
{
	(void)request;
	(void)a;
	(void)text;
	return pr_fail(err, PR_REJECT, EACCES,
		       "sms '%s' is of the provider null, which takes no texts", conf->name);
}

static enum pr_gateway_fate
null_send(const struct pr_gateway_conf *conf, struct pr_http_client *http, struct pr_str to,
	  struct pr_str text, struct pr_str reference, struct pr_err *err)
{
	(void)http;
	(void)err;
	pr_log(PR_INFO, NULL, "sms_not_sent", "gateway=%s reference=" PR_S_FMT " to=%s parts=%d",
	       conf->name, PR_S(reference), pr_log_mask(to).hex, pr_sms_parts(text));
	return PR_GATEWAY_SENT;
}

const struct pr_gateway gateway_null = {
    .name = "null",
    .help = "no gateway: texts to citizens are logged by number of parts only",
    .receive = null_receive,
    .send = null_send,
    .answer = "",
};
