/*
 * server: libmicrohttpd's callbacks around a table of routes.
 *
 * Its poll() mode, since its epoll mode stalls when many sockets are ready at once; and a thread
 * for each connection, since a handler that waits for the disk would hold up every other connection
 * of a pool's thread.
 */
#include "lib/web/listen.h"
#include "lib/web/server_private.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/log.h"

#include <signal.h>
#include <stdatomic.h>

#define CONNECTIONS_DEFAULT  512
#define CONNECTIONS_PER_PEER 64
#define IDLE_SECONDS         10u
#define HEAD_MAX             ((size_t)32 << 10)
#define REPLY_MAX            ((size_t)4 << 20)
#define DRAIN_MAX            ((size_t)64 << 20)
#define HELD_MAX             ((size_t)256 << 20)
#define STACK_BYTES          ((size_t)1 << 20)
#define ARENA_BASE           ((size_t)16 << 20) /* at most, beside twice the body */
#define STOP_MS              5000

struct pr_web_server {
	struct pr_web_conf conf;
	char *address; /* conf.listen, our own copy */
	const struct pr_web_route *routes;
	size_t nroutes;
	void *ctx;
	struct MHD_Daemon *daemon;
	int fd;
	atomic_int in_hand; /* requests between their first line and their last byte of answer */
	atomic_size_t held; /* bytes of bodies in memory */
};

/* ---- answers ---- */

static const struct {
	int status;
	const char *words;
} plain_pages[] = {
    {400, "This request could not be understood."},
    {404, "There is no such page here."},
    {405, "This address does not take that kind of request."},
    {413, "This is more than we can take in one go. Please send less text or a smaller file."},
    {415, "This kind of content is not taken here."},
    {500, "Something is wrong on our side. It has been written down. Please try again later."},
    {503, "We cannot take this just now. Nothing was stored. Please try again in a few minutes."},
};

static void
error_page(const struct web_exchange *x, int status, struct pr_web_reply *reply)
{
	const struct pr_web_server *s = x->server;

	pr_buf_reset(&reply->body);
	reply->status = status;
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		pr_web_reply_header(reply, "Retry-After", PR_STR("30"));
	if (x->allow)
		pr_web_reply_header(reply, "Allow", pr_str_c(x->allow));
	if (s->conf.error_page)
		s->conf.error_page(s->ctx, &x->request, status, reply);
	if (reply->body.n && !reply->body.failed)
		return;
	pr_buf_reset(&reply->body);
	reply->content_type = "text/plain; charset=utf-8";
	for (size_t i = 0; i < sizeof(plain_pages) / sizeof(plain_pages[0]); i++)
		if (plain_pages[i].status == status)
			pr_buf_addf(&reply->body, "%s\n", plain_pages[i].words);
}

static void
add_headers(struct MHD_Response *response, const struct pr_web_reply *reply, struct pr_arena *a)
{
	static const struct {
		const char *name, *value;
	} usual[] = {
	    {"Content-Security-Policy",
	     "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
	     "base-uri 'none'; frame-ancestors 'none'"},
	    {"X-Content-Type-Options", "nosniff"},
	    {"Referrer-Policy", "no-referrer"},
	    {"X-Frame-Options", "DENY"},
	    {"Cross-Origin-Opener-Policy", "same-origin"},
	    {"Cross-Origin-Resource-Policy", "same-origin"},
	    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
	    {"Cache-Control", "no-store"},
	};
	struct pr_str line, name, rest = pr_buf_str(&reply->headers);

	while (pr_str_cut(&rest, '\n', &line))
		if (pr_str_cut(&line, ':', &name))
			MHD_add_response_header(response, pr_arena_dup_c(a, name),
						pr_arena_dup_c(a, pr_str_trim(line)));
	MHD_add_response_header(response, "Content-Type",
				reply->content_type ? reply->content_type
						    : "text/html; charset=utf-8");
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (!MHD_get_response_header(response, usual[i].name))
			MHD_add_response_header(response, usual[i].name, usual[i].value);
}

