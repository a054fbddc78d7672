/*
 * learn: what corrected contacts say of the rules: try a changed set on them, fit the points of the
 * rules to them, and find the words that would have saved corrections. Nothing is put to use by
 * itself: the results are tables and a rule file for a person to read.
 *
 * Pure like classify.h: whoever calls brings the contacts (tools/judged.c reads them from the store
 * and spool, or from a file of JSON Lines).
 */
#ifndef POSTROOM_LEARN_H
#define POSTROOM_LEARN_H

#include "postroom/buf.h"
#include "postroom/classify.h"

/* A contact and where it belongs. */
struct pr_judged {
	struct pr_contact contact; /* what was read; the verdict in it is not looked at */
	/* `lgsl/lgil`, or `lgsl` where any interaction is right; several: any of them is right.
	 * None: nobody has said. */
	struct pr_list right;
	bool by_staff; /* a person put it there, or left it there when closing the case */
};

/* True when the verdict in c is one of the right ones. */
bool pr_judged_agrees(const struct pr_judged *j, int64_t lgsl, int64_t lgil);

/*
 * ---- fit: the points of existing rules ----
 *
 * Made small is the sum over the contacts of -log(sum of exp(points / unit) over the right services
 * / the same over all services some rule spoke for, and "none" at 0), plus pull * the squared
 * distance of each parameter to its present points. `unit` is the scale on which the present points
 * already say best where the contacts belong, so that fitted ones stay comparable with those that
 * are left alone. Vetoed services take no part; contacts for whose right service no rule spoke
 * count for the shares, and teach nothing. A parameter is the score of a service rule or the points
 * of a hint; it changes with at least 5 contacts, keeps its sign (at least 0.05), and is rounded to
 * 0.05. The same contacts give the same points in any order.
 */

struct pr_fit;
struct pr_fit_result {
	size_t contacts, parameters, changed;
	/* shares of right best guesses (thousandths): with the rules as they are, and
	 * cross-validated with fitted ones: each contact judged by points that never saw it */
	int before, after;
	/* of the certain ones, how many are right, and how many are certain (thousandths) */
	int certain_before, certain_after, coverage_before, coverage_after;
};
/*
 * `rules` must outlive the fit. `pull` (0.01 to 100, usual 1): how strongly points are held to what
 * they are now, in units of contacts.
 */
struct pr_fit *pr_fit_new(struct pr_rules *rules, double pull);
/* Contacts that nobody judged are left out. Copies what it needs. The cid decides into which part
 * of the cross-validation it falls: each contact has its own. */
void pr_fit_add(struct pr_fit *fit, const struct pr_judged *j);
/* `folds` (2 to 20) parts for the cross-validation. progress(0..1000) may be NULL. */
void pr_fit_run(struct pr_fit *fit, int folds, void (*progress)(void *ctx, int thousandths),
		void *ctx, struct pr_fit_result *result);
/* The changed points as a rule file with a `scores:` map, each with what it was and its support. */
void pr_fit_write(const struct pr_fit *fit, struct pr_buf *out);
void pr_fit_free(struct pr_fit **fit);

/*
 * ---- suggest: words that would have saved corrections ----
 *
 * Phrases of one to three words of what was written now are counted in one table of bounded memory
 * (about 100 MB); of very many contacts, counts may be a little low. A phrase must not tell of a
 * person: words with digits, addresses, the sender's own name and what stands behind titles,
 * greetings and closings are not counted, and a phrase is told only when at least 5 senders wrote
 * it. An officer reads what is left.
 */

struct pr_suggest;
struct pr_suggestion {
	struct pr_str phrase; /* folded, one to three words */
	int lgsl, lgil;
	size_t saved; /* contacts put right by a person where the phrase points to the right one */
	size_t support; /* contacts of that service that hold the phrase */
	int precision;  /* thousandths of all contacts that hold the phrase */
};
struct pr_suggest *pr_suggest_new(struct pr_rules *rules);
int
pr_suggest_add(struct pr_suggest *s, const struct pr_judged *j, struct pr_err *err) PR_MUST_CHECK;
/* Best first (most saved, then precision), at most `max`, with at least that support and precision
 * (thousandths); phrases that a rule of the service has already are left out. Lives in the arena.
 */
size_t pr_suggest_best(struct pr_suggest *s, size_t min_support, int min_precision, size_t max,
		       struct pr_arena *a, struct pr_suggestion **out);
void pr_suggest_free(struct pr_suggest **s);

#endif
