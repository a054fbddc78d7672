/*
 * http_client: one request to somebody else's server (libcurl, in lib/gateway/http_client.c only).
 *
 * Always set: connect, total and low-speed time limits, no redirects, https (http for loopback
 * only), answer limit, verified certificates, a fresh connection for what must not be repeated
 * (libcurl silently re-sends a POST when a reused connection dies).
 */
#ifndef POSTROOM_HTTP_CLIENT_H
#define POSTROOM_HTTP_CLIENT_H

#include "postroom/buf.h"

struct pr_http_client;

struct pr_http_request {
	const char *method; /* "GET" or "POST" */
	const char *url;
	const char *const *headers;   /* "Name: value", NULL-terminated; may be NULL */
	struct pr_str body;           /* of a POST */
	int64_t connect_ms, total_ms; /* 0: 5,000 and 30,000 */
	size_t answer_max;            /* 0: 1 MiB */
};

enum pr_http_fate {
	PR_HTTP_ANSWERED,  /* there is a status */
	PR_HTTP_NOT_SENT,  /* it certainly did not arrive: refused, unresolved, bad certificate */
	PR_HTTP_UNCERTAIN, /* it may have arrived: cut or timed out after the request had begun to
			      go out */
};

struct pr_http_answer {
	long status;
	struct pr_buf body;     /* given initialised by the caller */
	int64_t retry_after_ms; /* of Retry-After in seconds; 0: none */
};

struct pr_http_client *pr_http_client_new(struct pr_err *err) PR_MUST_CHECK;
void pr_http_client_free(struct pr_http_client **client);
/* Fills answer when ANSWERED, err otherwise. */
enum pr_http_fate
pr_http_client_send(struct pr_http_client *client, const struct pr_http_request *request,
		    struct pr_http_answer *answer, struct pr_err *err);

/* Append `text` percent-encoded for a query (RFC 3986 unreserved stay). */
int pr_http_query_add(struct pr_buf *url, const char *name, struct pr_str value);

#endif
