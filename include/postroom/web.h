/*
 * web: the HTTP server under ingest-web, ingest-sms and the console (libmicrohttpd, in lib/web/
 * only).
 *
 * Routes are a table; a handler gets a whole request within its limits and fills a reply. Handlers
 * run on the server's threads, several at a time. In production nginx stands in front (TLS, slow
 * clients); here are body, header, connection and time limits. Every answer carries the security
 * headers (CSP, nosniff, no-referrer, frame-ancestors 'none', no-store) unless the handler says
 * otherwise.
 *
 * Limits beside the route's body_max: request line and headers 32 KB (431), 100 fields and 3 files
 * in a form, 64 KB a field (413), 256 MB of bodies in hand over all connections (503), 10 s without
 * a byte. A body that is too large is read to its end and thrown away (up to 64 MB), so that a
 * browser gets to see the page that says so.
 */
#ifndef POSTROOM_WEB_H
#define POSTROOM_WEB_H

#include "postroom/arena.h"
#include "postroom/buf.h"
#include "postroom/record.h"

struct pr_web_file {
	struct pr_str field, filename, content_type, bytes;
};

struct pr_web_request {
	struct pr_str method, path;   /* path decoded, without the query */
	struct pr_str peer;           /* textual address, or "unix" */
	const struct pr_field *query; /* decoded bytes, not checked for UTF-8 */
	size_t nquery;
	const struct pr_field *headers; /* names as sent */
	size_t nheaders;
	const struct pr_field *form; /* urlencoded or multipart/form-data of a POST, in order */
	size_t nform;
	const struct pr_web_file *files;
	size_t nfiles;
	struct pr_str content_type,
	    body;               /* the raw body, when the route asks for it (PR_WEB_RAW) */
	struct pr_arena *arena; /* lives until the reply is sent */
};

struct pr_web_reply {
	int status;               /* 200 unless set */
	const char *content_type; /* "text/html; charset=utf-8" unless set */
	struct pr_buf body;       /* initialised, at most 4 MiB */
	struct pr_buf headers;    /* more headers, each "Name: value\n" */
};

#define PR_WEB_RAW 1u /* do not decode the body as a form: give it raw */

struct pr_web_route {
	const char *method;
	const char *path; /* exact, or a prefix when it ends in '*' */
	size_t body_max;  /* bytes; more is 413 */
	unsigned flags;
	/* 0, or -1 with err: PR_RETRY is answered 503 with Retry-After, PR_REJECT 400, PR_FATAL
	 * 500. */
	int (*handle)(void *ctx, const struct pr_web_request *request, struct pr_web_reply *reply,
		      struct pr_err *err);
};

struct pr_web_conf {
	const char *listen;  /* "127.0.0.1:8080" or "unix:/run/postroom/web.sock" */
	int connections_max; /* each has a thread of its own while it lasts; 0: 512 */
	/* Called for 404, 405, 413 and the errors above, to render them in the door's own look; may
	 * be NULL (plain text). */
	void (*error_page)(void *ctx, const struct pr_web_request *request, int status,
			   struct pr_web_reply *reply);
};

/* Handlers that every door shares: the style sheet of all pages, and "ok" for whoever watches. */
int pr_web_style(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
		 struct pr_err *err);
int pr_web_health(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
		  struct pr_err *err);

struct pr_web_server;

struct pr_web_server *
pr_web_start(const struct pr_web_conf *conf, const struct pr_web_route *routes, size_t nroutes,
	     void *ctx, struct pr_err *err) PR_MUST_CHECK;
/* The port it listens on (0 asked for any), 0 for a Unix socket. */
int pr_web_port(const struct pr_web_server *server);
/* Finish requests in hand (up to 5 s), then stop. */
void pr_web_stop(struct pr_web_server **server);

/* First value with that name (header names without case), or PR_STR_NONE. */
struct pr_str pr_web_get(const struct pr_field *fields, size_t n, struct pr_str name);
struct pr_str pr_web_header(const struct pr_web_request *request, struct pr_str name);
struct pr_str pr_web_cookie(const struct pr_web_request *request, struct pr_str name);
void pr_web_reply_header(struct pr_web_reply *reply, const char *name, struct pr_str value);
/* 303 See Other to a path of our own. */
void pr_web_redirect(struct pr_web_reply *reply, struct pr_str path);

/*
 * Tokens: "<base64url of 16 random bytes and 8 bytes of time>.<mac>" under a key and a purpose.
 * Check gives the age; false when it was not made by us for that purpose.
 */
#define PR_WEB_TOKEN_BYTES 80
void pr_web_token_make(struct pr_str key, struct pr_str purpose, int64_t now,
		       char out[PR_WEB_TOKEN_BYTES]);
bool pr_web_token_ok(struct pr_str key, struct pr_str purpose, struct pr_str token, int64_t now,
		     int64_t *age_ms);

/* A text of ours that comes back through a stranger's hands (a reference in an address): its mark
 * under key and purpose. */
#define PR_WEB_SIGN_BYTES 33
void pr_web_sign(struct pr_str key, struct pr_str purpose, struct pr_str text,
		 char out[PR_WEB_SIGN_BYTES]);
bool
pr_web_sign_ok(struct pr_str key, struct pr_str purpose, struct pr_str text, struct pr_str mark);

/*
 * "a=1&b=%20" (a query or an urlencoded body) to fields in the arena, in order; bytes are kept, %00
 * too. False when there are more than PR_WEB_FIELDS_MAX.
 */
#define PR_WEB_FIELDS_MAX 100
bool pr_web_urlencoded(struct pr_str text, struct pr_arena *a, struct pr_field **fields, size_t *n);

#endif