static enum MHD_Result
send_reply(struct web_exchange *x, struct MHD_Connection *connection, struct pr_web_reply *reply)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	size_t n = 0;
	char *body = pr_buf_take(&reply->body, &n);

	response = MHD_create_response_from_buffer(n, body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(body);
		return MHD_NO;
	}
	add_headers(response, reply, &x->arena);
	result = MHD_queue_response(
	    connection, (unsigned)(reply->status ? reply->status : MHD_HTTP_OK), response);
	MHD_destroy_response(response);
	return result;
}

/* The route's handler, and what its failure means to the one who asked. */
static void
handle(struct web_exchange *x, struct pr_web_reply *reply)
{
	struct pr_err err = {0};
	int status = MHD_HTTP_INTERNAL_SERVER_ERROR;

	if (x->route->handle(x->server->ctx, &x->request, reply, &err) < 0) {
		pr_log_err(PR_WARN, NULL, "web_request_failed", &err);
		if (err.fault == PR_RETRY)
			status = MHD_HTTP_SERVICE_UNAVAILABLE;
		else if (err.fault == PR_REJECT)
			status = MHD_HTTP_BAD_REQUEST;
		error_page(x, status, reply);
	} else if (reply->body.failed || reply->headers.failed) {
		pr_log(PR_ERROR, NULL, "web_reply_too_large", "path=%s", x->route->path);
		error_page(x, status, reply);
	}
}

static enum MHD_Result
answer(struct web_exchange *x, struct MHD_Connection *connection)
{
	struct pr_web_reply reply = {0};
	enum MHD_Result result;

	pr_buf_init(&reply.body, REPLY_MAX);
	pr_buf_init(&reply.headers, 16384);
	if (!x->refusal)
		x->refusal = web_request_form(x);
	if (x->refusal)
		error_page(x, x->refusal, &reply);
	else
		handle(x, &reply);
	result = send_reply(x, connection, &reply);
	pr_buf_release(&reply.body);
	pr_buf_release(&reply.headers);
	return result;
}

/* ---- one request, from its first line ---- */

static bool
path_fits(const char *pattern, struct pr_str path)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return pr_str_starts(path, pr_str_n(pattern, n - 1));
	return pr_str_eq_c(path, pattern);
}

static int
find_route(struct web_exchange *x)
{
	const struct pr_web_server *s = x->server;
	struct pr_str method = x->request.method;

	if (pr_str_eq_c(method, "HEAD"))
		method = PR_STR("GET");
	for (size_t i = 0; i < s->nroutes; i++) {
		if (!path_fits(s->routes[i].path, x->request.path))
			continue;
		x->allow = s->routes[i].method;
		if (pr_str_eq_c(method, s->routes[i].method)) {
			x->route = &s->routes[i];
			x->allow = NULL;
			return 0;
		}
	}
	return x->allow ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND;
}

static int
check_length(const struct web_exchange *x, int64_t *length)
{
	struct pr_str text = pr_web_header(&x->request, PR_STR("Content-Length"));

	*length = 0;
	if (!text.n)
		return 0;
	if (!pr_str_int(text, 0, INT64_MAX, length))
		return MHD_HTTP_BAD_REQUEST;
	if (x->route && (uint64_t)*length > x->route->body_max)
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return 0;
}

static enum MHD_Result
begin(struct web_exchange *x, struct MHD_Connection *connection, const char *method)
{
	int64_t length = 0;
	int bad_length;

	x->begun = true;
	x->refusal = web_request_head(x, connection, method);
	if (!x->refusal)
		x->refusal = find_route(x);
	bad_length = check_length(x, &length);
	if (!x->refusal)
		x->refusal = bad_length;
	if (x->route) {
		x->body.max = x->route->body_max;
		x->arena.max = ARENA_BASE + 2 * x->route->body_max;
	}
	/* Nobody is sending yet, or there is too much to listen to: say no at once. */
	if (x->refusal &&
	    ((uint64_t)length > DRAIN_MAX || pr_web_header(&x->request, PR_STR("Expect")).n))
		return answer(x, connection);
	return MHD_YES;
}

/* A piece of the body. What is refused is still read, so that the sender comes to read our answer.
 */
