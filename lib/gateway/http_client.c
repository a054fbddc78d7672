/*
 * http_client: libcurl, told everything that its defaults leave open.
 */
#include "postroom/http_client.h"

#include "postroom/cleanup.h"

#include <curl/curl.h>
#include <pthread.h>

#define CONNECT_MS 5000
#define TOTAL_MS   30000
#define ANSWER_MAX ((size_t)1 << 20)

struct pr_http_client {
	CURL *curl;
};

static void
global_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct pr_http_client *
pr_http_client_new(struct pr_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct pr_http_client *c = pr_calloc(1, sizeof(*c));

	pthread_once(&once, global_init);
	c->curl = curl_easy_init();
	if (c->curl)
		return c;
	free(c);
	pr_fail(err, PR_FATAL, 0, "cannot start libcurl");
	return NULL;
}

void
pr_http_client_free(struct pr_http_client **client)
{
	if (!*client)
		return;
	curl_easy_cleanup((*client)->curl);
	free(*client);
	*client = NULL;
}

/* Without encryption only to this machine. */
static bool
url_allowed(const char *url)
{
	static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL;
	bool ok = false;

	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		ok = !strcmp(scheme, "https");
		for (size_t i = 0;
		     i < sizeof(loopback) / sizeof(loopback[0]) && !strcmp(scheme, "http"); i++)
			ok = ok || !strcmp(host, loopback[i]);
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return ok;
}

struct sink {
	struct pr_buf *body;
	size_t left;
};

/* What is more than we want to read is let go by; the time limit ends it. */
static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct sink *s = ctx;
	size_t keep = size * n < s->left ? size * n : s->left;

	if (keep)
		pr_buf_add(s->body, p, keep);
	s->left -= keep;
	return size * n;
}

static void
set_limits(CURL *c, const struct pr_http_request *q)
{
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(q->connect_ms ? q->connect_ms : CONNECT_MS));
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(q->total_ms ? q->total_ms : TOTAL_MS));
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 20L);
	/* A reused connection that dies makes libcurl send the request a second time without a
	 * word. */
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "postroom/" PR_VERSION);
}

static void
set_method(CURL *c, const struct pr_http_request *q)
{
	if (!strcmp(q->method, "POST")) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body.p ? q->body.p : "");
	} else {
		curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	}
}

static struct curl_slist *
header_list(const struct pr_http_request *q)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (const char *const *h = q->headers; h && *h; h++)
		list = curl_slist_append(list, *h);
	if (!list)
		pr_out_of_memory();
	return list;
}

/* Did any byte of the request leave? If none did, the other side cannot have acted on it. */
static enum pr_http_fate
fate_of_failure(CURL *c, CURLcode code, struct pr_err *err)
{
	long request = 0;

	curl_easy_getinfo(c, CURLINFO_REQUEST_SIZE, &request);
	pr_fail(err, PR_RETRY, 0, "%s the request was sent: %s", request ? "after" : "before",
		curl_easy_strerror(code));
	return request ? PR_HTTP_UNCERTAIN : PR_HTTP_NOT_SENT;
}

enum pr_http_fate
pr_http_client_send(struct pr_http_client *client, const struct pr_http_request *request,
		    struct pr_http_answer *answer, struct pr_err *err)
{
	CURL *c = client->curl;
	struct sink sink = {.body = &answer->body,
			    .left = request->answer_max ? request->answer_max : ANSWER_MAX};
	struct curl_slist *headers;
	curl_off_t retry_after = 0;
	CURLcode code;

	answer->status = 0;
	answer->retry_after_ms = 0;
	if (sink.left > answer->body.max)
		sink.left = answer->body.max;
	if (!url_allowed(request->url)) {
		pr_fail(err, PR_FATAL, 0,
			"the address to call is neither https nor on this machine");
		return PR_HTTP_NOT_SENT;
	}
	curl_easy_reset(c);
	set_limits(c, request);
	set_method(c, request);
	headers = header_list(request);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_URL, request->url);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &sink);
	code = curl_easy_perform(c);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return fate_of_failure(c, code, err);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &answer->status);
	if (curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0)
		answer->retry_after_ms =
		    (int64_t)(retry_after < 86400 ? retry_after : 86400) * 1000;
	return PR_HTTP_ANSWERED;
}

int
pr_http_query_add(struct pr_buf *url, const char *name, struct pr_str value)
{
	bool first = !url->p || !memchr(url->p, '?', url->n);

	pr_buf_addf(url, "%c%s=", first ? '?' : '&', name);
	for (size_t i = 0; i < value.n; i++) {
		unsigned char ch = (unsigned char)value.p[i];
		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || (ch && strchr("-._~", ch)))
			pr_buf_add_char(url, (char)ch);
		else
			pr_buf_addf(url, "%%%02X", (unsigned)ch);
	}
	return url->failed ? -1 : 0;
}
