/*
 * diag: everything that is wrong with a file, at once, where an editor can jump to it.
 *
 *     rules/services.yaml:14:7: 'scoer' is not a setting of a rule; did you mean 'score'?
 */
#ifndef POSTROOM_DIAG_H
#define POSTROOM_DIAG_H

#include "postroom/arena.h"

#include <stdio.h>

struct pr_mark {
	const char *file;
	int line, column; /* from 1; 0 when unknown */
};

struct pr_diag_line {
	struct pr_mark mark;
	struct pr_str words;
	struct pr_diag_line *next;
};

struct pr_diag {
	struct pr_arena *arena;
	struct pr_diag_line *first, **last;
	size_t n; /* errors; at most PR_DIAG_MAX are kept */
};
#define PR_DIAG_MAX 200

void pr_diag_init(struct pr_diag *d, struct pr_arena *a);
/* Always returns -1. The words say what is wrong and what to do; one line. */
int pr_diag_add(struct pr_diag *d, struct pr_mark mark, const char *fmt, ...) PR_PRINTF(3, 4);
/* All lines, sorted by file and line, to the stream. */
void pr_diag_print(const struct pr_diag *d, FILE *out);
/* The candidate with the smallest edit distance (at most 2), for "did you mean"; NULL when none is
 * near. */
const char *pr_diag_nearest(struct pr_str word, const char *const *candidates, size_t n);

#endif
