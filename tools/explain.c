/* postroom explain: why a contact was classified so; postroom replay: what today's rules would say
 * of it. */
#include "postroom/classify.h"
#include "postroom/cleanup.h"
#include "postroom/mail.h"
#include "tools/tools.h"

#include <inttypes.h>

struct explained {
	struct pr_tool tool;
	struct pr_rules *rules;
	struct pr_cid cid;
	struct pr_contact contact; /* as the sidecar has it */
};

static int
open_rules(struct explained *e)
{
	const struct pr_council_conf *council = pr_config_get(e->tool.config, &pr_council_section);
	struct pr_diag diag;
	pr_diag_init(&diag, &e->tool.arena);
	e->rules = pr_tool_rules_load(
	    pr_config_path(e->tool.config, council->rules, &e->tool.arena), &diag);
	if (e->rules)
		return 0;
	pr_diag_print(&diag, stderr);
	return PR_EXIT_CONFIG;
}

static int
read_sidecar(struct explained *e, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf b;
	pr_buf_init(&b, (size_t)16 << 20);
	if (pr_spool_contact_read(e->tool.spool, &e->cid, &b, err) < 0)
		return pr_fail_in(err, "contact %s was not classified yet", e->cid.hex);
	return pr_contact_decode(pr_arena_dup(&e->tool.arena, pr_buf_str(&b)), PR_STAGE_CLASSIFY,
				 &e->tool.arena, &e->contact, err);
}

static int
explained_open(struct explained *e, int argc, char **argv)
{
	struct pr_err err = {0};
	int code = pr_tool_open(&e->tool, argc, argv, PR_TOOL_SPOOL | PR_TOOL_STORE);
	if (code)
		return code;
	if (e->tool.argc != 2) {
		fprintf(stderr, "usage: postroom %s CID|REF\n", argv[0]);
		return PR_EXIT_CONFIG;
	}
	code = pr_tool_contact(&e->tool, e->tool.argv[1], &e->cid);
	if (code == 0)
		code = open_rules(e);
	if (code == 0 && read_sidecar(e, &err) < 0)
		code = pr_tool_failed(&err);
	return code;
}

static void
explained_close(struct explained *e)
{
	pr_rules_free(&e->rules);
	if (e->tool.config)
		pr_tool_close(&e->tool);
}

int
pr_tool_explain(int argc, char **argv)
{
	struct explained e = {0};
	PR_AUTO_BUF struct pr_buf words;
	pr_buf_init(&words, 1 << 20);
	int code = explained_open(&e, argc, argv);
	if (code == 0) {
		pr_classify_explain(e.rules, &e.contact, &words);
		printf(PR_S_FMT, PR_S(pr_buf_str(&words)));
	}
	explained_close(&e);
	return code;
}

static void
print_change(const char *what, struct pr_str old, struct pr_str now)
{
	printf("%-10s %.*s%s%.*s\n", what, PR_S(old), pr_str_eq(old, now) ? " (same)" : " -> ",
	       pr_str_eq(old, now) ? 0 : (int)now.n, now.p ? now.p : "");
}

static struct pr_str
service_text(struct pr_arena *a, const struct pr_contact *c)
{
	return pr_arena_printf(a, "%" PRId64 "/%" PRId64 " score %" PRId64 "%s", c->lgsl, c->lgil,
			       c->score, c->certain ? "" : ", uncertain");
}

int
pr_tool_replay(int argc, char **argv)
{
	struct explained e = {0};
	int code = explained_open(&e, argc, argv);
	if (code == 0) {
		const struct pr_council_conf *council =
		    pr_config_get(e.tool.config, &pr_council_section);
		const struct pr_classify_world world = {.reference_prefix =
							    pr_str_c(council->prefix)};
		struct pr_contact now = e.contact;
		struct pr_err err = {0};
		if (pr_classify(e.rules, &world, &e.tool.arena, &now, &err) < 0) {
			code = pr_tool_failed(&err);
		} else {
			print_change("service", service_text(&e.tool.arena, &e.contact),
				     service_text(&e.tool.arena, &now));
			print_change("kind", e.contact.kind, now.kind);
			print_change("risk", e.contact.risk, now.risk);
			print_change("language", e.contact.lang, now.lang);
		}
	}
	explained_close(&e);
	return code;
}
