/* utf8: the table of Unicode's own "best practice" for replacing (Unicode 15, table 3-8) and RFC
 * 3629's edges. */
#include "postroom/cleanup.h"
#include "postroom/utf8.h"
#include "tests/unit/cmocka_all.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
	struct pr_str in;
	const char *out;
	size_t replaced;
} cases[] = {
    {{"", 0}, "", 0},
    {{"plain", 5}, "plain", 0},
    {{"d\xC5\xB5r", 4}, "d\xC5\xB5r", 0},
    {{"\xF0\x9F\x97\x91", 4}, "\xF0\x9F\x97\x91", 0},
    {{"a\0b", 3}, "a" FFFD "b", 1},
    {{"\xC0\xAF", 2}, FFFD FFFD, 2},                   /* overlong */
    {{"\xE0\x80\xAF", 3}, FFFD FFFD FFFD, 3},          /* overlong */
    {{"\xED\xA0\x80", 3}, FFFD FFFD FFFD, 3},          /* surrogate */
    {{"\xF4\x90\x80\x80", 4}, FFFD FFFD FFFD FFFD, 4}, /* beyond U+10FFFF */
    {{"\xE2\x82", 2}, FFFD, 1},                        /* cut short: one for the maximal part */
    {{"\xE2\x82x", 3}, FFFD "x", 1},
    {{"\xF1\x80\x80\xE1\x80\xC2x", 7}, FFFD FFFD FFFD "x", 3},
    {{"\x80", 1}, FFFD, 1},
    {{"\xFF", 1}, FFFD, 1},
    {{"12345678\x80", 9}, "12345678" FFFD, 1}, /* behind the fast path */
};

static void
repairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		PR_AUTO_BUF struct pr_buf b;
		pr_buf_init(&b, 1000);
		assert_int_equal(pr_utf8_repair(&b, cases[i].in), cases[i].replaced);
		assert_true(pr_str_eq_c(pr_buf_str(&b), cases[i].out));
		assert_true(pr_utf8_ok(pr_buf_str(&b)));
		assert_int_equal(pr_utf8_ok(cases[i].in), cases[i].replaced == 0);
	}
}

static void
clips_between_characters(void **state)
{
	struct pr_str s = PR_STR("a\xC5\xB5\xF0\x9F\x97\x91z"); /* lengths 1 2 4 1 */
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 3, 7, 8, 8};
	(void)state;
	for (size_t max = 0; max < PR_COUNT(want); max++)
		assert_int_equal(pr_utf8_clip(s, max).n, want[max]);
	assert_int_equal(pr_utf8_length(s), 4);
}

static void
encodes_what_it_decodes(void **state)
{
	static const uint32_t points[] = {1,      0x7F,   0x80,   0x7FF,   0x800,
					  0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(points); i++) {
		PR_AUTO_BUF struct pr_buf b;
		pr_buf_init(&b, 8);
		uint32_t cp = 0;
		pr_utf8_encode(&b, points[i]);
		assert_int_equal(pr_utf8_decode(pr_buf_str(&b), &cp), b.n);
		assert_int_equal(cp, points[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(repairs),
	    cmocka_unit_test(clips_between_characters),
	    cmocka_unit_test(encodes_what_it_decodes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
