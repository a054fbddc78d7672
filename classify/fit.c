/*
 * fit: the points of the rules, fitted to contacts that people put in place. This file gathers the
 * contacts, says what the points are worth and writes them down; fit_course.c learns.
 */
#include "classify/fit.h"
#include "classify/rule_reader.h"

#include <math.h>

/* ---- what may be fitted ---- */

/* A name of a setting is written without quotes: some phrases cannot be one. */
static bool
can_be_written(struct pr_str phrase)
{
	for (size_t i = 0; i < phrase.n; i++) {
		unsigned char c = (unsigned char)phrase.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c >= 0x80;

		if (!letter && (!i || !strchr(" '-*./", c)))
			return false;
	}
	return phrase.n && phrase.n <= 200 && phrase.p[phrase.n - 1] != ' ';
}

/* `scores:` reaches the first of two hints with one phrase only. */
static bool
said_before(const struct pr_rule *rule, size_t hint)
{
	for (size_t i = 0; i < hint; i++)
		if (pr_str_eq(rule->hints[i].phrase, rule->hints[hint].phrase))
			return true;
	return false;
}

static void
add_parameters(struct pr_fit *fit, const struct pr_rule *rule)
{
	struct fit_parameter *p = &fit->parameters[fit->nparameters];

	if (!rule->nhints) {
		*p = (struct fit_parameter){rule, NULL, rule->score, rule->score, !rule->score, 0};
		fit->nparameters++;
		return;
	}
	for (size_t i = 0; i < rule->nhints; i++, p++) {
		const struct pr_hint *h = &rule->hints[i];

		*p = (struct fit_parameter){rule, h, h->points, h->points, !h->points, 0};
		p->fixed |= !can_be_written(h->phrase) || said_before(rule, i);
	}
	fit->nparameters += rule->nhints;
}

struct pr_fit *
pr_fit_new(struct pr_rules *rules, double pull)
{
	struct pr_fit *fit = pr_calloc(1, sizeof(*fit));
	size_t room = 1;

	fit->rules = rules;
	fit->pull = pull < 0.01 ? 0.01 : pull > 100 ? 100 : pull;
	for (size_t i = 0; i < rules->n; i++)
		room += 1 + rules->v[i].nhints;
	fit->parameters = pr_calloc(room, sizeof(*fit->parameters));
	fit->first = pr_calloc(rules->n + 1, sizeof(*fit->first));
	for (size_t i = 0; i < rules->n; i++) {
		fit->first[i] = (uint32_t)fit->nparameters;
		if (rules->v[i].has_service)
			add_parameters(fit, &rules->v[i]);
	}
	return fit;
}

void
pr_fit_free(struct pr_fit **fit)
{
	struct pr_fit *f = *fit;

	if (!f)
		return;
	free(f->parameters);
	free(f->first);
	free(f->votes);
	free(f->candidates);
	free(f->samples);
	free(f);
	*fit = NULL;
}

/* ---- contacts ---- */

bool
pr_judged_agrees(const struct pr_judged *j, int64_t lgsl, int64_t lgil)
{
	for (size_t i = 0; lgsl && i < j->right.n; i++) {
		struct pr_service_id id;

		if (pr_rule_service(j->right.v[i], false, &id) && id.lgsl == lgsl &&
		    (id.lgil == PR_LGIL_ANY || id.lgil == lgil))
			return true;
	}
	return false;
}

static void *
grow(void *p, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return p;
	*room = *room ? *room * 2 : 1024;
	p = realloc(p, *room * size);
	if (!p)
		pr_out_of_memory();
	return p;
}

static bool
is_vetoed(const struct pr_answers *answers, struct pr_service_id id)
{
	for (size_t i = 0; i < answers->nsaid; i++) {
		const struct pr_said *said = &answers->said[i];

		for (size_t k = 0; said->match == PR_MATCH_YES && k < said->rule->nveto; k++)
			if (said->rule->veto[k].lgsl == id.lgsl &&
			    (said->rule->veto[k].lgil == PR_LGIL_ANY ||
			     said->rule->veto[k].lgil == id.lgil))
				return true;
	}
	return false;
}

/* The place of the service among the contact's candidates, made when it is new; -1: it is vetoed.
 */
