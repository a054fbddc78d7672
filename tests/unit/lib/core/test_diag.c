/* Tests of diag: order, limits and "did you mean". */
#include "postroom/cleanup.h"
#include "postroom/diag.h"
#include "tests/unit/cmocka_all.h"

static char *
printed(const struct pr_diag *d)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	pr_diag_print(d, f);
	fclose(f);
	return text;
}

static void
test_sorted(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag d;
	char *text;

	(void)state;
	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&d, &a);
	assert_int_equal(pr_diag_add(&d, (struct pr_mark){"b.yaml", 9, 2}, "late\n%s", "line"), -1);
	pr_diag_add(&d, (struct pr_mark){"b.yaml", 2, 11}, "second column");
	pr_diag_add(&d, (struct pr_mark){"b.yaml", 2, 3}, "first column");
	pr_diag_add(&d, (struct pr_mark){"a.yaml", 0, 0}, "whole file");
	pr_diag_add(&d, (struct pr_mark){NULL, 0, 0}, "nowhere");
	text = printed(&d);
	assert_string_equal(text, "nowhere\n"
				  "a.yaml: whole file\n"
				  "b.yaml:2:3: first column\n"
				  "b.yaml:2:11: second column\n"
				  "b.yaml:9:2: late line\n");
	free(text);
}

static void
test_limits(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag d;
	char *text, name[] = "x.yaml";

	(void)state;
	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&d, &a);
	for (int i = 0; i < PR_DIAG_MAX + 7; i++)
		pr_diag_add(&d, (struct pr_mark){name, i + 1, 1}, "%02000d", i);
	/* The name may go before the diag does. */
	name[0] = '\0';
	assert_int_equal(d.n, PR_DIAG_MAX + 7);
	text = printed(&d);
	assert_non_null(strstr(text, "x.yaml:200:1:"));
	assert_null(strstr(text, "x.yaml:201:1:"));
	assert_non_null(strstr(text, "and 7 more\n"));
	free(text);
}

static void
test_full_arena(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag d;

	(void)state;
	pr_arena_init(&a, 4096);
	pr_diag_init(&d, &a);
	for (int i = 0; i < 100; i++)
		pr_diag_add(&d, (struct pr_mark){"x", i, 1}, "a line of some length to fill it: %d",
			    i);
	assert_int_equal(d.n, 100);
}

static void
test_nearest(void **state)
{
	static const char *const names[] = {"score", "service", "name", "id", "claim_after"};
	static const struct {
		const char *word, *near;
	} cases[] = {
	    {"scoer", "score"},
	    {"scor", "score"},
	    {"sevrice", "service"},
	    {"nmae", "name"},
	    {"claimafter", "claim_after"},
	    {"xy", NULL},
	    {"completely", NULL},
	    {"", NULL},
	    {"i", "id"},
	    {"score", "score"},
	};
	char longer[100];

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		const char *near = pr_diag_nearest(pr_str_c(cases[i].word), names, 5);

		if (cases[i].near)
			assert_string_equal(near ? near : "(none)", cases[i].near);
		else
			assert_null(near);
	}
	memset(longer, 's', sizeof(longer));
	assert_null(pr_diag_nearest(pr_str_n(longer, sizeof(longer)), names, 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sorted),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_full_arena),
	    cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
