/*
 * match_words: plain phrases, found as whole words in folded text. All of them are found in one
 * pass before any rule is asked (phrases.h); the condition only looks its hits up.
 */
#include "classify/ruleset.h"

struct adding {
	struct pr_rules *rules;
	uint32_t condition;
	struct pr_diag *diag;
};

static void
add_phrase(void *ctx, const struct pr_yaml *phrase)
{
	struct adding *add = ctx;
	struct pr_folded folded;
	const char *wrong;

	pr_fold(phrase->text, &add->rules->arena, &folded);
	wrong = pr_phrases_add(add->rules->phrases, folded.text, add->condition);
	if (wrong)
		pr_diag_add(add->diag, phrase->mark, "the phrase '" PR_S_FMT "' %s",
			    PR_S(phrase->text), wrong);
}

int
pr_words_add(struct pr_rules *rules, const struct pr_yaml *value, uint32_t condition,
	     struct pr_diag *diag)
{
	struct adding add = {rules, condition, diag};
	size_t before = diag->n;

	pr_rule_each_phrase(rules, value, add_phrase, &add, diag);
	return diag->n > before ? -1 : 0;
}

static int
words_parse(struct pr_rules *rules, const struct pr_yaml *value, struct pr_condition *c,
	    struct pr_diag *diag)
{
	return pr_words_add(rules, value, c->id, diag);
}

static enum pr_match
words_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	   struct pr_span *span)
{
	for (uint32_t at = pr_first_hit(m, c->id); at; at = m->hits[at - 1].next) {
		const struct pr_hit *hit = &m->hits[at - 1];

		if (!pr_span_behind(&hit->span, after))
			continue;
		if (pr_condition_looks_at(c, &m->fields[hit->span.field])) {
			*span = hit->span;
			return PR_MATCH_YES;
		}
	}
	return PR_MATCH_NO;
}

const struct pr_match_kind pr_match_words = {"words", words_parse, words_test, NULL};
