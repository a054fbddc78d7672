/* str: tables of what each function takes and gives. */
#include "postroom/str.h"
#include "tests/unit/cmocka_all.h"

static void
compares(void **state)
{
	static const struct {
		const char *a, *b;
		bool eq, nocase, starts, ends;
	} cases[] = {
	    {"", "", true, true, true, true},
	    {"bin", "bin", true, true, true, true},
	    {"bin", "BIN", false, true, false, false},
	    {"bins", "bin", false, false, true, false},
	    {"my bin", "bin", false, false, false, true},
	    {"bin", "bins", false, false, false, false},
	    {"b\xC3\xA9", "b\xC3\x89", false, false, false, false},
	};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_str a = pr_str_c(cases[i].a), b = pr_str_c(cases[i].b);
		assert_int_equal(pr_str_eq(a, b), cases[i].eq);
		assert_int_equal(pr_str_eq_nocase(a, b), cases[i].nocase);
		assert_int_equal(pr_str_starts(a, b), cases[i].starts);
		assert_int_equal(pr_str_ends(a, b), cases[i].ends);
		assert_int_equal(pr_str_cmp(a, b) == 0, cases[i].eq);
		assert_int_equal(pr_str_cmp(a, b) < 0, pr_str_cmp(b, a) > 0);
	}
}

static void
finds(void **state)
{
	static const struct {
		const char *s, *needle;
		size_t exact, nocase;
	} cases[] = {
	    {"missed bin", "bin", 7, 7}, {"missed BIN", "bin", (size_t)-1, 7},
	    {"bin", "", 0, 0},           {"", "x", (size_t)-1, (size_t)-1},
	    {"aab", "ab", 1, 1},         {"ab", "abc", (size_t)-1, (size_t)-1},
	};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		assert_int_equal(pr_str_find(pr_str_c(cases[i].s), pr_str_c(cases[i].needle)),
				 cases[i].exact);
		assert_int_equal(
		    pr_str_find_nocase(pr_str_c(cases[i].s), pr_str_c(cases[i].needle)),
		    cases[i].nocase);
	}
	assert_int_equal(pr_str_find(pr_str_n("a\0b", 3), PR_STR("b")), 2);
}

static void
cuts(void **state)
{
	static const struct {
		const char *s, *heads; /* heads joined by '|' */
	} cases[] = {{"a,b", "a|b"}, {"a,,b", "a||b"}, {"a,", "a"},
		     {",a", "|a"},   {"", NULL},       {"a", "a"}};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_str rest = pr_str_c(cases[i].s), head;
		char joined[32];
		size_t n = 0, heads = 0;
		while (pr_str_cut(&rest, ',', &head)) {
			if (heads++)
				joined[n++] = '|';
			memcpy(joined + n, head.p, head.n);
			n += head.n;
		}
		assert_int_equal(heads > 0, cases[i].heads != NULL);
		assert_true(pr_str_eq(pr_str_n(joined, n), pr_str_c(cases[i].heads)));
	}
}

static void
trims_and_subs(void **state)
{
	(void)state;
	assert_true(pr_str_eq_c(pr_str_trim(PR_STR(" \t\r\n x y \n")), "x y"));
	assert_true(pr_str_eq_c(pr_str_trim(PR_STR("   ")), ""));
	assert_true(pr_str_eq_c(pr_str_sub(PR_STR("abc"), 1, 1), "b"));
	assert_true(pr_str_eq_c(pr_str_sub(PR_STR("abc"), 1, 99), "bc"));
	assert_true(pr_str_eq_c(pr_str_sub(PR_STR("abc"), 99, 1), ""));
}

static void
reads_numbers(void **state)
{
	static const struct {
		const char *s;
		int64_t min, max;
		bool ok;
		int64_t value;
	} cases[] = {
	    {"0", 0, 9, true, 0},
	    {"-5", -9, 9, true, -5},
	    {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
	    {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
	    {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
	    {"99999999999999999999", INT64_MIN, INT64_MAX, false, 0},
	    {"", 0, 9, false, 0},
	    {"-", -9, 9, false, 0},
	    {"+1", 0, 9, false, 0},
	    {" 1", 0, 9, false, 0},
	    {"1x", 0, 9, false, 0},
	    {"10", 0, 9, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		int64_t value = 0;
		bool ok = pr_str_int(pr_str_c(cases[i].s), cases[i].min, cases[i].max, &value);
		assert_int_equal(ok, cases[i].ok);
		if (ok)
			assert_true(value == cases[i].value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(compares),      cmocka_unit_test(finds),
	    cmocka_unit_test(cuts),          cmocka_unit_test(trims_and_subs),
	    cmocka_unit_test(reads_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
