/*
 * phrases: every phrase of every rule in one tree of words, so that one pass over a text finds them
 * all, however many rules there are.
 */
#ifndef CLASSIFY_PHRASES_H
#define CLASSIFY_PHRASES_H

#include "classify/match.h"

#define PR_PHRASE_WORDS_MAX  10
#define PR_PHRASE_PREFIX_MIN 3

struct pr_phrases;

struct pr_phrases *pr_phrases_new(struct pr_arena *a);
/*
 * Add a folded phrase: words between blanks; `collect*` stands for every word that begins so. NULL,
 * or what is wrong with it.
 */
const char *pr_phrases_add(struct pr_phrases *p, struct pr_str folded, uint32_t condition);
/*
 * No more are added. `every`: a bit a condition, set when every place of its phrases counts; of the
 * others the first place in each field is kept.
 */
void pr_phrases_end(struct pr_phrases *p, const uint64_t *every);
/* Add to m->hits the phrases that stand in field `field`. False when there were too many. */
bool pr_phrases_find(struct pr_phrases *p, struct pr_message *m, uint32_t field);
void pr_phrases_free(struct pr_phrases **p);

#endif
