/*
 * rule_hints: phrases with points of their own, and the `scores:` maps that change points without
 * writing the rule again.
 */
#include "classify/rule_reader.h"

#define HINTS_MAX 4000

struct adding {
	struct pr_rule_reader *r;
	int points;
	bool counting;
	size_t n;
};

static void
add_hint(void *ctx, const struct pr_yaml *phrase)
{
	struct adding *add = ctx;
	struct pr_rules *rules = add->r->rules;
	struct pr_rule *rule = add->r->rule;
	struct pr_folded folded;
	const char *wrong;

	if (add->counting) {
		add->n++;
		return;
	}
	rule->hints[rule->nhints] = (struct pr_hint){.phrase = phrase->text,
						     .mark = phrase->mark,
						     .points = add->points,
						     .condition = rules->conditions++};
	pr_fold(phrase->text, &rules->arena, &folded);
	wrong = pr_phrases_add(rules->phrases, folded.text, rule->hints[rule->nhints++].condition);
	if (wrong)
		pr_diag_add(add->r->diag, phrase->mark, "the phrase '" PR_S_FMT "' %s",
			    PR_S(phrase->text), wrong);
}

/* "2.5", a key of `hints:`, as a value, so that its mistakes are told alike. */
static int
points_of(struct pr_rule_reader *r, const struct pr_yaml *entry, int *points)
{
	struct pr_yaml key = {.kind = PR_YAML_SCALAR, .text = entry->key, .mark = entry->key_mark};

	return pr_rule_thousandths(r->diag, &key, points);
}

int
pr_rule_hints(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	struct adding add = {.r = r, .counting = true};
	size_t before = r->diag->n;

	if (v->kind != PR_YAML_MAP)
		return pr_diag_add(r->diag, v->mark,
				   "hints are points with phrases, like '2: [branches, twigs]'");
	for (const struct pr_yaml *e = v->first; e; e = e->next)
		pr_rule_each_phrase(r->rules, e, add_hint, &add, r->diag);
	if (add.n > HINTS_MAX)
		return pr_diag_add(r->diag, v->mark, "a rule has at most %d hints; split it",
				   HINTS_MAX);
	if (r->diag->n > before)
		return -1;
	add.counting = false;
	r->rule->hints = pr_arena_array(&r->rules->arena, add.n + 1, sizeof(*r->rule->hints));
	for (const struct pr_yaml *e = v->first; e; e = e->next)
		if (points_of(r, e, &add.points) == 0)
			pr_rule_each_phrase(r->rules, e, add_hint, &add, r->diag);
	return r->diag->n > before ? -1 : 0;
}

/* ---- scores: ---- */

static struct pr_rule *
find_rule(struct pr_rules *rules, struct pr_str name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (pr_str_eq(rules->v[i].name, name))
			return &rules->v[i];
	return NULL;
}

static int
score_hint(struct pr_rule *rule, const struct pr_yaml *e, struct pr_diag *diag)
{
	int points;

	if (pr_rule_thousandths(diag, e, &points) < 0)
		return -1;
	for (size_t i = 0; i < rule->nhints; i++) {
		if (pr_str_eq(rule->hints[i].phrase, e->key)) {
			rule->hints[i].points = points;
			return 0;
		}
	}
	return pr_diag_add(diag, e->key_mark,
			   "the rule '" PR_S_FMT "' has no hint '" PR_S_FMT "'; it is at %s:%d",
			   PR_S(rule->name), PR_S(e->key), rule->mark.file, rule->mark.line);
}

static void
score_rule(struct pr_rules *rules, const struct pr_yaml *e, struct pr_diag *diag)
{
	struct pr_rule *rule = find_rule(rules, e->key);

	if (!rule) {
		pr_diag_add(diag, e->key_mark,
			    "there is no rule '" PR_S_FMT "' whose score could be set; take the "
			    "line out, or put its name right",
			    PR_S(e->key));
		return;
	}
	if (e->kind != PR_YAML_MAP) {
		if (rule->nhints)
			pr_diag_add(diag, e->mark,
				    "this rule has hints: name them, like '{branches: 2}'");
		else
			pr_rule_thousandths(diag, e, &rule->score);
		return;
	}
	for (const struct pr_yaml *h = e->first; h; h = h->next)
		score_hint(rule, h, diag);
}

void
pr_rule_scores_file(struct pr_rules *rules, const struct pr_yaml *file, struct pr_diag *diag)
{
	const struct pr_yaml *scores =
	    file->kind == PR_YAML_MAP ? pr_yaml_get(file, "scores") : NULL;

	if (!scores)
		return;
	if (scores->kind != PR_YAML_MAP) {
		pr_diag_add(diag, scores->mark,
			    "'scores:' holds names of rules with points: 'pothole: 3.5'");
		return;
	}
	for (const struct pr_yaml *e = scores->first; e; e = e->next)
		score_rule(rules, e, diag);
}
