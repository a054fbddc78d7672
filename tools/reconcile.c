/*
 * postroom reconcile: the promise, counted. For each channel: what was received (bundles in the
 * spool) is with a team, in a queue that staff see, given up before staff's eyes, or still in the
 * backlog. What is in none of them is the difference, and it is 0 or somebody must know its ids.
 *
 * It works on a running system: the list of bundles is taken first, and each is then looked for
 * where it may be.
 */
#include "tools/tools.h"

#include <inttypes.h>

struct tally {
	int64_t received, team, staff, buried, backlog, lost;
};

struct batch {
	struct pr_tool *tool;
	struct tally tally[PR_CHANNELS];
	struct pr_cid *cids;
	size_t n, room;
};

static int
collect(void *ctx, const struct pr_cid *cid)
{
	struct batch *b = ctx;
	if (b->n == b->room) {
		b->room = b->room ? b->room * 2 : 1024;
		struct pr_cid *more = realloc(b->cids, b->room * sizeof *more);
		if (!more)
			pr_out_of_memory();
		b->cids = more;
	}
	b->cids[b->n++] = *cid;
	return 0;
}

/* The channel is in the receipt; a bundle that cannot be read is an e-mail for want of better, and
 * said. */
static enum pr_channel
channel_of(struct batch *b, const struct pr_cid *cid)
{
	struct pr_bundle bundle;
	struct pr_contact contact;
	struct pr_err err = {0};
	enum pr_channel channel = PR_CHANNEL_EMAIL;
	if (pr_spool_bundle(b->tool->spool, cid, &bundle, &err) < 0) {
		fprintf(stderr, "postroom: contact %s: %s\n", cid->hex, err.msg);
		return channel;
	}
	if (pr_bundle_receipt(&bundle, &b->tool->arena, &contact, &err) < 0 ||
	    !pr_channel_parse(contact.channel, &channel))
		fprintf(stderr, "postroom: contact %s: %s\n", cid->hex, err.msg);
	pr_bundle_close(&bundle);
	return channel;
}

static int
count_present(struct batch *b, const struct pr_cid *cid, struct tally *t, struct pr_err *err)
{
	struct pr_store_contact contact;
	struct pr_store_case c;
	int found = pr_store_contact_find(b->tool->store, pr_str_c(cid->hex), &b->tool->arena,
					  &contact, err);
	if (found <= 0)
		return found;
	if (pr_store_case_get(b->tool->store, contact.case_id, &b->tool->arena, &c, err) < 0)
		return -1;
	bool with_team = pr_str_eq_c(c.queue, "team") || pr_str_eq_c(c.state, "closed");
	++*(with_team ? &t->team : &t->staff);
	return 0;
}

/* Neither here nor there a moment ago: dispatch commits before it takes the link away, so whoever
 * saw no row and then no link looks for the row once more. */
static int
count_elsewhere(struct batch *b, const struct pr_cid *cid, struct tally *t, struct pr_err *err)
{
	bool present, buried;
	if (pr_spool_is_new(b->tool->spool, cid)) {
		t->backlog++;
		return 0;
	}
	if (pr_store_contact_present(b->tool->store, cid, &present, &buried, 1, err) < 0)
		return -1;
	if (present)
		return count_present(b, cid, t, err);
	t->lost++;
	fprintf(stderr, "postroom: contact %s is in the spool and nowhere else\n", cid->hex);
	return 0;
}

static int
count_batch(struct batch *b, const struct pr_cid *cids, size_t n, struct pr_err *err)
{
	bool present[64], buried[64];
	if (pr_store_contact_present(b->tool->store, cids, present, buried, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct tally *t = &b->tally[channel_of(b, &cids[i])];
		t->received++;
		if (buried[i])
			t->buried++;
		else if ((present[i] ? count_present(b, &cids[i], t, err)
				     : count_elsewhere(b, &cids[i], t, err)) < 0)
			return -1;
		pr_arena_reset(&b->tool->arena);
	}
	return 0;
}

static int
print_tally(const struct batch *b)
{
	int64_t lost = 0;
	if (!b->tool->json)
		printf("channel  received      team     staff  given up   backlog difference\n");
	for (int i = 0; i < PR_CHANNELS; i++) {
		const struct tally *t = &b->tally[i];
		int64_t difference = t->received - t->team - t->staff - t->buried - t->backlog;
		lost += difference < 0 ? -difference : difference;
		printf(b->tool->json
			   ? "{\"channel\":\"%s\",\"received\":%" PRId64 ",\"team\":%" PRId64
			     ",\"staff\":%" PRId64 ",\"buried\":%" PRId64 ",\"backlog\":%" PRId64
			     ",\"difference\":%" PRId64 "}\n"
			   : "%-7s %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64
			     " %9" PRId64 "\n",
		       pr_channel_name((enum pr_channel)i), t->received, t->team, t->staff,
		       t->buried, t->backlog, difference);
	}
	return lost ? PR_EXIT_TEMPORARY : PR_EXIT_OK;
}

int
pr_tool_reconcile(int argc, char **argv)
{
	struct pr_tool tool;
	int code = pr_tool_open(&tool, argc, argv, PR_TOOL_SPOOL | PR_TOOL_STORE);
	if (code)
		return code;
	struct batch b = {.tool = &tool};
	struct pr_err err = {0};
	int rc = pr_spool_each(tool.spool, collect, &b, &err);
	for (size_t i = 0; rc == 0 && i < b.n; i += 64)
		rc = count_batch(&b, b.cids + i, b.n - i < 64 ? b.n - i : 64, &err);
	code = rc < 0 ? pr_tool_failed(&err) : print_tally(&b);
	free(b.cids);
	pr_tool_close(&tool);
	return code;
}
