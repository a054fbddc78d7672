/* postroom bury and kick: hand a contact to staff, and give it back to the machine. */
#include "postroom/clock.h"
#include "tools/tools.h"

static int
receipt_of(struct pr_tool *tool, const struct pr_cid *cid, struct pr_contact *c, struct pr_err *err)
{
	struct pr_bundle bundle;
	if (pr_spool_bundle(tool->spool, cid, &bundle, err) < 0)
		return -1;
	int rc = pr_bundle_receipt(&bundle, &tool->arena, c, err);
	if (rc == 0) /* outlives the map */
		c->channel = pr_arena_dup(&tool->arena, c->channel);
	pr_bundle_close(&bundle);
	return rc;
}

int
pr_tool_bury(int argc, char **argv)
{
	struct pr_tool tool;
	struct pr_cid cid;
	struct pr_contact c;
	struct pr_err err = {0};
	int code = pr_tool_open(&tool, argc, argv, PR_TOOL_SPOOL | PR_TOOL_STORE_WRITE);
	if (code)
		return code;
	if (tool.argc != 2) {
		fprintf(stderr, "usage: postroom bury CID\n");
		code = PR_EXIT_CONFIG;
	} else if ((code = pr_tool_contact(&tool, tool.argv[1], &cid)) == 0) {
		if (!pr_spool_is_new(tool.spool, &cid)) {
			fprintf(stderr, "postroom: contact %s has its case already\n", cid.hex);
			code = PR_EXIT_CONFIG;
		} else if (receipt_of(&tool, &cid, &c, &err) < 0) {
			code = pr_tool_failed(&err);
		} else {
			struct pr_store_buried b = {pr_str_c(cid.hex), c.channel,
						    PR_STR("an operator took it out"), pr_now()};
			if (pr_store_buried_add(tool.store, &b, &err) < 0)
				code = pr_tool_failed(&err);
			else
				printf("%s waits for staff.\n"
				       "Give it back with: postroom kick %s\n",
				       cid.hex, cid.hex);
		}
	}
	pr_tool_close(&tool);
	return code;
}

/* Off the list first: were the order the other way round, a crash between would bury it again. */
static int
kick_one(struct pr_tool *tool, const struct pr_cid *cid, struct pr_err *err)
{
	struct pr_contact c;
	struct pr_queue_item item = {.cid = *cid};
	bool was;
	if (receipt_of(tool, cid, &c, err) < 0 || !pr_channel_parse(c.channel, &item.channel) ||
	    pr_store_buried_remove(tool->store, pr_str_c(cid->hex), &was, err) < 0)
		return -1;
	if (!was) {
		printf("%s was not buried\n", cid->hex);
		return 0;
	}
	pr_spool_attempts_clear(tool->spool, cid);
	/* With Redis away, dispatch's sweep does the same within a minute. */
	bool queued = pr_queue_put(tool->queue, &item, 1, NULL, err) == 0;
	printf("%s %s\n", cid->hex,
	       queued ? "is in the queue again" : "will be in the queue again within a minute");
	return 0;
}

static int
kick_all(struct pr_tool *tool, struct pr_err *err)
{
	enum { AT_ONCE = 1000 };
	struct pr_store_waiting *rows;
	size_t n;
	if (pr_store_waiting(tool->store, PR_STR("buried"), AT_ONCE, &tool->arena, &rows, &n, err) <
	    0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct pr_cid cid;
		struct pr_err one = {0};
		if (pr_cid_parse(rows[i].cid, &cid) && kick_one(tool, &cid, &one) < 0)
			fprintf(stderr, "postroom: contact %s: %s\n", cid.hex, one.msg);
	}
	return 0;
}

int
pr_tool_kick(int argc, char **argv)
{
	struct pr_tool tool;
	struct pr_cid cid;
	struct pr_err err = {0};
	int code =
	    pr_tool_open(&tool, argc, argv, PR_TOOL_SPOOL | PR_TOOL_QUEUE | PR_TOOL_STORE_WRITE);
	if (code)
		return code;
	if (tool.argc != 2) {
		fprintf(stderr, "usage: postroom kick CID|--all\n");
		code = PR_EXIT_CONFIG;
	} else if (strcmp(tool.argv[1], "--all") == 0) {
		if (kick_all(&tool, &err) < 0)
			code = pr_tool_failed(&err);
	} else if ((code = pr_tool_contact(&tool, tool.argv[1], &cid)) == 0 &&
		   kick_one(&tool, &cid, &err) < 0) {
		code = pr_tool_failed(&err);
	}
	pr_tool_close(&tool);
	return code;
}