static enum MHD_Result
take(struct web_exchange *x, const char *data, size_t n)
{
	struct pr_web_server *s = x->server;

	x->seen += n;
	if (!x->refusal && x->seen > x->route->body_max)
		x->refusal = MHD_HTTP_CONTENT_TOO_LARGE;
	if (!x->refusal && atomic_load(&s->held) + n > HELD_MAX)
		x->refusal = MHD_HTTP_SERVICE_UNAVAILABLE;
	if (x->refusal)
		return x->seen > DRAIN_MAX ? MHD_NO : MHD_YES;
	atomic_fetch_add(&s->held, n);
	x->held += n;
	pr_buf_add(&x->body, data, n);
	return MHD_YES;
}

static void *
on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct pr_web_server *s = cls;
	struct web_exchange *x = pr_calloc(1, sizeof(*x));

	(void)connection;
	x->server = s;
	pr_arena_init(&x->arena, ARENA_BASE);
	pr_buf_init(&x->body, 0);
	x->uri = pr_arena_dup_c(&x->arena, pr_str_c(uri));
	atomic_fetch_add(&s->in_hand, 1);
	return x;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
	   const char *version, const char *data, size_t *n, void **con_cls)
{
	struct web_exchange *x = *con_cls;
	enum MHD_Result result;

	(void)cls;
	(void)url;
	(void)version;
	if (!x->begun)
		return begin(x, connection, method);
	if (*n == 0)
		return answer(x, connection);
	result = take(x, data, *n);
	*n = 0;
	return result;
}

static void
on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
	     enum MHD_RequestTerminationCode toe)
{
	struct pr_web_server *s = cls;
	struct web_exchange *x = *con_cls;

	(void)connection;
	(void)toe;
	if (!x)
		return;
	*con_cls = NULL;
	atomic_fetch_sub(&s->held, x->held);
	pr_buf_release(&x->body);
	pr_arena_release(&x->arena);
	free(x);
	atomic_fetch_sub(&s->in_hand, 1);
}

/* ---- start and stop ---- */

/* The server's threads take no signals: those belong to the main thread. */
static struct MHD_Daemon *
start_threads(struct pr_web_server *s)
{
	unsigned per_peer = web_listen_is_local(s->conf.listen) ? 0 : CONNECTIONS_PER_PEER;
	unsigned limit =
	    s->conf.connections_max > 0 ? (unsigned)s->conf.connections_max : CONNECTIONS_DEFAULT;
	struct MHD_Daemon *daemon;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	daemon = MHD_start_daemon(
	    MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, on_request,
	    s, MHD_OPTION_LISTEN_SOCKET, s->fd, MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES,
	    MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_peer,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    HEAD_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_URI_LOG_CALLBACK,
	    on_uri, s, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return daemon;
}

struct pr_web_server *
pr_web_start(const struct pr_web_conf *conf, const struct pr_web_route *routes, size_t nroutes,
	     void *ctx, struct pr_err *err)
{
	struct pr_web_server *s = pr_calloc(1, sizeof(*s));

	s->conf = *conf;
	s->address = strdup(conf->listen);
	if (!s->address)
		pr_out_of_memory();
	s->conf.listen = s->address;
	s->routes = routes;
	s->nroutes = nroutes;
	s->ctx = ctx;
	s->fd = web_listen(conf->listen, err);
	if (s->fd >= 0 && (s->daemon = start_threads(s)) != NULL)
		return s;
	if (s->fd >= 0) {
		pr_fail(err, PR_FATAL, 0, "cannot start the web server on %s", conf->listen);
		close(s->fd);
	}
	free(s->address);
	free(s);
	return NULL;
}

int
pr_web_port(const struct pr_web_server *server)
{
	return web_listen_port(server->fd);
}

void
pr_web_stop(struct pr_web_server **server)
{
	struct pr_web_server *s = *server;
	int64_t end = pr_mono() + STOP_MS;

	if (!s)
		return;
	MHD_quiesce_daemon(s->daemon);
	while (atomic_load(&s->in_hand) > 0 && pr_mono() < end)
		usleep(5000);
	MHD_stop_daemon(s->daemon);
	close(s->fd);
	if (!strncmp(s->conf.listen, "unix:", 5))
		unlink(s->conf.listen + 5);
	free(s->address);
	free(s);
	*server = NULL;
}
