/*
 * fit: what fit.c gathers and fit_course.c learns from.
 */
#ifndef CLASSIFY_FIT_H
#define CLASSIFY_FIT_H

#include "classify/ruleset.h"
#include "postroom/learn.h"

#define FIT_SUPPORT_MIN    5   /* contacts, below which a rule's points are left alone */
#define FIT_CANDIDATES_MAX 256 /* services that rules speak for in one contact */
#define FIT_EPOCHS         30

/* The score of a rule, or the points of one of its hints. */
struct fit_parameter {
	const struct pr_rule *rule;
	const struct pr_hint *hint;
	int was, now; /* thousandths */
	bool fixed;
	uint32_t support; /* contacts in which it spoke, of those it was learnt from */
};

struct fit_vote {
	uint32_t parameter;
	uint16_t candidate; /* from the contact's first */
	uint8_t times;      /* in the subject it counts double, if it speaks for the service */
	bool sure;          /* counts for certainty too */
	double damped;      /* one of many hints: less than 1 (ruleset.h) */
};

struct fit_candidate {
	struct pr_service_id id;
	bool right;
};

struct fit_sample {
	uint64_t order; /* a digest of the cid */
	size_t vote, candidate;
	uint32_t nvotes, ncandidates;
	bool incomplete;
};

struct pr_fit {
	struct pr_rules *rules;
	double pull;
	struct fit_parameter *parameters;
	size_t nparameters;
	uint32_t *first; /* by rule: its first parameter */
	struct fit_vote *votes;
	struct fit_candidate *candidates;
	struct fit_sample *samples;
	size_t nvotes, votes_room, ncandidates, candidates_room, nsamples, samples_room;
	struct pr_fit_result result;
};

/* Who is told how far it is. */
struct fit_telling {
	void (*progress)(void *ctx, int thousandths);
	void *ctx;
	int done, of; /* epochs */
};

/* Fitted points into `now` of each parameter, learnt from all contacts but those of part `held_out`
 * of `folds` (0: from all). */
void pr_fit_learn(struct pr_fit *fit, uint64_t folds, uint64_t held_out, struct fit_telling *t);

#endif
