/* diag: collects what is wrong with a file, so that its author sees all of it in one go. */
#include "postroom/diag.h"

#include <stdarg.h>

enum { WORDS_MAX = 1024, WORD_MAX = 64 };

void
pr_diag_init(struct pr_diag *d, struct pr_arena *a)
{
	*d = (struct pr_diag){.arena = a};
}

/* What was cut at the buffer's end must not end in half a character. */
static size_t
clip(const char *p, size_t n)
{
	while (n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* The words may quote the file; a control character must not break the line or the terminal. */
static void
one_line(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			p[i] = ' ';
}

/* The name of the file outlives the arena of the tree that it came from. */
static const char *
keep_name(struct pr_diag *d, const char *file)
{
	if (!file)
		return NULL;
	for (const struct pr_diag_line *l = d->first; l; l = l->next)
		if (l->mark.file && !strcmp(l->mark.file, file))
			return l->mark.file;
	return pr_arena_dup_c(d->arena, pr_str_c(file));
}

static void
keep(struct pr_diag *d, struct pr_mark mark, char *words, size_t n)
{
	struct pr_diag_line *line;
	size_t name = mark.file ? strlen(mark.file) : 0;

	/* The arena ends the process when it is full; a bad file must not. */
	if (pr_arena_left(d->arena) < n + name + sizeof(*line) + 256)
		return;
	mark.file = keep_name(d, mark.file);
	one_line(words, n);
	line = PR_ARENA_NEW(d->arena, struct pr_diag_line);
	line->mark = mark;
	line->words = pr_arena_dup(d->arena, pr_str_n(words, n));
	if (!d->first)
		d->last = &d->first;
	*d->last = line;
	d->last = &line->next;
}

int
pr_diag_add(struct pr_diag *d, struct pr_mark mark, const char *fmt, ...)
{
	char words[WORDS_MAX];
	va_list ap;
	int n;

	if (d->n++ >= PR_DIAG_MAX)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	if ((size_t)n < sizeof(words))
		keep(d, mark, words, (size_t)n);
	else
		keep(d, mark, words, clip(words, sizeof(words) - 4));
	return -1;
}

static int
compare(const struct pr_mark *a, const struct pr_mark *b)
{
	int by_file = strcmp(a->file ? a->file : "", b->file ? b->file : "");

	if (by_file)
		return by_file;
	return a->line != b->line ? a->line - b->line : a->column - b->column;
}

static void
print_line(const struct pr_diag_line *line, FILE *out)
{
	if (line->mark.file)
		fprintf(out, "%s:", line->mark.file);
	if (line->mark.line > 0)
		fprintf(out, "%d:", line->mark.line);
	if (line->mark.line > 0 && line->mark.column > 0)
		fprintf(out, "%d:", line->mark.column);
	fprintf(out, "%s" PR_S_FMT "\n", line->mark.file ? " " : "", PR_S(line->words));
}

void
pr_diag_print(const struct pr_diag *d, FILE *out)
{
	const struct pr_diag_line *sorted[PR_DIAG_MAX];
	size_t n = 0;

	for (const struct pr_diag_line *l = d->first; l && n < PR_DIAG_MAX; l = l->next) {
		size_t i = n++;

		for (; i > 0 && compare(&l->mark, &sorted[i - 1]->mark) < 0; i--)
			sorted[i] = sorted[i - 1];
		sorted[i] = l;
	}
	for (size_t i = 0; i < n; i++)
		print_line(sorted[i], out);
	if (d->n > n)
		fprintf(out, "and %zu more\n", d->n - n);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours. Both words are at most WORD_MAX
 * long. */
static size_t
distance(struct pr_str a, struct pr_str b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= b.n; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			row[j] = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b.n];
}

const char *
pr_diag_nearest(struct pr_str word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t best_distance = 3;

	if (word.n > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct pr_str c = pr_str_c(candidates[i]);
		size_t d;

		if (c.n > WORD_MAX)
			continue;
		d = distance(word, c);
		/* Two changes make any two-letter word of any other: at least half of it has to be
		 * right. */
		if (d < best_distance && 2 * d <= c.n) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}
