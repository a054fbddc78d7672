/*
 * webhook: /hook/sms/<account> and /hook/sms/<account>/dlr. The 200 is given after the text is
 * durable.
 */
#include "ingest/sms/webhook.h"

#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/gateway.h"
#include "postroom/log.h"

#include <errno.h>

#define PREFIX   "/hook/sms/"
#define BODY_MAX ((size_t)64 << 10)

static const struct pr_gateway_conf *
find_account(const struct webhooks *w, struct pr_str path)
{
	struct pr_str account;

	path = pr_str_sub(path, sizeof(PREFIX) - 1, path.n);
	if (!pr_str_cut(&path, '/', &account) || (path.n && !pr_str_eq_c(path, "dlr")))
		return NULL;
	for (size_t i = 0; i < pr_config_count(w->config, &pr_sms_receive_section); i++) {
		const struct pr_gateway_conf *conf =
		    pr_config_at(w->config, &pr_sms_receive_section, i);
		if (pr_str_eq_c(account, conf->name))
			return conf;
	}
	return NULL;
}

static bool
peer_allowed(const struct pr_gateway_conf *conf, struct pr_str peer)
{
	if (!conf->allow_from.n)
		return pr_str_eq_c(peer, "unix") || pr_str_eq_c(peer, "::1") ||
		       pr_str_starts(peer, PR_STR("127.")) ||
		       pr_str_starts(peer, PR_STR("::ffff:127."));
	for (size_t i = 0; i < conf->allow_from.n; i++)
		if (pr_str_eq_c(peer, conf->allow_from.v[i]))
			return true;
	return false;
}

/* Query and form as one list: gateways differ in where they put a value. */
static int
gateway_request(const struct pr_web_request *q, struct pr_gateway_request *out, struct pr_err *err)
{
	struct pr_field *form = NULL, *all;
	size_t nform = 0;

	*out = (struct pr_gateway_request){.method = q->method,
					   .path = q->path,
					   .content_type = q->content_type,
					   .body = q->body,
					   .headers = q->headers,
					   .nheaders = q->nheaders};
	if (pr_str_starts_nocase(q->content_type, PR_STR("application/x-www-form-urlencoded"))) {
		if (!pr_web_urlencoded(q->body, q->arena, &form, &nform))
			return pr_fail(err, PR_REJECT, E2BIG, "a webhook with more than %d fields",
				       PR_WEB_FIELDS_MAX);
		out->body = PR_STR_NONE;
	}
	all = pr_arena_array(q->arena, q->nquery + nform, sizeof(*all));
	if (q->nquery)
		memcpy(all, q->query, q->nquery * sizeof(*all));
	if (nform)
		memcpy(all + q->nquery, form, nform * sizeof(*all));
	out->query = all;
	out->nquery = q->nquery + nform;
	return 0;
}

/*
 * Providers without a message id: the same sender, text and second is the same text. Without a time
 * there is no telling: "still no bin" may come every week, and each is a contact of its own.
 */
static struct pr_str
derived_id(const struct pr_gateway_text *t, struct pr_arena *a)
{
	unsigned char digest[PR_SHA256_BYTES];
	char hex[33];
	struct pr_sha256 h;

	if (!t->sent_at)
		return PR_STR_NONE;
	pr_sha256_init(&h);
	pr_sha256_add_field(&h, t->from);
	pr_sha256_add_field(&h, t->to);
	pr_sha256_add_field(&h, t->text);
	pr_sha256_add_field(&h, pr_arena_printf(a, "%lld", (long long)t->sent_at));
	pr_sha256_end(&h, digest);
	pr_hex(digest, 16, hex);
	return pr_arena_printf(a, "derived-%s", hex);
}

/* Everything that came but the secret, for a text that nobody could take apart: a person reads it.
 */
