/*
 * scan_test: patterns as the rules have them, without a rule file: what PCRE2 says and what the
 * scan says of one text. For the unit tests and the fuzz target.
 */
#ifndef SCAN_TEST_H
#define SCAN_TEST_H

#include "classify/match_scan.h"
#include "classify/ruleset.h"

struct scan_set {
	struct pr_rules rules; /* its arena and its list of conditions only */
	struct pr_arena a;     /* diag, folded texts */
	const struct pr_scan_pattern *v;
	const struct pr_condition **condition; /* by id */
	size_t n;
};

static inline void
scan_set_init(struct scan_set *s)
{
	memset(s, 0, sizeof(*s));
	pr_arena_init(&s->rules.arena, (size_t)64 << 20);
	pr_arena_init(&s->a, (size_t)64 << 20);
}

/* False when it is no pattern, or one that rules may not have. */
static inline bool
scan_set_add(struct scan_set *s, struct pr_str regex)
{
	struct pr_condition *c = PR_ARENA_NEW(&s->rules.arena, struct pr_condition);
	struct pr_yaml v = {.kind = PR_YAML_SCALAR, .text = regex, .quoted = true};
	struct pr_diag diag;

	pr_diag_init(&diag, &s->a);
	c->kind = &pr_match_pattern;
	c->where = PR_IN_MESSAGE;
	c->id = s->rules.conditions;
	if (c->kind->parse(&s->rules, &v, c, &diag) < 0)
		return false;
	s->rules.conditions++;
	c->next_made = s->rules.made;
	s->rules.made = c;
	return true;
}

/* No more are added: list them. */
static inline void
scan_set_end(struct scan_set *s)
{
	s->v = pr_match_patterns(&s->rules, &s->rules.arena, &s->n);
	s->condition = pr_arena_array(&s->rules.arena, s->n + 1,
				      sizeof(struct pr_condition *)); /* NOLINT: pointers */
	for (const struct pr_condition *c = s->rules.made; c; c = c->next_made)
		s->condition[c->id] = c;
}

/* What PCRE2 says of pattern `id` and this folded text; `may` as in struct pr_message. */
static inline enum pr_match
scan_set_ask(const struct scan_set *s, uint32_t id, struct pr_str folded, uint64_t *may)
{
	static uint64_t messages;
	struct pr_searched field = {.where = PR_IN_NEW_TEXT, .folded = {.text = folded}};
	struct pr_message m = {.fields = &field,
			       .nfields = 1,
			       .may = may,
			       .deadline = INT64_MAX,
			       .number = ++messages};
	struct pr_span span;

	return pr_match_pattern.test(s->condition[id], &m, NULL, &span);
}

static inline bool
scan_bit(const uint64_t *bits, uint32_t id)
{
	return bits[id / 64] >> (id % 64) & 1;
}

static inline void
scan_set_release(struct scan_set *s)
{
	for (struct pr_condition *c = s->rules.made; c; c = c->next_made)
		pr_match_pattern.release(c);
	pr_arena_release(&s->rules.arena);
	pr_arena_release(&s->a);
}

#endif
