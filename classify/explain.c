/*
 * explain: which rules decided, and on what words. Kept with the contact as `rule field start end`
 * (bytes of the field as it was written), printed for people as a line a rule.
 */
#include "classify/ruleset.h"

#include "postroom/utf8.h"

#define QUOTE_MAX 64
#define COLUMNS   80

void
pr_explain_note(struct pr_message *m, const struct pr_rule *rule, const struct pr_said *said,
		struct pr_arena *a, struct pr_contact *c)
{
	const struct pr_searched *f;
	size_t start, end;
	struct pr_str line;

	if (said->match == PR_MATCH_UNKNOWN) {
		line = pr_arena_printf(a, PR_S_FMT " incomplete 0 0", PR_S(rule->name));
	} else if (said->span.end <= said->span.start) {
		line = pr_arena_printf(a, PR_S_FMT " - 0 0", PR_S(rule->name));
	} else {
		f = &m->fields[said->span.field];
		start = f->folded.origin[said->span.start];
		end = f->folded.origin[said->span.end - 1];
		/* the last folded byte may stand for a character of several bytes */
		while (++end < f->original.n - f->skipped &&
		       ((unsigned char)f->original.p[f->skipped + end] & 0xc0) == 0x80)
			;
		line =
		    pr_arena_printf(a, PR_S_FMT " %.*s %zu %zu", PR_S(rule->name),
				    (int)(f->name.n < 64 ? f->name.n : 64), f->name.p, start, end);
	}
	pr_contact_list_add(c, PR_CONTACT_FIELD(rules), a, line);
}

static const struct pr_rule *
find_rule(const struct pr_rules *rules, struct pr_str name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (pr_str_eq(rules->v[i].name, name))
			return &rules->v[i];
	return NULL;
}

static struct pr_str
field_text(const struct pr_contact *c, struct pr_str field)
{
	if (pr_str_eq_c(field, "subject"))
		return c->subject;
	if (pr_str_eq_c(field, "text"))
		return c->text;
	if (pr_str_eq_c(field, "new_text"))
		return c->new_text;
	if (pr_str_starts(field, PR_STR("form.")))
		return pr_contact_form(c, pr_str_sub(field, 5, field.n));
	return PR_STR_NONE;
}

/* What a rule says: "+2.0 557/17", "kind foi", "risk p1". */
static void
add_meaning(const struct pr_rule *rule, struct pr_buf *out)
{
	static const char *const risks[] = {"", " risk check", " risk p1"};

	if (!rule) {
		pr_buf_add_c(out, " (no longer among the rules)");
		return;
	}
	if (rule->has_service)
		pr_buf_addf(out, " %+.1f for %d/%d", (double)rule->score / 1000, rule->service.lgsl,
			    rule->service.lgil);
	if (rule->kind.n)
		pr_buf_addf(out, " kind " PR_S_FMT, PR_S(rule->kind));
	pr_buf_add_c(out, risks[rule->risk]);
	pr_buf_add_c(out, rule->lower ? " lowers the risk to check" : "");
	for (size_t i = 0; i < rule->nflags; i++)
		pr_buf_addf(out, " flag " PR_S_FMT, PR_S(rule->flags[i]));
	for (size_t i = 0; i < rule->nveto; i++)
		pr_buf_addf(out, " never %d", rule->veto[i].lgsl);
}

/* The citizen's words, below where they do not fit; no control character reaches a terminal. */
static void
add_quote(struct pr_str quote, size_t column, struct pr_buf *out)
{
	if (!quote.n)
		return;
	pr_buf_add_c(out, column + quote.n + 4 > COLUMNS ? "\n    '" : "  '");
	for (size_t i = 0; i < quote.n; i++)
		pr_buf_add_char(
		    out, (unsigned char)quote.p[i] < ' ' || quote.p[i] == 127 ? ' ' : quote.p[i]);
	pr_buf_add_char(out, '\'');
}

static void
explain_line(const struct pr_rules *rules, const struct pr_contact *c, struct pr_str line,
	     struct pr_buf *out)
{
	struct pr_str name = PR_STR_NONE, field = PR_STR_NONE, from = PR_STR_NONE, quote;
	int64_t start = 0, end = 0;
	size_t before;

	pr_str_cut(&line, ' ', &name);
	pr_str_cut(&line, ' ', &field);
	pr_str_cut(&line, ' ', &from);
	if (!pr_str_int(from, 0, INT32_MAX, &start) || !pr_str_int(line, start, INT32_MAX, &end))
		end = start = 0;
	before = out->n;
	quote = pr_str_sub(field_text(c, field), (size_t)start, (size_t)(end - start));
	pr_buf_addf(out, PR_S_FMT "  " PR_S_FMT, PR_S(name), PR_S(field));
	if (end > start)
		pr_buf_addf(out, " %lld-%lld", (long long)start, (long long)end);
	pr_buf_add_c(out, " ");
	add_meaning(find_rule(rules, name), out);
	add_quote(pr_utf8_clip(quote, QUOTE_MAX), out->n - before, out);
	pr_buf_add_char(out, '\n');
}

int
pr_classify_explain(struct pr_rules *rules, const struct pr_contact *c, struct pr_buf *out)
{
	for (size_t i = 0; i < c->rules.n; i++)
		explain_line(rules, c, c->rules.v[i], out);
	return out->failed ? -1 : 0;
}
