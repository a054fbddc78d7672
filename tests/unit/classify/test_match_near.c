/* Words of one list, soon after them words of another. */
#include "classify_test.h"

static void
near_words(void **state)
{
	static const struct {
		const char *subject, *text, *kind;
	} t[] = {
	    {"", "he hit me", "sar"},
	    {"", "my partner sometimes just hits me", "sar"},
	    {"", "He, when drunk, HITTING out at me", "sar"},
	    {"", "he said that the bus hit me", "unclear"}, /* four words between */
	    {"", "me he hit", "unclear"},                   /* the order counts */
	    {"he", "hit me", "unclear"},                    /* not across fields */
	    {"", "she hit he hit me", "sar"},               /* a later start may do */
	    {"", "he hit", "unclear"},
	    {"", "he hit he hit he hit he hit he hit he hit he hit", "unclear"},
	    {"", "the hit me", "unclear"},
	};
	struct pr_rules *r = test_load(
	    "lists: {who: [he, she, my partner]}\n"
	    "rules:\n  - name: a\n    kind: sar\n    any:\n"
	    "      - near: {within: 2, words: [[$who], [hit, hits, 'hitt*'], [me, out at me]]}\n",
	    NULL, NULL);
	struct pr_arena a;

	(void)state;
	assert_non_null(r);
	pr_arena_init(&a, (size_t)4 << 20);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_contact c = test_contact(t[i].subject, t[i].text);

		test_classify(r, &a, &c);
		if (!pr_str_eq_c(c.kind, t[i].kind))
			fail_msg("'%s' is " PR_S_FMT, t[i].text, PR_S(c.kind));
	}
	pr_rules_free(&r);
	pr_arena_release(&a);
}

static void
spans_from_first_to_last(void **state)
{
	struct pr_rules *r = test_load("rules:\n  - name: a\n    kind: sar\n    all:\n"
				       "      - near: {within: 3, words: [[gas], [smell*]]}\n",
				       NULL, NULL);
	struct pr_contact c = test_contact("", "there is gas, what a smell!");
	struct pr_arena a;

	(void)state;
	assert_non_null(r);
	pr_arena_init(&a, (size_t)4 << 20);
	test_classify(r, &a, &c);
	assert_int_equal(c.rules.n, 1);
	assert_str(c.rules.v[0], "a text 9 26");
	pr_rules_free(&r);
	pr_arena_release(&a);
}

static void
wrong(void **state)
{
	static const char *const t[] = {
	    "near: [a, b]",
	    "near: {within: 2}",
	    "near: {words: [[a1], [b1]]}",
	    "near: {within: 31, words: [[a1], [b1]]}",
	    "near: {within: two, words: [[a1], [b1]]}",
	    "near: {within: 2, words: [[a1]]}",
	    "near: {within: 2, words: [[a1], [b1], [c1], [d1], [e1]]}",
	    "near: {within: 2, words: [[a1], ['!']]}",
	    "near: {within: 2, words: [[a1], [$none]]}",
	};
	char rules[512], errors[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_rules *r;

		snprintf(rules, sizeof(rules),
			 "rules:\n  - name: a\n    kind: sar\n    any:\n      - %s\n", t[i]);
		r = test_load(rules, NULL, errors);
		if (r || !strstr(errors, "5:"))
			fail_msg("'%s' gave '%s'", t[i], errors);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(near_words),
					   cmocka_unit_test(spans_from_first_to_last),
					   cmocka_unit_test(wrong)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