static int
candidate_of(struct pr_fit *fit, struct fit_sample *s, const struct pr_answers *answers,
	     const struct pr_judged *j, struct pr_service_id id)
{
	for (uint32_t i = 0; i < s->ncandidates; i++) {
		const struct pr_service_id *have = &fit->candidates[s->candidate + i].id;

		if (have->lgsl == id.lgsl && have->lgil == id.lgil)
			return (int)i;
	}
	if (s->ncandidates == FIT_CANDIDATES_MAX || is_vetoed(answers, id))
		return -1;
	fit->candidates = grow(fit->candidates, fit->ncandidates, &fit->candidates_room,
			       sizeof(*fit->candidates));
	fit->candidates[fit->ncandidates++] =
	    (struct fit_candidate){id, pr_judged_agrees(j, id.lgsl, id.lgil)};
	return (int)s->ncandidates++;
}

static void
add_vote(struct pr_fit *fit, struct fit_sample *s, const struct pr_vote *v, size_t nhints,
	 int candidate)
{
	size_t parameter = fit->first[v->rule - fit->rules->v];
	struct fit_vote vote = {.candidate = (uint16_t)candidate, .times = 1, .damped = 1};

	if (v->hint)
		parameter += (size_t)(v->hint - v->rule->hints);
	if (v->hint && nhints > PR_HINTS_FULL)
		vote.damped = sqrt((double)PR_HINTS_FULL / (double)nhints);
	if (fit->parameters[parameter].was > 0) /* what speaks against keeps its sense */
		vote.times = (uint8_t)v->times;
	vote.parameter = (uint32_t)parameter;
	vote.sure = !v->hint && !v->rule->unsure;
	fit->votes = grow(fit->votes, fit->nvotes, &fit->votes_room, sizeof(*fit->votes));
	fit->votes[fit->nvotes++] = vote;
	s->nvotes++;
}

