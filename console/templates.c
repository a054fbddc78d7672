/*
 * templates: the staff pages, embedded in the program.
 */
#include "console/console.h"
#include "postroom/cleanup.h"
#include "postroom/embed.h"

PR_EMBED(console_head, "console/pages/head.html");
PR_EMBED(console_foot, "console/pages/foot.html");
PR_EMBED(console_login, "console/pages/login.html");
PR_EMBED(console_lists, "console/pages/lists.html");
PR_EMBED(console_contact, "console/pages/contact.html");
PR_EMBED(console_sorry, "console/pages/sorry.html");

struct console_templates {
	struct pr_page *page[CONSOLE_PAGES];
};

/* clang-format off */
static const char *const value_names[] = {
	"title", "council", "csrf", "user", "wrong", "token", "done", "words", "heading",
	"risk", "unreadable", "buried", "triage", "unknown",
	"has_risk", "has_unreadable", "has_buried", "has_triage", "has_unknown",
	"risk_count", "unreadable_count", "buried_count", "triage_count", "unknown_count",
	"age", "cid", "reference", "channel", "why", "outbox_id", "teams", "team", "services", "id", "name", "guess", "guess_name",
	"duplicate_of", "case_id", "facts", "value", "text", "files", "index", "bytes", "verdict",
	"rules", "has_rules", "effect", "field", "span", "case", "outbox", "kind", "state", "attempt", "detail", "is_unknown", NULL};
/* clang-format on */

static struct pr_str
part_source(void *ctx, struct pr_str name)
{
	(void)ctx;
	if (pr_str_eq_c(name, "head"))
		return PR_EMBEDDED(console_head);
	if (pr_str_eq_c(name, "foot"))
		return PR_EMBEDDED(console_foot);
	return PR_STR_NONE;
}

struct console_templates *
console_templates_load(struct pr_err *err)
{
	const struct {
		const char *file;
		struct pr_str source;
	} sources[CONSOLE_PAGES] = {
	    [CONSOLE_LOGIN] = {"login.html", PR_EMBEDDED(console_login)},
	    [CONSOLE_LISTS] = {"lists.html", PR_EMBEDDED(console_lists)},
	    [CONSOLE_CONTACT] = {"contact.html", PR_EMBEDDED(console_contact)},
	    [CONSOLE_SORRY] = {"sorry.html", PR_EMBEDDED(console_sorry)},
	};
	struct console_templates *t = pr_calloc(1, sizeof(*t));
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag diag;

	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&diag, &a);
	for (size_t i = 0; i < CONSOLE_PAGES; i++)
		t->page[i] = pr_page_compile(sources[i].source, sources[i].file, PR_PAGE_HTML,
					     value_names, part_source, NULL, &diag);
	if (!diag.n)
		return t;
	pr_diag_print(&diag, stderr);
	console_templates_free(&t);
	pr_fail(err, PR_FATAL, 0, "a staff page has a mistake");
	return NULL;
}

void
console_templates_free(struct console_templates **t)
{
	if (!*t)
		return;
	for (size_t i = 0; i < CONSOLE_PAGES; i++)
		pr_page_free(&(*t)->page[i]);
	free(*t);
	*t = NULL;
}

int
console_render(struct console *c, enum console_page page, const struct session *session,
	       struct pr_page_value *v, size_t n, struct pr_web_reply *reply, struct pr_err *err)
{
	v[n++] = (struct pr_page_value){.name = "council", .text = pr_str_c(c->council->name)};
	v[n++] = (struct pr_page_value){.name = "teams", .rows = c->teams, .nrows = c->nteams};
	v[n++] = (struct pr_page_value){
	    .name = "services", .rows = c->services, .nrows = c->catalogue->n};
	if (session) {
		v[n++] = (struct pr_page_value){.name = "csrf", .text = pr_str_c(session->csrf)};
		v[n++] = (struct pr_page_value){.name = "user", .text = pr_str_c(c->conf->user)};
	}
	v[n] = (struct pr_page_value){0};
	return pr_page_render(c->templates->page[page], v, &reply->body, err);
}
