/*
 * gateway_kannel: Kannel 1.4 (and Kamex): get-url or post-url of an sms-service, and sendsms.
 */
#include "lib/gateway/gateway_common.h"
#include "postroom/cleanup.h"
#include "postroom/log.h"
#include "postroom/str.h"

#include <errno.h>

/* ---- receive ---- */

/* The charset in `text/plain; charset="UTF-8"`. */
static struct pr_str
content_charset(struct pr_str type)
{
	size_t at = pr_str_find_nocase(type, PR_STR("charset="));
	struct pr_str rest, value = PR_STR_NONE;

	if (at == (size_t)-1)
		return PR_STR_NONE;
	rest = pr_str_sub(type, at + 8, type.n);
	if (rest.n && rest.p[0] == '"')
		rest = pr_str_sub(rest, 1, rest.n);
	for (size_t i = 0; i <= rest.n; i++)
		if (i == rest.n || strchr("\"; \t", rest.p[i])) {
			value = pr_str_sub(rest, 0, i);
			break;
		}
	return value;
}

static struct pr_str
either(struct pr_str a, struct pr_str b)
{
	return a.n || !b.p ? a : b;
}

/* Kannel names the character set; when it does not, its coding says what the bytes are. */
static struct pr_str
charset_of(const struct pr_gateway_request *q, bool in_body)
{
	struct pr_str coding =
	    either(gateway_query(q, "coding"), gateway_header(q, "X-Kannel-Coding"));
	struct pr_str charset = either(gateway_query(q, "cs"), gateway_query(q, "charset"));

	if (in_body)
		charset = either(content_charset(q->content_type), charset);
	if (charset.n)
		return charset;
	if (pr_str_eq_c(coding, "2"))
		return PR_STR("UTF-16BE");
	return pr_str_eq_c(coding, "1") ? PR_STR("8-BIT") : PR_STR("UTF-8");
}

static int
kannel_receive(const struct pr_gateway_conf *conf, const struct pr_gateway_request *q,
	       struct pr_arena *a, struct pr_gateway_text *text, struct pr_err *err)
{
	bool in_body = pr_str_eq_c(q->method, "POST") && q->body.n > 0;
	struct pr_str bytes =
	    in_body ? q->body : either(gateway_query(q, "text"), gateway_query(q, "body"));
	struct pr_str from = either(gateway_query(q, "from"), gateway_header(q, "X-Kannel-From"));

	if (gateway_authentic(conf, q, err) < 0)
		return -1;
	if (gateway_is_report(q))
		return 0;
	if (!from.n || (!in_body && !bytes.p))
		return pr_fail(err, PR_REJECT, EINVAL,
			       "sms '%s': a request without sender or text; its get-url needs "
			       "from=%%q and text=%%b",
			       conf->name);
	text->provider_id = gateway_utf8(gateway_query(q, "id"), PR_STR_NONE, a);
	text->from = gateway_utf8(from, PR_STR_NONE, a);
	text->to = gateway_utf8(either(gateway_query(q, "to"), gateway_header(q, "X-Kannel-To")),
				PR_STR_NONE, a);
	text->text = gateway_utf8(bytes, charset_of(q, in_body), a);
	text->sent_at =
	    gateway_time(either(gateway_query(q, "ts"), gateway_header(q, "X-Kannel-Time")));
	return 1;
}

/* ---- send ---- */

/* Name and password stand in the query, since Kannel has no other way: this URL is in no log and no
 * error. */
static int
send_url(const struct pr_gateway_conf *conf, struct pr_str to, struct pr_str text,
	 struct pr_buf *url)
{
	pr_buf_add_c(url, conf->send_url);
	pr_http_query_add(url, "username", pr_str_c(conf->username));
	pr_http_query_add(url, "password", pr_str_c(conf->password));
	if (*conf->sender)
		pr_http_query_add(url, "from", pr_str_c(conf->sender));
	pr_http_query_add(url, "to", to);
	pr_http_query_add(url, "coding", pr_gsm7_ok(text) ? PR_STR("0") : PR_STR("2"));
	pr_http_query_add(url, "charset", PR_STR("UTF-8"));
	return pr_http_query_add(url, "text", text);
}

static enum pr_gateway_fate
refused(const struct pr_gateway_conf *conf, const struct pr_http_answer *answer, struct pr_err *err)
{
	bool ours =
	    answer->status == 401 || answer->status == 404 || answer->status == 405 ||
	    (answer->status == 403 &&
	     pr_str_find_nocase(pr_buf_str(&answer->body), PR_STR("authorization")) != (size_t)-1);

	if (!ours) {
		pr_fail(err, PR_REJECT, 0, "sms '%s': the gateway refuses it (%ld)", conf->name,
			answer->status);
		return PR_GATEWAY_REFUSED;
	}
	pr_fail(err, PR_RETRY, 0,
		"sms '%s': the gateway refuses us, not the message: check send_url, username and "
		"password (%ld)",
		conf->name, answer->status);
	pr_log_err(PR_ERROR, NULL, "gateway_login", err);
	return PR_GATEWAY_DEFERRED;
}

static enum pr_gateway_fate
fate_of_answer(const struct pr_gateway_conf *conf, const struct pr_http_answer *answer,
	       struct pr_err *err)
{
	struct pr_str body = pr_buf_str(&answer->body);

	if (answer->status == 202 &&
	    (pr_str_starts(body, PR_STR("0:")) || pr_str_starts(body, PR_STR("3:"))))
		return PR_GATEWAY_SENT;
	if (answer->status == 503) {
		pr_fail(err, PR_RETRY, 0, "sms '%s': the gateway cannot take it now (503)",
			conf->name);
		return PR_GATEWAY_DEFERRED;
	}
	if (answer->status >= 400 && answer->status < 500)
		return refused(conf, answer, err);
	pr_fail(err, PR_RETRY, 0, "sms '%s': an answer that Kannel does not give (%ld)", conf->name,
		answer->status);
	return PR_GATEWAY_UNKNOWN;
}

static enum pr_gateway_fate
kannel_send(const struct pr_gateway_conf *conf, struct pr_http_client *http, struct pr_str to,
	    struct pr_str text, struct pr_str reference, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf url;
	struct pr_http_answer answer = {0};
	struct pr_http_request request = {.method = "GET", .answer_max = 4096};
	enum pr_gateway_fate result;
	enum pr_http_fate fate;

	(void)reference; /* Kannel gives no message id and takes none */
	pr_buf_init(&url, 16384);
	if (send_url(conf, to, text, &url) < 0) {
		pr_fail(err, PR_REJECT, 0,
			"sms '%s': a text of %zu bytes is too long for one request", conf->name,
			text.n);
		return PR_GATEWAY_REFUSED;
	}
	request.url = url.p;
	pr_buf_init(&answer.body, 4096);
	fate = pr_http_client_send(http, &request, &answer, err);
	result = fate == PR_HTTP_ANSWERED   ? fate_of_answer(conf, &answer, err)
		 : fate == PR_HTTP_NOT_SENT ? PR_GATEWAY_DEFERRED
					    : PR_GATEWAY_UNKNOWN;
	if (fate != PR_HTTP_ANSWERED)
		pr_fail_in(err, "sms '%s'", conf->name);
	pr_buf_release(&answer.body);
	return result;
}

const struct pr_gateway gateway_kannel = {
    .name = "kannel",
    .help = "Kannel 1.4: get-url or post-url, and sendsms",
    .receive = kannel_receive,
    .send = kannel_send,
    .answer = "",
};
