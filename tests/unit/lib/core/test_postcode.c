/* Tests of postcode: shapes, areas, corrections, and where a postcode stands in a sentence. */
#include "postroom/postcode.h"
#include "tests/unit/cmocka_all.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    /* the six shapes */
	    {"M1 1AE", "M1 1AE"},
	    {"B33 8TH", "B33 8TH"},
	    {"W1A 0AX", "W1A 0AX"},
	    {"CR2 6XH", "CR2 6XH"},
	    {"DN55 1PT", "DN55 1PT"},
	    {"EC1A 1BB", "EC1A 1BB"},
	    {"sw1a1aa", "SW1A 1AA"},
	    {" sw1a-1aa. ", "SW1A 1AA"},
	    {"c f 1 0 3 a t", "CF10 3AT"},
	    {"LL57\xc2\xa0"
	     "1AA",
	     "LL57 1AA"},
	    {"gir0aa", "GIR 0AA"},
	    {"JE2 4UH", "JE2 4UH"},
	    {"BX9 1AS", "BX9 1AS"},
	    {"BT35 8GE", "BT35 8GE"},
	    /* what only can stand there */
	    {"CF1O 3AT", "CF10 3AT"},
	    {"CFIO 3AT", "CF10 3AT"},
	    {"SW1A OAA", "SW1A 0AA"},
	    {"SW1A IAA", "SW1A 1AA"},
	    {"0X1 2JD", "OX1 2JD"},
	    {"S01 0AA", "SO1 0AA"},
	    {"CRO 6XH", "CR0 6XH"},
	    /* no postcode */
	    {"", NULL},
	    {"SW1A", NULL},
	    {"SW1A 1A", NULL},
	    {"SW1A 1AAA", NULL},
	    {"ZZ1 1AA", NULL},
	    {"QA1 1AA", NULL},
	    {"M1 1CE", NULL},
	    {"M1 1EM", NULL},
	    {"M01 1AE", NULL},
	    {"M1A 1AE", NULL},
	    {"CF1A 1AA", NULL},
	    {"W1Z 0AX", NULL},
	    {"12FSSD", NULL},
	    {"1A1 1AA", NULL},
	    {"EH1 JS", NULL},
	    {"M1 1!!", NULL},
	    {"M1 1\xc3\xa9", NULL},
	    {"Definitely wrong", NULL},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		char out[9] = "none";
		bool ok = pr_postcode_parse(pr_str_c(cases[i].in), out);

		if (ok != (cases[i].out != NULL) || strcmp(out, ok ? cases[i].out : "none") != 0)
			fail_msg("'%s' gives %d '%s'", cases[i].in, ok, out);
	}
	assert_false(pr_postcode_parse(pr_str_n("M1\0 1AE", 7), (char[9]){0}));
}

static void
test_find(void **state)
{
	static const struct {
		const char *in, *out, *found; /* out NULL: none */
	} cases[] = {
	    {"the bin at 3 High St, CF10 3AT was missed", "CF10 3AT", "CF10 3AT"},
	    {"cf103at", "CF10 3AT", "cf103at"},
	    {"(ll57 1aa)", "LL57 1AA", "ll57 1aa"},
	    {"postcode:M1  1AE\n", "M1 1AE", "M1  1AE"},
	    {"gir 0aa", "GIR 0AA", "gir 0aa"},
	    {"CF1O 3AT", "CF10 3AT", "CF1O 3AT"},
	    {"SW1A OAA", "SW1A 0AA", "SW1A OAA"},
	    {"no 10 ZZ1 1AA but SW1A 2AA", "SW1A 2AA", "SW1A 2AA"},
	    {"EXA-7K4D9 or M1 1AE", "M1 1AE", "M1 1AE"},
	    {"Green Lane, Se13 6th", "SE13 6TH", "Se13 6th"},
	    {"so 2nd time", NULL, NULL},
	    {"take the M4 3rd exit", NULL, NULL},
	    {"E1 old street", NULL, NULL},
	    {"bs1 old market", NULL, NULL},
	    {"M1\n1AE", NULL, NULL},
	    {"xCF10 3AT", NULL, NULL},
	    {"CF10 3ATx", NULL, NULL},
	    {"CF10 3AT_", NULL, NULL},
	    {"", NULL, NULL},
	    {"M1", NULL, NULL},
	    {"M1 ", NULL, NULL},
	    {"M1 1", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_str text = pr_str_c(cases[i].in);
		char out[9] = "";
		size_t start = 0, end = 0;
		bool found = pr_postcode_find(text, out, &start, &end);

		if (found != (cases[i].out != NULL))
			fail_msg("'%s': '%s'", cases[i].in, out);
		if (!found)
			continue;
		assert_string_equal(out, cases[i].out);
		assert_true(pr_str_eq_c(pr_str_sub(text, start, end - start), cases[i].found));
	}
}

static void
test_hostile(void **state)
{
	static const char *const pieces[] = {"A",     "1",        "A1 ",  "AA1",   "  ",
					     "A1A 9", "\xc2\xa0", "\xff", "M1 1A "};
	static char text[1 << 20];
	char out[9];
	size_t start, end;

	(void)state;
	for (size_t i = 0; i < PR_COUNT(pieces); i++) {
		for (size_t at = 0; at < sizeof(text); at++)
			text[at] = pieces[i][at % strlen(pieces[i])];
		assert_false(pr_postcode_find(pr_str_n(text, sizeof(text)), out, &start, &end));
		assert_false(pr_postcode_parse(pr_str_n(text, sizeof(text)), out));
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
