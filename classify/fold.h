/*
 * fold: text as the rules see it, made once per contact and field.
 *
 * NFKD, case folded, diacritics gone, curly quotes and dashes straight, symbols and runs of white
 * space one blank, a blank line one LF. What is left above ASCII are letters and digits. Valid
 * UTF-8 in, valid UTF-8 out.
 */
#ifndef CLASSIFY_FOLD_H
#define CLASSIFY_FOLD_H

#include "postroom/arena.h"

/* Longer text is searched in its first and last part only. */
#define PR_FOLD_MAX  ((size_t)64 << 10)
#define PR_FOLD_HEAD ((size_t)48 << 10)

struct pr_folded {
	struct pr_str text;
	uint32_t *origin; /* of each folded byte, and one for the end: its offset in the original */
	bool clipped;     /* the middle was left out */
};

void pr_fold(struct pr_str original, struct pr_arena *a, struct pr_folded *out);

bool pr_is_ascii(struct pr_str s);

/* A word of folded text: a run of letters and digits; apostrophes inside it do not count ("didn't",
 * "didnt"). */
struct pr_word {
	uint32_t start, end;
	uint64_t hash; /* of its letters without apostrophes */
};
/* The next word at or after *at; false at the end. */
bool pr_word_next(struct pr_str folded, size_t *at, struct pr_word *word);
/* All of them, in the arena. */
size_t pr_words_of(struct pr_str folded, struct pr_arena *a, struct pr_word **out);

/* The hash of words, letter by letter, so that prefixes cost nothing extra. */
#define PR_WORD_HASH_START UINT64_C(0xcbf29ce484222325)
static inline uint64_t
pr_word_hash_add(uint64_t h, char c)
{
	return (h ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

#endif
