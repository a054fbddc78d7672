/*
 * fit_course: one course of learning.
 *
 * A point is meant as a unit of log-odds: that of the services some rule spoke for, and of "none of
 * them" at 0, the right one has the probability exp(its points) / sum of exp(points), on a scale
 * that find_unit() takes from the points as they are. The course makes that probability large for
 * the contacts given, and holds the points to what they were (AdaGrad: Duchi, Hazan and Singer,
 * 2011; the pull is spread over the contacts in which a rule spoke). The order of work is that of a
 * digest of the cids: the same contacts give the same points, in whatever order they came.
 */
#include "classify/fit.h"

#include <math.h>

#define AVERAGED 15   /* the points are the mean of those after each of the last epochs */
#define RATE     0.3  /* points, of the first step */
#define STEP     50   /* points are rounded to this, thousandths */
#define UNIT_MAX 4    /* points a nat */
#define LEAST    0.05 /* a rule keeps its sense */

/* Samples of this part are not learnt from; `folds` 0: all are. */
struct course {
	const struct pr_fit *fit;
	uint64_t folds, held_out;
	double *points; /* nats, by parameter */
	double *slope;  /* sum of squared gradients, by parameter */
	double *mean;
	uint32_t *support; /* contacts learnt from, by parameter */
	uint32_t *turn;    /* the samples learnt from, in the order of this epoch */
	size_t nturns;
	double *odds; /* of the candidates of the contact in hand */
	double unit;  /* points a nat */
};

static bool
is_held_out(const struct course *c, const struct fit_sample *s)
{
	return c->folds && s->order % c->folds == c->held_out;
}

/* The odds of each candidate, shifted by the best of them; what all of them, with "none", and the
 * right ones sum to. */
static void
odds_of(const struct course *c, const struct fit_sample *s, double *all, double *right)
{
	const struct fit_candidate *candidate = &c->fit->candidates[s->candidate];
	double best = 0;

	for (uint32_t i = 0; i < s->ncandidates; i++)
		c->odds[i] = 0;
	for (uint32_t i = 0; i < s->nvotes; i++) {
		const struct fit_vote *v = &c->fit->votes[s->vote + i];

		c->odds[v->candidate] += v->times * v->damped * c->points[v->parameter] / c->unit;
	}
	for (uint32_t i = 0; i < s->ncandidates; i++)
		best = c->odds[i] > best ? c->odds[i] : best;
	*all = exp(-best);
	*right = 0;
	for (uint32_t i = 0; i < s->ncandidates; i++) {
		c->odds[i] = exp(c->odds[i] - best);
		*all += c->odds[i];
		*right += candidate[i].right ? c->odds[i] : 0;
	}
}

static void
step(struct course *c, uint32_t parameter, double gradient)
{
	const struct fit_parameter *p = &c->fit->parameters[parameter];
	double *w = &c->points[parameter];

	gradient += 2 * c->fit->pull * (*w - p->was / 1000.0) / c->support[parameter];
	c->slope[parameter] += gradient * gradient;
	*w -= RATE * gradient / sqrt(c->slope[parameter]);
	if (p->was > 0)
		*w = fmin(fmax(*w, LEAST), PR_SCORE_MAX / 1000.0);
	else
		*w = fmax(fmin(*w, -LEAST), -PR_SCORE_MAX / 1000.0);
}

static void
learn_one(struct course *c, const struct fit_sample *s)
{
	const struct fit_candidate *candidate = &c->fit->candidates[s->candidate];
	double all, right;

	odds_of(c, s, &all, &right);
	if (right <= 0) /* nobody spoke for the right service: no points can put it right */
		return;
	for (uint32_t i = 0; i < s->nvotes; i++) {
		const struct fit_vote *v = &c->fit->votes[s->vote + i];
		double odds = c->odds[v->candidate];

		if (c->fit->parameters[v->parameter].fixed ||
		    c->support[v->parameter] < FIT_SUPPORT_MIN)
			continue;
		step(c, v->parameter,
		     v->times * v->damped / c->unit *
			 (odds / all - (candidate[v->candidate].right ? odds / right : 0)));
	}
}

/* A fixed shuffle (Fisher and Yates, xorshift64): the same in every run. */
static void
shuffle(struct course *c, uint64_t *seed)
{
	for (size_t i = c->nturns; i > 1; i--) {
		size_t k;
		uint32_t other;

		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		k = (size_t)(*seed % i);
		other = c->turn[k];
		c->turn[k] = c->turn[i - 1];
		c->turn[i - 1] = other;
	}
}