static uint64_t
digest_of(struct pr_str s)
{
	uint64_t h = PR_WORD_HASH_START;

	for (size_t i = 0; i < s.n; i++)
		h = pr_word_hash_add(h, s.p[i]);
	h = (h ^ h >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

void
pr_fit_add(struct pr_fit *fit, const struct pr_judged *j)
{
	struct fit_sample s = {.vote = fit->nvotes, .candidate = fit->ncandidates};
	struct pr_answers answers;
	struct pr_message m;
	size_t nhints = 0;

	if (!j->right.n)
		return;
	pr_message_init(&m, fit->rules, &j->contact);
	pr_rules_ask(fit->rules, &m, &answers);
	s.order = digest_of(j->contact.cid);
	s.incomplete = m.clipped;
	for (size_t i = 0; i < answers.nsaid; i++)
		s.incomplete |= answers.said[i].match == PR_MATCH_UNKNOWN;
	for (size_t i = 0; i < answers.nvotes; i++)
		nhints += answers.votes[i].hint ? 1 : 0;
	for (size_t i = 0; i < answers.nvotes; i++) {
		int candidate = candidate_of(fit, &s, &answers, j, answers.votes[i].rule->service);

		if (candidate >= 0)
			add_vote(fit, &s, &answers.votes[i], nhints, candidate);
	}
	fit->samples = grow(fit->samples, fit->nsamples, &fit->samples_room, sizeof(*fit->samples));
	fit->samples[fit->nsamples++] = s;
}

/* ---- what the points are worth: the verdict as classify.c gives it ---- */

struct worth {
	size_t right, certain, certain_right;
};

struct standing {
	int score, sure;
};

static bool
is_before(const struct fit_candidate *x, int xs, const struct fit_candidate *y, int ys)
{
	if (xs != ys)
		return xs > ys;
	if (x->id.lgsl != y->id.lgsl)
		return x->id.lgsl < y->id.lgsl;
	return x->id.lgil < y->id.lgil;
}

static void
judge(const struct pr_fit *fit, const struct fit_sample *s, bool fitted, struct worth *w)
{
	struct standing standing[FIT_CANDIDATES_MAX] = {{0, 0}};
	const struct fit_candidate *c = &fit->candidates[s->candidate];
	int best = -1, second = 0;

	for (uint32_t i = 0; i < s->nvotes; i++) {
		const struct fit_vote *v = &fit->votes[s->vote + i];
		const struct fit_parameter *p = &fit->parameters[v->parameter];
		int points = (int)lrint((fitted ? p->now : p->was) * v->times * v->damped);

		standing[v->candidate].score += points;
		standing[v->candidate].sure += v->sure ? points : 0;
	}
	for (int i = 0; i < (int)s->ncandidates; i++)
		if (standing[i].score > 0 &&
		    (best < 0 ||
		     is_before(&c[i], standing[i].score, &c[best], standing[best].score)))
			best = i;
	for (int i = 0; i < (int)s->ncandidates && best >= 0; i++) {
		int points = pr_rival_points(standing[i].score, c[i].id.lgsl == c[best].id.lgsl);

		if (i != best && points > second)
			second = points;
	}
	if (best >= 0) {
		bool certain = !s->incomplete &&
			       pr_is_certain(standing[best].sure, standing[best].score - second);

		w->right += c[best].right;
		w->certain += certain;
		w->certain_right += certain && c[best].right;
	}
}

static int
share(size_t n, size_t of)
{
	return of ? (int)((n * 1000 + of / 2) / of) : 0;
}

static int
sample_cmp(const void *a, const void *b)
{
	const struct fit_sample *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->vote < y->vote ? -1 : x->vote > y->vote;
}

void
pr_fit_run(struct pr_fit *fit, int folds, void (*progress)(void *ctx, int thousandths), void *ctx,
	   struct pr_fit_result *result)
{
	uint64_t parts = folds < 2 ? 2 : folds > 20 ? 20 : (uint64_t)folds;
	struct fit_telling t = {progress, ctx, 0, ((int)parts + 1) * FIT_EPOCHS};
	struct worth was = {0}, is = {0};
	size_t n = fit->nsamples;

	if (n)
		qsort(fit->samples, n, sizeof(*fit->samples), sample_cmp);
	for (uint64_t part = 0; part < parts; part++) {
		pr_fit_learn(fit, parts, part, &t);
		for (size_t i = 0; i < n; i++) {
			if (fit->samples[i].order % parts != part)
				continue;
			judge(fit, &fit->samples[i], false, &was);
			judge(fit, &fit->samples[i], true, &is);
		}
	}
	pr_fit_learn(fit, 0, 0, &t);
	fit->result =
	    (struct pr_fit_result){.contacts = n,
				   .parameters = fit->nparameters,
				   .before = share(was.right, n),
				   .after = share(is.right, n),
				   .certain_before = share(was.certain_right, was.certain),
				   .certain_after = share(is.certain_right, is.certain),
				   .coverage_before = share(was.certain, n),
				   .coverage_after = share(is.certain, n)};
	for (size_t i = 0; i < fit->nparameters; i++)
		fit->result.changed += fit->parameters[i].now != fit->parameters[i].was;
	*result = fit->result;
}

/* ---- the file ---- */

/* "2.5", "-0.05" */
static void
put_points(struct pr_buf *out, int thousandths)
{
	int v = abs(thousandths);

	pr_buf_addf(out, "%s%d", thousandths < 0 ? "-" : "", v / 1000);
	v %= 1000;
	if (v)
		pr_buf_addf(out,
			    v % 100 == 0  ? ".%d"
			    : v % 10 == 0 ? ".%02d"
					  : ".%03d",
			    v % 100 == 0  ? v / 100
			    : v % 10 == 0 ? v / 10
					  : v);
}

static void
put_parameter(const struct fit_parameter *p, bool first_of_rule, struct pr_buf *out)
{
	if (p->hint && first_of_rule)
		pr_buf_addf(out, "  " PR_S_FMT ":\n", PR_S(p->rule->name));
	if (p->hint)
		pr_buf_addf(out, "    " PR_S_FMT ": ", PR_S(p->hint->phrase));
	else
		pr_buf_addf(out, "  " PR_S_FMT ": ", PR_S(p->rule->name));
	put_points(out, p->now);
	pr_buf_add_c(out, "  # was ");
	put_points(out, p->was);
	pr_buf_addf(out, ", %u contacts\n", p->support);
}

void
pr_fit_write(const struct pr_fit *fit, struct pr_buf *out)
{
	const struct pr_fit_result *r = &fit->result;
	const struct fit_parameter *last = NULL;

	pr_buf_addf(out,
		    "# Points that `postroom rules fit` found in %zu contacts put in place by "
		    "people;\n# %zu of %zu changed. Best guess right: %d.%d %% with the points as "
		    "they were,\n# %d.%d %% with fitted ones (each contact judged by points that "
		    "never saw it).\n# Try it with `postroom rules backtest` before it goes into "
		    "local/.\n",
		    r->contacts, r->changed, r->parameters, r->before / 10, r->before % 10,
		    r->after / 10, r->after % 10);
	pr_buf_add_c(out, r->changed ? "scores:\n" : "scores: {}\n");
	for (size_t i = 0; i < fit->nparameters; i++) {
		const struct fit_parameter *p = &fit->parameters[i];

		if (p->now == p->was)
			continue;
		put_parameter(p, !last || last->rule != p->rule, out);
		last = p;
	}
}
