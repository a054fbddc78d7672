/* page: every context with hostile values, and every mistake a template can make. */
#include "postroom/cleanup.h"
#include "postroom/page.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct pr_str
include(void *ctx, struct pr_str name)
{
	(void)ctx;
	if (pr_str_eq_c(name, "head"))
		return PR_STR("<h1>{{title}}</h1>");
	if (pr_str_eq_c(name, "loop"))
		return PR_STR("{{>loop}}");
	if (pr_str_eq_c(name, "half"))
		return PR_STR("{{#rows}}");
	return PR_STR_NONE;
}

static const char *const names[] = {"title", "rows", "id", "name", "empty", NULL};

#define EVIL      "\"'><script>alert(1)</script>&`\n"
#define EVIL_HTML "&#34;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#96;\n"

static const struct pr_page_value row1[] = {
    {.name = "id", .text = {"1", 1}}, {.name = "name", .text = {"A", 1}}, {0}};
static const struct pr_page_value row2[] = {{.name = "id", .text = {"2", 1}}, {0}};
static const struct pr_page_row rows[] = {{row1}, {row2}};

static struct pr_page *
compile(const char *source, enum pr_page_kind kind, struct pr_arena *a, struct pr_diag *diag)
{
	pr_diag_init(diag, a);
	return pr_page_compile(pr_str_c(source), "t.html", kind, names, include, NULL, diag);
}

static void
check(const char *source, enum pr_page_kind kind, struct pr_str title, const char *want)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf out;
	struct pr_diag diag;
	struct pr_err err;
	struct pr_page *page;
	const struct pr_page_value values[] = {{.name = "title", .text = title},
					       {.name = "rows", .rows = rows, .nrows = 2},
					       {.name = "name", .text = PR_STR("outer")},
					       {0}};

	pr_arena_init(&a, 1 << 20);
	pr_buf_init(&out, 1 << 16);
	page = compile(source, kind, &a, &diag);
	if (!page)
		pr_diag_print(&diag, stderr);
	assert_non_null(page);
	assert_int_equal(pr_page_render(page, values, &out, &err), 0);
	assert_string_equal(out.n ? out.p : "", want);
	pr_page_free(&page);
	assert_null(page);
}

static void
test_escaping(void **state)
{
	static const struct {
		const char *source, *title, *want;
	} cases[] = {
	    {"<p>{{title}}</p>", EVIL, "<p>" EVIL_HTML "</p>"},
	    {"<p class=\"{{title}}\">", EVIL, "<p class=\"" EVIL_HTML "\">"},
	    {"<p class='a {{title}}'>", EVIL, "<p class='a " EVIL_HTML "'>"},
	    {"<textarea>\n{{title}}</textarea>", "</textarea>",
	     "<textarea>\n&lt;/textarea&gt;</textarea>"},
	    {"<a href=\"{{title}}\">", "javascript:alert(1)", "<a href=\"\">"},
	    {"<a href=\"{{title}}\">", "//evil.example", "<a href=\"\">"},
	    {"<a href=\"{{title}}\">", "/\t/evil.example", "<a href=\"\">"},
	    {"<a href=\"{{title}}\">", "/\\evil.example", "<a href=\"\">"},
	    {"<a HREF='{{title}}'>", " javascript:alert(1)", "<a HREF=''>"},
	    {"<a href=\"{{title}}\">", "data:text/html,x", "<a href=\"\">"},
	    {"<a href=\"{{title}}\">", "/a?b=1&c=\"", "<a href=\"/a?b=1&amp;c=&#34;\">"},
	    {"<a href=\"{{title}}\">", "https://example.org/", "<a href=\"https://example.org/\">"},
	    {"<a href=\"/x/{{title}}?y\">", "../?&a b\"", "<a href=\"/x/..%2F%3F%26a%20b%22?y\">"},
	    {"<form action='/{{title}}'>", "x'y", "<form action='/x%27y'>"},
	    {"<p>{{title}}</p>", "a\xff\xc3(b", "<p>a\xef\xbf\xbd\xef\xbf\xbd(b</p>"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].source, PR_PAGE_HTML, pr_str_c(cases[i].title), cases[i].want);
}