/* What is made small: the surprise at where people put the contacts, and the pull. */
static double
loss(const struct course *c)
{
	double sum = 0;

	for (size_t i = 0; i < c->nturns; i++) {
		double all, right;

		odds_of(c, &c->fit->samples[c->turn[i]], &all, &right);
		sum += right > 0 ? log(all) - log(right) : 0;
	}
	for (size_t i = 0; i < c->fit->nparameters; i++) {
		double away = c->points[i] - c->fit->parameters[i].was / 1000.0;

		sum += c->fit->pull * away * away;
	}
	return sum;
}

/*
 * On which scale the points are meant: that on which they say best, as they are, where the contacts
 * belong. Else rules that speak for the same thing, and so say too much together, would all lose
 * points, those that have too few contacts to be fitted would tower over them, and less would be
 * certain than before.
 */
static void
find_unit(struct course *c)
{
	double best = 1, least;

	c->unit = 1;
	least = loss(c);
	for (int quarters = 5; quarters <= UNIT_MAX * 4; quarters++) {
		double here;

		c->unit = quarters / 4.0;
		here = loss(c);
		if (here < least) {
			least = here;
			best = c->unit;
		}
	}
	c->unit = best;
}

static void
course_begin(struct course *c)
{
	const struct pr_fit *fit = c->fit;

	c->points = pr_calloc(fit->nparameters + 1, sizeof(double));
	c->slope = pr_calloc(fit->nparameters + 1, sizeof(double));
	c->mean = pr_calloc(fit->nparameters + 1, sizeof(double));
	c->support = pr_calloc(fit->nparameters + 1, sizeof(*c->support));
	c->turn = pr_calloc(fit->nsamples + 1, sizeof(*c->turn));
	c->odds = pr_calloc(FIT_CANDIDATES_MAX, sizeof(double));
	for (size_t i = 0; i < fit->nparameters; i++) {
		c->points[i] = fit->parameters[i].was / 1000.0;
		c->slope[i] = 1; /* so that the first contacts do not leap */
	}
	for (uint32_t i = 0; i < fit->nsamples; i++) {
		const struct fit_sample *s = &fit->samples[i];

		if (is_held_out(c, s))
			continue;
		c->turn[c->nturns++] = i;
		for (uint32_t k = 0; k < s->nvotes; k++)
			c->support[fit->votes[s->vote + k].parameter]++;
	}
}

static void
course_end(struct course *c)
{
	free(c->points);
	free(c->slope);
	free(c->mean);
	free(c->support);
	free(c->turn);
	free(c->odds);
}

static int
rounded(const struct fit_parameter *p, double points)
{
	int v = (int)lround(points * 1000 / STEP) * STEP;

	return abs((int)lround(points * 1000) - p->was) * 2 < STEP ? p->was : v;
}

void
pr_fit_learn(struct pr_fit *fit, uint64_t folds, uint64_t held_out, struct fit_telling *t)
{
	struct course c = {.fit = fit, .folds = folds, .held_out = held_out};
	uint64_t seed = UINT64_C(0x2545f4914f6cdd1d);
	double before;

	course_begin(&c);
	find_unit(&c);
	before = loss(&c);
	for (int epoch = 0; epoch < FIT_EPOCHS; epoch++) {
		shuffle(&c, &seed);
		for (size_t i = 0; i < c.nturns; i++)
			learn_one(&c, &fit->samples[c.turn[i]]);
		for (size_t i = 0; epoch >= FIT_EPOCHS - AVERAGED && i < fit->nparameters; i++)
			c.mean[i] += c.points[i] / AVERAGED;
		if (t->progress)
			t->progress(t->ctx, ++t->done * 1000 / t->of);
	}
	memcpy(c.points, c.mean, fit->nparameters * sizeof(double));
	for (size_t i = 0; i < fit->nparameters; i++) {
		struct fit_parameter *p = &fit->parameters[i];

		p->support = c.support[i];
		p->now = p->was;
	}
	if (loss(&c) < before)
		for (size_t i = 0; i < fit->nparameters; i++)
			fit->parameters[i].now = rounded(&fit->parameters[i], c.points[i]);
	course_end(&c);
}
