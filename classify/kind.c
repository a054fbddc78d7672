/*
 * kind: is it a request, a report, a complaint, a chase ...? Rules of kind speak first; where they
 * are silent, what is asked of the service (its LGIL) tells.
 */
#include "classify/ruleset.h"

#include "postroom/avoidable.h"

static const char *
kind_of_lgil(int64_t lgil)
{
	static const struct {
		int64_t lgil;
		const char *kind;
	} table[] = {
	    {17, "report"},  {31, "report"}, {8, "enquiry"},    {12, "enquiry"}, {20, "enquiry"},
	    {34, "enquiry"}, {10, "appeal"}, {13, "complaint"}, {3, "request"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].lgil == lgil)
			return table[i].kind;
	return "request";
}

static bool
is_automated(const struct pr_contact *c)
{
	return c->automated.n && !pr_str_eq_c(c->automated, "no");
}

const struct pr_rule *
pr_kind_rule(const struct pr_answers *answers)
{
	const struct pr_rule *best = NULL;

	for (size_t i = 0; i < answers->nsaid; i++) {
		const struct pr_rule *rule = answers->said[i].rule;

		if (rule->kind.n && answers->said[i].match == PR_MATCH_YES &&
		    (!best || rule->score > best->score))
			best = rule;
	}
	return best;
}

void
pr_kind_decide(const struct pr_answers *answers, struct pr_contact *c)
{
	const struct pr_rule *best = pr_kind_rule(answers);

	if (is_automated(c))
		c->kind = PR_STR("auto");
	else if (best)
		c->kind = best->kind;
	else if (c->case_ref.n)
		c->kind = PR_STR("chase");
	else
		c->kind = c->lgsl ? pr_str_c(kind_of_lgil(c->lgil)) : PR_STR("unclear");
	/* nobody at risk is thanked, ignored as spam or taken for a machine's words */
	if (!pr_str_eq_c(c->risk, "none") &&
	    (pr_str_eq_c(c->kind, "spam") || pr_str_eq_c(c->kind, "thanks")))
		c->kind = PR_STR("report");
}

void
pr_avoidable_propose(const struct pr_answers *answers, struct pr_arena *a, struct pr_contact *c)
{
	static const struct pr_avoidable_known nothing;
	const struct pr_rule *best = NULL;
	struct pr_str words = PR_STR_NONE, by = PR_STR_NONE;

	for (size_t i = 0; i < answers->nsaid; i++) {
		const struct pr_rule *rule = answers->said[i].rule;

		if (rule->avoidable.n && answers->said[i].match == PR_MATCH_YES &&
		    (!best || rule->score > best->score))
			best = rule;
	}
	if (best) {
		words = best->avoidable;
		by = pr_arena_printf(a, "rule " PR_S_FMT, PR_S(best->name));
	}
	pr_avoidable_decide(c, &nothing, words, by, &c->avoidable, &c->avoidable_by);
}
