/*
 * Plain text as every later stage may expect it: what shows nothing goes, what shows stays.
 */
#include "lib/mail/mail_internal.h"

#include "mail_test.h"

static const struct {
	const char *in, *out;
} tidied[] = {
    {"", ""},
    {"plain ~ text", "plain ~ text\n"},
    {"tab\tinside", "tab\tinside\n"},
    {"blank behind \t \r\nand\rbare CR", "blank behind\nand\nbare CR\n"},
    {"bell\a and del\x7f end", "bell and del end\n"},
    {"no-break\xc2\xa0space", "no-break space\n"},
    {"soft\xc2\xadhyphen, zero\xe2\x80\x8bwidth", "softhyphen, zerowidth\n"},
    {"\xef\xbb\xbf"
     "caf\xc3\xa9 \xc5\xb5y",
     "caf\xc3\xa9 \xc5\xb5y\n"},
    {"\xc2\x85next line", "next line\n"},
    {"one\n\n\n\n\ntwo\n\n", "one\n\n\ntwo\n"},
    {"\xe2\x80\x8b\n\xc2\xa0\nafter nothing", "after nothing\n"},
};

static void
what_shows_nothing_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tidied) / sizeof(tidied[0]); i++) {
		PR_AUTO_BUF struct pr_buf out;

		pr_buf_init(&out, 1000);
		pr_mail_tidy(pr_str_c(tidied[i].in), &out);
		assert_string_equal(out.p ? out.p : "", tidied[i].out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_shows_nothing_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
