/* postroom show: what arrived and what became of it; with --raw the bytes as received, to standard
 * output. */
#include "postroom/avoidable.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/file.h"
#include "tools/tools.h"

#include <errno.h>
#include <inttypes.h>

enum { COLUMNS = 63 }; /* beside a name of 16, on a terminal of 80 */

/* How much of the line goes into one row: up to a blank where there is one, else the whole word. */
static size_t
row_length(struct pr_str line)
{
	size_t columns = 0, blank = 0, i;
	for (i = 0; i < line.n; i++) {
		columns += ((unsigned char)line.p[i] & 0xc0) != 0x80;
		if (columns > COLUMNS && blank)
			return blank;
		if (line.p[i] == ' ' && columns > COLUMNS)
			return i;
		if (line.p[i] == ' ')
			blank = i;
	}
	return line.n;
}

static void
print_text(const char *name, struct pr_str text)
{
	struct pr_str line;
	if (text.n == 0)
		return;
	while (pr_str_cut(&text, '\n', &line)) {
		do {
			size_t n = row_length(line);
			printf("%-16s ", name);
			name = "";
			/* A stranger's control characters must not reach the operator's terminal.
			 */
			for (size_t i = 0; i < n; i++)
				putchar((unsigned char)line.p[i] < ' ' || line.p[i] == 127
					    ? '?'
					    : line.p[i]);
			putchar('\n');
			line = pr_str_sub(line, n < line.n ? n + 1 : n, line.n);
		} while (line.n);
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
print_outbox(const struct pr_store_outbox *o, struct pr_arena *a)
{
	char when[21];
	print_text("outbox",
		   pr_arena_printf(
		       a, "%s by " PR_S_FMT ", %s, attempt %" PRId64 ", " PR_S_FMT "%s" PR_S_FMT,
		       pr_time_text(o->created_at, when), PR_S(o->channel),
		       pr_outbox_state_name(o->state), o->attempt, PR_S(o->kind),
		       o->detail.n ? ": " : "", PR_S(o->detail)));
}

static int
print_fate(struct pr_tool *tool, const struct pr_cid *cid, const struct pr_contact *said,
	   struct pr_err *err)
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
		print_text("avoidable",
			   pr_avoidable_text(said->avoidable, said->avoidable_by, &tool->arena));
		return 0;
	}
	if (pr_store_case_get(tool->store, contact.case_id, &tool->arena, &c, err) < 0 ||
	    pr_store_outbox_of(tool->store, pr_str_c(cid->hex), &tool->arena, &rows, &n, err) < 0)
		return -1;
	print_text("case", pr_arena_printf(&tool->arena,
					   PR_S_FMT ", case %" PRId64 " (" PR_S_FMT
						    "), queue " PR_S_FMT ", team " PR_S_FMT,
					   PR_S(contact.reference), c.id, PR_S(contact.how),
					   PR_S(c.queue), PR_S(c.team)));
	print_text("why", c.why);
	print_text("avoidable",
		   pr_avoidable_text(contact.avoidable, contact.avoidable_by, &tool->arena));
	if (c.due_at)
		printf("%-16s %s%s\n", "due", pr_time_text(c.due_at, when),
		       c.due_confirmed ? "" : " (not confirmed: the citizen is not told)");
	for (size_t i = 0; i < n; i++)
		print_outbox(&rows[i], &tool->arena);
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
	/* The two of avoidable are told in words, by print_fate. */
	for (size_t i = 0; i < pr_contact_fields_n; i++)
		if (i != PR_CONTACT_FIELD_avoidable && i != PR_CONTACT_FIELD_avoidable_by)
			print_field(&c, &pr_contact_fields[i]);
	return print_fate(tool, cid, &c, err);
}

/* A form or a text has no raw body: then the bundle itself, which reads well as text. */
static int
print_raw(const struct pr_bundle *bundle, struct pr_err *err)
{
	const struct pr_part *part = pr_bundle_find(bundle, PR_PART_RAW, PR_STR_NONE);
	struct pr_str bytes = part ? part->bytes : pr_str_n(bundle->map, bundle->size);
	if (fwrite(bytes.p, 1, bytes.n, stdout) != bytes.n || fflush(stdout) != 0)
		return pr_fail(err, PR_RETRY, errno, "cannot write to standard output");
	return 0;
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
			if ((raw ? print_raw(&bundle, &err)
				 : print_all(&tool, &cid, &bundle, &err)) < 0)
				code = pr_tool_failed(&err);
			pr_bundle_close(&bundle);
		}
	}
	pr_tool_close(&tool);
	return code;
}