static void
test_sections(void **state)
{
	static const struct {
		const char *source, *title, *want;
	} cases[] = {
	    {"{{#rows}}[{{id}}{{name}}]{{/rows}}", "", "[1A][2outer]"},
	    {"{{#title}}yes {{title}}{{/title}}{{^title}}no{{/title}}", "x", "yes x"},
	    {"{{#title}}yes{{/title}}{{^title}}no{{/title}}", "", "no"},
	    {"{{^rows}}none{{/rows}}.", "", "."},
	    {"{{#rows}}{{#title}}{{id}}{{/title}}{{/rows}}", "x", "12"},
	    {"{{#rows}}{{#rows}}{{id}}{{/rows}};{{/rows}}", "", "12;12;"},
	    {"<ul>\n  {{#rows}}\n<li>{{id}}\n{{/rows}}\n</ul>", "", "<ul>\n<li>1\n<li>2\n</ul>"},
	    {"<option{{#title}} selected{{/title}}>x", "y", "<option selected>x"},
	    {"<p class=\"a{{#title}} b{{/title}}\">", "y", "<p class=\"a b\">"},
	    {"{{>head}}!", "T", "<h1>T</h1>!"},
	    {"{{empty}}.", "", "."},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].source, PR_PAGE_HTML, pr_str_c(cases[i].title), cases[i].want);
}

static void
test_text_and_header(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf out;
	struct pr_diag diag;
	struct pr_err err;
	struct pr_page *page;
	const struct pr_page_value values[] = {
	    {.name = "title", .text = PR_STR("a\r\nBcc: x@example.org")}, {0}};

	(void)state;
	check("Dear {{title}},\n", PR_PAGE_TEXT, PR_STR("a\x1b[31m\r\nb\xc2\x9b<c>\tw\xc5\xb5"),
	      "Dear a[31m\nb<c> w\xc5\xb5,\n");
	check("Re: {{title}}", PR_PAGE_HEADER, PR_STR("a\x07 b"), "Re: a b");
	pr_arena_init(&a, 1 << 20);
	pr_buf_init(&out, 4096);
	page = compile("Re: {{title}}", PR_PAGE_HEADER, &a, &diag);
	assert_non_null(page);
	assert_int_equal(pr_page_render(page, values, &out, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	pr_page_free(&page);
}

static void
test_full_buffer(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf out;
	struct pr_diag diag;
	struct pr_err err;
	struct pr_page *page;
	const struct pr_page_value values[] = {{.name = "title", .text = PR_STR("0123456789")},
					       {0}};

	(void)state;
	pr_arena_init(&a, 1 << 20);
	pr_buf_init(&out, 8);
	page = compile("{{title}}", PR_PAGE_HTML, &a, &diag);
	assert_int_equal(pr_page_render(page, values, &out, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	pr_page_free(&page);
}

static void
test_mistakes(void **state)
{
	static const struct {
		const char *source;
		int line, column;
	} cases[] = {
	    {"<p>\n  {{titel}}", 2, 3},     /* not declared */
	    {"<p class={{title}}>", 1, 10}, /* no quotes */
	    {"<p {{title}}=\"x\">", 1, 4},  /* as a name */
	    {"<{{title}}>", 1, 2},
	    {"<script>var x = '{{title}}';</script>", 1, 18},
	    {"<style>{{title}}</style>", 1, 8},
	    {"<!-- {{title}} -->", 1, 6},
	    {"<p onclick=\"{{title}}\">", 1, 13},
	    {"<p style=\"{{title}}\">", 1, 11},
	    {"{{#rows}}x", 1, 1}, /* not closed */
	    {"x{{/rows}}", 1, 2},
	    {"{{#rows}}{{#title}}{{/rows}}{{/title}}", 1, 20},
	    {"{{title", 1, 1},
	    {"{{}}", 1, 1},
	    {"{{a b}}", 1, 1},
	    {"{{>nothing}}", 1, 1},
	    {"{{>loop}}", 1, 1},
	    {"{{>half}}{{/rows}}", 1, 1},
	    {"<p{{#rows}}>{{/rows}}", 1, 13}, /* half a tag in a section */
	    {"<p class=\"a", 0, 0},           /* ends inside a tag */
	    {"a < b", 1, 4},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PR_AUTO_ARENA struct pr_arena a;
		struct pr_diag diag;

		pr_arena_init(&a, 1 << 20);
		if (compile(cases[i].source, PR_PAGE_HTML, &a, &diag))
			fail_msg("compiled: %s", cases[i].source);
		assert_true(diag.n >= 1);
		if (diag.first->mark.line != cases[i].line ||
		    diag.first->mark.column != cases[i].column)
			fail_msg("%s: %d:%d " PR_S_FMT, cases[i].source, diag.first->mark.line,
				 diag.first->mark.column, PR_S(diag.first->words));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escaping),        cmocka_unit_test(test_sections),
	    cmocka_unit_test(test_text_and_header), cmocka_unit_test(test_full_buffer),
	    cmocka_unit_test(test_mistakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
