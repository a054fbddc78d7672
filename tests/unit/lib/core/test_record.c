/* record: round trip, and every way not to be a record. */
#include "tests/unit/cmocka_all.h"

#include "postroom/cleanup.h"
#include "postroom/record.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static void
test_round_trip(void **state)
{
	static const struct pr_field fields[] = {
	    {BYTES("a"), BYTES("")},
	    {BYTES("list"), BYTES("one")},
	    {BYTES("list"), BYTES("two\nlines 3\n")},
	    {BYTES("x_.-9"), BYTES("\0\xff\n")},
	    {BYTES("n123456789012345678901234567890123456789012345678901234567890123"),
	     BYTES("longest name")},
	};
	PR_AUTO_BUF struct pr_buf b;
	struct pr_field got;
	struct pr_err err;

	(void)state;
	pr_buf_init(&b, 4096);
	for (size_t i = 0; i < PR_COUNT(fields); i++)
		pr_record_add(&b, fields[i].name, fields[i].value);
	struct pr_str rest = pr_buf_str(&b);
	assert_true(pr_str_starts(rest, PR_STR("a 0\n\nlist 3\none\nlist 12\ntwo")));
	for (size_t i = 0; i < PR_COUNT(fields); i++) {
		assert_int_equal(pr_record_next(b.p, &rest, &got, &err), 1);
		assert_true(pr_str_eq(got.name, fields[i].name));
		assert_true(pr_str_eq(got.value, fields[i].value));
	}
	assert_int_equal(pr_record_next(b.p, &rest, &got, &err), 0);
}

static void
test_refused(void **state)
{
	static const struct pr_str cases[] = {
	    BYTES("\n"),
	    BYTES("a"),
	    BYTES("a\n\n"),
	    BYTES("a 1"),
	    BYTES("a 1\n"),
	    BYTES("a 1\nb"),
	    BYTES("a 1\nbb\n"),
	    BYTES("a 2\nb\n"),
	    BYTES("a 0\n"),
	    BYTES("a 01\nb\n"),
	    BYTES("a 00\n\n"),
	    BYTES("a +1\nb\n"),
	    BYTES("a -1\nb\n"),
	    BYTES("a 1 \nb\n"),
	    BYTES("a  1\nb\n"),
	    BYTES("a \n\n"),
	    BYTES(" 1\nb\n"),
	    BYTES("A 1\nb\n"),
	    BYTES("\xc3\xa9 1\nb\n"),
	    BYTES("a\0 1\nb\n"),
	    BYTES("a 1000000000\nb\n"),
	    BYTES("a 18446744073709551617\nb\n"),
	    BYTES("n1234567890123456789012345678901234567890123456789012345678901234 1\nb\n"),
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_str rest = cases[i];
		struct pr_err err = {0};
		struct pr_field got;
		if (pr_record_next(cases[i].p, &rest, &got, &err) != -1)
			fail_msg("case %zu was taken", i);
		assert_int_equal(err.fault, PR_REJECT);
	}
}

static void
test_offset_is_named(void **state)
{
	static const struct pr_str text = BYTES("a 1\nb\nwrong");
	struct pr_str rest = text;
	struct pr_field got;
	struct pr_err err = {0};

	(void)state;
	assert_int_equal(pr_record_next(text.p, &rest, &got, &err), 1);
	assert_int_equal(pr_record_next(text.p, &rest, &got, &err), -1);
	assert_non_null(strstr(err.msg, "byte 6 "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_offset_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
