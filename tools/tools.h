/*
 * tools: the postroom command. One subcommand is one file tools/<name>.c and one line of the table
 * in main.c.
 *
 * argv[0] is the subcommand's own name. Every one returns an exit code of service.h: 0, 100 (usage,
 * configuration) or 111 (temporary).
 */
#ifndef TOOLS_TOOLS_H
#define TOOLS_TOOLS_H

#include "postroom/classify.h"
#include "postroom/council.h"
#include "postroom/queue.h"
#include "postroom/service.h"
#include "postroom/spool.h"
#include "postroom/store.h"

int pr_tool_parse(int argc, char **argv);
int pr_tool_classify(int argc, char **argv);
int pr_tool_rules(int argc, char **argv);
int pr_tool_check(int argc, char **argv);
int pr_tool_setup(int argc, char **argv);
int pr_tool_status(int argc, char **argv);
int pr_tool_reconcile(int argc, char **argv);
int pr_tool_show(int argc, char **argv);
int pr_tool_explain(int argc, char **argv);
int pr_tool_bury(int argc, char **argv);
int pr_tool_kick(int argc, char **argv);
int pr_tool_replay(int argc, char **argv);

/* Every section of postroom.yaml, NULL-terminated. */
extern const struct pr_section *const pr_tool_sections[];

/*
 * What the subcommands that work on an installation share: -c FILE (default $POSTROOM_CONFIG, then
 * /etc/postroom/postroom.yaml) and --json are taken off the arguments; the rest stays in argv.
 */
struct pr_tool {
	int argc;
	char **argv;
	bool json;
	const char *config_path;
	struct pr_config *config;
	struct pr_spool *spool;
	struct pr_queue *queue;
	struct pr_store *store;
	struct pr_arena arena;
};

enum pr_tool_needs {
	PR_TOOL_SPOOL = 1,
	PR_TOOL_QUEUE = 2,
	PR_TOOL_STORE = 4,
	PR_TOOL_STORE_WRITE = 8
};

/* Load and open; 0, or the exit code after having said on standard error what is wrong. */
int pr_tool_open(struct pr_tool *tool, int argc, char **argv, unsigned needs);
void pr_tool_close(struct pr_tool *tool);
/*
 * Load a folder of rules; what is compiled is kept in $XDG_CACHE_HOME/postroom or
 * $HOME/.cache/postroom, so that the next command starts at once. As pr_rules_load.
 */
struct pr_rules *pr_tool_rules_load(const char *dir, struct pr_diag *diag);
/* Print the error and return the exit code that its fault asks for. */
int pr_tool_failed(const struct pr_err *err);
/* A contact by cid or by reference, from the spool or the store. 0 or an exit code. */
int pr_tool_contact(struct pr_tool *tool, const char *key, struct pr_cid *cid);

#endif
