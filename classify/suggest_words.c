/*
 * suggest_words: which words of a message may be counted.
 *
 * What comes out of here is shown to officers and put into rule files, so a phrase must not tell of
 * a person. This file leaves out what looks like one; suggest.c keeps only what many senders wrote.
 */
#include "classify/suggest.h"

#define WORD_MAX  24 /* bytes; longer ones are no words */
#define NAMES_MAX 16

/* English and Welsh; sorted, folded, without apostrophes. */
/* clang-format off */
static const char *const stop_words[] = {
    "a", "about", "ac", "after", "ag", "again", "ago", "ai", "all", "already", "also",
    "always", "am", "an", "and", "another", "any", "anyone", "ar", "are", "around", "as",
    "at", "back", "be", "because", "been", "before", "being", "bod", "both", "but", "by",
    "bydd", "can", "cant", "chi", "could", "couldnt", "cyn", "dan", "ddim", "de", "did",
    "didnt", "dim", "diolch", "do", "does", "doesnt", "doing", "done", "dont", "down", "dros",
    "dw", "dwi", "each", "ei", "eich", "ein", "else", "er", "ers", "etc", "eto", "eu", "even",
    "ever", "every", "fel", "felly", "fi", "fod", "for", "from", "fy", "gan", "ger", "get",
    "gets", "getting", "give", "go", "goes", "going", "got", "gyda", "gydag", "had", "has",
    "hasnt", "have", "havent", "having", "he", "heb", "hefyd", "hello", "her", "here", "hi",
    "him", "his", "hon", "how", "hwn", "hynny", "i", "iawn", "id", "if", "ill", "im", "imi",
    "in", "into", "ir", "is", "isnt", "it", "its", "ive", "just", "know", "last", "let",
    "like", "ma", "made", "mae", "maen", "make", "many", "may", "me", "mewn", "mi", "more",
    "most", "much", "my", "na", "nad", "nawr", "near", "need", "needs", "neu", "never", "new",
    "next", "nhw", "ni", "nid", "no", "not", "nothing", "now", "o", "oedd", "oes", "of",
    "off", "oherwydd", "on", "once", "ond", "one", "only", "or", "os", "other", "our", "out",
    "over", "own", "pam", "pan", "per", "please", "put", "really", "regards", "report",
    "reported", "reporting", "rhai", "rhwng", "roedd", "rwyf", "same", "see", "seen", "she",
    "should", "since", "so", "some", "someone", "soon", "still", "such", "sut", "sy", "sydd",
    "than", "thank", "thanks", "that", "thats", "the", "their", "them", "then", "there",
    "theres", "these", "they", "this", "those", "though", "through", "time", "to", "today",
    "too", "two", "un", "under", "unrhyw", "until", "up", "us", "use", "very", "via", "want",
    "was", "wasnt", "way", "we", "wedi", "week", "weeks", "well", "went", "were", "what",
    "when", "where", "which", "while", "who", "whole", "why", "will", "with", "within",
    "without", "wont", "would", "wouldnt", "wrth", "y", "ydw", "ydy", "yes", "yet", "yma",
    "yn", "yna", "ynghylch", "you", "your", "yr", "yw",
};
/* clang-format on */

/* The words behind these are names: the title's one, a greeting's two, a closing's four. */
static const struct {
	const char *word;
	size_t names;
} before_names[] = {{"annwyl", 2}, {"cllr", 2},      {"cofion", 4}, {"councillor", 2}, {"cyng", 2},
		    {"dear", 2},   {"dr", 2},        {"gofion", 4}, {"hello", 1},      {"hi", 1},
		    {"miss", 2},   {"mr", 2},        {"mrs", 2},    {"ms", 2},         {"name", 4},
		    {"prof", 2},   {"regards", 4},   {"rev", 2},    {"sincerely", 4},  {"sir", 1},
		    {"yours", 4},  {"faithfully", 4}};

struct cutting {
	struct pr_message *m;
	const struct pr_searched *field;
	uint64_t names[NAMES_MAX]; /* hashes of the sender's own */
	size_t nnames;
	void (*fn)(void *ctx, struct pr_str phrase, uint64_t key);
	void *ctx;
};

/* A word as it is counted: without apostrophes. */
struct token {
	char text[WORD_MAX];
	size_t n;
	bool usable; /* may stand in a phrase */
	bool stop;   /* not at its ends */
	bool joined; /* nothing but a blank or hyphen parts it from the word before */
};

static struct pr_str
text_of(const struct token *t)
{
	return pr_str_n(t->text, t->n);
}

static int
word_cmp(const void *key, const void *entry)
{
	const struct token *t = key;
	const char *word = *(const char *const *)entry;
	int order = strncmp(t->text, word, t->n);

	return order ? order : word[t->n] ? -1 : 0;
}

