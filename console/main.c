/*
 * postroom-console: the staff pages.
 */
#include "console/doors.h"
#include "postroom/clock.h"
#include "postroom/digest.h"
#include "postroom/log.h"
#include "postroom/service.h"

#define CONNECTIONS_MAX 64
#define CATALOGUE_BYTES ((size_t)16 << 20)

struct console_service {
	struct console console;
	struct pr_web_server *server;
};

static void
console_close(struct pr_service_ctx *ctx)
{
	struct console_service *s = ctx->self;

	if (!s)
		return;
	pr_web_stop(&s->server);
	pr_store_close(&s->console.store);
	pr_spool_close(&s->console.spool);
	console_templates_free(&s->console.templates);
	sessions_free(&s->console.sessions);
	pthread_mutex_destroy(&s->console.store_lock);
	pr_arena_release(&s->console.arena);
	free(s);
	ctx->self = NULL;
}

/* ---- the selects: every service, and every team once ---- */

static void
add_row(struct console *c, struct pr_page_row *row, const struct pr_page_value *v, size_t n)
{
	struct pr_page_value *kept = pr_arena_array(&c->arena, n + 1, sizeof(*kept));

	memcpy(kept, v, n * sizeof(*kept));
	row->values = kept;
}

static void
add_team(struct console *c, struct pr_str team)
{
	const struct pr_page_value v = {.name = "team", .text = team};

	for (size_t i = 0; i < c->nteams; i++)
		if (pr_str_eq(c->teams[i].values[0].text, team))
			return;
	add_row(c, &c->teams[c->nteams++], &v, 1);
}

static int
by_team(const void *a, const void *b)
{
	return pr_str_cmp(((const struct pr_page_row *)a)->values[0].text,
			  ((const struct pr_page_row *)b)->values[0].text);
}

static int
load_catalogue(struct console *c, const struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_diag diag;
	struct pr_str path;

	pr_arena_init(&c->arena, CATALOGUE_BYTES);
	pr_diag_init(&diag, &c->arena);
	path = pr_arena_printf(&c->arena, "%s/services.yaml",
			       pr_config_path(ctx->config, c->council->rules, &c->arena));
	c->catalogue = pr_catalogue_load(path.p, &c->arena, &diag);
	if (!c->catalogue) {
		pr_diag_print(&diag, stderr);
		return pr_fail(err, PR_FATAL, 0, "the service list has mistakes");
	}
	c->teams = pr_arena_array(&c->arena, c->catalogue->n, sizeof(*c->teams));
	c->services = pr_arena_array(&c->arena, c->catalogue->n, sizeof(*c->services));
	for (size_t i = 0; i < c->catalogue->n; i++) {
		const struct pr_catalogue_entry *e = &c->catalogue->v[i];
		const struct pr_page_value v[] = {
		    {.name = "id", .text = pr_arena_printf(&c->arena, "%d/%d", e->lgsl, e->lgil)},
		    {.name = "name", .text = e->name_en},
		    {.name = "team", .text = e->team}};
		add_row(c, &c->services[i], v, 3);
		add_team(c, e->team);
	}
	qsort(c->teams, c->nteams, sizeof(*c->teams), by_team);
	return 0;
}

/* ---- the daemon ---- */

static int
open_backend(struct console *c, const struct pr_service_ctx *ctx, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(ctx->config, &pr_spool_section);
	const struct pr_store_conf *store = pr_config_get(ctx->config, &pr_store_section);

	if (!*c->conf->password_hash)
		return pr_fail(
		    err, PR_FATAL, 0,
		    "console.password_hash is not set: `postroom setup` makes an account");
	if (load_catalogue(c, ctx, err) < 0)
		return -1;
	c->templates = console_templates_load(err);
	if (!c->templates)
		return -1;
	c->spool = pr_spool_open(spool->dir, spool->min_free, err);
	if (!c->spool)
		return -1;
	c->store = pr_store_open(store->url, true, err);
	return c->store ? 0 : -1;
}

static int
console_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct console_service *s = pr_calloc(1, sizeof(*s));
	struct pr_web_conf conf = {.error_page = console_error_page,
				   .connections_max = CONNECTIONS_MAX};

	ctx->self = s;
	pthread_mutex_init(&s->console.store_lock, NULL);
	s->console.council = pr_config_get(ctx->config, &pr_council_section);
	s->console.conf = pr_config_get(ctx->config, &pr_console_section);
	pr_random(s->console.login_key, sizeof(s->console.login_key));
	s->console.sessions = sessions_new(s->console.conf->session_idle);
	if (open_backend(&s->console, ctx, err) < 0)
		return -1;
	conf.listen = s->console.conf->listen;
	s->server = pr_web_start(&conf, console_routes, CONSOLE_ROUTES, &s->console, err);
	if (!s->server)
		return -1;
	pr_log(PR_INFO, NULL, "listening", "address=%s port=%d", conf.listen,
	       pr_web_port(s->server));
	return 0;
}

/* The server's threads do the work. */
static enum pr_step
console_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	(void)ctx;
	(void)err;
	return PR_STEP_IDLE;
}

static const struct pr_section *const sections[] = {&pr_council_section, &pr_spool_section,
						    &pr_store_section, &pr_console_section, NULL};

static const struct pr_service console_service = {
    .name = "postroom-console",
    .summary = "shows staff what waits for them",
    .sections = sections,
    .open = console_open,
    .step = console_step,
    .close = console_close,
};

int
main(int argc, char **argv)
{
	return pr_service_main(argc, argv, &console_service);
}
