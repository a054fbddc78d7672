/*
 * explain: a verdict told to a person, in lines of 80 columns: what the best guess and the
 * runner-up had, which words brought it, what was forbidden, what else was said, and why it is
 * certain or not.
 */
#include "classify/ruleset.h"

#include "postroom/utf8.h"
#include "postroom/verdict.h"

#define QUOTE_MAX 40
#define COLUMNS   80
#define LINES_MAX 400

/* ---- one line ---- */

/* The citizen's words; no control character reaches a terminal. */
static void
add_quote(struct pr_str quote, struct pr_buf *out)
{
	pr_buf_add_c(out, "  '");
	quote = pr_utf8_clip(quote, QUOTE_MAX);
	for (size_t i = 0; i < quote.n; i++)
		pr_buf_add_char(
		    out, (unsigned char)quote.p[i] < ' ' || quote.p[i] == 127 ? ' ' : quote.p[i]);
	pr_buf_add_char(out, '\'');
}

static void
add_place(const struct pr_verdict_place *p, size_t line, struct pr_buf *out)
{
	if (p->end <= p->start) {
		pr_buf_add_char(out, '\n');
		return;
	}
	pr_buf_addf(out, "  " PR_S_FMT " %lld-%lld", PR_S(p->field), (long long)p->start,
		    (long long)p->end);
	if (out->n - line + p->words.n + 4 > COLUMNS)
		pr_buf_add_c(out, "\n          ");
	add_quote(p->words, out);
	pr_buf_add_char(out, '\n');
}

static const struct pr_rule *
find_rule(const struct pr_rules *rules, struct pr_str name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (pr_str_eq(rules->v[i].name, name))
			return &rules->v[i];
	return NULL;
}

/* "kind foi", "risk p1", "told before". */
static void
add_meaning(const struct pr_rule *rule, struct pr_buf *out)
{
	static const char *const risks[] = {"", " risk check", " risk p1"};

	if (!rule) {
		pr_buf_add_c(out, " (no longer among the rules)");
		return;
	}
	if (rule->kind.n)
		pr_buf_addf(out, " kind " PR_S_FMT, PR_S(rule->kind));
	if (rule->avoidable.n)
		pr_buf_addf(out, " avoidable " PR_S_FMT, PR_S(rule->avoidable));
	pr_buf_add_c(out, risks[rule->risk]);
	pr_buf_add_c(out, rule->lower ? " lowers the risk to check" : "");
	for (size_t i = 0; i < rule->nflags; i++)
		pr_buf_addf(out, " flag " PR_S_FMT, PR_S(rule->flags[i]));
	for (size_t i = 0; i < rule->nveto; i++)
		pr_buf_addf(out, " never %d", rule->veto[i].lgsl);
}

/* ---- the parts ---- */

struct telling {
	const struct pr_rules *rules;
	const struct pr_contact *c;
	struct pr_buf *out;
	struct pr_verdict_rule *v;
	size_t n;
};

static int
more_points(const void *a, const void *b)
{
	const struct pr_verdict_rule *x = a, *y = b;

	if (x->points != y->points)
		return x->points > y->points ? -1 : 1;
	return x->place.start < y->place.start ? -1 : x->place.start > y->place.start;
}

static void
tell_service(const struct telling *t, int64_t lgsl, int64_t lgil)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct pr_verdict_rule *v = &t->v[i];
		size_t line = t->out->n;

		if (!v->service || v->lgsl != lgsl || v->lgil != lgil)
			continue;
		pr_buf_addf(t->out, "  %+5.1f  %-20.*s", (double)v->points / 1000, (int)v->rule.n,
			    v->rule.p);
		add_place(&v->place, line, t->out);
	}
}

static struct pr_str
name_of(const struct telling *t, int64_t lgsl, int64_t lgil)
{
	const struct pr_catalogue_entry *e =
	    pr_catalogue_find(t->rules->catalogue, (int)lgsl, (int)lgil);

	return e ? e->name_en : PR_STR("(no longer in services.yaml)");
}

