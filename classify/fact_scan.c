/*
 * fact_scan: one walk over a field, run by run; kinds are asked about the runs that they want.
 *
 * A run is what stands between two bytes that are neither letter nor digit. Runs of letters are
 * looked up in one table of all kinds' words; that is all that most words cost.
 */
#include "classify/fact.h"

#include "postroom/err.h"
#include "postroom/utf8.h"

#include <pthread.h>

enum { LETTER = 1, DIGIT = 2, HIGH = 4, SLASH = 8 };

#define L4  1, 1, 1, 1
#define L26 L4, L4, L4, L4, L4, L4, 1, 1
#define H16 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4
static const unsigned char class_of[256] = {
    ['/'] = SLASH, ['0'] = 2,   2,           2,   2,   2,   2,   2,   2,   2,  2,
    ['A'] = L26,   ['a'] = L26, [128] = H16, H16, H16, H16, H16, H16, H16, H16};

/* ---- tables ---- */

static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t v = 0;
	uint32_t w = 0;
	uint16_t h = 0;

	if (n >= 8) {
		memcpy(&v, p, 8);
		return v;
	}
	if (n >= 4) {
		memcpy(&w, p, 4);
		return w;
	}
	memcpy(&h, p, 2);
	return h;
}

/* Of its first and last eight (four, two) bytes and its length; case does not count, for bit 0x20
 * is set in all of them. */
static inline uint32_t
hash(struct pr_str word)
{
	const uint64_t lower = UINT64_C(0x2020202020202020);
	size_t part = word.n >= 8 ? 8 : word.n >= 4 ? 4 : 2;
	uint64_t h;

	if (word.n < 2)
		return 0;
	h = (load(word.p, word.n) | lower) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= (load(word.p + word.n - part, word.n) | lower) * UINT64_C(0xc2b2ae3d27d4eb4f) >> 7;
	h = (h + word.n) * UINT64_C(0x165667b19e3779f9);
	return (uint32_t)(h >> 40) % PR_FACT_SLOTS;
}

uint32_t
pr_fact_hash(struct pr_str word)
{
	return hash(word);
}

static bool
same(const char *word, struct pr_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((word[i] | 0x20) != (s.p[i] | 0x20))
			return false;
	return true;
}

void
pr_fact_table_add(struct pr_fact_table *t, const struct pr_fact_word *words, size_t kind)
{
	for (; words && words->word; words++) {
		struct pr_str word = pr_str_c(words->word);
		uint32_t at = pr_fact_hash(word);

		if (word.n < 2 || t->n == sizeof(t->entry) / sizeof(t->entry[0]))
			pr_bug("facts: no room for '%s'", words->word);
		while (t->slot[at])
			at = (at + 1) % PR_FACT_SLOTS;
		t->entry[t->n++] = (struct pr_fact_entry){words->word, (uint8_t)word.n,
							  (uint8_t)kind, words->meaning};
		t->slot[at] = (uint16_t)t->n;
	}
}

const struct pr_fact_entry *
pr_fact_table_next(const struct pr_fact_table *t, struct pr_str word, uint32_t *at)
{
	while (word.n > 1 && t->slot[*at]) {
		const struct pr_fact_entry *e = &t->entry[t->slot[*at] - 1];

		*at = (*at + 1) % PR_FACT_SLOTS;
		if (e->length == word.n && same(e->word, word))
			return e;
	}
	return NULL;
}

int
pr_fact_meaning(const struct pr_fact_table *t, struct pr_str word)
{
	uint32_t at = pr_fact_hash(word);
	const struct pr_fact_entry *e = pr_fact_table_next(t, word, &at);

	return e ? e->meaning : -1;
}

/* ---- words around a place ---- */

size_t
pr_fact_letter(struct pr_str s)
{
	uint32_t c;
	size_t n;

	if (!s.n)
		return 0;
	if ((unsigned char)s.p[0] < 0x80)
		return pr_fact_is_alpha(s.p[0]);
	n = pr_utf8_decode(s, &c);
	if (!n || c < 0xc0 || c == 0xd7 || c == 0xf7)
		return 0;
	/* Punctuation, arrows, symbols; CJK punctuation; private use, forms; emoji. */
	if ((c >= 0x2000 && c < 0x2c00) || (c >= 0x2e00 && c < 0x3040) ||
	    (c >= 0xe000 && c < 0xf900) || (c >= 0xfe00 && c < 0x20000) || c >= 0xe0000)
		return 0;
	return n;
}

