/*
 * postroom rules SUBCOMMAND: test them, see what a change would have done, and learn from what
 * people corrected. This file is the table of its subcommands, and `test`: load the rules, say
 * everything that is wrong with them, and run the examples that stand in them.
 */
#include "tools/judged.h"

#include "postroom/cleanup.h"

static int run_tests(int argc, char **argv);

static const struct {
	const char *name, *args, *help;
	int (*run)(int argc, char **argv);
} subcommands[] = {
    {"test", "[--rules DIR]", "run the examples inside the rule files", run_tests},
    {"backtest", "OLD NEW [CONTACTS] [--json] [--jobs N]",
     "what NEW rules would have said of CONTACTS that OLD ones saw", pr_tool_rules_backtest},
    {"fit", "[--rules DIR] [CONTACTS] [--folds 5] [--pull 1] [-o OUT.yaml]",
     "points that agree with where people put CONTACTS", pr_tool_rules_fit},
    {"suggest", "[--rules DIR] [CONTACTS] [--min-support 5] [--max 40] ...",
     "words that would have saved people's corrections", pr_tool_rules_suggest},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

static int
usage(FILE *out, int code)
{
	fprintf(out, "usage: postroom rules SUBCOMMAND ...\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		fprintf(out, "  %-9s %s\n            %s\n", subcommands[i].name,
			subcommands[i].args, subcommands[i].help);
	fprintf(out, "\nCONTACTS are --file FILE (JSON Lines), or those of an installation:\n"
		     "-c FILE (as always) and --since DAYS. Nothing is changed by any of them.\n");
	return code;
}

static int
run_tests(int argc, char **argv)
{
	PR_AUTO_ARENA struct pr_arena a;
	const char *dir = "rules";
	struct pr_diag diag;
	struct pr_rules *rules;
	size_t n;

	if (argc == 3 && strcmp(argv[1], "--rules") == 0)
		dir = argv[2];
	else if (argc != 1)
		return usage(stderr, PR_EXIT_CONFIG);
	rules = pr_judged_rules(dir);
	if (!rules)
		return PR_EXIT_CONFIG;
	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
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
	const char *names[SUBCOMMANDS], *near;

	if (argc < 2)
		return usage(stderr, PR_EXIT_CONFIG);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, PR_EXIT_OK);
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		names[i] = subcommands[i].name;
		if (strcmp(argv[1], names[i]) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	near = pr_diag_nearest(pr_str_c(argv[1]), names, SUBCOMMANDS);
	fprintf(stderr, "postroom rules: '%s' is no subcommand%s%s%s\n\n", argv[1],
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return usage(stderr, PR_EXIT_CONFIG);
}
