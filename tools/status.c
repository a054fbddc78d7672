/* postroom status: what waits where, in numbers that fit a terminal of 80 columns. */
#include "postroom/clock.h"
#include "tools/tools.h"

#include <inttypes.h>

static int
count_one(void *ctx, const struct pr_cid *cid)
{
	(void)cid;
	++*(int64_t *)ctx;
	return 0;
}

static void
print_queue(struct pr_tool *tool)
{
	struct pr_queue_counts q;
	struct pr_err err = {0};
	printf("queue          email      sms      web\n");
	if (pr_queue_count(tool->queue, &q, &err) < 0) {
		printf("  Redis does not answer: %s\n", err.msg);
		printf("  Nothing is lost: the spool keeps what arrives and brings it back.\n");
		return;
	}
	printf("  to sort   %8" PRId64 " %8" PRId64 " %8" PRId64 "\n", q.contacts[PR_CHANNEL_EMAIL],
	       q.contacts[PR_CHANNEL_SMS], q.contacts[PR_CHANNEL_WEB]);
	printf("  sorted    %8" PRId64 " %8" PRId64 " %8" PRId64 "\n",
	       q.classified[PR_CHANNEL_EMAIL], q.classified[PR_CHANNEL_SMS],
	       q.classified[PR_CHANNEL_WEB]);
	printf("  urgent %" PRId64 ", given up on its way to staff %" PRId64 ", in hand %" PRId64
	       "\n",
	       q.urgent, q.buried, q.pending);
}

static int
print_store(struct pr_tool *tool, struct pr_err *err)
{
	struct pr_store_counts c;
	if (pr_store_count(tool->store, &c, err) < 0)
		return -1;
	printf("store          email      sms      web\n");
	const struct {
		const char *name;
		const int64_t *n;
	} rows[] = {{"contacts", c.contacts},
		    {"with team", c.cases},
		    {"with staff", c.staff},
		    {"given up", c.buried}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		printf("  %-10s%8" PRId64 " %8" PRId64 " %8" PRId64 "\n", rows[i].name,
		       rows[i].n[PR_CHANNEL_EMAIL], rows[i].n[PR_CHANNEL_SMS],
		       rows[i].n[PR_CHANNEL_WEB]);
	printf("outbox        ");
	for (int s = 0; s <= PR_OUTBOX_HELD; s++)
		printf("%s %s %" PRId64, s == PR_OUTBOX_UNKNOWN ? "\n              " : "",
		       pr_outbox_state_name((enum pr_outbox_state)s), c.outbox[s]);
	printf("\n");
	return 0;
}

/* "3 min", and LATE when it is older than two intervals. */
static void
age_text(int64_t age, int64_t interval, char out[32])
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};
	size_t i = 0;

	while (i < 3 && age < units[i].ms)
		i++;
	snprintf(out, 32, "%s%" PRId64 " %s", age > 2 * interval ? "LATE " : "",
		 age > 0 ? age / units[i].ms : 0, units[i].name);
}

/* Our own contacts: what they show is that a door leads to a case. */
static int
print_canaries(struct pr_tool *tool, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(tool->config, &pr_spool_section);
	int64_t last[PR_CHANNELS];

	if (!spool->canary) {
		printf("canary         none is sent (spool.canary)\n");
		return 0;
	}
	if (pr_store_canaries(tool->store, last, err) < 0)
		return -1;
	printf("canary      ");
	for (int i = 0; i < PR_CHANNELS; i++) {
		char age[32] = "never";
		if (last[i])
			age_text(pr_now() - last[i], spool->canary, age);
		printf("%s%s %s", i ? ", " : "   ", pr_channel_name((enum pr_channel)i), age);
	}
	printf("\n");
	return 0;
}

int
pr_tool_status(int argc, char **argv)
{
	struct pr_tool tool;
	int code = pr_tool_open(&tool, argc, argv, PR_TOOL_SPOOL | PR_TOOL_QUEUE | PR_TOOL_STORE);
	if (code)
		return code;
	int64_t waiting = 0;
	struct pr_err err = {0};
	if (pr_spool_each_new(tool.spool, 0, count_one, &waiting, &err) < 0 ||
	    print_store(&tool, &err) < 0 || print_canaries(&tool, &err) < 0)
		code = pr_tool_failed(&err);
	else
		print_queue(&tool);
	if (!code)
		printf("spool          %" PRId64 " without a case yet\n", waiting);
	pr_tool_close(&tool);
	return code;
}
