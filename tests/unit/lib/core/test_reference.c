/* reference: no single slip of a citizen's finger leads to another reference. */
#include "tests/unit/cmocka_all.h"

#include "postroom/reference.h"

static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

static struct pr_cid
cid_of(unsigned i)
{
	struct pr_cid cid;

	snprintf(cid.hex, sizeof(cid.hex), "%032x", i);
	return cid;
}

static void
make(unsigned i, char out[PR_REFERENCE_BYTES])
{
	struct pr_cid cid = cid_of(i);

	pr_reference_make(PR_STR("exa"), PR_STR("instance key"), &cid, out);
}

static bool
parses(const char *text)
{
	char out[PR_REFERENCE_BYTES];

	return pr_reference_parse(PR_STR("EXA"), pr_str_c(text), out);
}

static void
test_made_and_parsed(void **state)
{
	char ref[PR_REFERENCE_BYTES], back[PR_REFERENCE_BYTES], other[PR_REFERENCE_BYTES];
	struct pr_cid cid = cid_of(1);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		make(i, ref);
		assert_int_equal(strlen(ref), strlen("EXA-7K4D9-2QMHW-C"));
		assert_true(pr_reference_parse(PR_STR("EXA"), pr_str_c(ref), back));
		assert_string_equal(ref, back);
	}
	make(1, ref);
	make(1, back);
	assert_string_equal(ref, back);
	make(2, other);
	assert_string_not_equal(ref, other);
	pr_reference_make(PR_STR("EXA"), PR_STR("another key"), &cid, other);
	assert_string_not_equal(ref, other);
	pr_reference_make(PR_STR("ABCD"), PR_STR("k"), &cid, other);
	assert_int_equal(strlen(other), 18);
}

static void
test_pinned(void **state)
{
	char ref[PR_REFERENCE_BYTES];

	(void)state;
	/* printed on letters: the answer may never change */
	make(1, ref);
	assert_string_equal(ref, "EXA-HCN88-ZPWVD-B");
}

/* All symbols are used about equally often: 20,000 drawn, 645 expected of each, six sigma are 150.
 */
static void
test_no_bias(void **state)
{
	unsigned count[256] = {0};
	char ref[PR_REFERENCE_BYTES];

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		make(i, ref);
		for (const char *p = ref + 4; p < ref + 15; p++)
			count[(unsigned char)*p]++;
	}
	for (const char *p = alphabet; *p; p++)
		assert_in_range(count[(unsigned char)*p], 495, 795);
}

static void
test_every_substitution(void **state)
{
	char ref[PR_REFERENCE_BYTES];

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		make(i, ref);
		for (char *p = ref + 4; *p; p++) {
			char was = *p;
			for (int c = 1; c < 128 && was != '-'; c++) {
				*p = (char)c;
				char upper = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
				assert_int_equal(parses(ref), upper == was);
			}
			*p = was;
		}
	}
}

static void
test_every_swap(void **state)
{
	char ref[PR_REFERENCE_BYTES];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		make(i, ref);
		for (size_t at = 4; ref[at + 1]; at++) {
			/* the neighbour of the fifth symbol stands behind a dash */
			size_t next = ref[at + 1] == '-' ? at + 2 : at + 1;
			char was = ref[at];
			if (was == '-')
				continue;
			ref[at] = ref[next];
			ref[next] = was;
			assert_int_equal(parses(ref), ref[at] == was);
			ref[next] = ref[at];
			ref[at] = was;
		}
	}
}

static void
test_spellings(void **state)
{
	static const struct {
		const char *format;
		bool ok;
	} cases[] = {
	    {"EXA-%.5s-%.5s-%c", true},
	    {"exa%.5s%.5s%c", true},
	    {" E X A %.5s--%.5s %c ", true},
	    {"EXA\xe2\x80\x93%.5s\xe2\x80\x91%.5s\xc2\xa0%c", true},
	    {"EXB-%.5s-%.5s-%c", false},
	    {"EXA-%.5s-%.5s-%cX", false},
	    {"EXA-%.5s-%.5s", false},
	    {"EXA.%.5s-%.5s-%c", false},
	    {"%.5s-%.5s-%c", false},
	    {"EXA-%.5s-%.5s-%c.", false},
	};
	char ref[PR_REFERENCE_BYTES], text[64], back[PR_REFERENCE_BYTES];

	(void)state;
	make(7, ref);
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), cases[i].format, ref + 4, ref + 10, ref[16]);
#pragma GCC diagnostic pop
		if (pr_reference_parse(PR_STR("EXA"), pr_str_c(text), back) != cases[i].ok)
			fail_msg("case %zu", i);
		if (cases[i].ok)
			assert_string_equal(back, ref);
	}
	assert_false(pr_reference_parse(PR_STR("E"), pr_str_c(ref), back));
	assert_false(pr_reference_parse(PR_STR("EXAMP"), pr_str_c(ref), back));
	assert_false(pr_reference_parse(PR_STR("EXA"), PR_STR_NONE, back));
}

/* What stands before and behind the reference, how it is broken up, and whether it is found. */
static void
test_find(void **state)
{
	static const struct {
		const char *before, *gap, *after;
		bool found;
	} cases[] = {
	    {"", "-", "", true},
	    {"Re: [", "-", "] your bin", true},
	    {"my reference is ", " ", ", thanks", true},
	    {"ref:", "", ".", true},
	    {"https://example.org/follow/", "-", "/", true},
	    {"\xe2\x80\x9c", "-", "\xe2\x80\x9d", true},
	    {"EXAct EXA-22222-22222-3 then ", "-", " end", true},
	    {"EXA", "-", "", false},
	    {"x", "-", "", false},
	    {"9", "-", "", false},
	    {"", "-", "A", false},
	    {"", "-", "0", false},
	    {"", "----", "", false},
	    {"", "/", "", false},
	};
	char ref[PR_REFERENCE_BYTES], text[128], got[PR_REFERENCE_BYTES];
	size_t start, end;

	(void)state;
	make(7, ref);
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%sexa%s%.5s%s%.5s%s%c%s", cases[i].before,
			 cases[i].gap, ref + 4, cases[i].gap, ref + 10, cases[i].gap, ref[16],
			 cases[i].after);
		bool found = pr_reference_find(PR_STR("EXA"), pr_str_c(text), got, &start, &end);
		if (found != cases[i].found)
			fail_msg("case %zu: '%s'", i, text);
		if (!found)
			continue;
		assert_string_equal(got, ref);
		assert_int_equal(start, strlen(cases[i].before));
		assert_int_equal(end, strlen(text) - strlen(cases[i].after));
	}
	assert_false(pr_reference_find(PR_STR("EXA"), PR_STR_NONE, got, &start, &end));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_made_and_parsed),
	    cmocka_unit_test(test_pinned),
	    cmocka_unit_test(test_no_bias),
	    cmocka_unit_test(test_every_substitution),
	    cmocka_unit_test(test_every_swap),
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
