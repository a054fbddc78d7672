/* token: ours is known again, anything else is not. */
#include "postroom/err.h"
#include "postroom/web.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define KEY  PR_STR("a key of an instance")
#define FORM PR_STR("web-form")
#define NOW  ((int64_t)1795341302113)

static void
test_token(void **state)
{
	char token[PR_WEB_TOKEN_BYTES], other[PR_WEB_TOKEN_BYTES];
	int64_t age = -1;

	(void)state;
	pr_web_token_make(KEY, FORM, NOW, token);
	pr_web_token_make(KEY, FORM, NOW, other);
	assert_string_not_equal(token, other);
	assert_true(pr_web_token_ok(KEY, FORM, pr_str_c(token), NOW + 5000, &age));
	assert_int_equal(age, 5000);
	assert_false(pr_web_token_ok(PR_STR("another key"), FORM, pr_str_c(token), NOW, &age));
	assert_false(pr_web_token_ok(KEY, PR_STR("web-for"), pr_str_c(token), NOW, &age));
	assert_false(pr_web_token_ok(KEY, FORM, PR_STR_NONE, NOW, &age));
	assert_false(pr_web_token_ok(KEY, FORM, pr_str_n(token, strlen(token) - 1), NOW, &age));
	for (size_t i = 0; token[i]; i++) {
		char was = token[i];
		token[i] = was == 'A' ? 'B' : 'A';
		assert_false(pr_web_token_ok(KEY, FORM, pr_str_c(token), NOW, &age));
		token[i] = was;
	}
}

static void
test_sign(void **state)
{
	char mark[PR_WEB_SIGN_BYTES];

	(void)state;
	pr_web_sign(KEY, PR_STR("received"), PR_STR("EXA-7K4D9-2QMHW-C"), mark);
	assert_int_equal(strlen(mark), PR_WEB_SIGN_BYTES - 1);
	assert_true(
	    pr_web_sign_ok(KEY, PR_STR("received"), PR_STR("EXA-7K4D9-2QMHW-C"), pr_str_c(mark)));
	assert_false(
	    pr_web_sign_ok(KEY, PR_STR("received"), PR_STR("EXA-7K4D9-2QMHW-D"), pr_str_c(mark)));
	assert_false(
	    pr_web_sign_ok(KEY, PR_STR("login"), PR_STR("EXA-7K4D9-2QMHW-C"), pr_str_c(mark)));
	assert_false(
	    pr_web_sign_ok(KEY, PR_STR("received"), PR_STR("EXA-7K4D9-2QMHW-C"), PR_STR("")));
}

static void
test_urlencoded(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *name, *value; /* of the last field */
	} cases[] = {
	    {"", 0, "", ""},
	    {"a=1", 1, "a", "1"},
	    {"a=1&&b=2&", 2, "b", "2"},
	    {"a", 1, "a", ""},
	    {"=x", 1, "", "x"},
	    {"a=b=c", 1, "a", "b=c"},
	    {"a%3D=%26", 1, "a=", "&"},
	    {"a=%zz%4", 1, "a", "%zz%4"},
	    {"a+b=c+d", 1, "a b", "c d"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pr_arena a;
		struct pr_field *f;
		size_t n;

		pr_arena_init(&a, 1 << 20);
		assert_true(pr_web_urlencoded(pr_str_c(cases[i].text), &a, &f, &n));
		assert_int_equal(n, cases[i].n);
		if (n) {
			assert_true(pr_str_eq_c(f[n - 1].name, cases[i].name));
			assert_true(pr_str_eq_c(f[n - 1].value, cases[i].value));
		}
		pr_arena_release(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_token),
	    cmocka_unit_test(test_sign),
	    cmocka_unit_test(test_urlencoded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
