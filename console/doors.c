/*
 * doors: nobody gets further without a session, and no POST without the session's token from our
 * own page.
 */
#include "console/doors.h"

#include "postroom/clock.h"
#include "postroom/digest.h"
#include "postroom/log.h"

#define LOGIN_LIFE 3600000
#define BODY_MAX   ((size_t)16 << 10)
#define LOGIN      PR_STR("console-login")

static bool
is_public_https(const struct console *c)
{
	return !strncmp(c->conf->public_url, "https://", 8);
}

/* __Host-: a browser takes it over https only and lets no other host set it. */
static const char *
cookie_name(const struct console *c)
{
	return is_public_https(c) ? "__Host-postroom" : "postroom";
}

static void
set_cookie(const struct console *c, const char *id, struct pr_arena *a, struct pr_web_reply *reply)
{
	pr_web_reply_header(
	    reply, "Set-Cookie",
	    pr_arena_printf(a, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", cookie_name(c), id,
			    is_public_https(c) ? "; Secure" : "", *id ? "" : "; Max-Age=0"));
}

static bool
signed_in(struct console *c, const struct pr_web_request *q, struct session *session)
{
	struct pr_str id = pr_web_cookie(q, pr_str_c(cookie_name(c)));

	return id.n == SESSION_ID_BYTES - 1 && sessions_find(c->sessions, id, pr_mono(), session);
}

/* A browser says which site a POST came from; ours must have made the page. */
static bool
own_origin(const struct console *c, const struct pr_web_request *q)
{
	struct pr_str origin = pr_web_header(q, PR_STR("Origin")),
		      host = pr_web_header(q, PR_STR("Host"));
	struct pr_str url = pr_str_c(c->conf->public_url);

	if (!origin.n)
		return true; /* no browser of today; the token decides */
	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	return (url.n && pr_str_eq(origin, url)) ||
	       (!url.n &&
		pr_str_eq(origin, pr_arena_printf(q->arena, "http://" PR_S_FMT, PR_S(host))));
}

/* With no-referrer a browser would hide the origin of our own forms from us. */
static void
console_headers(struct pr_web_reply *reply)
{
	pr_web_reply_header(reply, "Referrer-Policy", PR_STR("same-origin"));
}

/* ---- signing in and out ---- */

static struct pr_str
login_key(const struct console *c)
{
	return pr_str_n(c->login_key, sizeof(c->login_key));
}

static int
show_login(struct console *c, struct pr_arena *a, int status, const char *wrong,
	   struct pr_web_reply *reply, struct pr_err *err)
{
	char token[PR_WEB_TOKEN_BYTES];
	struct pr_page_value v[3 + CONSOLE_COMMON] = {{.name = "title", .text = PR_STR("Sign in")},
						      {.name = "wrong", .text = pr_str_c(wrong)}};

	pr_web_token_make(login_key(c), LOGIN, pr_now(), token);
	v[2] = (struct pr_page_value){.name = "token", .text = pr_arena_dup(a, pr_str_c(token))};
	reply->status = status;
	console_headers(reply);
	return console_render(c, CONSOLE_LOGIN, NULL, v, 3, reply, err);
}

static int
get_login(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply, struct pr_err *err)
{
	return show_login(ctx, q->arena, 200, NULL, reply, err);
}

static int
post_login(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
	   struct pr_err *err)
{
	struct console *c = ctx;
	struct pr_str user = pr_web_get(q->form, q->nform, PR_STR("user"));
	struct pr_str password = pr_web_get(q->form, q->nform, PR_STR("password"));
	char id[SESSION_ID_BYTES];
	int64_t age;
	int right;

