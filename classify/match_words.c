/*
 * match_words: plain phrases, found as whole words in folded text. All of them are found in one
 * pass before any rule is asked (phrases.h); the condition only looks its hits up.
 */
#include "classify/ruleset.h"

struct adding {
	struct pr_rules *rules;
	struct pr_condition *c;
	struct pr_diag *diag;
	int rc;
};

static void
add_phrase(void *ctx, const struct pr_yaml *phrase)
{
	struct adding *add = ctx;
	struct pr_folded folded;
	const char *wrong;

	pr_fold(phrase->text, &add->rules->arena, &folded);
	wrong = pr_phrases_add(add->rules->phrases, folded.text, add->c->id);
	if (wrong)
		add->rc = pr_diag_add(add->diag, phrase->mark, "the phrase '" PR_S_FMT "' %s",
				      PR_S(phrase->text), wrong);
}

static int
words_parse(struct pr_rules *rules, const struct pr_yaml *value, struct pr_condition *c,
	    struct pr_diag *diag)
{
	struct adding add = {rules, c, diag, 0};
	size_t before = diag->n;

	pr_rule_each_phrase(rules, value, add_phrase, &add, diag);
	return add.rc < 0 || diag->n > before ? -1 : 0;
}

static enum pr_match
words_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	   struct pr_span *span)
{
	for (uint32_t at = m->first[c->id]; at; at = m->hits[at - 1].next) {
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
