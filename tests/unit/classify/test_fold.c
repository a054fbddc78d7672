/* What the rules see of a text, and where each byte of it came from. */
#include "classify_test.h"

static void
folds(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
	    {"Pothole", "pothole"},
	    {"  a \t b  ", "a b"},
	    {"one\ntwo", "one two"},
	    {"one\n\n\ntwo", "one\ntwo"},
	    {"Tŷ ŵyl CAFÉ", "ty wyl cafe"},
	    {"didn\xe2\x80\x99t", "didn't"},
	    {"\xe2\x80\x9cno\xe2\x80\x9d \xe2\x80\x94 yes", "\"no\" - yes"},
	    {"soft\xc2\xadhyphen zero\xe2\x80\x8bwidth", "softhyphen zerowidth"},
	    {"\xef\xbc\x91\xef\xbc\x92 \xef\xbc\xa1", "12 a"},
	    {"stra\xc3\x9f"
	     "e",
	     "strasse"},
	    {"ok \xf0\x9f\x98\x80 bin", "ok bin"},
	    {"", ""},
	    {"e\xcc\x81", "e"},
	};
	struct pr_arena a;

	(void)state;
	pr_arena_init(&a, (size_t)1 << 20);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_folded f;

		pr_fold(pr_str_c(t[i].in), &a, &f);
		assert_str(f.text, t[i].out);
		assert_false(f.clipped);
	}
	pr_arena_release(&a);
}

static void
keeps_origins(void **state)
{
	static const char in[] = "  Y  t\xc5\xb7  mawr";
	struct pr_folded f;
	struct pr_arena a;
	size_t at;

	(void)state;
	pr_arena_init(&a, (size_t)1 << 20);
	pr_fold(pr_str_c(in), &a, &f);
	assert_str(f.text, "y ty mawr");
	at = pr_str_find(f.text, PR_STR("mawr"));
	assert_int_equal(f.origin[at], strstr(in, "mawr") - in);
	assert_int_equal(f.origin[3], 6); /* the y of two bytes */
	assert_int_equal(f.origin[f.text.n], sizeof(in) - 1);
	pr_arena_release(&a);
}

static void
clips_long_text(void **state)
{
	size_t n = 300000;
	char *in = malloc(n);
	struct pr_folded f;
	struct pr_arena a;

	(void)state;
	assert_non_null(in);
	memset(in, 'x', n);
	memcpy(in, "first", 5);
	memcpy(in + n - 4, "last", 4);
	pr_arena_init(&a, (size_t)4 << 20);
	pr_fold(pr_str_n(in, n), &a, &f);
	assert_true(f.clipped);
	assert_true(f.text.n <= PR_FOLD_MAX + 1);
	assert_true(pr_str_starts(f.text, PR_STR("first")));
	assert_true(pr_str_ends(f.text, PR_STR("last")));
	assert_int_equal(f.origin[f.text.n - 1], n - 1);
	pr_arena_release(&a);
	free(in);
}

static void
finds_words(void **state)
{
	struct pr_str s = PR_STR("didn't 'quote' no. 5, a-board");
	static const char *const want[] = {"didn't", "quote", "no", "5", "a", "board"};
	struct pr_word w, same;
	size_t at = 0, other = 0;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_true(pr_word_next(s, &at, &w));
		assert_str(pr_str_sub(s, w.start, w.end - w.start), want[i]);
	}
	assert_false(pr_word_next(s, &at, &w));
	at = 0;
	assert_true(pr_word_next(PR_STR("didn't"), &at, &w));
	assert_true(pr_word_next(PR_STR("didnt"), &other, &same));
	assert_true(w.hash == same.hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folds),
	    cmocka_unit_test(keeps_origins),
	    cmocka_unit_test(clips_long_text),
	    cmocka_unit_test(finds_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