	if (!own_origin(c, q) ||
	    !pr_web_token_ok(login_key(c), LOGIN, pr_web_get(q->form, q->nform, PR_STR("token")),
			     pr_now(), &age) ||
	    age > LOGIN_LIFE)
		return show_login(c, q->arena, 400, "This page was too old. Please sign in again.",
				  reply, err);
	right = sessions_check(c->sessions, password, c->conf->password_hash, pr_mono());
	if (right < 0)
		return show_login(c, q->arena, 429,
				  "Too many wrong passwords. Wait a minute and try again.", reply,
				  err);
	if (!right || !pr_secret_eq(user, pr_str_c(c->conf->user))) {
		pr_log(PR_WARN, NULL, "login_failed", "peer=%s", pr_log_mask(q->peer).hex);
		return show_login(c, q->arena, 403, "Name or password is wrong.", reply, err);
	}
	sessions_add(c->sessions, pr_mono(), id);
	set_cookie(c, id, q->arena, reply);
	pr_log(PR_INFO, NULL, "login", "who=%s", c->conf->user);
	pr_web_redirect(reply, PR_STR("/"));
	return 0;
}

/* ---- the check before everything else ---- */

static int
guarded(struct console *c, const struct pr_web_request *q, console_handler *handler,
	struct pr_web_reply *reply, struct pr_err *err)
{
	bool post = pr_str_eq_c(q->method, "POST");
	struct session session;

	if (!signed_in(c, q, &session)) {
		pr_web_redirect(reply, PR_STR("/login"));
		return 0;
	}
	console_headers(reply);
	if (post &&
	    (!own_origin(c, q) ||
	     !pr_secret_eq(pr_web_get(q->form, q->nform, PR_STR("csrf")), pr_str_c(session.csrf))))
		return console_sorry(c, &session, 403, "That did not work",
				     "The request did not come from our own page, or the page was "
				     "old. Nothing was changed.",
				     reply, err);
	if (handler(c, &session, q, reply, err) == 0)
		return 0;
	if (err->fault != PR_RETRY)
		return -1;
	pr_log_err(PR_ERROR, NULL, "console_store", err);
	pr_buf_reset(&reply->body);
	return console_sorry(
	    c, &session, 503, "The case store cannot be reached",
	    "Nothing was changed. Try again in a minute; contacts are safe meanwhile.", reply, err);
}

#define GUARDED(name, handler)                                                                     \
	static int name(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,     \
			struct pr_err *err)                                                        \
	{                                                                                          \
		return guarded(ctx, q, handler, reply, err);                                       \
	}

static int
log_out(struct console *c, const struct session *session, const struct pr_web_request *q,
	struct pr_web_reply *reply, struct pr_err *err)
{
	(void)session;
	(void)err;
	sessions_end(c->sessions, pr_web_cookie(q, pr_str_c(cookie_name(c))));
	set_cookie(c, "", q->arena, reply);
	pr_web_redirect(reply, PR_STR("/login"));
	return 0;
}

GUARDED(get_lists, console_lists)
GUARDED(get_contact, console_contact)
GUARDED(get_raw, console_raw)
GUARDED(get_file, console_file)
GUARDED(post_assign, console_assign)
GUARDED(post_retry, console_retry)
GUARDED(post_resolve, console_resolve)
GUARDED(post_logout, log_out)

void
console_error_page(void *ctx, const struct pr_web_request *request, int status,
		   struct pr_web_reply *reply)
{
	const char *title = status == 404 ? "There is no such page" : "That did not work";
	struct pr_err err;

	(void)request;
	if (console_sorry(ctx, NULL, status == 503 ? 500 : status, title, "Nothing was changed.",
			  reply, &err) < 0)
		pr_buf_reset(&reply->body);
	reply->status = status;
}

const struct pr_web_route console_routes[CONSOLE_ROUTES] = {
    {"GET", "/", 0, 0, get_lists},
    {"GET", "/contact/*", 0, 0, get_contact},
    {"GET", "/raw/*", 0, 0, get_raw},
    {"GET", "/file/*", 0, 0, get_file},
    {"POST", "/assign", BODY_MAX, 0, post_assign},
    {"POST", "/retry", BODY_MAX, 0, post_retry},
    {"POST", "/resolve", BODY_MAX, 0, post_resolve},
    {"GET", "/login", 0, 0, get_login},
    {"POST", "/login", BODY_MAX, 0, post_login},
    {"POST", "/logout", BODY_MAX, 0, post_logout},
    {"GET", "/style.css", 0, 0, pr_web_style},
    {"GET", "/healthz", 0, 0, pr_web_health},
};