static void
tell_best(const struct telling *t)
{
	const struct pr_contact *c = t->c;

	if (!c->lgsl) {
		pr_buf_add_c(t->out, "No rule speaks for any service.\n");
		return;
	}
	pr_buf_addf(t->out, "Best guess: %lld/%lld " PR_S_FMT ", %.1f points\n", (long long)c->lgsl,
		    (long long)c->lgil, PR_S(name_of(t, c->lgsl, c->lgil)),
		    (double)c->score / 1000);
	tell_service(t, c->lgsl, c->lgil);
}

static void
tell_runner_up(const struct telling *t)
{
	struct pr_verdict_rival r;

	if (!pr_verdict_runner_up(t->c, &r))
		return;
	pr_buf_addf(t->out, "Runner-up: %lld/%lld " PR_S_FMT ", %.1f points; lost by %.1f\n",
		    (long long)r.lgsl, (long long)r.lgil, PR_S(name_of(t, r.lgsl, r.lgil)),
		    (double)r.points / 1000, (double)t->c->margin / 1000);
	tell_service(t, r.lgsl, r.lgil);
}

static void
tell_vetoed(const struct telling *t)
{
	struct pr_verdict_rival r;

	for (size_t i = 0; i < t->c->vetoed.n; i++) {
		if (!pr_verdict_veto(t->c->vetoed.v[i], &r))
			continue;
		pr_buf_addf(t->out,
			    "Forbidden: %lld/%lld " PR_S_FMT ", %.1f points, by the rule " PR_S_FMT
			    "\n",
			    (long long)r.lgsl, (long long)r.lgil, PR_S(name_of(t, r.lgsl, r.lgil)),
			    (double)r.points / 1000, PR_S(r.rule));
		tell_service(t, r.lgsl, r.lgil);
	}
}

static void
tell_rest(const struct telling *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct pr_verdict_rule *v = &t->v[i];
		size_t line = t->out->n;

		if (v->service)
			continue;
		pr_buf_addf(t->out, PR_S_FMT ":", PR_S(v->rule));
		if (v->incomplete)
			pr_buf_add_c(t->out, " could not tell: it hit its limits");
		else
			add_meaning(find_rule(t->rules, v->rule), t->out);
		add_place(&v->place, line, t->out);
	}
}

/* Points of the best guess from rules that may make it certain. */
static int64_t
sure_points(const struct telling *t)
{
	int64_t sure = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct pr_verdict_rule *v = &t->v[i];
		const struct pr_rule *rule;

		if (!v->service || v->lgsl != t->c->lgsl || v->lgil != t->c->lgil)
			continue;
		rule = find_rule(t->rules, v->rule);
		sure += rule && !rule->unsure && !rule->nhints ? v->points : 0;
	}
	return sure;
}

static void
tell_verdict(const struct telling *t)
{
	const struct pr_contact *c = t->c;

	if (!c->lgsl)
		return;
	if (c->certain)
		pr_buf_add_c(t->out, "Certain: it goes straight to the team.\n");
	else if (c->incomplete)
		pr_buf_add_c(t->out, "Not certain: it could not be searched whole.\n");
	else if (c->margin < PR_MARGIN_CERTAIN)
		pr_buf_addf(t->out, "Not certain: it leads by %.1f points, %.1f are needed.\n",
			    (double)c->margin / 1000, (double)PR_MARGIN_CERTAIN / 1000);
	else
		pr_buf_addf(t->out,
			    "Not certain: %.1f points come from rules that are sure, %.1f are "
			    "needed.\n",
			    (double)sure_points(t) / 1000, (double)PR_SCORE_CERTAIN / 1000);
}

int
pr_classify_explain(struct pr_rules *rules, const struct pr_contact *c, struct pr_buf *out)
{
	struct telling t = {.rules = rules, .c = c, .out = out};
	struct pr_arena *a = &rules->scratch;

	pr_arena_reset(a);
	t.v = pr_arena_array(a, LINES_MAX, sizeof(*t.v));
	while (t.n < c->rules.n && t.n < LINES_MAX) {
		pr_verdict_rule(c, c->rules.v[t.n], &t.v[t.n]);
		t.n++;
	}
	qsort(t.v, t.n, sizeof(*t.v), more_points);
	tell_best(&t);
	tell_runner_up(&t);
	tell_vetoed(&t);
	tell_rest(&t);
	tell_verdict(&t);
	return out->failed ? -1 : 0;
}
