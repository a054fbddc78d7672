/*
 * request: a stranger's request line, headers and form as fields of bytes, within limits.
 */
#include "lib/web/server_private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* ---- percent encoding ---- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A '%' that two hex digits do not follow stands for itself. */
static struct pr_str
percent_decode(struct pr_str s, bool plus, struct pr_arena *a)
{
	char *out = pr_arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int hi = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
		int lo = i + 2 < s.n ? hex_value(s.p[i + 2]) : -1;
		if (s.p[i] == '%' && hi >= 0 && lo >= 0) {
			out[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return pr_str_n(out, n);
}

bool
pr_web_urlencoded(struct pr_str text, struct pr_arena *a, struct pr_field **fields, size_t *n)
{
	struct pr_str pair, rest = text;

	*fields = pr_arena_array(a, PR_WEB_FIELDS_MAX, sizeof(**fields));
	*n = 0;
	while (pr_str_cut(&rest, '&', &pair)) {
		size_t eq = pr_str_find(pair, PR_STR("="));
		if (!pair.n)
			continue;
		if (*n == PR_WEB_FIELDS_MAX)
			return false;
		if (eq == (size_t)-1)
			eq = pair.n;
		(*fields)[*n].name = percent_decode(pr_str_sub(pair, 0, eq), true, a);
		(*fields)[*n].value = percent_decode(pr_str_sub(pair, eq + 1, pair.n), true, a);
		++*n;
	}
	return true;
}

/* ---- the head ---- */

struct header_list {
	struct pr_arena *arena;
	struct pr_field *v;
	size_t n;
};

static enum MHD_Result
header_add(void *cls, enum MHD_ValueKind kind, const char *name, const char *text)
{
	struct header_list *l = cls;

	(void)kind;
	if (l->n == WEB_HEADERS_MAX)
		return MHD_NO;
	l->v[l->n].name = pr_arena_dup(l->arena, pr_str_c(name));
	l->v[l->n].value = pr_arena_dup(l->arena, pr_str_c(text));
	l->n++;
	return MHD_YES;
}

static struct pr_str
peer_text(struct MHD_Connection *connection, struct pr_arena *a)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	char text[INET6_ADDRSTRLEN] = "unix";
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (info && info->client_addr && info->client_addr->sa_family == AF_INET) {
		memcpy(&v4, info->client_addr, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
	} else if (info && info->client_addr && info->client_addr->sa_family == AF_INET6) {
		memcpy(&v6, info->client_addr, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
	}
	return pr_arena_dup(a, pr_str_c(text));
}

int
web_request_head(struct web_exchange *x, struct MHD_Connection *connection, const char *method)
{
	struct pr_web_request *r = &x->request;
	struct pr_str uri = pr_str_c(x->uri), path;
	struct header_list headers = {.arena = &x->arena};
	struct pr_field *query;

	headers.v = pr_arena_array(&x->arena, WEB_HEADERS_MAX, sizeof(*headers.v));
	r->arena = &x->arena;
	r->method = pr_arena_dup(&x->arena, pr_str_c(method));
	if (!pr_str_cut(&uri, '?', &path))
		path = PR_STR_NONE;
	r->path = percent_decode(path, false, &x->arena);
	r->peer = peer_text(connection, &x->arena);
	MHD_get_connection_values(connection, MHD_HEADER_KIND, header_add, &headers);
	r->headers = headers.v;
	r->nheaders = headers.n;
	r->content_type = pr_web_header(r, PR_STR("Content-Type"));
	if (!pr_web_urlencoded(uri, &x->arena, &query, &r->nquery) || r->path.n == 0 ||
	    r->path.p[0] != '/')
		return MHD_HTTP_BAD_REQUEST;
	r->query = query;
	return 0;
}

/* ---- the form ---- */

static int
multipart_form(struct web_exchange *x)
{
	static const int status[] = {[WEB_FORM_OK] = 0,
				     [WEB_FORM_BAD] = MHD_HTTP_BAD_REQUEST,
				     [WEB_FORM_TOO_LARGE] = MHD_HTTP_CONTENT_TOO_LARGE};
	struct web_multipart *m = pr_arena_alloc(&x->arena, sizeof(*m));
	enum web_form result =
	    web_multipart_parse(x->request.content_type, pr_buf_str(&x->body), m);

	if (result != WEB_FORM_OK)
		return status[result];
	x->request.form = m->fields;
	x->request.nform = m->nfields;
	x->request.files = m->files;
	x->request.nfiles = m->nfiles;
	return 0;
}

static int
urlencoded_form(struct web_exchange *x)
{
	struct pr_field *fields;

	if (!pr_web_urlencoded(pr_buf_str(&x->body), &x->arena, &fields, &x->request.nform))
		return MHD_HTTP_CONTENT_TOO_LARGE;
	for (size_t i = 0; i < x->request.nform; i++)
		if (fields[i].value.n > WEB_FIELD_MAX)
			return MHD_HTTP_CONTENT_TOO_LARGE;
	x->request.form = fields;
	return 0;
}

int
web_request_form(struct web_exchange *x)
{
	struct pr_str type = x->request.content_type;

	if (x->route->flags & PR_WEB_RAW) {
		x->request.body = pr_buf_str(&x->body);
		return 0;
	}
	if (!x->body.n)
		return 0;
	if (pr_str_starts_nocase(type, PR_STR("multipart/form-data")))
		return multipart_form(x);
	if (pr_str_starts_nocase(type, PR_STR("application/x-www-form-urlencoded")))
		return urlencoded_form(x);
	return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
}

/* ---- what handlers ask ---- */

struct pr_str
pr_web_get(const struct pr_field *fields, size_t n, struct pr_str name)
{
	for (size_t i = 0; i < n; i++)
		if (pr_str_eq(fields[i].name, name))
			return fields[i].value;
	return PR_STR_NONE;
}

struct pr_str
pr_web_header(const struct pr_web_request *request, struct pr_str name)
{
	for (size_t i = 0; i < request->nheaders; i++)
		if (pr_str_eq_nocase(request->headers[i].name, name))
			return request->headers[i].value;
	return PR_STR_NONE;
}

struct pr_str
pr_web_cookie(const struct pr_web_request *request, struct pr_str name)
{
	struct pr_str pair, rest = pr_web_header(request, PR_STR("Cookie"));

	while (pr_str_cut(&rest, ';', &pair)) {
		struct pr_str key;
		if (pr_str_cut(&pair, '=', &key) && pr_str_eq(pr_str_trim(key), name))
			return pr_str_trim(pair);
	}
	return PR_STR_NONE;
}

void
pr_web_reply_header(struct pr_web_reply *reply, const char *name, struct pr_str value)
{
	/* A line break in a value would be a header of somebody else's choice. */
	if (value.n && (memchr(value.p, '\n', value.n) || memchr(value.p, '\r', value.n)))
		pr_bug("header '%s' with a line break", name);
	pr_buf_addf(&reply->headers, "%s: ", name);
	pr_buf_add_str(&reply->headers, value);
	pr_buf_add_char(&reply->headers, '\n');
}

void
pr_web_redirect(struct pr_web_reply *reply, struct pr_str path)
{
	if (!pr_str_starts(path, PR_STR("/")) || pr_str_starts(path, PR_STR("//")))
		pr_bug("a redirect to another site");
	reply->status = MHD_HTTP_SEE_OTHER;
	pr_web_reply_header(reply, "Location", path);
}
