/*
 * judged: the contacts that `postroom rules backtest`, `fit` and `suggest` work on, and where
 * people put them.
 *
 *     --file FILE            JSON Lines as of `postroom classify --json`, each with an optional
 *                            "right": "557/17" or ["557/17", "524"]
 *     -c FILE, or neither    an installation: its store says where a case is, its spool what was
 *                            read; --since DAYS: only what was received since
 *
 * Of an installation, the right service is that of the case when staff assigned it or it is closed;
 * the others come too, with none. What was never read (no sidecar, unreadable) is skipped.
 */
#ifndef TOOLS_JUDGED_H
#define TOOLS_JUDGED_H

#include "postroom/learn.h"
#include "tools/tools.h"

int pr_tool_rules_backtest(int argc, char **argv);
int pr_tool_rules_fit(int argc, char **argv);
int pr_tool_rules_suggest(int argc, char **argv);

struct pr_judged_row;

struct pr_judged_source {
	/* what was asked for */
	char *file;   /* NULL: an installation */
	char *config; /* NULL: where it usually is */
	double days;  /* 0: all */
	bool json;
	int argc; /* the arguments that are left, after the subcommand's name */
	char **argv;
	/* what is there, once it is open */
	const char *rules;    /* the folder of rules that is in use there */
	struct pr_str prefix; /* of references */
	size_t total;         /* contacts, about: some may be skipped */
	/* its own */
	struct pr_tool tool;
	bool opened;
	int64_t size; /* bytes of the file */
	struct pr_judged_row *rows;
	size_t room;
};

/* Take the arguments above and --json off. 0, or the exit code after having said what is wrong. */
int pr_judged_arguments(struct pr_judged_source *s, int argc, char **argv);
/* Open what they name. 0, or the exit code after having said what is wrong; to be closed either
 * way.
 */
int pr_judged_open(struct pr_judged_source *s);
void pr_judged_close(struct pr_judged_source *s);
/*
 * Call fn for each contact of part `part` of `parts` until it returns non-zero, which is returned;
 * what fn is given lives until it returns. Parts may run in processes of their own, forked after
 * the open. -1: *err names the line.
 */
int pr_judged_each(const struct pr_judged_source *s, int part, int parts,
		   int (*fn)(void *ctx, const struct pr_judged *j), void *ctx,
		   struct pr_err *err) PR_MUST_CHECK;

/* Load rules; NULL after having said on standard error everything that is wrong with them. */
struct pr_rules *pr_judged_rules(const char *dir);
/* A bar on standard error when that is a terminal. */
void pr_judged_progress(void *what, int thousandths);
/* argv[*i + 1] as a number within [min, max], *i is moved on; false after having said what is
 * wrong.
 */
bool pr_judged_number(int argc, char **argv, int *i, double min, double max, double *out);

#endif
