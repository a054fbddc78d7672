/* gateways: what webhooks say, and what answers of a gateway mean, over a real socket. */
#include "postroom/cleanup.h"
#include "postroom/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

static const struct pr_gateway_conf receiving = {.name = "acc",
						 .webhook_secret = "s3cret",
						 .send_url = "",
						 .username = "",
						 .password = "",
						 .sender = ""};

#define F(n, v)                                                                                    \
	{                                                                                          \
		PR_STR(n), PR_STR(v)                                                               \
	}
#define SECRET     F("secret", "s3cret")
#define MAX_FIELDS 10

static void
test_receive(void **state)
{
	const struct {
		const char *gateway, *method, *path, *type;
		struct pr_str body;
		struct pr_field query[MAX_FIELDS];
		int result, sys;
		const char *id, *from, *text;
		int64_t sent_at;
	} cases[] = {
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("id", "u1"), F("from", "+447700900123"), F("ts", "1795341302"),
	      F("cs", "UTF-8"), F("text", "Bin")},
	     1,
	     0,
	     "u1",
	     "+447700900123",
	     "Bin",
	     1795341302000},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("from", "07700900123"), F("cs", "UTF-16BE"), F("coding", "2"),
	      F("text", "\0T\1w\xd8\0\0A")},
	     1,
	     0,
	     "",
	     "07700900123",
	     "T\xc5\xb7\xef\xbf\xbd"
	     "A",
	     0},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("from", "1"), F("coding", "1"), F("text", "caf\xe9")},
	     1,
	     0,
	     "",
	     "1",
	     "caf\xc3\xa9",
	     0},
	    {"kannel",
	     "POST",
	     "/hook/sms/acc",
	     "text/plain; charset=\"UTF-16BE\"",
	     PR_STR("\0h\0i\0"),
	     {SECRET, F("from", "1"), F("ts", "2026-11-22 10:15:02")},
	     1,
	     0,
	     "",
	     "1",
	     "hi\xef\xbf\xbd",
	     1795342502000},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("from", "1"), F("text", "")},
	     1,
	     0,
	     "",
	     "1",
	     "",
	     0},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("text", "x")},
	     -1,
	     EINVAL,
	     "",
	     "",
	     "",
	     0},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {F("from", "1"), F("text", "x")},
	     -1,
	     EACCES,
	     "",
	     "",
	     "",
	     0},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {F("secret", "s3cre"), F("from", "1")},
	     -1,
	     EACCES,
	     "",
	     "",
	     "",
	     0},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc/dlr",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("status", "1")},
	     0,
	     0,
	     "",
	     "",
	     "",
	     0},
	    {"kannel",
	     "GET",
	     "/hook/sms/acc/dlr",
	     "",
	     PR_STR_NONE,
	     {F("status", "1")},
	     -1,
	     EACCES,
	     "",
	     "",
	     "",
	     0},
	    {"webhook",
	     "POST",
	     "/hook/sms/acc",
	     "application/json",
	     PR_STR("{\"id\":7,\"from\":\"+447700900124\",\"text\":\"\\u0174\",\"sent_at\":\"2026-"
		    "11-22T10:15:02Z\"}"),
	     {SECRET},
	     1,
	     0,
	     "7",
	     "+447700900124",
	     "\xc5\xb4",
	     1795342502000},
	    {"webhook",
	     "POST",
	     "/hook/sms/acc",
	     "",
	     PR_STR_NONE,
	     {SECRET, F("from", "1"), F("text", "a\xff")},
	     1,
	     0,
	     "",
	     "1",
	     "a\xef\xbf\xbd",
	     0},
	    {"webhook",
	     "POST",
	     "/hook/sms/acc",
	     "application/json",
	     PR_STR("{\"from\":"),
	     {SECRET},
	     -1,
	     EINVAL,
	     "",
	     "",
	     "",
	     0},
	    {"webhook",
	     "POST",
	     "/hook/sms/acc",
	     "application/json",
	     PR_STR("[]"),
	     {SECRET},
	     -1,
	     EINVAL,
	     "",
	     "",
	     "",
	     0},
	    {"null", "POST", "/hook/sms/acc", "", PR_STR_NONE, {SECRET}, -1, EACCES, "", "", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pr_gateway_request q = {.method = pr_str_c(cases[i].method),
					       .path = pr_str_c(cases[i].path),
					       .content_type = pr_str_c(cases[i].type),
					       .body = cases[i].body,
					       .query = cases[i].query};
		struct pr_gateway_text t = {0};
		struct pr_err err = {0};
		PR_AUTO_ARENA struct pr_arena a;

		while (q.nquery < MAX_FIELDS && q.query[q.nquery].name.n)
			q.nquery++;
		pr_arena_init(&a, 1 << 20);
		if (pr_gateway_find(cases[i].gateway)->receive(&receiving, &q, &a, &t, &err) !=
		    cases[i].result)
			fail_msg("case %zu: %s", i, err.msg);
		if (cases[i].result < 0)
			assert_int_equal(err.sys, cases[i].sys);
		if (!pr_str_eq_c(t.provider_id, cases[i].id) ||
		    !pr_str_eq_c(t.from, cases[i].from) || !pr_str_eq_c(t.text, cases[i].text) ||
		    t.sent_at != cases[i].sent_at)
			fail_msg("case %zu: id='" PR_S_FMT "' text='" PR_S_FMT "' at=%lld", i,
				 PR_S(t.provider_id), PR_S(t.text), (long long)t.sent_at);
	}
	assert_null(pr_gateway_find("nobody"));
}

