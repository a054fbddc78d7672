/* postroom: the operator's command. This file is the table of its subcommands. */
#include "tools/tools.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct {
	const char *name, *args, *help;
	int (*run)(int argc, char **argv);
} subcommands[] = {
    {"setup", "[DIR | --example]", "make a folder with a configuration and its keys",
     pr_tool_setup},
    {"check", "", "say everything that is wrong with the installation", pr_tool_check},
    {"status", "", "what waits where", pr_tool_status},
    {"reconcile", "[--json]", "what was received, and where each is now", pr_tool_reconcile},
    {"show", "CID|REF [--raw]", "what arrived and what became of it", pr_tool_show},
    {"explain", "CID|REF", "why it was classified so", pr_tool_explain},
    {"bury", "CID", "take it out of the queue and put it before staff", pr_tool_bury},
    {"kick", "CID|--all", "put buried contacts back into the queue", pr_tool_kick},
    {"replay", "CID|REF", "what today's rules would change; changes nothing", pr_tool_replay},
    {"parse", "--json FILE...", "what the classifier is given of each message", pr_tool_parse},
    {"classify", "--json [--rules DIR] [FILE]", "verdicts for contacts as JSON Lines",
     pr_tool_classify},
    {"rules", "test|backtest|fit|suggest ...", "test, compare and learn rules", pr_tool_rules},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

static int
usage(FILE *out, int code)
{
	fprintf(out, "usage: postroom SUBCOMMAND [-c FILE] ...\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		bool narrow = strlen(subcommands[i].args) < 18;
		fprintf(out, "  %-9s %-17s%s%s\n", subcommands[i].name, subcommands[i].args,
			narrow ? " " : "\n                              ", subcommands[i].help);
	}
	fprintf(out, "\nExit codes: 0 done, 100 usage or configuration, 111 try again later.\n");
	return code;
}

int
main(int argc, char **argv)
{
	const char *names[SUBCOMMANDS];
	umask(0027);
	signal(SIGPIPE, SIG_IGN); /* a Redis that goes away is an error, not an end */
	if (argc < 2)
		return usage(stderr, PR_EXIT_CONFIG);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout, PR_EXIT_OK);
	if (strcmp(argv[1], "--version") == 0)
		return printf("postroom %s\n", PR_VERSION) < 0;
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		names[i] = subcommands[i].name;
		if (strcmp(argv[1], names[i]) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	const char *near = pr_diag_nearest(pr_str_c(argv[1]), names, SUBCOMMANDS);
	fprintf(stderr, "postroom: '%s' is no subcommand%s%s%s\n\n", argv[1],
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return usage(stderr, PR_EXIT_CONFIG);
}
