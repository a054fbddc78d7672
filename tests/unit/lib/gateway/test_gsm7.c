/* gsm7: which texts fit the alphabet and how many messages they make. */
#include "postroom/gateway.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct pr_str
repeat(const char *what, size_t times, const char *then, struct pr_arena *a)
{
	struct pr_buf b;
	struct pr_str s;

	pr_buf_init(&b, 65536);
	for (size_t i = 0; i < times; i++)
		pr_buf_add_c(&b, what);
	pr_buf_add_c(&b, then);
	s = pr_arena_dup(a, pr_buf_str(&b));
	pr_buf_release(&b);
	return s;
}

static void
test_parts(void **state)
{
	static const struct {
		const char *what;
		size_t times;
		const char *then;
		bool gsm7;
		int parts;
	} cases[] = {
	    {"", 0, "", false, 0},
	    {"a", 160, "", true, 1},
	    {"a", 161, "", true, 2},
	    {"a", 306, "", true, 2},
	    {"a", 307, "", true, 3},
	    {"\xe2\x82\xac", 80, "", true, 1},
	    {"\xe2\x82\xac", 81, "", true, 2},
	    {"a", 152, "[aaaaaaaaa", true, 2},
	    {"a", 69, "\xc5\xb5", false, 1},
	    {"a", 70, "\xc5\xb5", false, 2},
	    {"a", 133, "\xc5\xb5", false, 2},
	    {"a", 134, "\xc5\xb5", false, 3},
	    {"\xf0\x9f\x98\x80", 35, "", false, 1},
	    {"\xf0\x9f\x98\x80", 36, "", false, 2},
	    {"a`", 1, "", false, 1},
	    {"\xc3\xa8\xc3\xa0\xc2\xa3@\n", 1, "", true, 1},
	    {"\xc3\xa2", 1, "", false, 1},
	    {"a\tb", 1, "", false, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pr_arena a;
		struct pr_str s;

		pr_arena_init(&a, 1 << 20);
		s = repeat(cases[i].what, cases[i].times, cases[i].then, &a);
		if (pr_gsm7_ok(s) != cases[i].gsm7 || pr_sms_parts(s) != cases[i].parts)
			fail_msg("%zu x '%s' + '%s': gsm7 %d parts %d", cases[i].times,
				 cases[i].what, cases[i].then, pr_gsm7_ok(s), pr_sms_parts(s));
		pr_arena_release(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
