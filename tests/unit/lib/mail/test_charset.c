/* Characters: what a part says, what it means, and always valid UTF-8 out of it. */
#include "mail_test.h"

#include "lib/mail/mail_internal.h"

static const struct {
	const char *charset;
	struct pr_str bytes;
	const char *text;
	bool noted;
} rows[] = {
    {"utf-8", {"Br\xc3\xb4", 4}, "Brô", false},
    {"UTF8", {"Br\xc3\xb4", 4}, "Brô", false},
    {NULL, {"Br\xc3\xb4", 4}, "Brô", false},
    {"us-ascii", {"Br\xc3\xb4", 4}, "Brô", false},
    {"us-ascii", {"\x80 5", 3}, "€ 5", true},
    {"iso-8859-1", {"\x80 5 \xe9", 5}, "€ 5 é", false},
    {"ISO-8859-1", {"caf\xe9", 4}, "café", false},
    {"windows-1252", {"\x96", 1}, "–", false},
    {"iso-8859-14", {"\xf0", 1}, "ŵ", false},
    {"iso-8859-15", {"\xa4", 1}, "€", false},
    {"koi8-r", {"\xf0\xd2\xc9\xd7\xc5\xd4", 6}, "Привет", false},
    {"cp-850", {"\x82", 1}, "é", false},
    {"x-mac-roman", {"\x8e", 1}, "é", false},
    {"unicode-1-1-utf-7", {"Hi +AOk-", 8}, "Hi é", false},
    {"ks_c_5601-1987", {"\xb0\xa1", 2}, "가", false},
    {"iso-8859-8-i", {"\xe0", 1}, "א", false},
    {"gb2312", {"\xc4\xe3", 2}, "你", false},
    {"big5", {"\xa7\x41", 2}, "你", false},
    {"shift_jis", {"\x82\xa0", 2}, "あ", false},
    {"iso-2022-jp", {"\x1b$B$\"\x1b(B", 8}, "あ", false},
    {"utf-16", {"\xff\xfeH\0i\0", 6}, "Hi", false},
    {"utf-16le", {"H\0i\0", 4}, "Hi", false},
    {"windows-1252", {"a\x81z", 3}, "a\xef\xbf\xbdz", true},
    {"utf-8",
     {"a\0b", 3},
     "a\xef\xbf\xbd"
     "b",
     true},
    {"utf-8", {"Br\xc3\xb4 \xc3", 6}, "Brô \xef\xbf\xbd", true},
    {"utf-8", {"caf\xe9 d\xe9j\xe0", 10}, NULL, true},
    {"bogus-8", {"plain", 5}, "plain", true},
    {"//TRANSLIT", {"plain", 5}, "plain", true},
    {"UTF-8//IGNORE", {"plain", 5}, "plain", true},
};

static void
test_conversions(void **state)
{
	(void)state;
	pr_mail_warm();
	for (size_t i = 0; i < LENGTH(rows); i++) {
		PR_AUTO_BUF struct pr_buf out;

		pr_buf_init(&out, 1024);
		const char *note = pr_mail_to_utf8(rows[i].bytes, rows[i].charset, &out);
		print_message("%s\n", rows[i].charset ? rows[i].charset : "(none)");
		assert_true(pr_utf8_ok(pr_buf_str(&out)));
		assert_int_equal(note != NULL, rows[i].noted);
		if (rows[i].text)
			assert_string_equal(out.p, rows[i].text);
	}
}

static void
test_nothing(void **state)
{
	PR_AUTO_BUF struct pr_buf out;

	(void)state;
	pr_buf_init(&out, 16);
	assert_null(pr_mail_to_utf8(PR_STR_NONE, "koi8-r", &out));
	assert_int_equal(out.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_conversions, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_nothing, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
