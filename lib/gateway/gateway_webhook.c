/*
 * gateway_webhook: any gateway that can call an address with JSON or a form, and be called with
 * JSON.
 *
 *     {"id": "…", "from": "+447700900123", "to": "60066", "text": "…", "sent_at":
 * "2026-11-22T10:15:02Z"}
 */
#include "lib/gateway/gateway_common.h"
#include "postroom/cleanup.h"

#include <errno.h>
#include <jansson.h>

/* ---- receive ---- */

struct given {
	struct pr_str id, from, to, text, sent_at;
};

static struct pr_str
json_text(const json_t *object, const char *name, struct pr_arena *a)
{
	const json_t *v = json_object_get(object, name);

	if (json_is_string(v))
		return pr_arena_dup(a, pr_str_n(json_string_value(v), json_string_length(v)));
	if (json_is_integer(v))
		return pr_arena_printf(a, "%lld", (long long)json_integer_value(v));
	return PR_STR_NONE;
}

static bool
read_json(const struct pr_gateway_request *q, struct pr_arena *a, struct given *g)
{
	json_t *root = json_loadb(q->body.p ? q->body.p : "", q->body.n,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	bool ok = json_is_object(root);

	if (ok) {
		g->id = json_text(root, "id", a);
		g->from = json_text(root, "from", a);
		g->to = json_text(root, "to", a);
		g->text = json_text(root, "text", a);
		g->sent_at = json_text(root, "sent_at", a);
	}
	json_decref(root);
	return ok;
}

static int
webhook_receive(const struct pr_gateway_conf *conf, const struct pr_gateway_request *q,
		struct pr_arena *a, struct pr_gateway_text *text, struct pr_err *err)
{
	struct given g = {.id = gateway_query(q, "id"),
			  .from = gateway_query(q, "from"),
			  .to = gateway_query(q, "to"),
			  .text = gateway_query(q, "text"),
			  .sent_at = gateway_query(q, "sent_at")};
	bool json = pr_str_starts_nocase(q->content_type, PR_STR("application/json"));

	if (gateway_authentic(conf, q, err) < 0)
		return -1;
	if (gateway_is_report(q))
		return 0;
	if ((json && !read_json(q, a, &g)) || !g.from.n || !g.text.p)
		return pr_fail(
		    err, PR_REJECT, EINVAL,
		    "sms '%s': a request without 'from' and 'text', as JSON or as a form",
		    conf->name);
	text->provider_id = gateway_utf8(g.id, PR_STR_NONE, a);
	text->from = gateway_utf8(g.from, PR_STR_NONE, a);
	text->to = gateway_utf8(g.to, PR_STR_NONE, a);
	text->text = gateway_utf8(g.text, PR_STR_NONE, a);
	text->sent_at = gateway_time(g.sent_at);
	return 1;
}

/* ---- send ---- */

static enum pr_gateway_fate
fate_of_status(const struct pr_gateway_conf *conf, long status, struct pr_err *err)
{
	if (status >= 200 && status < 300)
		return PR_GATEWAY_SENT;
	pr_fail(err, PR_RETRY, 0, "sms '%s': the gateway answers %ld", conf->name, status);
	/* 404 and 405 speak of our settings, not of the message */
	if (status == 401 || status == 403 || status == 404 || status == 405 || status == 429 ||
	    status == 503)
		return PR_GATEWAY_DEFERRED;
	return status >= 400 && status < 500 ? PR_GATEWAY_REFUSED : PR_GATEWAY_UNKNOWN;
}

static enum pr_gateway_fate
post_json(const struct pr_gateway_conf *conf, struct pr_http_client *http, const char *json,
	  struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf authorization;
	struct pr_http_answer answer = {0};
	const char *headers[] = {"Content-Type: application/json", NULL, NULL};
	const struct pr_http_request request = {.method = "POST",
						.url = conf->send_url,
						.headers = headers,
						.body = pr_str_c(json),
						.answer_max = 4096};
	enum pr_http_fate fate;

	pr_buf_init(&authorization, 8192);
	pr_buf_init(&answer.body, 4096);
	if (*conf->password) {
		pr_buf_addf(&authorization, "Authorization: Bearer %s", conf->password);
		headers[1] = authorization.p;
	}
	fate = pr_http_client_send(http, &request, &answer, err);
	pr_buf_release(&answer.body);
	if (fate == PR_HTTP_ANSWERED)
		return fate_of_status(conf, answer.status, err);
	pr_fail_in(err, "sms '%s'", conf->name);
	return fate == PR_HTTP_NOT_SENT ? PR_GATEWAY_DEFERRED : PR_GATEWAY_UNKNOWN;
}

static enum pr_gateway_fate
webhook_send(const struct pr_gateway_conf *conf, struct pr_http_client *http, struct pr_str to,
	     struct pr_str text, struct pr_str reference, struct pr_err *err)
{
	json_t *root = json_pack("{s:s%, s:s%, s:s%, s:s}", "to", to.p ? to.p : "", to.n, "text",
				 text.p ? text.p : "", text.n, "reference",
				 reference.p ? reference.p : "", reference.n, "from", conf->sender);
	char *json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	enum pr_gateway_fate fate = PR_GATEWAY_REFUSED;

	if (json)
		fate = post_json(conf, http, json, err);
	else
		pr_fail(err, PR_REJECT, 0, "sms '%s': a text that is no UTF-8", conf->name);
	free(json);
	json_decref(root);
	return fate;
}

const struct pr_gateway gateway_webhook = {
    .name = "webhook",
    .help = "any gateway that posts JSON or a form: id, from, to, text, sent_at",
    .receive = webhook_receive,
    .send = webhook_send,
    .answer = "",
};
