/* cid: the same thing twice is one id, anything else another; the ids of a release never change. */
#include "tests/unit/cmocka_all.h"

#include "postroom/cid.h"

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static const struct pr_field fields[] = {
    {BYTES("text"), BYTES("bin not collected")},
    {BYTES("name"), BYTES("A. Example")},
};
static const struct pr_field swapped[] = {
    {BYTES("name"), BYTES("A. Example")},
    {BYTES("text"), BYTES("bin not collected")},
};
static const struct pr_field file[] = {{BYTES("photo"), BYTES("\x89PNG")}};

/* If one of these fails, every spool in the world holds contacts under other ids: do not change the
 * answer. */
static void
test_pinned(void **state)
{
	(void)state;
	assert_string_equal(pr_cid_email(PR_STR("inbox"), PR_STR("Subject: x\r\n\r\ny")).hex,
			    "8689151a297b15396c428e8643153437");
	assert_string_equal(pr_cid_sms(PR_STR("kannel"), PR_STR("42"), PR_STR("BIN")).hex,
			    "497b5a9cd2a18f0409970d5542876b3d");
	assert_string_equal(pr_cid_web(PR_STR("contact"), PR_STR("token"), fields, 2, file, 1).hex,
			    "1ff16b2f7b568df62afd113927654672");
}

static void
test_all_differ(void **state)
{
	struct pr_field fake = {BYTES("photo"), BYTES("")};
	const struct pr_cid cids[] = {
	    pr_cid_email(PR_STR("a"), PR_STR("bc")),
	    pr_cid_email(PR_STR("ab"), PR_STR("c")),
	    pr_cid_email(PR_STR("a"), PR_STR("")),
	    pr_cid_sms(PR_STR("a"), PR_STR("b"), PR_STR("c")),
	    pr_cid_sms(PR_STR("a"), PR_STR("bc"), PR_STR("")),
	    pr_cid_sms(PR_STR("a"), PR_STR("b"), PR_STR("C")),
	    pr_cid_web(PR_STR("a"), PR_STR("t"), fields, 2, NULL, 0),
	    pr_cid_web(PR_STR("a"), PR_STR("u"), fields, 2, NULL, 0),
	    pr_cid_web(PR_STR("b"), PR_STR("t"), fields, 2, NULL, 0),
	    pr_cid_web(PR_STR("a"), PR_STR("t"), fields, 1, NULL, 0),
	    pr_cid_web(PR_STR("a"), PR_STR("t"), swapped, 2, NULL, 0),
	    pr_cid_web(PR_STR("a"), PR_STR("t"), fields, 2, file, 1),
	    pr_cid_web(PR_STR("a"), PR_STR("t"), &fake, 1, NULL, 0),
	    pr_cid_web(PR_STR("a"), PR_STR("t"), NULL, 0, &fake, 1),
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cids); i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(cids[i].hex, cids[j].hex);
}

/* A field that holds just what a file's hash would be is still no file. */
static void
test_field_is_no_file(void **state)
{
	static const struct pr_field empty = {BYTES("f"), BYTES("")};
	static const struct pr_field forged = {
	    BYTES("f"), BYTES("\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27"
			      "\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55")};

	(void)state;
	assert_string_not_equal(pr_cid_web(PR_STR("a"), PR_STR("t"), &forged, 1, NULL, 0).hex,
				pr_cid_web(PR_STR("a"), PR_STR("t"), NULL, 0, &empty, 1).hex);
}

static void
test_parse(void **state)
{
	static const struct {
		struct pr_str text;
		bool ok;
	} cases[] = {
	    {BYTES("0123456789abcdef0123456789abcdef"), true},
	    {BYTES("0123456789ABCDEF0123456789abcdef"), false},
	    {BYTES("0123456789abcdef0123456789abcde"), false},
	    {BYTES("0123456789abcdef0123456789abcdef0"), false},
	    {BYTES("0123456789abcdef/123456789abcdef"), false},
	    {BYTES("0123456789abcdef0123456789abcde\n"), false},
	    {BYTES(""), false},
	};
	struct pr_cid cid;

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		assert_int_equal(pr_cid_parse(cases[i].text, &cid), cases[i].ok);
		if (cases[i].ok)
			assert_string_equal(cid.hex, cases[i].text.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pinned),
	    cmocka_unit_test(test_all_differ),
	    cmocka_unit_test(test_field_is_no_file),
	    cmocka_unit_test(test_parse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
