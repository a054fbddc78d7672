/*
 * sms: texts, through the gateway of the account that the citizen wrote to, else the first one.
 */
#include "dispatch/send/send.h"
#include "postroom/gateway.h"

struct sms {
	const struct pr_config *config;
	struct pr_http_client *http;
};

static const struct {
	enum pr_gateway_fate fate;
	enum pr_outbox_state state;
} states[] = {
    {PR_GATEWAY_SENT, PR_OUTBOX_SENT},
    {PR_GATEWAY_DEFERRED, PR_OUTBOX_DEFERRED},
    {PR_GATEWAY_REFUSED, PR_OUTBOX_DEAD},
};

static void
sms_close(void **self)
{
	struct sms *s = *self;

	pr_http_client_free(&s->http);
	free(s);
	*self = NULL;
}

static int
sms_open(const struct pr_carrier_conf *conf, void **self, struct pr_err *err)
{
	struct sms *s = pr_calloc(1, sizeof(*s));

	s->config = conf->config;
	s->http = pr_http_client_new(err);
	*self = s;
	if (s->http)
		return 0;
	sms_close(self);
	return -1;
}

static const struct pr_gateway_conf *
conf_for(const struct sms *s, struct pr_str account)
{
	size_t n = s->config ? pr_config_count(s->config, &pr_sms_section) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct pr_gateway_conf *conf = pr_config_at(s->config, &pr_sms_section, i);
		if (pr_str_eq_c(account, conf->name))
			return conf;
	}
	return n ? pr_config_at(s->config, &pr_sms_section, 0) : NULL;
}

static enum pr_outbox_state
sms_send(void *self, const struct pr_carrier_message *m, struct pr_err *err)
{
	struct sms *s = self;
	const struct pr_gateway_conf *conf = conf_for(s, m->account);
	const struct pr_gateway *gateway = conf ? pr_gateway_find(conf->provider) : NULL;

	if (!gateway || !gateway->send) {
		pr_fail(err, PR_RETRY, 0, "no gateway that sends is set up under 'sms'");
		return PR_OUTBOX_DEFERRED;
	}
	enum pr_gateway_fate fate =
	    gateway->send(conf, s->http, m->row->address, m->row->body, m->row->message_id, err);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (states[i].fate == fate)
			return states[i].state;
	return PR_OUTBOX_UNKNOWN;
}

const struct pr_carrier pr_carrier_sms = {"sms", sms_open, sms_send, sms_close};
