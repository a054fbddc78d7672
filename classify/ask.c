/*
 * ask: what the rules say of a message. Only those are asked that the words found in it, or the
 * patterns that may match, lead to; a thousand rules that have nothing to say cost nothing.
 */
#include "classify/ruleset.h"

#include <math.h>

static enum pr_match
test_one(const struct pr_condition *c, struct pr_message *m, struct pr_said *said)
{
	struct pr_span span = {0, 0, 0};
	enum pr_match match = c->kind->test(c, m, NULL, &span);

	if (match == PR_MATCH_YES && span.end > span.start &&
	    (!said->span.end || span.field < said->span.field))
		said->span = span;
	return match;
}

/* Kleene's logic: one certain answer decides, else could-not-tell wins over the rest. */
static enum pr_match
test_set(const struct pr_conditions *set, struct pr_message *m, struct pr_said *said,
	 enum pr_match decides)
{
	enum pr_match rest = decides == PR_MATCH_YES ? PR_MATCH_NO : PR_MATCH_YES;

	for (size_t i = 0; i < set->n; i++) {
		enum pr_match one = test_one(set->v[i], m, said);

		if (one == decides)
			return one;
		if (one == PR_MATCH_UNKNOWN)
			rest = one;
	}
	return rest;
}

static bool
is_missing(const struct pr_condition *c, const struct pr_message *m)
{
	for (uint32_t i = 0; i < c->nparts; i++)
		if (!pr_first_hit(m, c->part + i))
			return true;
	return c->kind == &pr_match_words && !pr_first_hit(m, c->id);
}

/* Most rules that a common word leads to miss another word that they need: said without asking. */
static bool
lacks_words(const struct pr_rule *rule, const struct pr_message *m)
{
	size_t missing = 0;

	for (size_t i = 0; i < rule->all.n; i++)
		if (is_missing(rule->all.v[i], m))
			return true;
	for (size_t i = 0; i < rule->any.n; i++)
		missing += is_missing(rule->any.v[i], m);
	return rule->any.n && missing == rule->any.n;
}

static struct pr_said
ask(const struct pr_rule *rule, struct pr_message *m)
{
	struct pr_said said = {rule, PR_MATCH_YES, {0, 0, 0}};
	struct pr_said ignored = {NULL, PR_MATCH_NO, {0, 0, 0}};
	enum pr_match one;

	if (rule->all.n)
		said.match = test_set(&rule->all, m, &said, PR_MATCH_NO);
	if (said.match == PR_MATCH_NO)
		return said;
	if (rule->any.n) {
		one = test_set(&rule->any, m, &said, PR_MATCH_YES);
		if (one != PR_MATCH_YES)
			said.match = one;
	}
	if (said.match == PR_MATCH_NO || !rule->unless.n)
		return said;
	one = test_set(&rule->unless, m, &ignored, PR_MATCH_YES);
	if (one == PR_MATCH_YES)
		said.match = PR_MATCH_NO;
	else if (one == PR_MATCH_UNKNOWN)
		said.match = one;
	return said;
}

static void
add_vote(struct pr_answers *out, const struct pr_rule *rule, const struct pr_hint *hint,
	 const struct pr_span *span, const struct pr_message *m)
{
	bool in_subject = span->end && m->fields[span->field].where == PR_IN_SUBJECT;

	out->votes[out->nvotes++] =
	    (struct pr_vote){rule, hint, rule->service, *span, in_subject ? 2 : 1, 0};
}

/* Where a hint stands: in what the rule looks at, its first place there; else NULL. A risk rule
 * looks into quoted mail too. */
static const struct pr_span *
hint_span(const struct pr_rule *rule, const struct pr_hint *hint, const struct pr_message *m)
{
	unsigned where = rule->risk ? PR_IN_MESSAGE | PR_IN_TEXT : PR_IN_MESSAGE;
	uint32_t at = pr_first_hit(m, hint->condition);

	if (!at || !(m->fields[m->hits[at - 1].span.field].where & where))
		return NULL;
	return &m->hits[at - 1].span;
}

/* The first condition from `c` on, before `end`, whose phrases were found. */
static uint32_t
next_found(const struct pr_message *m, uint32_t c, uint32_t end)
{
	while (c < end) {
		uint64_t bits = m->hints[c / 64] >> (c % 64);

		if (bits)
			return c + (uint32_t)__builtin_ctzll(bits);
		c = (c / 64 + 1) * 64;
	}
	return end;
}

/* Each phrase counts once, where it stands first: a subject comes before a text. False when there
 * are none, or they do not reach what the rule wants. */
