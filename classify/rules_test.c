/*
 * rules_test: every rule's own examples. An example must make its rule speak and the verdict agree
 * with it; a message under `not` must leave the rule silent.
 */
#include "classify/ruleset.h"

struct trial {
	struct pr_rules *rules;
	const struct pr_rule *rule;
	const struct pr_yaml *text;
	struct pr_diag *diag;
	struct pr_arena *arena;
	struct pr_contact contact;
};

static bool
spoke(const struct trial *t)
{
	for (size_t i = 0; i < t->contact.rules.n; i++) {
		struct pr_str rest = t->contact.rules.v[i], name;

		if (pr_str_cut(&rest, ' ', &name) && pr_str_eq(name, t->rule->name))
			return true;
	}
	return false;
}

static int
run(struct trial *t)
{
	static const struct pr_classify_world nothing = {{NULL, 0}};
	struct pr_err err;

	pr_arena_reset(t->arena);
	t->contact = (struct pr_contact){0};
	t->contact.channel = PR_STR("email");
	t->contact.text = t->contact.new_text = t->text->text;
	t->contact.automated = PR_STR("no");
	if (pr_classify(t->rules, &nothing, t->arena, &t->contact, &err) < 0)
		return pr_diag_add(t->diag, t->text->mark, "%s", err.msg);
	return 0;
}

static int
fail(const struct trial *t, const char *what, struct pr_str got)
{
	return pr_diag_add(t->diag, t->text->mark, "rule '" PR_S_FMT "': %s" PR_S_FMT,
			   PR_S(t->rule->name), what, PR_S(got));
}

static void
check_example(const struct trial *t)
{
	const struct pr_rule *rule = t->rule;
	const struct pr_contact *c = &t->contact;
	bool wanted = rule->has_service && rule->score > 0;

	if (!spoke(t)) {
		fail(t, "does not speak on its own example", PR_STR_NONE);
		return;
	}
	if (wanted && (c->lgsl != rule->service.lgsl || c->lgil != rule->service.lgil))
		pr_diag_add(t->diag, t->text->mark,
			    "rule '" PR_S_FMT "': its example went to %lld/%lld instead of %d/%d",
			    PR_S(rule->name), (long long)c->lgsl, (long long)c->lgil,
			    rule->service.lgsl, rule->service.lgil);
	if (rule->kind.n && !pr_str_eq(c->kind, rule->kind))
		fail(t, "its example is of kind ", c->kind);
	if (rule->risk == PR_RISK_P1 && !pr_str_eq_c(c->risk, "p1"))
		fail(t, "its example has the risk ", c->risk);
	if (rule->risk == PR_RISK_CHECK && pr_str_eq_c(c->risk, "none"))
		fail(t, "its example has the risk ", c->risk);
	if (rule->lower && pr_str_eq_c(c->risk, "p1"))
		fail(t, "its example is still at p1", PR_STR_NONE);
}

static size_t
run_list(struct trial *t, const struct pr_yaml *list, bool example)
{
	size_t n = 0;

	for (const struct pr_yaml *p = list ? list->first : NULL; p; p = p->next, n++) {
		t->text = p;
		if (run(t) < 0)
			continue;
		if (example)
			check_example(t);
		else if (spoke(t))
			fail(t, "speaks on a message that stands under 'not'", PR_STR_NONE);
	}
	return n;
}

size_t
pr_rules_test(struct pr_rules *rules, struct pr_diag *diag)
{
	struct pr_arena arena;
	struct trial t = {.rules = rules, .diag = diag, .arena = &arena};
	size_t n = 0;

	pr_arena_init(&arena, (size_t)16 << 20);
	for (size_t i = 0; i < rules->n; i++) {
		t.rule = &rules->v[i];
		n += run_list(&t, t.rule->examples, true);
		n += run_list(&t, t.rule->counters, false);
	}
	pr_arena_release(&arena);
	return n;
}
