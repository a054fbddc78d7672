/* The shipped rules: they load, their own examples hold, and tests/rules/messages.tsv is classified
 * as it says. */
#include "classify_test.h"

#include "postroom/file.h"

#include <fcntl.h>

static const char *
source(const char *name, char path[512])
{
	const char *root = getenv("POSTROOM_SOURCE");

	snprintf(path, 512, "%s/%s", root ? root : ".", name);
	return path;
}

static struct pr_rules *
shipped_how(const struct pr_rules_how *how, struct pr_arena *a, struct pr_diag *diag)
{
	char path[512];
	struct pr_rules *r;

	pr_diag_init(diag, a);
	r = pr_rules_load(source("rules", path), how, diag);
	if (!r)
		pr_diag_print(diag, stderr);
	assert_non_null(r);
	return r;
}

static struct pr_rules *
shipped(struct pr_arena *a, struct pr_diag *diag)
{
	return shipped_how(NULL, a, diag);
}

static void
own_examples(void **state)
{
	struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *r;

	(void)state;
	pr_arena_init(&a, (size_t)16 << 20);
	r = shipped(&a, &diag);
	assert_true(pr_rules_count(r) > 200);
	assert_true(pr_rules_test(r, &diag) > 300);
	pr_diag_print(&diag, stderr);
	assert_int_equal(diag.n, 0);
	pr_rules_free(&r);
	pr_arena_release(&a);
}

static int
differs(const char *what, struct pr_str want, struct pr_str got, struct pr_str text)
{
	if (pr_str_eq_c(want, "-") || pr_str_eq(want, got))
		return 0;
	print_error("%s: wanted " PR_S_FMT ", got " PR_S_FMT ": " PR_S_FMT "\n", what, PR_S(want),
		    PR_S(got), PR_S(text));
	return 1;
}

static int
check_line(struct pr_rules *r, struct pr_arena *a, struct pr_str line)
{
	struct pr_str part[4], text = line;
	struct pr_contact c = test_contact("", "");

	for (int i = 0; i < 4; i++)
		assert_true(pr_str_cut(&text, '\t', &part[i]));
	c.text = c.new_text = text;
	test_classify(r, a, &c);
	return differs("service", part[0],
		       pr_arena_printf(a, "%lld/%lld", (long long)c.lgsl, (long long)c.lgil),
		       text) +
	       differs("kind", part[1], c.kind, text) + differs("language", part[2], c.lang, text) +
	       differs("risk", part[3], c.risk, text);
}

static void
messages(void **state)
{
	struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *r;
	struct pr_buf b;
	struct pr_err err;
	struct pr_str rest, line;
	char path[512];
	int wrong = 0, n = 0;

	(void)state;
	pr_arena_init(&a, (size_t)64 << 20);
	r = shipped(&a, &diag);
	pr_buf_init(&b, (size_t)1 << 20);
	assert_int_equal(pr_file_read(AT_FDCWD, source("tests/rules/messages.tsv", path), &b, &err),
			 0);
	rest = pr_buf_str(&b);
	while (pr_str_cut(&rest, '\n', &line)) {
		if (!line.n || line.p[0] == '#')
			continue;
		n++;
		wrong += check_line(r, &a, line);
	}
	print_message("%d messages, %d wrong\n", n, wrong);
	assert_true(n >= 120);
	assert_int_equal(wrong, 0);
	pr_buf_release(&b);
	pr_rules_free(&r);
	pr_arena_release(&a);
}

/* Every text of every set, by the pass for candidates and without it: the same verdict, byte for
 * byte. */
static size_t
compare_file(struct pr_rules *fast, struct pr_rules *plain, const char *name)
{
	struct pr_buf b, x, y;
	struct pr_str rest, line, text;
	struct pr_arena a;
	struct pr_err err;
	char path[512];
	size_t n = 0;

	pr_arena_init(&a, (size_t)16 << 20);
	pr_buf_init(&b, (size_t)1 << 20);
	pr_buf_init(&x, (size_t)1 << 20);
	pr_buf_init(&y, (size_t)1 << 20);
	assert_int_equal(pr_file_read(AT_FDCWD, source(name, path), &b, &err), 0);
	for (rest = pr_buf_str(&b); pr_str_cut(&rest, '\n', &line); n++) {
		struct pr_contact c = test_contact("", "");

		text = line;
		while (pr_str_find(text, PR_STR("\t")) != (size_t)-1)
			pr_str_cut(&text, '\t', &line);
		c.cid = PR_STR("00000000000000000000000000000000");
		c.text = c.new_text = text;
		pr_arena_reset(&a);
		pr_buf_reset(&x);
		pr_buf_reset(&y);
		test_classify(fast, &a, &c);
		pr_contact_encode(&c, PR_STAGE_CLASSIFY, &x);
		test_classify(plain, &a, &c);
		pr_contact_encode(&c, PR_STAGE_CLASSIFY, &y);
		if (!pr_str_eq(pr_buf_str(&x), pr_buf_str(&y)))
			fail_msg("%s: the drivers disagree: " PR_S_FMT, name, PR_S(text));
	}
	pr_buf_release(&b);
	pr_buf_release(&x);
	pr_buf_release(&y);
	pr_arena_release(&a);
	return n;
}

static void
drivers_agree(void **state)
{
	static const char *const names[] = {
	    "tests/rules/messages.tsv",    "tests/rules/place-a.tsv",
	    "tests/rules/place-b.tsv",     "tests/rules/people-a.tsv",
	    "tests/rules/people-b.tsv",    "tests/rules/risk-a.tsv",
	    "tests/rules/risk-b.tsv",      "tests/rules/kinds-a.tsv",
	    "tests/rules/kinds-b.tsv",     "tests/rules/avoidable-a.tsv",
	    "tests/rules/avoidable-b.tsv", "tests/rules/other-languages.tsv",
	};
	static const struct pr_rules_how plain_how = {.plain = true};
	struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *fast, *plain;
	size_t n = 0;

	(void)state;
	pr_arena_init(&a, (size_t)64 << 20);
	fast = shipped(&a, &diag);
	plain = shipped_how(&plain_how, &a, &diag);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		n += compare_file(fast, plain, names[i]);
	assert_true(n > 2000);
	pr_rules_free(&fast);
	pr_rules_free(&plain);
	pr_arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(own_examples),
					   cmocka_unit_test(messages),
					   cmocka_unit_test(drivers_agree)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