static size_t
word_piece(struct pr_str text, size_t at)
{
	if (at >= text.n)
		return 0;
	if (pr_fact_is_digit(text.p[at]))
		return 1;
	return pr_fact_letter(pr_str_sub(text, at, 4));
}

/* An apostrophe or dash: bytes, 0 when it is none. */
static size_t
joint(struct pr_str text, size_t at)
{
	struct pr_str s = pr_str_sub(text, at, 3);

	if (s.n && (s.p[0] == '\'' || s.p[0] == '-'))
		return 1;
	return pr_str_eq_c(s, "\xe2\x80\x99") || pr_str_eq_c(s, "\xe2\x80\x98") ? 3 : 0;
}

static size_t
blank(struct pr_str text, size_t at)
{
	if (at >= text.n)
		return 0;
	if (text.p[at] == ' ' || text.p[at] == '\t')
		return 1;
	return pr_str_starts(pr_str_sub(text, at, 2), PR_STR("\xc2\xa0")) ? 2 : 0;
}

/* Where the character before `at` begins. */
static size_t
back(struct pr_str text, size_t at)
{
	size_t i = at - 1;

	while (i > 0 && at - i < 4 && ((unsigned char)text.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

enum { WORD_BYTES = 60 };

bool
pr_fact_behind(struct pr_str text, size_t at, struct pr_fact_neighbour *w)
{
	size_t n, i = at;

	for (int k = 0; k < 3 && (n = blank(text, i)) > 0; k++)
		i += n;
	w->start = i;
	while (i - w->start < WORD_BYTES) {
		n = word_piece(text, i);
		if (!n && i > w->start && (n = joint(text, i)) && !word_piece(text, i + n))
			n = 0;
		if (!n)
			break;
		i += n;
	}
	w->end = i;
	w->capital = i > w->start && (pr_fact_is_upper(text.p[w->start]) ||
				      (unsigned char)text.p[w->start] >= 0x80);
	return i > w->start;
}

bool
pr_fact_before(struct pr_str text, size_t at, struct pr_fact_neighbour *w)
{
	size_t i = at;

	for (int k = 0; k < 3 && i > 0 && blank(text, back(text, i)); k++)
		i = back(text, i);
	w->end = i;
	while (i > 0 && w->end - i < WORD_BYTES) {
		size_t b = back(text, i);

		if (word_piece(text, b) != i - b &&
		    !(i < w->end && b > 0 && joint(text, b) == i - b &&
		      word_piece(text, back(text, b))))
			break;
		i = b;
	}
	w->start = i;
	w->capital =
	    i < w->end && (pr_fact_is_upper(text.p[i]) || (unsigned char)text.p[i] >= 0x80);
	return i < w->end;
}

/* ---- the walk ---- */

static struct pr_fact_table all_words;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_table(void)
{
	for (size_t i = 0; i < pr_fact_kinds_n; i++)
		pr_fact_table_add(&all_words, pr_fact_kinds[i]->words, i);
}

bool
pr_fact_near(const struct pr_fact_scan *s, const struct pr_fact_kind *kind, uint8_t meaning,
	     size_t at)
{
	size_t i = 0, end;

	if (s->form == kind)
		return true;
	while (pr_fact_kinds[i] != kind)
		i++;
	end = s->cue[i][meaning];
	return end && end <= at && at - end <= PR_FACT_REACH;
}

static bool
ask(struct pr_fact_scan *s, size_t kind, const struct pr_fact_run *run)
{
	struct pr_fact fact;

	if (run->start < s->done[kind])
		return true;
	if (!pr_fact_kinds[kind]->find(s, run, &fact) || fact.start < s->done[kind])
		return true;
	s->done[kind] = fact.end;
	return s->take(s->ctx, kind, &fact);
}

static bool
ask_all(struct pr_fact_scan *s, const struct pr_fact_run *run)
{
	for (size_t i = 0; i < pr_fact_kinds_n; i++)
		if ((pr_fact_kinds[i]->sights & (unsigned)run->sight) && !ask(s, i, run))
			return false;
	return true;
}

static bool
look_up(struct pr_fact_scan *s, size_t start, size_t end)
{
	struct pr_str word = {s->text.p + start, end - start};
	struct pr_fact_run run = {start, end, PR_FACT_WORD, 0};
	const struct pr_fact_entry *e;
	uint32_t at;

	if (word.n > 16)
		return true;
	at = hash(word);
	if (!all_words.slot[at]) /* most words of a message */
		return true;
	while ((e = pr_fact_table_next(&all_words, word, &at))) {
		run.meaning = e->meaning;
		if (e->meaning < PR_FACT_CUES)
			s->cue[e->kind][e->meaning] = end;
		else if (!ask(s, e->kind, &run))
			return false;
	}
	return true;
}

/* An ASCII run whose bytes are of the classes `seen`. */
static bool
show(struct pr_fact_scan *s, size_t start, size_t end, unsigned seen)
{
	struct pr_fact_run run = {start, end, PR_FACT_MIXED, 0};

	if (s->prefix.n && (s->prefix.p[0] | 0x20) == (s->text.p[start] | 0x20) &&
	    pr_str_starts_nocase(pr_str_n(s->text.p + start, end - start), s->prefix)) {
		run.sight = PR_FACT_PREFIX;
		if (!ask_all(s, &run))
			return false;
	}
	if (!(seen & DIGIT))
		return true;
	run.sight = seen & LETTER ? PR_FACT_MIXED : PR_FACT_DIGITS;
	return ask_all(s, &run);
}

/* A word with letters beyond ASCII: looked up whole, then its ASCII parts. Returns its end, or 0 to
 * stop. */
static size_t
foreign_word(struct pr_fact_scan *s, size_t start)
{
	size_t end = start, n;

	while ((n = word_piece(s->text, end)) > 0)
		end += n;
	if (!look_up(s, start, end))
		return 0;
	for (size_t i = start; i < end;) {
		size_t from = i;
		unsigned seen = 0, c;

		while (i < end && (c = class_of[(unsigned char)s->text.p[i]]) != HIGH) {
			seen |= c;
			i++;
		}
		if (i > from && !show(s, from, i, seen))
			return 0;
		i += i == from;
	}
	return end;
}

static bool
slashes(struct pr_fact_scan *s, size_t at)
{
	struct pr_fact_run run = {at + 3, at + 3, PR_FACT_SLASHES, 0};

	if (!pr_str_starts(pr_str_sub(s->text, at, 3), PR_STR("///")) ||
	    (at && s->text.p[at - 1] == '/') || pr_fact_at(s->text, at + 3) == '/')
		return true;
	return ask_all(s, &run);
}

/* What is neither letter nor digit; false to stop. */
static bool
other(struct pr_fact_scan *s, size_t *i, unsigned c)
{
	if (c == SLASH && !slashes(s, *i))
		return false;
	if (c == HIGH && pr_fact_letter(pr_str_sub(s->text, *i, 4))) {
		*i = foreign_word(s, *i);
		return *i > 0;
	}
	(*i)++;
	return true;
}

/* The whole of a form field that is named for a kind. */
static bool
form_value(struct pr_fact_scan *s)
{
	struct pr_str value = pr_str_trim(s->text);
	struct pr_fact_run run = {0, 0, PR_FACT_FORM, 0};
	size_t kind = 0;

	while (pr_fact_kinds[kind] != s->form)
		kind++;
	if (!value.n || !(s->form->sights & PR_FACT_FORM))
		return true;
	run.start = (size_t)(value.p - s->text.p);
	run.end = run.start + value.n;
	return ask(s, kind, &run);
}

void
pr_fact_scan(struct pr_fact_scan *s)
{
	const unsigned char *p = (const unsigned char *)s->text.p;
	size_t i = 0, n = s->text.n;
	int ours = s->prefix.n ? s->prefix.p[0] | 0x20 : -1;

	pthread_once(&once, make_table);
	if (s->form && !form_value(s))
		return;
	while (i < n) {
		size_t start = i;
		unsigned seen = 0, c = class_of[p[i]];

		if (!(c & (LETTER | DIGIT))) {
			if (!c)
				i++;
			else if (!other(s, &i, c))
				return;
			continue;
		}
		do {
			seen |= c;
			i++;
		} while (i < n && (c = class_of[p[i]]) & (LETTER | DIGIT));
		if (c == HIGH && i < n && pr_fact_letter(pr_str_sub(s->text, i, 4))) {
			i = foreign_word(s, start);
			if (!i)
				return;
			continue;
		}
		if (i - start < 2 && seen == LETTER)
			continue;
		if ((seen & LETTER) && !look_up(s, start, i))
			return;
		if (((seen & DIGIT) || (p[start] | 0x20) == ours) && !show(s, start, i, seen))
			return;
	}
}
