/*
 * match_near: words of one list, soon after them words of another, and so on: "he ... hit ... me".
 * It looks at the places of phrases that were found anyhow (phrases.h), so it costs next to nothing
 * where a regular expression with gaps would try the whole text again and again.
 */
#include "classify/ruleset.h"

#define LISTS_MAX  4
#define WITHIN_MAX 30

struct near {
	int within; /* words that may stand between */
};

static int
read_within(const struct pr_yaml *v, struct near *near, struct pr_diag *diag)
{
	int64_t n;

	if (!v || v->kind != PR_YAML_SCALAR || !pr_str_int(v->text, 0, WITHIN_MAX, &n))
		return pr_diag_add(diag, v ? v->mark : (struct pr_mark){0},
				   "'within' is how many words may stand between, 0 to %d",
				   WITHIN_MAX);
	near->within = (int)n;
	return 0;
}

static int
near_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
	   struct pr_diag *diag)
{
	const struct pr_yaml *words = v->kind == PR_YAML_MAP ? pr_yaml_get(v, "words") : NULL;
	struct near *near = PR_ARENA_NEW(&rules->arena, struct near);
	size_t before = diag->n;
	uint32_t part;

	if (!words || words->kind != PR_YAML_LIST || words->n < 2 || words->n > LISTS_MAX ||
	    v->n != 2)
		return pr_diag_add(diag, v->mark,
				   "'near' is {within: 6, words: [[he, she], [hit, hurt]]}: two to "
				   "%d lists, in the order in which they stand",
				   LISTS_MAX);
	if (read_within(pr_yaml_get(v, "within"), near, diag) < 0)
		return -1;
	c->data = near;
	c->part = part = rules->conditions;
	c->nparts = (uint32_t)words->n;
	rules->conditions += c->nparts;
	for (const struct pr_yaml *list = words->first; list; list = list->next)
		pr_words_add(rules, list, part++, diag);
	return diag->n > before ? -1 : 0;
}

/* Words between the end of one place and the start of the next. */
static int
words_between(struct pr_str text, uint32_t from, uint32_t to)
{
	int blanks = 0;

	for (uint32_t i = from; i < to; i++)
		blanks += text.p[i] == ' ' || text.p[i] == '\n';
	return blanks ? blanks - 1 : 0;
}

/* The end of the words of list `part` and those behind it that stand soon enough after `from`; 0:
 * they do not. Hits are in the order of their places. */
static uint32_t
end_of_rest(const struct pr_condition *c, const struct pr_message *m, uint32_t part,
	    const struct pr_span *from)
{
	const struct near *near = c->data;
	struct pr_str text = m->fields[from->field].folded.text;
	uint32_t end;

	if (part == c->nparts)
		return from->end;
	for (uint32_t at = pr_first_hit(m, c->part + part); at; at = m->hits[at - 1].next) {
		const struct pr_span *s = &m->hits[at - 1].span;

		if (s->field < from->field || (s->field == from->field && s->start < from->end))
			continue;
		if (s->field > from->field || s->start - from->end > 64u * (WITHIN_MAX + 1) ||
		    words_between(text, from->end, s->start) > near->within)
			return 0;
		end = end_of_rest(c, m, part + 1, s);
		if (end)
			return end;
	}
	return 0;
}

static enum pr_match
near_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	  struct pr_span *span)
{
	for (uint32_t at = pr_first_hit(m, c->part); at; at = m->hits[at - 1].next) {
		const struct pr_span *s = &m->hits[at - 1].span;
		uint32_t end;

		if (!pr_span_behind(s, after) || !pr_condition_looks_at(c, &m->fields[s->field]))
			continue;
		end = end_of_rest(c, m, 1, s);
		if (end) {
			*span = (struct pr_span){s->field, s->start, end};
			return PR_MATCH_YES;
		}
	}
	return PR_MATCH_NO;
}

const struct pr_match_kind pr_match_near = {"near", near_parse, near_test, NULL};
