/*
 * verdict: words of a line, from left to right.
 */
#include "postroom/verdict.h"

static struct pr_str
word(struct pr_str *line)
{
	struct pr_str w = PR_STR_NONE;

	return pr_str_cut(line, ' ', &w) ? w : PR_STR_NONE;
}

static int64_t
number(struct pr_str s)
{
	int64_t v = 0;

	return pr_str_int(s, INT32_MIN, INT32_MAX, &v) ? v : 0;
}

bool
pr_verdict_service(struct pr_str text, int64_t *lgsl, int64_t *lgil)
{
	struct pr_str first = PR_STR_NONE;

	return pr_str_cut(&text, '/', &first) && pr_str_int(first, 0, 99999, lgsl) &&
	       pr_str_int(text, 0, 9999, lgil);
}

bool
pr_verdict_veto(struct pr_str line, struct pr_verdict_rival *out)
{
	*out = (struct pr_verdict_rival){0};
	if (!pr_verdict_service(word(&line), &out->lgsl, &out->lgil))
		return false;
	out->points = number(word(&line));
	out->rule = line;
	return true;
}

bool
pr_verdict_runner_up(const struct pr_contact *c, struct pr_verdict_rival *out)
{
	return pr_verdict_veto(c->runner_up, out);
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

static void
read_place(const struct pr_contact *c, struct pr_str *line, struct pr_verdict_place *out)
{
	struct pr_str from, to;

	out->field = word(line);
	from = word(line);
	to = word(line);
	if (!pr_str_int(from, 0, INT32_MAX, &out->start) ||
	    !pr_str_int(to, out->start, INT32_MAX, &out->end))
		out->start = out->end = 0;
	out->words = pr_str_sub(field_text(c, out->field), (size_t)out->start,
				(size_t)(out->end - out->start));
}

void
pr_verdict_rule(const struct pr_contact *c, struct pr_str line, struct pr_verdict_rule *out)
{
	*out = (struct pr_verdict_rule){.rule = word(&line)};
	read_place(c, &line, &out->place);
	out->incomplete = pr_str_eq_c(out->place.field, "incomplete");
	out->service = pr_verdict_service(word(&line), &out->lgsl, &out->lgil);
	out->points = out->service ? number(word(&line)) : 0;
}

void
pr_verdict_fact(const struct pr_contact *c, struct pr_str line, struct pr_verdict_fact *out)
{
	*out = (struct pr_verdict_fact){.kind = word(&line)};
	read_place(c, &line, &out->place);
	out->value = line;
}
