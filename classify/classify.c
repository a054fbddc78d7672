/*
 * classify: ask every rule, add up what they say, and be honest about doubt.
 */
#include "classify/ruleset.h"

#define CANDIDATES_MAX 256

struct candidate {
	struct pr_service_id id;
	int score;
	int sure; /* the part of the score that may make it certain */
	bool vetoed;
};

struct tally {
	struct candidate v[CANDIDATES_MAX];
	size_t n;
};

static void
tally_add(struct tally *t, struct pr_service_id id, int score, bool unsure)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].id.lgsl == id.lgsl && t->v[i].id.lgil == id.lgil) {
			t->v[i].score += score;
			t->v[i].sure += unsure ? 0 : score;
			return;
		}
	}
	if (t->n < CANDIDATES_MAX)
		t->v[t->n++] = (struct candidate){id, score, unsure ? 0 : score, false};
}

static void
tally_veto(struct tally *t, const struct pr_rule *rule)
{
	for (size_t k = 0; k < rule->nveto; k++)
		for (size_t i = 0; i < t->n; i++)
			if (t->v[i].id.lgsl == rule->veto[k].lgsl &&
			    (rule->veto[k].lgil == PR_LGIL_ANY ||
			     t->v[i].id.lgil == rule->veto[k].lgil))
				t->v[i].vetoed = true;
}

/* Words in a subject say what a message is about; in a long text they may be said in passing. */
static int
weight(const struct pr_rule *rule, const struct pr_said *said, const struct pr_message *m)
{
	bool in_subject = said->span.end && m->fields[said->span.field].where == PR_IN_SUBJECT;

	return in_subject && rule->score > 0 ? 2 * rule->score : rule->score;
}

/*
 * All rules, in order. A rule of a service behind a `stop` rule that said yes is not asked, those
 * of risk and kind always are.
 */
static void
ask_all(const struct pr_rules *rules, struct pr_message *m, struct pr_said *said, struct tally *t)
{
	bool stopped = false;

	for (size_t i = 0; i < rules->n; i++) {
		const struct pr_rule *rule = &rules->v[i];
		bool service_only =
		    rule->has_service && !rule->risk && !rule->kind.n && !rule->lower;

		said[i] = (struct pr_said){PR_MATCH_NO, {0, 0, 0}};
		if (stopped && service_only)
			continue;
		said[i] = pr_rule_ask(rule, m);
		if (said[i].match != PR_MATCH_YES)
			continue;
		if (rule->has_service && !stopped)
			tally_add(t, rule->service, weight(rule, &said[i], m), rule->unsure);
		stopped |= rule->stop;
	}
	for (size_t i = 0; i < rules->n; i++)
		if (said[i].match == PR_MATCH_YES)
			tally_veto(t, &rules->v[i]);
}

/* Best first; equal scores by number, so that the same message always gets the same answer. */
static int
candidate_cmp(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->id.lgsl != y->id.lgsl)
		return x->id.lgsl < y->id.lgsl ? -1 : 1;
	return x->id.lgil < y->id.lgil ? -1 : x->id.lgil > y->id.lgil;
}

static void
rank(struct tally *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!t->v[i].vetoed && t->v[i].score > 0)
			t->v[n++] = t->v[i];
	t->n = n;
	qsort(t->v, t->n, sizeof(t->v[0]), candidate_cmp);
}

static int
clip_score(int score)
{
	return score < 1000000 ? score : 1000000;
}

static void
decide_service(const struct tally *t, struct pr_arena *a, struct pr_contact *c)
{
	int second = t->n > 1 ? t->v[1].score : 0;

	if (!t->n)
		return;
	c->lgsl = t->v[0].id.lgsl;
	c->lgil = t->v[0].id.lgil;
	c->score = clip_score(t->v[0].score);
	c->margin = clip_score(t->v[0].score - second);
	c->certain = t->v[0].sure >= PR_SCORE_CERTAIN && c->margin >= PR_MARGIN_CERTAIN;
	if (t->n > 1)
		c->runner_up = pr_arena_printf(a, "%d/%d %d", t->v[1].id.lgsl, t->v[1].id.lgil,
					       clip_score(second));
	for (size_t i = 1; i < t->n && i < 6; i++) {
		if (t->v[i].score >= PR_SCORE_ALSO && t->v[i].id.lgsl != t->v[0].id.lgsl)
			pr_contact_list_add(
			    c, PR_CONTACT_FIELD(also), a,
			    pr_arena_printf(a, "%d/%d", t->v[i].id.lgsl, t->v[i].id.lgil));
	}
}

