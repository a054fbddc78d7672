/*
 * risk: p1, check or none. Missing a person at risk costs far more than a false alarm.
 *
 * A p1 rule alerts, unless every place where it speaks is covered by the words of a `lower` rule
 * (an idiom, a negation) or stands in quoted mail only; then it is check, which a person reads
 * first of all. Nothing lowers a risk to none.
 */
#include "classify/ruleset.h"

#define PLACES_MAX 64

struct idioms {
	struct pr_span spans[PLACES_MAX];
	size_t n;
};

static void
find_idioms(const struct pr_answers *answers, struct pr_message *m, struct idioms *idioms)
{
	for (size_t i = 0; i < answers->nsaid; i++) {
		const struct pr_rule *rule = answers->said[i].rule;
		struct pr_span span, *after = NULL;

		if (!rule->lower || answers->said[i].match != PR_MATCH_YES)
			continue;
		while (idioms->n < PLACES_MAX && pr_rule_next(rule, m, after, &span)) {
			idioms->spans[idioms->n] = span;
			after = &idioms->spans[idioms->n++];
		}
	}
}

static bool
is_lowered(const struct idioms *idioms, const struct pr_message *m, const struct pr_span *s)
{
	if (m->fields[s->field].where == PR_IN_TEXT)
		return true; /* quoted mail: somebody said it, once */
	for (size_t i = 0; i < idioms->n; i++) {
		const struct pr_span *d = &idioms->spans[i];

		if (d->field == s->field && d->start < s->end && s->start < d->end)
			return true;
	}
	return false;
}

static enum pr_risk
risk_of(const struct pr_said *said, struct pr_message *m, const struct idioms *idioms)
{
	const struct pr_rule *rule = said->rule;
	struct pr_span span, before;
	int places = 0;

	/* could-not-tell is never no */
	if (rule->risk == PR_RISK_CHECK || said->match == PR_MATCH_UNKNOWN)
		return PR_RISK_CHECK;
	for (; places < PLACES_MAX && pr_rule_next(rule, m, places ? &before : NULL, &span);
	     places++) {
		if (!is_lowered(idioms, m, &span))
			return PR_RISK_P1;
		before = span;
	}
	return places && places < PLACES_MAX ? PR_RISK_CHECK : PR_RISK_P1;
}

static void
add_flags(const struct pr_rule *rule, struct pr_arena *a, struct pr_contact *c)
{
	for (size_t i = 0; i < rule->nflags; i++) {
		bool have = false;

		for (size_t k = 0; k < c->flags.n && !have; k++)
			have = pr_str_eq(c->flags.v[k], rule->flags[i]);
		if (!have)
			pr_contact_list_add(c, PR_CONTACT_FIELD(flags), a, rule->flags[i]);
	}
}

void
pr_risk_decide(const struct pr_answers *answers, struct pr_message *m, struct pr_arena *a,
	       struct pr_contact *c)
{
	static const char *const names[] = {"none", "check", "p1"};
	enum pr_risk risk = PR_RISK_NONE, one;
	struct idioms idioms;

	idioms.n = 0;
	find_idioms(answers, m, &idioms);
	for (size_t i = 0; i < answers->nsaid; i++) {
		const struct pr_said *said = &answers->said[i];

		if (said->match == PR_MATCH_YES)
			add_flags(said->rule, a, c);
		if (!said->rule->risk)
			continue;
		one = risk_of(said, m, &idioms);
		risk = one > risk ? one : risk;
	}
	c->risk = pr_str_c(names[risk]);
}
