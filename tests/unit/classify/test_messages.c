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
shipped(struct pr_arena *a, struct pr_diag *diag)
{
	char path[512];
	struct pr_rules *r;

	pr_diag_init(diag, a);
	r = pr_rules_load(source("rules", path), diag);
	if (!r)
		pr_diag_print(diag, stderr);
	assert_non_null(r);
	return r;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(own_examples),
					   cmocka_unit_test(messages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
