/* Tests of phone: how people and gateways write numbers. Numbers are Ofcom's for drama, or made up
 * abroad. */
#include "postroom/phone.h"
#include "tests/unit/cmocka_all.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *in;
		enum pr_phone_kind kind;
		const char *out;
		bool mobile;
	} cases[] = {
	    {"07700 900123", PR_PHONE_E164, "+447700900123", true},
	    {"+44 (0)7700 900 123", PR_PHONE_E164, "+447700900123", true},
	    {"0044 7700 900123", PR_PHONE_E164, "+447700900123", true},
	    {"447700900123", PR_PHONE_E164, "+447700900123", true},
	    {"7700900123", PR_PHONE_E164, "+447700900123", true},
	    {"tel:+44-7700-900123", PR_PHONE_E164, "+447700900123", true},
	    {" 07700\xc2\xa0"
	     "900\xe2\x80\x91"
	     "123\t",
	     PR_PHONE_E164, "+447700900123", true},
	    {"\xe2\x80\xaa+447700900123\xe2\x80\xac", PR_PHONE_E164, "+447700900123", true},
	    {"00440 7700 900123", PR_PHONE_E164, "+447700900123", true},
	    {"07624 900123", PR_PHONE_E164, "+447624900123", true},
	    {"07000 900123", PR_PHONE_E164, "+447000900123", false},
	    {"07600 900123", PR_PHONE_E164, "+447600900123", false},
	    {"01632 960123", PR_PHONE_E164, "+441632960123", false},
	    {"(020) 7946 0123", PR_PHONE_E164, "+442079460123", false},
	    {"020.7946.0123", PR_PHONE_E164, "+442079460123", false},
	    {"0808 157 0123", PR_PHONE_E164, "+448081570123", false},
	    {"0800 1111", PR_PHONE_E164, "+448001111", false},
	    {"+353 20 910 1234", PR_PHONE_E164, "+353209101234", false},
	    {"353209101234", PR_PHONE_E164, "+353209101234", false},
	    {"60777", PR_PHONE_SHORT, "60777", false},
	    {"101", PR_PHONE_SHORT, "101", false},
	    {"GOVUK", PR_PHONE_ALPHA, "GOVUK", false},
	    {"NHS-NoReply", PR_PHONE_ALPHA, "NHS-NoReply", false},
	    {"O2", PR_PHONE_ALPHA, "O2", false},
	    {"", PR_PHONE_NONE, "", false},
	    {"+", PR_PHONE_NONE, "", false},
	    {"()", PR_PHONE_NONE, "", false},
	    {"12", PR_PHONE_NONE, "", false},
	    {"0770", PR_PHONE_NONE, "", false},
	    {"07700 90012", PR_PHONE_NONE, "", false},
	    {"07700 9001234", PR_PHONE_NONE, "", false},
	    {"1632960123", PR_PHONE_NONE, "", false},
	    {"04700 900123", PR_PHONE_NONE, "", false},
	    {"+44 44 7700 900123", PR_PHONE_NONE, "", false},
	    {"00", PR_PHONE_NONE, "", false},
	    {"0000000000000", PR_PHONE_NONE, "", false},
	    {"+1234567890123456", PR_PHONE_NONE, "", false},
	    {"1234567890123456789012345678901234567890", PR_PHONE_NONE, "", false},
	    {"++447700900123", PR_PHONE_NONE, "", false},
	    {"07700+900123", PR_PHONE_NONE, "", false},
	    {"someone@example.org", PR_PHONE_NONE, "", false},
	    {"07700 900123 x4", PR_PHONE_NONE, "", false},
	    {"A\xff", PR_PHONE_NONE, "", false},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_phone p = pr_phone_parse(pr_str_c(cases[i].in));

		if (p.kind != cases[i].kind || strcmp(p.text, cases[i].out) != 0 ||
		    p.uk_mobile != cases[i].mobile)
			fail_msg("'%s' gives %d '%s' %d", cases[i].in, (int)p.kind, p.text,
				 p.uk_mobile);
	}
	assert_int_equal(pr_phone_parse(pr_str_n("a\0b", 3)).kind, PR_PHONE_NONE);
}

static void
test_find(void **state)
{
	static const struct {
		const char *in, *out, *found; /* out NULL: none */
	} cases[] = {
	    {"call me on 07700 900123 please", "+447700900123", "07700 900123"},
	    {"07700 900123 2 days ago", "+447700900123", "07700 900123"},
	    {"ring (020) 7946 0123.", "+442079460123", "(020) 7946 0123"},
	    {"Tel:+44 (0) 7700 900 123,", "+447700900123", "+44 (0) 7700 900 123"},
	    {"Tel.07700900123", "+447700900123", "07700900123"},
	    {"447700900123", "+447700900123", "447700900123"},
	    {"0044 7700 900123", "+447700900123", "0044 7700 900123"},
	    {"my bin 12 was missed on 01-02-2026; 01632 960123", "+441632960123", "01632 960123"},
	    {"01.02.2026 10 o'clock", NULL, NULL},
	    {"01/02/2026 0770", NULL, NULL},
	    {"NHS 7700900123", NULL, NULL},
	    {"UPRN 100023336956", NULL, NULL},
	    {"ref EXA07700900123", NULL, NULL},
	    {"ref AB-07700900123", NULL, NULL},
	    {"07700900123abc", NULL, NULL},
	    {"077009001234567890", NULL, NULL},
	    {"open 0900 - 1700", NULL, NULL},
	    {"", NULL, NULL},
	    {"+", NULL, NULL},
	    {"(", NULL, NULL},
	    {"no number", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_str text = pr_str_c(cases[i].in);
		struct pr_phone p = {.text = ""};
		size_t start = 0, end = 0;
		bool found = pr_phone_find(text, &p, &start, &end);

		if (found != (cases[i].out != NULL))
			fail_msg("'%s': %s", cases[i].in, p.text);
		if (!found)
			continue;
		assert_string_equal(p.text, cases[i].out);
		assert_true(pr_str_eq_c(pr_str_sub(text, start, end - start), cases[i].found));
	}
}

/* Long rows of what may begin or go on in a number end quickly. */
static void
test_hostile(void **state)
{
	static const char *const pieces[] = {"0",    "+",   "(",   "0 ",       "+4",
					     "000 ", "(0)", "4 4", "\xe2\x80", "077 "};
	static char text[1 << 20];
	struct pr_phone p;
	size_t start, end;

	(void)state;
	for (size_t i = 0; i < PR_COUNT(pieces); i++) {
		for (size_t at = 0; at < sizeof(text); at++)
			text[at] = pieces[i][at % strlen(pieces[i])];
		if (pr_phone_find(pr_str_n(text, sizeof(text)), &p, &start, &end))
			assert_true(end > start && end <= sizeof(text));
		assert_int_equal(pr_phone_parse(pr_str_n(text, sizeof(text))).kind, PR_PHONE_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
