/*
 * classify: ask every rule, add up what they say, and be honest about doubt.
 */
#include "classify/ruleset.h"

#define CANDIDATES_MAX 256

struct candidate {
	struct pr_service_id id;
	int score;
	int sure;                   /* the part of the score that may make it certain */
	int ruled;                  /* the part that rules brought, not hints */
	const struct pr_rule *veto; /* what forbids it */
};

struct tally {
	struct candidate v[CANDIDATES_MAX];
	size_t n;
};

static void
tally_add(struct tally *t, struct pr_service_id id, int score, bool unsure, bool hint)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].id.lgsl == id.lgsl && t->v[i].id.lgil == id.lgil) {
			t->v[i].score += score;
			t->v[i].sure += unsure || hint ? 0 : score;
			t->v[i].ruled += hint ? 0 : score;
			return;
		}
	}
	if (t->n < CANDIDATES_MAX)
		t->v[t->n++] = (struct candidate){id, score, unsure || hint ? 0 : score,
						  hint ? 0 : score, NULL};
}

static void
tally_veto(struct tally *t, const struct pr_rule *rule)
{
	for (size_t k = 0; k < rule->nveto; k++)
		for (size_t i = 0; i < t->n; i++)
			if (t->v[i].id.lgsl == rule->veto[k].lgsl &&
			    (rule->veto[k].lgil == PR_LGIL_ANY ||
			     t->v[i].id.lgil == rule->veto[k].lgil))
				t->v[i].veto = rule;
}

static void
count(const struct pr_answers *answers, struct tally *t)
{
	for (size_t i = 0; i < answers->nvotes; i++) {
		const struct pr_vote *v = &answers->votes[i];

		tally_add(t, v->service, v->points, v->rule->unsure, v->hint);
	}
	for (size_t i = 0; i < answers->nsaid; i++)
		if (answers->said[i].match == PR_MATCH_YES)
			tally_veto(t, answers->said[i].rule);
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
note_veto(const struct candidate *k, struct pr_arena *a, struct pr_contact *c)
{
	if (k->score > 0)
		pr_contact_list_add(c, PR_CONTACT_FIELD(vetoed), a,
				    pr_arena_printf(a, "%d/%d %d " PR_S_FMT, k->id.lgsl, k->id.lgil,
						    k->score, PR_S(k->veto->name)));
}

static void
rank(struct tally *t, struct pr_arena *a, struct pr_contact *c)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].veto)
			note_veto(&t->v[i], a, c);
		else if (t->v[i].score > 0)
			t->v[n++] = t->v[i];
	}
	t->n = n;
	qsort(t->v, t->n, sizeof(t->v[0]), candidate_cmp);
}

static struct candidate *
find_candidate(struct tally *t, struct pr_service_id id)
{
	tally_add(t, id, 0, true, true);
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].id.lgsl == id.lgsl && t->v[i].id.lgil == id.lgil)
			return &t->v[i];
	return NULL;
}

/*
 * Some kinds are for one service whatever they are about (services.yaml, `kinds`): who asks for all
 * the letters about a pothole asks the information team, not the road gang. That service goes to
 * the front, as a vote of the rule that told the kind, unless that rule is unsure.
 */
static void
prefer_kind(const struct pr_rules *rules, struct pr_answers *answers, struct tally *t)
{
	const struct pr_rule *rule = pr_kind_rule(answers);
	const struct pr_catalogue_entry *e =
	    rule ? pr_catalogue_of_kind(rules->catalogue, rule->kind) : NULL;
	struct pr_vote vote = {.rule = rule, .times = 1};
	struct candidate *k;

	if (!e || rule->unsure ||
	    (t->n && t->v[0].id.lgsl == e->lgsl && t->v[0].id.lgil == e->lgil))
		return;
	vote.service = (struct pr_service_id){e->lgsl, e->lgil};
	k = find_candidate(t, vote.service);
	if (!k)
		return;
	vote.points = (t->n > 1 ? t->v[0].score : 0) - k->score + PR_MARGIN_CERTAIN;
	for (size_t i = 0; i < answers->nsaid; i++)
		if (answers->said[i].rule == rule)
			vote.span = answers->said[i].span;
	answers->votes[answers->nvotes++] = vote;
	answers->preferred = true;
	tally_add(t, vote.service, vote.points, false, false);
	qsort(t->v, t->n, sizeof(t->v[0]), candidate_cmp);
}

static int
clip_score(int score)
{
	return score < 1000000 ? score : 1000000;
}

/* The lead of the best over whoever comes nearest. */
static int
lead_of(const struct tally *t)
{
	int rival = 0, points;

	for (size_t i = 1; i < t->n; i++) {
		points = pr_rival_points(t->v[i].score, t->v[i].id.lgsl == t->v[0].id.lgsl);
		rival = points > rival ? points : rival;
	}
	return t->v[0].score - rival;
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
	c->certain = pr_is_certain(t->v[0].sure, lead_of(t));
	if (t->n > 1)
		c->runner_up = pr_arena_printf(a, "%d/%d %d", t->v[1].id.lgsl, t->v[1].id.lgil,
					       clip_score(second));
	for (size_t i = 1; i < t->n && i < 6; i++) {
		if (t->v[i].score >= PR_SCORE_ALSO && t->v[i].ruled >= PR_RULED_ALSO &&
		    t->v[i].id.lgsl != t->v[0].id.lgsl)
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
	c->avoidable = c->avoidable_by = c->rules_version = PR_STR_NONE;
	c->also = c->flags = c->rules = c->facts = c->vetoed = (struct pr_list){NULL, 0};
}

/* An incomplete verdict goes to a person, however sure the rest is. */
static void
note_doubt(const struct pr_message *m, const struct pr_answers *answers, struct pr_arena *a,
	   struct pr_contact *c)
{
	for (size_t i = 0; i < answers->nsaid; i++)
		if (answers->said[i].match == PR_MATCH_UNKNOWN)
			c->incomplete = 1;
	if (m->clipped) {
		c->incomplete = 1;
		pr_contact_list_add(c, PR_CONTACT_FIELD(problems), a,
				    PR_STR("too long to be searched whole by the rules"));
	}
	if (c->incomplete)
		c->certain = 0;
}

int
pr_classify(struct pr_rules *rules, const struct pr_classify_world *world, struct pr_arena *a,
	    struct pr_contact *c, struct pr_err *err)
{
	struct pr_answers answers;
	struct pr_message m;
	struct tally t;

	(void)err;
	t.n = 0;
	forget_old_verdict(c);
	pr_message_init(&m, rules, c);
	pr_rules_ask(rules, &m, &answers);
	count(&answers, &t);
	rank(&t, a, c);
	prefer_kind(rules, &answers, &t);
	decide_service(&t, a, c);
	c->lang = pr_str_c(m.lang);
	c->rules_version = pr_str_c(rules->version);
	pr_facts_find(world, a, c);
	pr_risk_decide(&answers, &m, a, c);
	pr_kind_decide(&answers, c);
	pr_avoidable_propose(&answers, a, c);
	c->ack = decide_ack(rules, c);
	pr_note_rules(&m, &answers, a, c);
	note_doubt(&m, &answers, a, c);
	return 0;
}
