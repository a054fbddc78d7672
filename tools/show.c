/* postroom show: what arrived and what became of it; with --raw the bytes as received, to standard
 * output. */
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/file.h"
#include "tools/tools.h"

#include <inttypes.h>

static void
print_text(const char *name, struct pr_str text)
{
	struct pr_str line;
	if (text.n == 0)
		return;
	printf("%-16s ", name);
	/* A stranger's control characters must not reach the operator's terminal. */
	for (bool first = true; pr_str_cut(&text, '\n', &line); first = false) {
		if (!first)
			printf("%-16s ", "");
		for (size_t i = 0; i < line.n; i++)
			putchar((unsigned char)line.p[i] < ' ' || line.p[i] == 127 ? '?'
										   : line.p[i]);
		putchar('\n');
	}
}

static void
print_field(const struct pr_contact *c, const struct pr_contact_field *f)
{
	const void *at = (const char *)c + f->offset;
	switch (f->type) {
	case PR_FIELD_TEXT:
		print_text(f->name, *(const struct pr_str *)at);
		break;
	case PR_FIELD_NUMBER:
		if (*(const int64_t *)at)
			printf("%-16s %" PRId64 "\n", f->name, *(const int64_t *)at);
		break;
	case PR_FIELD_LIST:
		for (size_t i = 0; i < ((const struct pr_list *)at)->n; i++)
			print_text(i ? "" : f->name, ((const struct pr_list *)at)->v[i]);
		break;
	}
}

static void
print_outbox(const struct pr_store_outbox *o)
{
	char when[21];
	printf("%-16s %s by %.*s, %s, attempt %" PRId64 ", %s%s%.*s\n", "outbox",
	       pr_time_text(o->created_at, when), PR_S(o->channel), pr_outbox_state_name(o->state),
	       o->attempt, o->kind.p, o->detail.n ? ": " : "", PR_S(o->detail));
}

static int
print_fate(struct pr_tool *tool, const struct pr_cid *cid, struct pr_err *err)
{
	struct pr_store_contact contact;
	struct pr_store_case c;
	struct pr_store_outbox *rows;
	size_t n;
	char when[21];
	int found =
	    pr_store_contact_find(tool->store, pr_str_c(cid->hex), &tool->arena, &contact, err);
	if (found < 0)
		return -1;
	if (found == 0) {
		printf("%-16s %s\n", "state",
		       pr_spool_is_new(tool->spool, cid) ? "in the backlog: no case yet"
							 : "in the spool only");
		return 0;
	}
	if (pr_store_case_get(tool->store, contact.case_id, &tool->arena, &c, err) < 0 ||
	    pr_store_outbox_of(tool->store, pr_str_c(cid->hex), &tool->arena, &rows, &n, err) < 0)
		return -1;
	printf("%-16s %.*s, case %" PRId64 " (%.*s), queue %.*s, team %.*s\n", "case",
	       PR_S(contact.reference), c.id, PR_S(contact.how), PR_S(c.queue), PR_S(c.team));
	printf("%-16s %.*s\n", "why", PR_S(c.why));
	if (c.due_at)
		printf("%-16s %s%s\n", "due", pr_time_text(c.due_at, when),
		       c.due_confirmed ? "" : " (target not confirmed: not told to the citizen)");
	for (size_t i = 0; i < n; i++)
		print_outbox(&rows[i]);
	return 0;
}

/* The sidecar where classify has been, else the receipt. */
static int
read_contact(struct pr_tool *tool, const struct pr_cid *cid, struct pr_bundle *bundle,
	     struct pr_contact *c, struct pr_err *err)
{
	struct pr_buf b;
	pr_buf_init(&b, (size_t)16 << 20);
	int rc = pr_spool_contact_read(tool->spool, cid, &b, err);
	if (rc == 0)
		rc = pr_contact_decode(pr_arena_dup(&tool->arena, pr_buf_str(&b)),
				       PR_STAGE_CLASSIFY, &tool->arena, c, err);
	else
		rc = pr_bundle_receipt(bundle, &tool->arena, c, err);
	pr_buf_release(&b);
	return rc;
}

static int
print_all(struct pr_tool *tool, const struct pr_cid *cid, struct pr_bundle *bundle,
	  struct pr_err *err)
{
	struct pr_contact c;
	char when[21];
	if (read_contact(tool, cid, bundle, &c, err) < 0)
		return -1;
	printf("%-16s %s\n", "received", pr_time_text(c.received_at, when));
	for (size_t i = 0; i < pr_contact_fields_n; i++)
		print_field(&c, &pr_contact_fields[i]);
	return print_fate(tool, cid, err);
}

int
pr_tool_show(int argc, char **argv)
{
	struct pr_tool tool;
	struct pr_cid cid;
	struct pr_bundle bundle;
	struct pr_err err = {0};
	int code = pr_tool_open(&tool, argc, argv, PR_TOOL_SPOOL | PR_TOOL_STORE);
	if (code)
		return code;
	bool raw = tool.argc == 3 && strcmp(tool.argv[2], "--raw") == 0;
	if (tool.argc < 2 || tool.argc > 3 || (tool.argc == 3 && !raw)) {
		fprintf(stderr, "usage: postroom show CID|REF [--raw]\n");
		code = PR_EXIT_CONFIG;
	} else if ((code = pr_tool_contact(&tool, tool.argv[1], &cid)) == 0) {
		if (pr_spool_bundle(tool.spool, &cid, &bundle, &err) < 0) {
			pr_fail_in(&err, "contact %s", cid.hex);
			code = pr_tool_failed(&err);
		} else {
			const struct pr_part *part =
			    pr_bundle_find(&bundle, PR_PART_RAW, PR_STR_NONE);
			if (raw ? part && fwrite(part->bytes.p, 1, part->bytes.n, stdout) !=
					      part->bytes.n
				: print_all(&tool, &cid, &bundle, &err) < 0)
				code = pr_tool_failed(&err);
			pr_bundle_close(&bundle);
		}
	}
	pr_tool_close(&tool);
	return code;
}
