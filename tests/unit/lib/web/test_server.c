/* server: raw bytes over a real socket, and what comes back. */
#include "postroom/cleanup.h"
#include "postroom/err.h"
#include "postroom/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

static struct pr_web_server *server;

static int
hello(void *ctx, const struct pr_web_request *q, struct pr_web_reply *r, struct pr_err *err)
{
	struct pr_str a = pr_web_get(q->query, q->nquery, PR_STR("a"));

	(void)ctx;
	(void)err;
	pr_buf_addf(&r->body, "hello " PR_S_FMT " " PR_S_FMT " %zu:", PR_S(q->method),
		    PR_S(q->path), a.n);
	pr_buf_add_str(&r->body, a);
	pr_buf_addf(&r->body, " cookie=" PR_S_FMT " peer=" PR_S_FMT,
		    PR_S(pr_web_cookie(q, PR_STR("b"))), PR_S(q->peer));
	return 0;
}

static int
echo(void *ctx, const struct pr_web_request *q, struct pr_web_reply *r, struct pr_err *err)
{
	(void)ctx;
	(void)err;
	for (size_t i = 0; i < q->nform; i++)
		pr_buf_addf(&r->body, "[" PR_S_FMT "=" PR_S_FMT "]", PR_S(q->form[i].name),
			    PR_S(q->form[i].value));
	for (size_t i = 0; i < q->nfiles; i++)
		pr_buf_addf(&r->body, "<" PR_S_FMT " " PR_S_FMT " " PR_S_FMT " %zu>",
			    PR_S(q->files[i].field), PR_S(q->files[i].filename),
			    PR_S(q->files[i].content_type), q->files[i].bytes.n);
	pr_buf_addf(&r->body, "(%zu)", q->body.n);
	return 0;
}

static int
fail_with(void *ctx, const struct pr_web_request *q, struct pr_web_reply *r, struct pr_err *err)
{
	struct pr_str how = pr_web_get(q->query, q->nquery, PR_STR("how"));

	(void)ctx;
	(void)r;
	return pr_fail(err,
		       pr_str_eq_c(how, "retry")    ? PR_RETRY
		       : pr_str_eq_c(how, "reject") ? PR_REJECT
						    : PR_FATAL,
		       0, "as asked");
}

static int
away(void *ctx, const struct pr_web_request *q, struct pr_web_reply *r, struct pr_err *err)
{
	(void)ctx;
	(void)q;
	(void)err;
	pr_web_redirect(r, PR_STR("/hello"));
	pr_web_reply_header(r, "Referrer-Policy", PR_STR("same-origin"));
	return 0;
}

static const struct pr_web_route routes[] = {
    {"GET", "/hello", 0, 0, hello},     {"GET", "/deep/*", 0, 0, hello},
    {"POST", "/echo", 100000, 0, echo}, {"POST", "/raw", 1000, PR_WEB_RAW, echo},
    {"GET", "/fail", 0, 0, fail_with},  {"GET", "/away", 0, 0, away},
};

static int
start(void **state)
{
	const struct pr_web_conf conf = {.listen = "127.0.0.1:0"};
	struct pr_err err;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	server = pr_web_start(&conf, routes, sizeof(routes) / sizeof(routes[0]), NULL, &err);
	return server ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	pr_web_stop(&server);
	return server == NULL ? 0 : -1;
}

static void
read_reply(int fd, struct pr_buf *in)
{
	char piece[4096];
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), 0)) > 0)
		pr_buf_add(in, piece, (size_t)n);
}

