/*
 * suggest: what suggest.c counts, suggest_words.c cuts out of messages.
 */
#ifndef CLASSIFY_SUGGEST_H
#define CLASSIFY_SUGGEST_H

#include "classify/ruleset.h"
#include "postroom/learn.h"

#define SUGGEST_WORDS_MAX  3
#define SUGGEST_PHRASE_MAX 80 /* bytes */

/*
 * Call fn for each phrase of one to three words of what was written now (a phrase may come more
 * than once). Left out, because they could tell of a person: words with digits (postcodes, phone
 * numbers, house numbers, references), addresses, the sender's own name, what stands behind a
 * title, a greeting or a closing. Left out, because they tell nothing: phrases that begin or end in
 * a stop word.
 */
void pr_suggest_each(struct pr_message *m,
		     void (*fn)(void *ctx, struct pr_str phrase, uint64_t key), void *ctx);
/* The key of a phrase as pr_suggest_each gives it. */
uint64_t pr_suggest_key(struct pr_str phrase);

#endif
