/* Tests of yaml: the tree with its marks, everything that is refused, and hostile files. */
#include "postroom/cleanup.h"
#include "postroom/yaml.h"
#include "tests/unit/cmocka_all.h"

static struct pr_arena arena;
static struct pr_diag diag;

static int
setup(void **state)
{
	(void)state;
	pr_arena_init(&arena, 64 << 20);
	pr_diag_init(&diag, &arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pr_arena_release(&arena);
	return 0;
}

static struct pr_yaml *
parse(const char *text)
{
	return pr_yaml_parse(pr_str_c(text), "f", &arena, &diag);
}

static void
assert_text(const struct pr_yaml *node, const char *text, int line, int column)
{
	assert_non_null(node);
	assert_int_equal(node->kind, PR_YAML_SCALAR);
	assert_string_equal(node->text.p, text);
	assert_int_equal(node->mark.line, line);
	assert_int_equal(node->mark.column, column);
}

static void
test_tree(void **state)
{
	const struct pr_yaml *root, *list, *map;

	(void)state;
	root = parse("# comment\n"
		     "name: Tŷ Cyngor\n"
		     "list:\n"
		     "  - 'one''s'\n"
		     "  - {en: a, cy: 'â'}\n"
		     "pattern: '\\d+'\n"
		     "block: |\n"
		     "  two\n"
		     "  lines\n"
		     "empty:\n");
	assert_int_equal(diag.n, 0);
	assert_int_equal(root->kind, PR_YAML_MAP);
	assert_int_equal(root->n, 5);
	assert_text(pr_yaml_get(root, "name"), "Tŷ Cyngor", 2, 7);
	assert_false(pr_yaml_get(root, "name")->quoted);
	assert_int_equal(pr_yaml_get(root, "name")->key_mark.column, 1);
	list = pr_yaml_get(root, "list");
	assert_int_equal(list->kind, PR_YAML_LIST);
	assert_int_equal(list->n, 2);
	assert_text(list->first, "one's", 4, 5);
	assert_true(list->first->quoted);
	map = list->first->next;
	assert_text(pr_yaml_get(map, "cy"), "â", 5, 17);
	assert_text(pr_yaml_get(root, "pattern"), "\\d+", 6, 10);
	assert_string_equal(pr_yaml_get(root, "block")->text.p, "two\nlines\n");
	assert_true(pr_yaml_get(root, "block")->quoted);
	assert_int_equal(pr_yaml_get(root, "empty")->text.n, 0);
	assert_null(pr_yaml_get(root, "absent"));
	assert_null(pr_yaml_get(list, "absent"));
}

static void
test_empty(void **state)
{
	static const char *const cases[] = {"",      "\n\n",       "# only a comment\n",
					    "---\n", "---\n...\n", "\xef\xbb\xbf"};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		const struct pr_yaml *root = parse(cases[i]);

		assert_int_equal(diag.n, 0);
		assert_int_equal(root->kind, PR_YAML_MAP);
		assert_int_equal(root->n, 0);
	}
	assert_non_null(pr_yaml_get(parse("\xef\xbb\xbfname: x\n"), "name"));
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *words;
	} cases[] = {
	    {"a: &x 1\n", 1, 4, "anchors"},
	    {"a: 1\nb: *x\n", 2, 4, "aliases"},
	    {"a: !!str 1\n", 1, 4, "tags"},
	    {"a: !x [1]\n", 1, 4, "tags"},
	    {"<<: {a: 1}\n", 1, 1, "merging"},
	    {"a: 1\n---\nb: 2\n", 2, 1, "second document"},
	    {"a: 1\nb: 2\na: 3\n", 3, 1, "in line 1"},
	    {"'a': 1\n", 1, 1, "without quotes"},
	    {"? [a]\n: 1\n", 1, 3, "single word"},
	    {"?\n: 1\n", 1, 2, "no name"},
	    {"a: \"\\s\"\n", 1, 5, "single quotes"},
	    {"a: \"x\\0y\"\n", 1, 4, "NUL"},
	    {"a:\n\t- b\n", 2, 1, "spaces instead of tabs"},
	    {"a: b: c\n", 1, 5, "a ':' cannot stand here"},
	    {"a: [1, 2\n", 2, 1, "expected ',' or ']'"},
	    {"a: 'x\n", 2, 1, "not closed"},
	    {"a: 1\n b: 2\n", 2, 3, "cannot stand here"},
	    {"a: %x\n", 1, 4, "quotes"},
	    {"a: caf\xe9\n", 1, 7, "UTF-8"},
	    {"ŵ: \x01\n", 1, 4, "control character"},
	    {"- a\nb: 1\n", 2, 1, "expected"},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		pr_diag_init(&diag, &arena);
		if (parse(cases[i].text) || !diag.first ||
		    !strstr(diag.first->words.p, cases[i].words) ||
		    diag.first->mark.line != cases[i].line ||
		    diag.first->mark.column != cases[i].column)
			fail_msg("case %zu: %d:%d: %s", i, diag.first ? diag.first->mark.line : 0,
				 diag.first ? diag.first->mark.column : 0,
				 diag.first ? diag.first->words.p : "accepted");
	}
}

static void
test_all_at_once(void **state)
{
	(void)state;
	assert_null(parse("a: &x 1\nb: !t 2\nb: 3\n'c': 4\n"));
	assert_int_equal(diag.n, 4);
}

static void
test_nul(void **state)
{
	static const char text[] = "ab: 1\nc\0d: 2\n";

	(void)state;
	assert_null(pr_yaml_parse(pr_str_n(text, sizeof(text) - 1), "f", &arena, &diag));
	assert_int_equal(diag.first->mark.line, 2);
	assert_int_equal(diag.first->mark.column, 2);
}

static void
test_depth(void **state)
{
	char text[200] = "";

	(void)state;
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	assert_non_null(parse(text));
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	assert_null(parse(text));
	assert_non_null(strstr(diag.first->words.p, "32 deep"));
}

/* Each must end soon and within the arena. */
static void
test_hostile(void **state)
{
	static const char *const pieces[] = {
	    "[", "{", "- ", "[a,", "? ", "a: ", "- - ", "\"", "&a ", "a:\n", "!"};
	size_t n = 4 << 20;
	char *text = malloc(n + 2);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < PR_COUNT(pieces); i++) {
		size_t step = strlen(pieces[i]);

		PR_AUTO_ARENA struct pr_arena small;
		struct pr_diag d;

		pr_arena_init(&small, 8 << 20);
		pr_diag_init(&d, &small);
		for (size_t at = 0; at < n; at++)
			text[at] = pieces[i][at % step];
		pr_yaml_parse(pr_str_n(text, n / 8), "f", &small, &d);
		assert_true(d.n > 0);
	}
	memset(text, ' ', n + 1);
	pr_diag_init(&diag, &arena);
	assert_null(pr_yaml_parse(pr_str_n(text, n + 1), "f", &arena, &diag));
	assert_non_null(strstr(diag.first->words.p, "4 MiB"));
	free(text);
}

static void
test_missing_file(void **state)
{
	(void)state;
	assert_null(pr_yaml_load("/nonexistent/x.yaml", &arena, &diag));
	assert_int_equal(diag.n, 1);
	assert_string_equal(diag.first->mark.file, "/nonexistent/x.yaml");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_tree), TEST(test_empty), TEST(test_refused), TEST(test_all_at_once),
	    TEST(test_nul),  TEST(test_depth), TEST(test_hostile), TEST(test_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
