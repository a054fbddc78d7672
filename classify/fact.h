/*
 * fact: one kind of thing that is read off a message: a postcode, a street, a date. One kind is one
 * file fact_<kind>.c and one line of the table in facts.c.
 *
 * A field is walked once, word by word (fact_scan.c). A kind says which words it wants to be asked
 * about, so that a message without digits and without its words costs nothing for it. What a kind
 * reports goes into forms that people trust: when in doubt it says nothing.
 */
#ifndef CLASSIFY_FACT_H
#define CLASSIFY_FACT_H

#include "postroom/classify.h"

#define PR_FACTS_MAX      100 /* of one contact */
#define PR_FACTS_OF_KIND  20
#define PR_FACT_KINDS_MAX 16
#define PR_FACT_VALUE_MAX 240
#define PR_FACT_REACH     40 /* bytes from a word that says what follows to what follows */
#define PR_FACT_NO_DAY    INT64_MIN

/* What the scanner has come upon; a kind names those that it wants. */
enum pr_fact_sight {
	PR_FACT_DIGITS = 1,   /* digits alone */
	PR_FACT_MIXED = 2,    /* ASCII letters and digits */
	PR_FACT_WORD = 4,     /* one of the kind's own words */
	PR_FACT_PREFIX = 8,   /* a word that begins with our reference prefix */
	PR_FACT_SLASHES = 16, /* exactly three slashes; the run is empty and stands behind them */
	PR_FACT_FORM = 32,    /* a form field of the kind's name: the run is its trimmed value */
};

/* Words a kind looks out for: ASCII in lower case (or UTF-8 of two-byte letters), 2 to 16 bytes. A
 * meaning below PR_FACT_CUES is only remembered (pr_fact_near), others make the kind be asked. */
#define PR_FACT_CUES 4
struct pr_fact_word {
	const char *word; /* NULL ends a list */
	uint8_t meaning;
};

struct pr_fact_run {
	size_t start, end;
	enum pr_fact_sight sight;
	uint8_t meaning; /* of PR_FACT_WORD */
};

/* Its bytes in the field, and the canonical form. */
struct pr_fact {
	size_t start, end;
	struct pr_str value; /* in `room`, or anything that lives as long as the text */
	char room[PR_FACT_VALUE_MAX];
};

struct pr_fact_scan;
struct pr_fact_kind {
	const char *name;
	unsigned sights;                  /* set of enum pr_fact_sight */
	const struct pr_fact_word *words; /* or NULL */
	const char *const *forms;         /* names of form fields that hold it; NULL-terminated */
	/* Is there one at this run? It may begin before and end behind it. Looks at no more than a
	 * few hundred bytes around the run: texts are hostile. */
	bool (*find)(const struct pr_fact_scan *s, const struct pr_fact_run *run,
		     struct pr_fact *out);
};

extern const struct pr_fact_kind pr_fact_postcode, pr_fact_case_ref, pr_fact_phone, pr_fact_uprn,
    pr_fact_street, pr_fact_vrm, pr_fact_pcn, pr_fact_account, pr_fact_what3words, pr_fact_date;

/* facts.c: the table of all kinds. */
extern const struct pr_fact_kind *const pr_fact_kinds[];
extern const size_t pr_fact_kinds_n;

/* A field being walked. */
struct pr_fact_scan {
	struct pr_str text;
	struct pr_str prefix;            /* of our references; may be empty */
	int64_t today;                   /* the day it was received, or PR_FACT_NO_DAY */
	bool quoted;                     /* others' words of some other day */
	const struct pr_fact_kind *form; /* the form field is named for this kind, or NULL */
	/* by kind: where the last word of each remembered meaning ended (0: none), and where the
	 * kind's last fact ended */
	size_t cue[PR_FACT_KINDS_MAX][PR_FACT_CUES];
	size_t done[PR_FACT_KINDS_MAX];
	/* what is done with a fact; false ends the walk */
	bool (*take)(void *ctx, size_t kind, const struct pr_fact *fact);
	void *ctx;
};

/* Walk s->text. Linear in its length. */
void pr_fact_scan(struct pr_fact_scan *s);

/* Did a word of that kind and meaning end at most PR_FACT_REACH bytes before `at`? True in a form
 * field of the kind's name. */
bool pr_fact_near(const struct pr_fact_scan *s, const struct pr_fact_kind *kind, uint8_t meaning,
		  size_t at);

/* ---- words around a place ---- */

/* A word: letters of any script and digits, with single apostrophes, dashes inside. */
struct pr_fact_neighbour {
	size_t start, end;
	bool capital; /* begins with A-Z or a letter beyond ASCII */
};
/* The word before or behind byte `at` with at most three blanks between, in the same line. */
bool pr_fact_before(struct pr_str text, size_t at, struct pr_fact_neighbour *w);
bool pr_fact_behind(struct pr_str text, size_t at, struct pr_fact_neighbour *w);
/* The letter (or mark on one) at the front: its bytes, 0 when it is none. ASCII letters count. */
size_t pr_fact_letter(struct pr_str s);

/* ---- tables of words, any case ---- */

#define PR_FACT_SLOTS 2048
struct pr_fact_table {
	struct pr_fact_entry {
		const char *word;
		uint8_t length, kind, meaning;
	} entry[1024];
	uint16_t slot[PR_FACT_SLOTS]; /* entry + 1; 0: free */
	size_t n;
};
/* Add a list; too many words are a bug. */
void pr_fact_table_add(struct pr_fact_table *t, const struct pr_fact_word *words, size_t kind);
/* The next entry for the word from slot *at on (begin with pr_fact_hash); NULL: no more. */
const struct pr_fact_entry *
pr_fact_table_next(const struct pr_fact_table *t, struct pr_str word, uint32_t *at);
uint32_t pr_fact_hash(struct pr_str word);
/* The meaning in a table with one entry a word, or -1. */
int pr_fact_meaning(const struct pr_fact_table *t, struct pr_str word);

/* ---- what must never be kept ---- */

/* Do these bytes belong to a payment card number (Luhn), or a National Insurance number? */
bool pr_fact_secret(struct pr_str text, size_t start, size_t end);
/* Is there talk of a bank account or card within 80 bytes? */
bool pr_fact_bank_near(struct pr_str text, size_t start, size_t end);

/* ---- asked across kinds ---- */

/* fact_vrm.c: does a word for a number plate stand shortly before `at`? */
bool pr_fact_plate_near(const struct pr_fact_scan *s, size_t at);
/* fact_street.c: is it a word that a street name ends with? */
bool pr_fact_street_end(struct pr_str word);

static inline bool
pr_fact_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
pr_fact_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool
pr_fact_is_alpha(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool
pr_fact_is_alnum(char c)
{
	return pr_fact_is_digit(c) || pr_fact_is_alpha(c);
}

static inline char
pr_fact_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* Is it that word, in any case? `lower` is ASCII in lower case. */
static inline bool
pr_fact_is(struct pr_str word, const char *lower)
{
	size_t i = 0;

	while (i < word.n && lower[i] && (word.p[i] | 0x20) == lower[i])
		i++;
	return i == word.n && !lower[i];
}

/* The byte at i, or a blank beyond the text. */
static inline char
pr_fact_at(struct pr_str text, size_t i)
{
	return i < text.n ? text.p[i] : ' ';
}

#endif