static size_t
names_behind(struct pr_str word)
{
	for (size_t i = 0; i < sizeof(before_names) / sizeof(before_names[0]); i++)
		if (pr_str_eq_c(word, before_names[i].word))
			return before_names[i].names;
	return 0;
}

/* ---- what must not be counted ---- */

static void
add_names(struct cutting *c, struct pr_str text)
{
	struct pr_folded folded;
	struct pr_word word;
	size_t at = 0;

	pr_fold(text, c->m->arena, &folded);
	while (c->nnames < NAMES_MAX && pr_word_next(folded.text, &at, &word))
		c->names[c->nnames++] = word.hash;
}

static bool
is_own_name(const struct cutting *c, uint64_t hash)
{
	for (size_t i = 0; i < c->nnames; i++)
		if (c->names[i] == hash)
			return true;
	return false;
}

/* Part of an e-mail or web address: what stands between two blanks tells it. */
static bool
is_address(struct pr_str text, const struct pr_word *w)
{
	size_t from = w->start, to = w->end;
	struct pr_str run;

	while (from > 0 && text.p[from - 1] != ' ' && text.p[from - 1] != '\n')
		from--;
	while (to < text.n && text.p[to] != ' ' && text.p[to] != '\n')
		to++;
	run = pr_str_sub(text, from, to - from);
	return memchr(run.p, '@', run.n) || pr_str_find(run, PR_STR("://")) != (size_t)-1 ||
	       pr_str_starts(run, PR_STR("www."));
}

static bool
is_joined(struct pr_str text, size_t from, size_t to)
{
	for (; from < to; from++)
		if (text.p[from] != ' ' && text.p[from] != '-' && text.p[from] != '\'')
			return false;
	return true;
}

static void
read_token(const struct cutting *c, size_t i, struct token *t)
{
	const struct pr_word *w = &c->field->words[i];
	struct pr_str text = c->field->folded.text;
	bool digit = false;

	*t = (struct token){.joined = i && is_joined(text, c->field->words[i - 1].end, w->start)};
	for (size_t k = w->start; k < w->end; k++) {
		if (text.p[k] == '\'')
			continue;
		digit |= text.p[k] >= '0' && text.p[k] <= '9';
		if (t->n == WORD_MAX)
			return;
		t->text[t->n++] = text.p[k];
	}
	t->usable = !digit && !is_own_name(c, w->hash) && !is_address(text, w);
	t->stop = bsearch(t, stop_words, sizeof(stop_words) / sizeof(stop_words[0]),
			  sizeof(stop_words[0]), word_cmp);
}

/* ---- phrases ---- */

uint64_t
pr_suggest_key(struct pr_str phrase)
{
	uint64_t h = PR_WORD_HASH_START;

	for (size_t i = 0; i < phrase.n; i++)
		h = pr_word_hash_add(h, phrase.p[i]);
	return (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93) | 1;
}

/* The phrases that end in the last of n tokens. */
static void
cut(const struct cutting *c, const struct token *last, size_t n)
{
	char text[SUGGEST_PHRASE_MAX];
	size_t at = sizeof(text);

	if (last->stop)
		return;
	for (size_t words = 1; words <= n; words++) {
		const struct token *t = last + 1 - words;
		struct pr_str phrase;

		if (!t->usable || (words > 1 && !t[1].joined))
			return;
		if (words > 1)
			text[--at] = ' ';
		at -= t->n;
		memcpy(text + at, t->text, t->n);
		phrase = pr_str_n(text + at, sizeof(text) - at);
		if (!t->stop && phrase.n >= 3)
			c->fn(c->ctx, phrase, pr_suggest_key(phrase));
	}
}

static void
cut_field(const struct cutting *c)
{
	struct token window[SUGGEST_WORDS_MAX] = {{.n = 0}};
	size_t in = 0, names = 0;

	for (size_t i = 0; i < c->field->nwords; i++) {
		struct token *t = &window[SUGGEST_WORDS_MAX - 1];

		memmove(window, window + 1, sizeof(window) - sizeof(window[0]));
		read_token(c, i, t);
		if (names) {
			t->usable = false;
			names--;
		}
		if (names_behind(text_of(t)))
			names = names_behind(text_of(t));
		in += in < SUGGEST_WORDS_MAX;
		cut(c, t, in);
	}
}

void
pr_suggest_each(struct pr_message *m, void (*fn)(void *ctx, struct pr_str phrase, uint64_t key),
		void *ctx)
{
	struct cutting c = {.m = m, .fn = fn, .ctx = ctx};

	add_names(&c, m->contact->from_name);
	add_names(&c, pr_str_sub(m->contact->from_email, 0,
				 pr_str_find(m->contact->from_email, PR_STR("@"))));
	for (size_t i = 0; i < m->nfields; i++) {
		c.field = &m->fields[i];
		if (c.field->where & PR_IN_MESSAGE)
			cut_field(&c);
	}
}
