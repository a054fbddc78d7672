/*
 * fold: one character at a time, so that every folded byte knows where it came from (libunistring,
 * here only).
 */
#include "classify/fold.h"

#include "postroom/utf8.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

struct folder {
	char *out;
	uint32_t *origin;
	size_t n, room;
	int blank; /* white space not yet written: 0 none, 1 a blank, 2 and more line ends */
	size_t blank_at;
};

/* Characters that mean a plain one to everybody who types. */
static char
plain_of(uint32_t c)
{
	if (c == 0x2018 || c == 0x2019 || c == 0x201b || c == 0x2032 || c == 0x00b4 || c == 0x02bc)
		return '\'';
	if (c == 0x201c || c == 0x201d || c == 0x201e || c == 0x2033)
		return '"';
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	return 0;
}

static bool
is_invisible(uint32_t c)
{
	return c == 0x00ad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2064) || c == 0xfeff || (c >= 0xfe00 && c <= 0xfe0f);
}

static void
put_byte(struct folder *f, char byte, size_t at)
{
	if (f->n == f->room)
		return; /* text that grows in folding (ligatures) is cut: PR_FOLD_MAX holds after
			   folding too */
	f->out[f->n] = byte;
	f->origin[f->n++] = (uint32_t)at;
}

static void
put_blank(struct folder *f)
{
	if (f->blank && f->n)
		put_byte(f, f->blank > 2 ? '\n' : ' ', f->blank_at);
	f->blank = 0;
}

static void
note_blank(struct folder *f, bool line_end, size_t at)
{
	if (!f->blank) {
		f->blank = 1;
		f->blank_at = at;
	}
	if (line_end)
		f->blank++;
}

static void
put_ascii(struct folder *f, char c, size_t at)
{
	if (c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c < 0x20 || c == 0x7f) {
		note_blank(f, c == '\n', at);
		return;
	}
	put_blank(f);
	put_byte(f, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c, at);
}

/* The letters of a decomposed, case-folded character; its marks are dropped, symbols become a
 * blank. */
static void
put_letters(struct folder *f, const uint8_t *p, size_t n, size_t at)
{
	struct pr_str rest = pr_str_n(p, n);
	uint32_t c;
	size_t used;

	while ((used = pr_utf8_decode(rest, &c)) > 0) {
		if (c < 0x80) {
			put_ascii(f, (char)c, at);
		} else if (uc_is_alnum(c)) {
			put_blank(f);
			for (size_t i = 0; i < used && f->n + used - i <= f->room; i++)
				put_byte(f, rest.p[i], at);
		} else if (!uc_is_general_category(c, UC_CATEGORY_M)) {
			note_blank(f, false, at);
		}
		rest = pr_str_sub(rest, used, rest.n);
	}
}

static void
put_foreign(struct folder *f, struct pr_str bytes, uint32_t c, size_t at)
{
	uint8_t folded[128], normal[128];
	size_t nfolded = sizeof(folded), nnormal = sizeof(normal);
	uint8_t *a, *b;

	if (is_invisible(c))
		return;
	if (plain_of(c)) {
		put_ascii(f, plain_of(c), at);
		return;
	}
	a = u8_normalize(UNINORM_NFKD, (const uint8_t *)bytes.p, bytes.n, normal, &nnormal);
	if (!a)
		return;
	b = u8_casefold(a, nnormal, NULL, UNINORM_NFKD, folded, &nfolded);
	if (b)
		put_letters(f, b, nfolded, at);
	if (b && b != folded)
		free(b);
	if (a != normal)
		free(a);
}

/* The bytes '!' to '~' as they are folded: by themselves, capitals small. */
static const char plain[] = "!\"#$%&'()*+,-./0123456789:;<=>?@abcdefghijklmnopqrstuvwxyz[\\]^_`"
			    "abcdefghijklmnopqrstuvwxyz{|}~";

static bool
is_plain(unsigned char c)
{
	return (unsigned)(c - '!') < sizeof(plain) - 1;
}

/*
 * Plain bytes and single blanks between them, the most of every text: one store each. Nothing is
 * pending when it begins. Returns where it ended.
 */
