/* Tests of catalogue: the council's own file loads, and every slip in one is shown where it is. */
#include "postroom/catalogue.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "postroom/utf8.h"
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>

#define TRIAGE "- {id: 0/0, name: {en: Triage, cy: Brysbennu}, team: Customer services}\n"
#define NAME   "name: {en: a, cy: b}, team: c"

static char dir[] = "/tmp/pr-catalogue-XXXXXX", path[64];
static struct pr_arena arena;
static struct pr_diag diag;

static int
setup(void **state)
{
	(void)state;
	pr_arena_init(&arena, 16 << 20);
	pr_diag_init(&diag, &arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pr_arena_release(&arena);
	return 0;
}

static struct pr_catalogue *
load(const char *text)
{
	struct pr_err err;

	assert_int_equal(pr_file_replace(AT_FDCWD, path, pr_str_c(text), false, &err), 0);
	return pr_catalogue_load(path, &arena, &diag);
}

static void
test_own_file(void **state)
{
	const char *source = getenv("POSTROOM_SOURCE");
	const struct pr_catalogue *c;
	const struct pr_catalogue_entry *e;
	size_t restricted = 0, welsh = 0;

	(void)state;
	c = pr_catalogue_load(
	    pr_arena_printf(&arena, "%s/rules/services.yaml", source ? source : ".").p, &arena,
	    &diag);
	if (!c)
		fail_msg("line %d: %s", diag.first->mark.line, diag.first->words.p);
	assert_int_equal(c->n, 171);
	assert_string_equal(c->triage->name_cy.p, "Brysbennu");
	e = pr_catalogue_find(c, 557, 17);
	assert_non_null(e);
	assert_string_equal(e->team.p, "Highways");
	assert_int_equal(e->target_days, 5);
	assert_int_equal(e->target_calendar, PR_TARGET_WORKING_DAYS);
	e = pr_catalogue_find(c, 485, 0);
	assert_int_equal(e->target_days, 56);
	assert_int_equal(e->target_calendar, PR_TARGET_CALENDAR_DAYS);
	assert_int_equal(e->target_basis, PR_BASIS_STATUTORY);
	e = pr_catalogue_find(c, 266, 17);
	assert_true(e->restricted);
	assert_string_equal(e->acknowledge.p, "neutral");
	assert_int_equal(pr_catalogue_find(c, 319, 21)->target_calendar, PR_TARGET_NONE);
	assert_null(pr_catalogue_find(c, 557, 8));
	for (size_t i = 0; i < c->n; i++) {
		restricted += c->v[i].restricted;
		welsh += !pr_str_eq(c->v[i].name_en, c->v[i].name_cy);
		assert_true(pr_utf8_ok(c->v[i].name_cy));
		assert_true(i == 0 || c->v[i - 1].lgsl <= c->v[i].lgsl);
	}
	assert_int_equal(restricted, 6);
	assert_int_equal(welsh, 170); /* graffiti is graffiti */
}

static void
test_entry(void **state)
{
	const struct pr_catalogue *c = load(
	    TRIAGE
	    "- id: 1/2\n  name: {en: a, cy: b}\n  team: c\n  restricted: yes\n  acknowledge: none\n"
	    "  target: {days: 0, calendar: calendar, basis: example}\n  kinds: [foi, eir]\n");
	const struct pr_catalogue_entry *e;

	(void)state;
	assert_non_null(c);
	e = pr_catalogue_find(c, 1, 2);
	assert_int_equal(e->target_days, 0);
	assert_int_equal(e->target_calendar, PR_TARGET_CALENDAR_DAYS);
	assert_int_equal(e->target_basis, PR_BASIS_EXAMPLE);
	assert_string_equal(e->acknowledge.p, "none");
	assert_ptr_equal(pr_catalogue_of_kind(c, PR_STR("eir")), e);
	assert_null(pr_catalogue_of_kind(c, PR_STR("sar")));
	assert_int_equal(e->mark.line, 2);
	assert_string_equal(c->triage->acknowledge.p, "normal");
	assert_false(c->triage->restricted);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *words;
	} cases[] = {
	    {TRIAGE "- {id: 1/2, " NAME "}\n- {id: 1/2, " NAME "}\n", 3, 3, "in line 2"},
	    {TRIAGE "- {id: 12, " NAME "}\n", 2, 8, "'id' is two numbers"},
	    {TRIAGE "- {id: 1/-2, " NAME "}\n", 2, 8, "'id' is two numbers"},
	    {TRIAGE "- {id: 1/2/3, " NAME "}\n", 2, 8, "'id' is two numbers"},
	    {TRIAGE "- {id: [1], " NAME "}\n", 2, 8, "'id' is two numbers"},
	    {TRIAGE "- {id: 273/0, " NAME "}\n", 2, 8, "withdrawn"},
	    {TRIAGE "- {id: 1/2, " NAME ", taem: x}\n", 2, 44, "did you mean 'team'"},
	    {TRIAGE "- {id: 1/2, " NAME ", colour: x}\n", 2, 44, "'colour' is no setting"},
	    {TRIAGE "- {id: 1/2, name: {en: a}, team: c}\n", 2, 19, "lacks 'cy'"},
	    {TRIAGE "- {id: 1/2, name: {en: a, cy: ''}, team: c}\n", 2, 31,
	     "'cy' of a name is a text"},
	    {TRIAGE "- {id: 1/2, name: a, team: c}\n", 2, 19, "group of settings"},
	    {TRIAGE "- {id: 1/2, name: {en: a, cy: b}}\n", 2, 3, "lacks 'team'"},
	    {TRIAGE "- {" NAME "}\n", 2, 3, "lacks 'id'"},
	    {TRIAGE "- {id: 1/2, " NAME ", restricted: maybe}\n", 2, 56, "no or yes"},
	    {TRIAGE "- {id: 1/2, " NAME ", acknowledge: loud}\n", 2, 57, "normal, neutral or none"},
	    {TRIAGE "- {id: 1/2, " NAME ", target: 5}\n", 2, 52, "group of settings"},
	    {TRIAGE "- {id: 1/2, " NAME ", target: {days: 5}}\n", 2, 52, "lacks 'calendar'"},
	    {TRIAGE "- {id: 1/2, " NAME
		    ", target: {days: -1, calendar: working, basis: assumed}}\n",
	     2, 59, "'days'"},
	    {TRIAGE "- {id: 1/2, " NAME ", kinds: foi}\n", 2, 51, "'kinds' is a list"},
	    {TRIAGE "- {id: 1/2, " NAME ", kinds: []}\n", 2, 51, "'kinds' is a list"},
	    {TRIAGE "- {id: 1/2, " NAME ", kinds: [[foi]]}\n", 2, 52, "is one word"},
	    {TRIAGE "- pothole\n", 2, 3, "group of settings"},
	    {"- {id: 1/2, " NAME "}\n", 1, 1, "0/0"},
	    {"services: []\n", 1, 1, "list of services"},
	    {"", 1, 1, "list of services"},
	    {TRIAGE "- {id: 1/2\n", 3, 1, "expected"},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		const struct pr_diag_line *l;

		pr_diag_init(&diag, &arena);
		if (load(cases[i].text) || !diag.first)
			fail_msg("case %zu is accepted", i);
		l = diag.first;
		if (!strstr(l->words.p, cases[i].words) || l->mark.line != cases[i].line ||
		    l->mark.column != cases[i].column)
			fail_msg("case %zu: %d:%d: %s", i, l->mark.line, l->mark.column,
				 l->words.p);
	}
}

static void
test_all_at_once(void **state)
{
	(void)state;
	assert_null(load("- {id: x, name: {en: a}, team: c, tem: d}\n- {id: 1/1, " NAME
			 "}\n- {id: 1/1, " NAME "}\n"));
	/* the id, 'tem', the Welsh name, the twin, no triage */
	assert_int_equal(diag.n, 5);
}

static int
make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/services.yaml", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_own_file),
	    TEST(test_entry),
	    TEST(test_refused),
	    TEST(test_all_at_once),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