static bool
add_hints(struct pr_answers *out, const struct pr_rule *rule, struct pr_said *said,
	  const struct pr_message *m)
{
	/* the hints of a rule are conditions in a row */
	uint32_t first = rule->hints[0].condition, end = first + (uint32_t)rule->nhints;
	size_t before = out->nvotes;
	int points = 0;

	for (uint32_t c = next_found(m, first, end); c < end; c = next_found(m, c + 1, end)) {
		const struct pr_hint *hint = &rule->hints[c - first];
		const struct pr_span *span = hint_span(rule, hint, m);

		if (!span)
			continue;
		if (out->nvotes == before)
			said->span = *span;
		points += hint->points;
		add_vote(out, rule, hint, span, m);
	}
	if (out->nvotes == before || (rule->at_least && points < rule->at_least)) {
		out->nvotes = before;
		return false;
	}
	if (!rule->has_service)
		out->nvotes = before;
	return true;
}

/* A rule of a service behind a `stop` rule that said yes is not asked; those of risk and kind
 * always are. */
static void
ask_rule(const struct pr_rule *rule, struct pr_message *m, bool *stopped, struct pr_answers *out)
{
	bool service_only =
	    rule->has_service && !rule->risk && !rule->kind.n && !rule->lower && !rule->avoidable.n;
	struct pr_said said;

	if ((*stopped && service_only) || lacks_words(rule, m))
		return;
	said = ask(rule, m);
	if (said.match == PR_MATCH_YES && rule->nhints && !add_hints(out, rule, &said, m))
		return;
	if (said.match == PR_MATCH_NO)
		return;
	if (said.match == PR_MATCH_YES && !rule->nhints && rule->has_service && !*stopped)
		add_vote(out, rule, NULL, &said.span, m);
	out->said[out->nsaid++] = said;
	*stopped |= rule->stop && said.match == PR_MATCH_YES;
}

static void
lead_to(const struct pr_rules *rules, uint32_t condition, uint64_t *led)
{
	const struct pr_owners *o = &rules->owned[condition];

	for (uint32_t i = 0; i < o->n; i++)
		pr_bit_set(led, rules->owners[o->first + i]);
}

/* The rules that something in the message leads to. Returns how many hints were found. */
static size_t
mark_led(const struct pr_rules *rules, struct pr_message *m, uint64_t *led)
{
	size_t hints = 0;

	m->hints = pr_arena_array(m->arena, PR_BITS(rules->conditions) + 1, sizeof(*m->hints));

	memcpy(led, rules->always, PR_BITS(rules->n) * sizeof(*led));
	for (size_t i = 0; i < m->nfound; i++) {
		lead_to(rules, m->found[i], led);
		if (rules->owned[m->found[i]].hint) {
			pr_bit_set(m->hints, m->found[i]);
			hints++;
		}
	}
	for (size_t w = 0; w < PR_BITS(rules->conditions); w++)
		for (uint64_t bits = m->may[w]; bits; bits &= bits - 1)
			lead_to(rules, (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits), led);
	return hints;
}

int
pr_vote_points(const struct pr_vote *v, size_t nhints)
{
	int points = v->hint ? v->hint->points : v->rule->score;

	if (points > 0)
		points *= v->times;
	if (v->hint && nhints > PR_HINTS_FULL)
		points = (int)lrint(points * sqrt((double)PR_HINTS_FULL / (double)nhints));
	return points;
}

static void
weigh(struct pr_answers *out)
{
	size_t nhints = 0;

	for (size_t i = 0; i < out->nvotes; i++)
		nhints += out->votes[i].hint ? 1 : 0;
	for (size_t i = 0; i < out->nvotes; i++)
		out->votes[i].points = pr_vote_points(&out->votes[i], nhints);
}

void
pr_rules_ask(const struct pr_rules *rules, struct pr_message *m, struct pr_answers *out)
{
	uint64_t *led = pr_arena_array(m->arena, PR_BITS(rules->n) + 1, sizeof(*led));
	size_t room = mark_led(rules, m, led);
	bool stopped = false;

	for (size_t w = 0; w < PR_BITS(rules->n); w++)
		room += (size_t)__builtin_popcountll(led[w]);
	*out = (struct pr_answers){0};
	out->said = pr_arena_raw(m->arena, room + 1, sizeof(*out->said));
	out->votes = pr_arena_raw(m->arena, room + 2, sizeof(*out->votes));
	for (size_t w = 0; w < PR_BITS(rules->n); w++)
		for (uint64_t bits = led[w]; bits; bits &= bits - 1)
			ask_rule(&rules->v[w * 64 + (size_t)__builtin_ctzll(bits)], m, &stopped,
				 out);
	weigh(out);
}

bool
pr_rule_next(const struct pr_rule *rule, struct pr_message *m, const struct pr_span *after,
	     struct pr_span *span)
{
	const struct pr_conditions *set = rule->any.n ? &rule->any : &rule->all;
	bool found = false;

	for (size_t i = 0; i < set->n; i++) {
		struct pr_span s = {0, 0, 0};

		if (set->v[i]->kind->test(set->v[i], m, after, &s) != PR_MATCH_YES ||
		    s.end <= s.start)
			continue;
		if (!found || !pr_span_behind(&s, span))
			*span = s;
		found = true;
	}
	return found;
}
