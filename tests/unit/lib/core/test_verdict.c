/* The lines of a verdict, whole and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "postroom/verdict.h"

#define assert_str(s, literal) assert_true(pr_str_eq_c((s), (literal)))

static const struct pr_contact contact = {
    .subject = {"Big pothole", 11},
    .text = {"a hole", 6},
};

static void
rules(void **state)
{
	static const struct {
		const char *line, *rule, *field, *words;
		int64_t start, end;
		bool incomplete, service;
		int64_t lgsl, lgil, points;
	} t[] = {
	    {"hole subject 4 11 557/17 3000", "hole", "subject", "pothole", 4, 11, false, true, 557,
	     17, 3000},
	    {"near text 2 6 537/17 -500", "near", "text", "hole", 2, 6, false, true, 537, 17, -500},
	    {"chase text 0 1", "chase", "text", "a", 0, 1, false, false, 0, 0, 0},
	    {"slow incomplete 0 0", "slow", "incomplete", "", 0, 0, true, false, 0, 0, 0},
	    {"mp - 0 0", "mp", "-", "", 0, 0, false, false, 0, 0, 0},
	    /* what no classifier of ours writes */
	    {"", "", "", "", 0, 0, false, false, 0, 0, 0},
	    {"odd", "odd", "", "", 0, 0, false, false, 0, 0, 0},
	    {"far text 4 400000 x", "far", "text", "le", 4, 400000, false, false, 0, 0, 0},
	    {"back text 6 2 557/17 1", "back", "text", "", 0, 0, false, true, 557, 17, 1},
	    {"other form.none 0 4", "other", "form.none", "", 0, 4, false, false, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_verdict_rule r;

		pr_verdict_rule(&contact, pr_str_c(t[i].line), &r);
		assert_str(r.rule, t[i].rule);
		assert_str(r.place.field, t[i].field);
		assert_str(r.place.words, t[i].words);
		assert_int_equal(r.place.start, t[i].start);
		assert_int_equal(r.place.end, t[i].end);
		assert_int_equal(r.incomplete, t[i].incomplete);
		assert_int_equal(r.service, t[i].service);
		assert_int_equal(r.lgsl, t[i].lgsl);
		assert_int_equal(r.lgil, t[i].lgil);
		assert_int_equal(r.points, t[i].points);
	}
}

static void
rivals(void **state)
{
	struct pr_contact c = {.runner_up = PR_STR("537/17 2500")};
	struct pr_verdict_rival r;

	(void)state;
	assert_true(pr_verdict_runner_up(&c, &r));
	assert_int_equal(r.lgsl, 537);
	assert_int_equal(r.points, 2500);
	assert_int_equal(r.rule.n, 0);
	assert_true(pr_verdict_veto(PR_STR("524/17 3000 litter-bin"), &r));
	assert_int_equal(r.lgil, 17);
	assert_str(r.rule, "litter-bin");
	c.runner_up = PR_STR_NONE;
	assert_false(pr_verdict_runner_up(&c, &r));
	assert_false(pr_verdict_veto(PR_STR("524"), &r));
	assert_false(pr_verdict_veto(PR_STR("a/b 1 c"), &r));
}

static void
facts(void **state)
{
	struct pr_verdict_fact f;

	(void)state;
	pr_verdict_fact(&contact, PR_STR("street text 2 6 Hole Street"), &f);
	assert_str(f.kind, "street");
	assert_str(f.value, "Hole Street");
	assert_str(f.place.words, "hole");
	assert_int_equal(f.place.end, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rules), cmocka_unit_test(rivals),
					   cmocka_unit_test(facts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