static int
dial(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)pr_web_port(server))};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void
ask(struct pr_str bytes, struct pr_buf *in)
{
	PR_AUTO_FD int fd = dial();

	for (size_t at = 0; at < bytes.n;) {
		ssize_t n = send(fd, bytes.p + at, bytes.n - at, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	read_reply(fd, in);
	pr_buf_add(in, "", 0);
}

static void
expect(struct pr_str request, int status, const char *part)
{
	PR_AUTO_BUF struct pr_buf in;
	char first[32];

	pr_buf_init(&in, 1 << 20);
	ask(request, &in);
	snprintf(first, sizeof(first), "HTTP/1.1 %d ", status);
	if (!pr_str_starts(pr_buf_str(&in), pr_str_c(first)) ||
	    (part && pr_str_find(pr_buf_str(&in), pr_str_c(part)) == (size_t)-1))
		fail_msg("%.300s\n-> wanted %d '%s', got\n%s", request.p, status, part ? part : "",
			 in.p);
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define FORM(type, body_n)                                                                         \
	" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " type                         \
	"\r\nContent-Length: " body_n "\r\n\r\n"
#define URLENC "application/x-www-form-urlencoded"

static void
test_requests(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *part;
	} cases[] = {
	    {"GET /hello?a=b%20c+d%2" END, 200, "hello GET /hello 7:b c d%2"},
	    {"GET /hello?x=1&a" END, 200, " 0: "},
	    {"GET /hel%6Co?a=%C3%A9" END, 200, "/hello 2:\xc3\xa9 cookie= peer=127.0.0.1"},
	    {"GET /deep/er/still" END, 200, "/deep/er/still"},
	    {"GET /hello HTTP/1.1\r\nHost: x\r\ncookie: a=1; b=two ;c=3\r\nConnection: "
	     "close\r\n\r\n",
	     200, "cookie=two peer"},
	    {"HEAD /hello" END, 200, "Content-Length: "},
	    {"GET /nowhere" END, 404, "no such page"},
	    {"POST /hello" FORM(URLENC, "0"), 405, "Allow: GET"},
	    {"GET /echo" END, 405, "Allow: POST"},
	    {"GET /fail?how=retry" END, 503, "Retry-After: "},
	    {"GET /fail?how=reject" END, 400, "could not be understood"},
	    {"GET /fail?how=fatal" END, 500, "our side"},
	    {"GET /away" END, 303, "Location: /hello"},
	    {"GET /away" END, 303, "Referrer-Policy: same-origin"},
	    {"GET /hello" END, 200, "default-src 'none'"},
	    {"GET /hello" END, 200, "X-Content-Type-Options: nosniff"},
	    {"GET /hello" END, 200, "Cache-Control: no-store"},
	    {"POST /echo" FORM(URLENC, "17") "a=1&b=&c=x+y%3D&d", 200, "[a=1][b=][c=x y=][d=](0)"},
	    {"POST /echo" FORM("text/plain", "3") "abc", 415, NULL},
	    {"POST /echo" FORM(URLENC, "0"), 200, "(0)"},
	    {"POST /raw" FORM("text/plain", "3") "abc", 200, "(3)"},
	    {"POST /raw" FORM("text/plain", "x3") "abc", 400, NULL},
	    {"POST /raw HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
	     "chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
	     200, "(5)"},
	    {"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: " URLENC
	     "\r\nContent-Length: 99999999\r\n\r\n",
	     413, "smaller file"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(pr_str_c(cases[i].request), cases[i].status, cases[i].part);
	expect(PR_STR("GET /hello?a=%00T%01w" END), 200, "4:");
}

#define PART(name, more, body)                                                                     \
	"--B\r\nContent-Disposition: form-data; name=\"" name "\"" more "\r\n\r\n" body "\r\n"

static void
post_multipart(const char *body, int status, const char *part)
{
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 1 << 20);
	pr_buf_addf(
	    &b,
	    "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
	expect(pr_buf_str(&b), status, part);
}

static void
test_multipart(void **state)
{
	(void)state;
	post_multipart(PART("a", "", "one") PART("b", "", "")
			   PART("b", "", "two\r\nlines") "--B--\r\n",
		       200, "[a=one][b=][b=two\r\nlines](0)");
	post_multipart(
	    PART("p", "; filename=\"x.jpg\"\r\nContent-Type: image/jpeg", "JFIF") "--B--\r\n", 200,
	    "<p x.jpg image/jpeg 4>");
	/* no file was chosen */
	post_multipart(
	    PART("p", "; filename=\"\"\r\nContent-Type: application/octet-stream", "") "--B--\r\n",
	    200, "[p=](0)");
	post_multipart(PART("p", "; filename=\"1\"", "a") PART("p", "; filename=\"2\"", "b")
			   PART("p", "; filename=\"3\"", "c")
			       PART("p", "; filename=\"4\"", "d") "--B--\r\n",
		       413, NULL);
	post_multipart(PART("a", "", "one") "--B\r\nConte", 400, NULL);
	post_multipart("garbage without any boundary", 400, NULL);
}

static void
post_urlencoded(size_t value, size_t fields, int status)
{
	PR_AUTO_BUF struct pr_buf body, b;

	pr_buf_init(&body, 32 << 20);
	pr_buf_init(&b, 33 << 20);
	for (size_t i = 0; i < fields; i++) {
		pr_buf_add_c(&body, "a=");
		for (size_t k = 0; k < value; k++)
			pr_buf_add_char(&body, 'x');
		pr_buf_add_char(&body, '&');
	}
	pr_buf_addf(&b,
		    "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " URLENC
		    "\r\nContent-Length: %zu\r\n\r\n",
		    body.n);
	pr_buf_add_str(&b, pr_buf_str(&body));
	expect(pr_buf_str(&b), status, NULL);
}

static void
test_limits(void **state)
{
	(void)state;
	post_urlencoded(65536, 1, 200);
	post_urlencoded(65537, 1, 413);
	post_urlencoded(10, 100, 200);
	post_urlencoded(10, 101, 413);
	post_urlencoded(200000, 1, 413);
	/* A field of 10 MB is read to its end, so that its sender sees the answer. */
	post_urlencoded(10 << 20, 1, 413);
}

static void
test_long_head(void **state)
{
	PR_AUTO_BUF struct pr_buf b, in;

	(void)state;
	pr_buf_init(&b, 1 << 20);
	pr_buf_init(&in, 1 << 20);
	pr_buf_add_c(&b, "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: ");
	for (int i = 0; i < 40000; i++)
		pr_buf_add_char(&b, 'x');
	pr_buf_add_c(&b, "\r\n\r\n");
	ask(pr_buf_str(&b), &in);
	assert_true(pr_str_find(pr_buf_str(&in), PR_STR(" 431 ")) != (size_t)-1);
}

/* Peers that leave in the middle neither stop the server nor leak. */
static void
test_rude_peers(void **state)
{
	static const char *const halves[] = {"",
					     "GET",
					     "GET /hello",
					     "GET /hello HTTP/1.1\r\nHos",
					     "POST /echo" FORM(URLENC, "50") "a=1",
					     "\x16\x03\x01\x02",
					     "GET  HTTP/9\r\n\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		PR_AUTO_FD int fd = dial();
		send(fd, halves[i], strlen(halves[i]), MSG_NOSIGNAL);
	}
	expect(PR_STR("GET /hello" END), 200, "hello");
}

static void
test_unix_socket(void **state)
{
	char dir[] = "/tmp/pr-web-XXXXXX", path[64], listen[80];
	struct pr_web_conf conf = {.listen = listen};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct pr_web_server *other, *second;
	PR_AUTO_BUF struct pr_buf in;
	struct pr_err err;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/web.sock", dir);
	snprintf(listen, sizeof(listen), "unix:%s", path);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	/* a stale socket of a process that was killed */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	other = pr_web_start(&conf, routes, 1, NULL, &err);
	assert_non_null(other);
	assert_int_equal(pr_web_port(other), 0);
	second = pr_web_start(&conf, routes, 1, NULL, &err);
	assert_null(second);
	assert_int_equal(err.fault, PR_FATAL);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	send(fd, "GET /hello" END, strlen("GET /hello" END), MSG_NOSIGNAL);
	pr_buf_init(&in, 8192);
	read_reply(fd, &in);
	close(fd);
	assert_true(pr_str_find(pr_buf_str(&in), PR_STR("peer=unix")) != (size_t)-1);
	pr_web_stop(&other);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(dir);
}

static void
test_bad_listen(void **state)
{
	static const char *const bad[] = {"",           "8080",         "localhost:8080",
					  "127.0.0.1:", "300.1.1.1:80", "[::1:80"};
	struct pr_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct pr_web_conf conf = {.listen = bad[i]};
		struct pr_web_server *s = pr_web_start(&conf, routes, 1, NULL, &err);
		if (s)
			fail_msg("listens on '%s' (port %d)", bad[i], pr_web_port(s));
		assert_int_equal(err.fault, PR_FATAL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),   cmocka_unit_test(test_multipart),
	    cmocka_unit_test(test_limits),     cmocka_unit_test(test_long_head),
	    cmocka_unit_test(test_rude_peers), cmocka_unit_test(test_unix_socket),
	    cmocka_unit_test(test_bad_listen),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