/* ---- sending: a server that says what it is told, once ---- */

struct peer {
	int fd, port;
	const char *answer; /* NULL: hang up after reading */
	char request[4096];
	pthread_t thread;
};

static void *
peer_run(void *arg)
{
	struct peer *p = arg;
	int fd = accept(p->fd, NULL, NULL);
	ssize_t n = recv(fd, p->request, sizeof(p->request) - 1, 0);

	p->request[n > 0 ? n : 0] = '\0';
	if (p->answer)
		send(fd, p->answer, strlen(p->answer), MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void
peer_start(struct peer *p)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t n = sizeof(sa);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(p->fd, 1), 0);
	getsockname(p->fd, (struct sockaddr *)&sa, &n);
	p->port = ntohs(sa.sin_port);
	assert_int_equal(pthread_create(&p->thread, NULL, peer_run, p), 0);
}

static enum pr_gateway_fate
send_to(const char *gateway, const char *url, struct pr_str text, struct pr_err *err)
{
	const struct pr_gateway_conf conf = {
	    .name = "acc", .send_url = url, .username = "u", .password = "p&w", .sender = "60066"};
	struct pr_http_client *http = pr_http_client_new(err);
	enum pr_gateway_fate fate;

	assert_non_null(http);
	fate = pr_gateway_find(gateway)->send(&conf, http, PR_STR("+447700900123"), text,
					      PR_STR("EXA-1"), err);
	pr_http_client_free(&http);
	assert_null(http);
	return fate;
}

#define HTTP(status, body) "HTTP/1.1 " status "\r\nConnection: close\r\n\r\n" body

static void
test_send(void **state)
{
	static const struct {
		const char *gateway, *answer;
		enum pr_gateway_fate fate;
		const char *text, *part; /* what the request must hold */
	} cases[] = {
	    {"kannel", HTTP("202 Accepted", "0: Accepted for delivery"), PR_GATEWAY_SENT, "a b",
	     "GET "
	     "/x?username=u&password=p%26w&from=60066&to=%2B447700900123&coding=0&charset=UTF-8&"
	     "text=a%20b "},
	    {"kannel", HTTP("202 Accepted", "3: Queued for later delivery"), PR_GATEWAY_SENT,
	     "\xc5\xb5", "coding=2&charset=UTF-8&text=%C5%B5 "},
	    {"kannel", HTTP("202 Accepted", "what"), PR_GATEWAY_UNKNOWN, "a", "coding=0"},
	    {"kannel", HTTP("503 Busy", "Temporal failure, try again later."), PR_GATEWAY_DEFERRED,
	     "a", ""},
	    {"kannel", HTTP("403 Forbidden", "Authorization failed for sendsms"),
	     PR_GATEWAY_DEFERRED, "a", ""},
	    {"kannel", HTTP("403 Forbidden", "Not routable. Do not try again."), PR_GATEWAY_REFUSED,
	     "a", ""},
	    {"kannel", HTTP("302 Found\r\nLocation: http://127.0.0.1:1/", ""), PR_GATEWAY_UNKNOWN,
	     "a", ""},
	    {"kannel", NULL, PR_GATEWAY_UNKNOWN, "a", ""},
	    {"webhook", HTTP("201 Created", ""), PR_GATEWAY_SENT, "a\"b", "POST /x "},
	    {"webhook", HTTP("400 Bad", ""), PR_GATEWAY_REFUSED, "a", ""},
	    {"webhook", HTTP("429 Slow", ""), PR_GATEWAY_DEFERRED, "a", ""},
	    {"webhook", NULL, PR_GATEWAY_UNKNOWN, "a", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer p = {.answer = cases[i].answer};
		struct pr_err err = {0};
		char url[64];
		enum pr_gateway_fate fate;

		peer_start(&p);
		snprintf(url, sizeof(url), "http://127.0.0.1:%d/x", p.port);
		fate = send_to(cases[i].gateway, url, pr_str_c(cases[i].text), &err);
		pthread_join(p.thread, NULL);
		close(p.fd);
		if (fate != cases[i].fate || !strstr(p.request, cases[i].part))
			fail_msg("case %zu: fate %d (%s)\n%s", i, (int)fate, err.msg, p.request);
		/* neither credentials nor the number may get into a log */
		assert_null(strstr(err.msg, "p&w"));
		assert_null(strstr(err.msg, "7700"));
	}
}

static void
test_not_sent(void **state)
{
	static const char *const urls[] = {
	    "http://127.0.0.1:1/x",           "http://192.0.2.1/x",     "ftp://127.0.0.1/x",
	    "http://127.0.0.1.example.org/x", "http://user@192.0.2.1/", ""};
	struct pr_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_int_equal(send_to("kannel", urls[i], PR_STR("a"), &err),
				 PR_GATEWAY_DEFERRED);
	assert_int_equal(send_to("null", "", PR_STR("a"), &err), PR_GATEWAY_SENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_receive),
	    cmocka_unit_test(test_send),
	    cmocka_unit_test(test_not_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