static size_t
fold_plain(struct folder *f, struct pr_str part, size_t at, size_t from)
{
	size_t left = f->room - f->n;
	size_t end = part.n - at < left ? part.n : at + left;
	const unsigned char *in = (const unsigned char *)part.p;
	char *out = f->out + f->n;
	uint32_t *origin = f->origin + f->n;
	size_t first = at;

	for (; at < end; at++) {
		if (is_plain(in[at]))
			*out++ = plain[in[at] - '!'];
		else if (in[at] == ' ' && at + 1 < end && is_plain(in[at + 1]))
			*out++ = ' ';
		else
			break;
		*origin++ = (uint32_t)(from + at);
	}
	f->n += at - first;
	return at;
}

static void
fold_part(struct folder *f, struct pr_str original, size_t from, size_t n)
{
	struct pr_str part = pr_str_sub(original, from, n);
	size_t at = 0, used;
	uint32_t c;

	while (at < part.n) {
		if ((unsigned char)part.p[at] < 0x80) {
			put_ascii(f, part.p[at], from + at);
			at++;
			if (!f->blank)
				at = fold_plain(f, part, at, from);
			continue;
		}
		used = pr_utf8_decode(pr_str_sub(part, at, part.n), &c);
		if (!used) { /* the cut of a long text may stand inside a character */
			at++;
			continue;
		}
		put_foreign(f, pr_str_sub(part, at, used), c, from + at);
		at += used;
	}
}

void
pr_fold(struct pr_str original, struct pr_arena *a, struct pr_folded *out)
{
	struct folder f = {0};
	size_t want = original.n < PR_FOLD_MAX ? original.n : PR_FOLD_MAX;

	f.room = want + want / 2 + 16;
	f.out = pr_arena_raw(a, f.room + 1, 1);
	f.origin = pr_arena_raw(a, f.room + 1, sizeof(*f.origin));
	out->clipped = original.n > PR_FOLD_MAX;
	if (!out->clipped) {
		fold_part(&f, original, 0, original.n);
	} else {
		fold_part(&f, original, 0, PR_FOLD_HEAD);
		f.blank = 3;
		f.blank_at = PR_FOLD_HEAD;
		fold_part(&f, original, original.n - (PR_FOLD_MAX - PR_FOLD_HEAD), original.n);
	}
	f.origin[f.n] = (uint32_t)original.n;
	out->text = pr_str_n(f.out, f.n);
	out->origin = f.origin;
}

bool
pr_is_ascii(struct pr_str s)
{
	uint64_t eight, seen = 0;
	size_t i = 0;

	for (; i + sizeof(eight) <= s.n; i += sizeof(eight)) {
		memcpy(&eight, s.p + i, sizeof(eight));
		seen |= eight;
	}
	for (; i < s.n; i++)
		seen |= (uint64_t)(unsigned char)s.p[i];
	return !(seen & UINT64_C(0x8080808080808080));
}

/* clang-format off */
#define NONE_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define WORD_16 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
/* 1: part of a word; 2: an apostrophe, which is when letters stand on both sides. */
static const unsigned char word_class[256] = {
    NONE_16, NONE_16,
    0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, /* ' */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, /* digits */
    NONE_16, NONE_16,				    /* capitals are gone */
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
    WORD_16, WORD_16, WORD_16, WORD_16, WORD_16, WORD_16, WORD_16, WORD_16,
};
/* clang-format on */

bool
pr_word_next(struct pr_str s, size_t *at, struct pr_word *word)
{
	uint64_t h = PR_WORD_HASH_START;
	size_t i = *at;

	while (i < s.n && word_class[(unsigned char)s.p[i]] != 1)
		i++;
	if (i >= s.n)
		return false;
	word->start = (uint32_t)i;
	for (;; i++) {
		while (i < s.n && word_class[(unsigned char)s.p[i]] == 1)
			h = pr_word_hash_add(h, s.p[i++]);
		if (i + 1 >= s.n || word_class[(unsigned char)s.p[i]] != 2 ||
		    word_class[(unsigned char)s.p[i + 1]] != 1)
			break;
	}
	word->hash = h;
	word->end = (uint32_t)i;
	*at = i;
	return true;
}

size_t
pr_words_of(struct pr_str folded, struct pr_arena *a, struct pr_word **out)
{
	struct pr_word *words = pr_arena_raw(a, folded.n / 2 + 2, sizeof(*words));
	size_t at = 0, n = 0;

	while (pr_word_next(folded, &at, &words[n]))
		n++;
	*out = words;
	return n;
}
