/*
 * pages: the form's templates, embedded in the program, and the values that every one of them has.
 */
#include "ingest/web/door.h"
#include "postroom/cleanup.h"
#include "postroom/embed.h"

PR_EMBED(web_head, "ingest/web/pages/head.html");
PR_EMBED(web_foot, "ingest/web/pages/foot.html");
PR_EMBED(web_form_en, "ingest/web/pages/form.en.html");
PR_EMBED(web_form_cy, "ingest/web/pages/form.cy.html");
PR_EMBED(web_received_en, "ingest/web/pages/received.en.html");
PR_EMBED(web_received_cy, "ingest/web/pages/received.cy.html");
PR_EMBED(web_sorry, "ingest/web/pages/sorry.html");

#define COUNCIL_VALUES 5
#define VALUES_MAX     (FORM_VALUES_MAX + COUNCIL_VALUES + 16)

struct door_pages {
	struct pr_page *page[DOOR_PAGES];
};

static const char *const value_names[] = {
    "lang",         "welsh",       "council",        "phone_number",   "email_address",
    "out_of_hours", "upload_max",  "token",          "problems_shown", "problems",
    "field",        "words",       "busy",           "expired",        "reference",
    "too_large",    "not_found",   "other",          "name",           "email",
    "phone",        "postcode",    "subject",        "message",        "name_error",
    "email_error",  "phone_error", "postcode_error", "subject_error",  "message_error",
    "photo_error",  NULL};

static struct pr_str
part_source(void *ctx, struct pr_str name)
{
	(void)ctx;
	if (pr_str_eq_c(name, "head"))
		return PR_EMBEDDED(web_head);
	if (pr_str_eq_c(name, "foot"))
		return PR_EMBEDDED(web_foot);
	return PR_STR_NONE;
}

struct door_pages *
door_pages_load(struct pr_err *err)
{
	const struct {
		const char *file;
		struct pr_str source;
	} sources[DOOR_PAGES] = {
	    [DOOR_FORM_EN] = {"form.en.html", PR_EMBEDDED(web_form_en)},
	    [DOOR_FORM_CY] = {"form.cy.html", PR_EMBEDDED(web_form_cy)},
	    [DOOR_RECEIVED_EN] = {"received.en.html", PR_EMBEDDED(web_received_en)},
	    [DOOR_RECEIVED_CY] = {"received.cy.html", PR_EMBEDDED(web_received_cy)},
	    [DOOR_SORRY] = {"sorry.html", PR_EMBEDDED(web_sorry)},
	};
	struct door_pages *pages = pr_calloc(1, sizeof(*pages));
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag diag;

	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&diag, &a);
	for (size_t i = 0; i < DOOR_PAGES; i++)
		pages->page[i] = pr_page_compile(sources[i].source, sources[i].file, PR_PAGE_HTML,
						 value_names, part_source, NULL, &diag);
	if (!diag.n)
		return pages;
	pr_diag_print(&diag, stderr);
	door_pages_free(&pages);
	pr_fail(err, PR_FATAL, 0, "a page of the form has a mistake");
	return NULL;
}

void
door_pages_free(struct door_pages **pages)
{
	if (!*pages)
		return;
	for (size_t i = 0; i < DOOR_PAGES; i++)
		pr_page_free(&(*pages)->page[i]);
	free(*pages);
	*pages = NULL;
}

/* "10 MB" */
static struct pr_str
upload_words(const struct door *door, struct pr_arena *a)
{
	int64_t kb = door->conf->upload_max >> 10;

	return kb >= 1024 ? pr_arena_printf(a, "%lld MB", (long long)(kb >> 10))
			  : pr_arena_printf(a, "%lld KB", (long long)kb);
}

int
door_page_render(const struct door *door, enum door_page page, const struct pr_page_value *more,
		 size_t nmore, struct pr_arena *a, struct pr_buf *out, struct pr_err *err)
{
	const struct pr_council_conf *c = door->council;
	bool welsh = page == DOOR_FORM_CY || page == DOOR_RECEIVED_CY;
	struct pr_page_value v[VALUES_MAX] = {
	    {.name = "council", .text = pr_str_c(welsh && *c->name_cy ? c->name_cy : c->name)},
	    {.name = "phone_number", .text = pr_str_c(c->phone)},
	    {.name = "email_address", .text = pr_str_c(c->email)},
	    {.name = "out_of_hours", .text = pr_str_c(c->out_of_hours)},
	    {.name = "upload_max", .text = upload_words(door, a)},
	};

	if (nmore >= VALUES_MAX - COUNCIL_VALUES)
		pr_bug("a page with %zu values", nmore);
	for (size_t i = 0; i < nmore; i++)
		v[COUNCIL_VALUES + i] = more[i];
	return pr_page_render(door->pages->page[page], v, out, err);
}