static bool
has_flag(const struct pr_contact *c, const char *flag)
{
	for (size_t i = 0; i < c->flags.n; i++)
		if (pr_str_eq_c(c->flags.v[i], flag))
			return true;
	return false;
}

/* What may be said back: nothing to machines, and nothing that another reader of the phone could
 * learn from. */
static struct pr_str
decide_ack(const struct pr_rules *rules, const struct pr_contact *c)
{
	static const char *const quiet[] = {"domestic_abuse", "adult_safeguarding",
					    "child_safeguarding", "hate_crime"};
	const struct pr_catalogue_entry *e =
	    pr_catalogue_find(rules->catalogue, (int)c->lgsl, (int)c->lgil);

	if (pr_str_eq_c(c->kind, "spam") || pr_str_eq_c(c->kind, "auto"))
		return PR_STR("none");
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (has_flag(c, quiet[i]))
			return PR_STR("neutral");
	/* A fire or a gas leak tells nothing about anybody, and who reports it must hear whom to
	 * call: a mere guess at a quiet service does not silence that. */
	if (has_flag(c, "fire_gas_danger") && !c->certain)
		return PR_STR("normal");
	if (c->lgsl && e && e->restricted && !pr_str_eq_c(e->acknowledge, "none"))
		return PR_STR("neutral");
	return c->lgsl && e && e->acknowledge.n ? e->acknowledge : PR_STR("normal");
}

static void
forget_old_verdict(struct pr_contact *c)
{
	c->lgsl = c->lgil = c->score = c->margin = c->certain = c->incomplete = 0;
	c->runner_up = c->kind = c->lang = c->risk = c->ack = PR_STR_NONE;
	c->postcode = c->case_ref = c->phone = PR_STR_NONE;
	c->also = c->flags = c->rules = (struct pr_list){NULL, 0};
}

static void
note_rules(const struct pr_rules *rules, struct pr_message *m, const struct pr_said *said,
	   struct pr_arena *a, struct pr_contact *c)
{
	for (size_t i = 0; i < rules->n; i++) {
		if (said[i].match == PR_MATCH_NO)
			continue;
		pr_explain_note(m, &rules->v[i], &said[i], a, c);
		if (said[i].match == PR_MATCH_UNKNOWN)
			c->incomplete = 1;
	}
	if (m->clipped) {
		c->incomplete = 1;
		pr_contact_list_add(c, PR_CONTACT_FIELD(problems), a,
				    PR_STR("too long to be searched whole by the rules"));
	}
	/* an incomplete verdict goes to a person, however sure the rest is */
	if (c->incomplete)
		c->certain = 0;
}

int
pr_classify(struct pr_rules *rules, const struct pr_classify_world *world, struct pr_arena *a,
	    struct pr_contact *c, struct pr_err *err)
{
	struct tally t;
	struct pr_message m;
	struct pr_said *said;

	(void)err;
	t.n = 0;
	forget_old_verdict(c);
	pr_message_init(&m, rules, c);
	said = pr_arena_array(m.arena, rules->n + 1, sizeof(*said));
	ask_all(rules, &m, said, &t);
	rank(&t);
	decide_service(&t, a, c);
	c->lang = pr_str_c(m.lang);
	pr_facts_find(world, a, c);
	pr_risk_decide(rules, &m, said, a, c);
	pr_kind_decide(rules, said, c);
	c->ack = decide_ack(rules, c);
	note_rules(rules, &m, said, a, c);
	return 0;
}