static struct pr_str
raw_request(const struct pr_gateway_request *g, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 4 * BODY_MAX);
	for (size_t i = 0; i < g->nquery; i++) {
		if (pr_str_eq_c(g->query[i].name, "secret"))
			continue;
		pr_buf_add_str(&b, g->query[i].name);
		pr_buf_add_c(&b, ": ");
		pr_buf_add_str(&b, g->query[i].value);
		pr_buf_add_char(&b, '\n');
	}
	pr_buf_add_char(&b, '\n');
	pr_buf_add_str(&b, g->body);
	return pr_arena_dup(a, pr_buf_str(&b));
}

static int
store_text(const struct webhooks *w, const struct pr_gateway_conf *conf, struct pr_gateway_text *t,
	   struct pr_arena *a, struct pr_err *err)
{
	const struct pr_field text = {.name = PR_STR("text"), .value = t->text};
	struct pr_arrival arrival = {.channel = PR_CHANNEL_SMS,
				     .account = pr_str_c(conf->name),
				     .peer = t->from,
				     .local = t->to,
				     .source_time = t->sent_at,
				     .fields = &text,
				     .nfields = 1};

	arrival.token = arrival.source_id = t->provider_id.n ? t->provider_id : derived_id(t, a);
	return committer_submit(w->committer, &arrival, err);
}

static int
store_raw(const struct webhooks *w, const struct pr_gateway_conf *conf,
	  const struct pr_gateway_request *g, struct pr_arena *a, struct pr_err *err)
{
	struct pr_arrival arrival = {
	    .channel = PR_CHANNEL_SMS, .account = pr_str_c(conf->name), .raw = raw_request(g, a)};

	return committer_submit(w->committer, &arrival, err);
}

static int
say(struct pr_web_reply *reply, int status, const char *body)
{
	reply->status = status;
	reply->content_type = "text/plain; charset=utf-8";
	pr_buf_add_c(&reply->body, body);
	return 0;
}

static int
take_text(const struct webhooks *w, const struct pr_gateway_conf *conf,
	  const struct pr_web_request *q, struct pr_web_reply *reply, struct pr_err *err)
{
	const struct pr_gateway *gateway = pr_gateway_find(conf->provider);
	struct pr_gateway_text text = {0};
	struct pr_gateway_request g;
	int got;

	if (!gateway)
		return pr_fail(err, PR_FATAL, 0, "sms '%s' has no provider '%s'", conf->name,
			       conf->provider);
	if (gateway_request(q, &g, err) < 0)
		return -1;
	got = gateway->receive(conf, &g, q->arena, &text, err);
	if (got < 0)
		pr_log_err(PR_WARN, NULL, "webhook_refused", err);
	if (got < 0 && err->sys == EACCES)
		return say(reply, 401, "The secret of this webhook is missing or wrong.\n");
	if (got == 0)
		pr_log(PR_INFO, NULL, "delivery_report", "account=%s", conf->name);
	else if ((got < 0 ? store_raw(w, conf, &g, q->arena, err)
			  : store_text(w, conf, &text, q->arena, err)) < 0)
		return -1;
	return say(reply, 200, gateway->answer);
}

static int
handle(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply, struct pr_err *err)
{
	const struct webhooks *w = ctx;
	const struct pr_gateway_conf *conf = find_account(w, q->path);

	if (!conf)
		return say(reply, 404, "There is no such SMS account here.\n");
	if (!peer_allowed(conf, q->peer)) {
		pr_log(PR_WARN, NULL, "webhook_refused",
		       "account=%s error=\"peer is not in allow_from\"", conf->name);
		return say(reply, 403, "This address may not call here.\n");
	}
	return take_text(w, conf, q, reply, err);
}

const struct pr_web_route webhook_routes[WEBHOOK_ROUTES] = {
    {"GET", PREFIX "*", 0, 0, handle},
    {"POST", PREFIX "*", BODY_MAX, PR_WEB_RAW, handle},
    {"GET", "/healthz", 0, 0, pr_web_health},
};
