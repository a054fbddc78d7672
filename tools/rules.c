/*
 * postroom rules test [--rules DIR]: load the rules, say everything that is wrong with them, and
 * run the examples that stand in them.
 */
#include "tools/tools.h"

#include "postroom/classify.h"
#include "postroom/cleanup.h"

static int
usage(void)
{
	fprintf(stderr, "usage: postroom rules test [--rules DIR]\n");
	return PR_EXIT_CONFIG;
}

static int
run_tests(const char *dir)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *rules;
	size_t n;

	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
	rules = pr_rules_load(dir, &diag);
	if (!rules) {
		pr_diag_print(&diag, stderr);
		fprintf(stderr, "%zu errors in the rules of %s\n", diag.n, dir);
		return PR_EXIT_CONFIG;
	}
	n = pr_rules_test(rules, &diag);
	pr_diag_print(&diag, stderr);
	printf("%zu rules (version %s), %zu examples, %zu wrong\n", pr_rules_count(rules),
	       pr_rules_version(rules), n, diag.n);
	pr_rules_free(&rules);
	return diag.n ? PR_EXIT_CONFIG : PR_EXIT_OK;
}

int
pr_tool_rules(int argc, char **argv)
{
	const char *dir = "rules";

	if (argc < 2 || strcmp(argv[1], "test") != 0)
		return usage();
	if (argc == 4 && strcmp(argv[2], "--rules") == 0)
		dir = argv[3];
	else if (argc != 2)
		return usage();
	return run_tests(dir);
}
