/*
 * fact_street: a street, perhaps with the number of a house: from the word that it ends with back
 * to where its name begins, or from the Welsh word that it begins with onward.
 *
 * Capitals tell most names. Without them a name is believed only between a word such as "in" or a
 * house number and its last word: "dumped rubbish station road" may begin anywhere.
 */
#include "classify/fact_street.h"

/* STRONG ends mean a street; WEAK ones are words of their own ("close", "drive"); so is SURNAME
 * ("Mr Hill"), NEVER is too common without a capital ("way"). SHORT: an abbreviation. */
enum { STRONG = PR_FACT_CUES, SHORT, SAINT, WEAK, SURNAME, NEVER, HEAD, HEAD_WEAK };
enum { NAME_WORDS = 4, LOWER_WORDS = 3, WELSH_WORDS = 4, NUMBER_BYTES = 9 };

static const struct pr_fact_word words[] = {
    {"road", STRONG},  {"street", STRONG},   {"avenue", STRONG},
    {"lane", STRONG},  {"crescent", STRONG}, {"terrace", STRONG},
    {"grove", STRONG}, {"mews", STRONG},     {"boulevard", STRONG},
    {"rd", SHORT},     {"ave", SHORT},       {"ln", SHORT},
    {"cres", SHORT},   {"gdns", SHORT},      {"terr", SHORT},
    {"st", SAINT},     {"close", WEAK},      {"drive", WEAK},
    {"court", WEAK},   {"place", WEAK},      {"gardens", WEAK},
    {"square", WEAK},  {"parade", WEAK},     {"hill", SURNAME},
    {"way", NEVER},    {"walk", NEVER},      {"row", NEVER},
    {"rise", NEVER},   {"ffordd", HEAD},     {"heol", HEAD},
    {"stryd", HEAD},   {"l\xc3\xb4n", HEAD}, {"lon", HEAD},
    {"rhodfa", HEAD},  {"maes", HEAD_WEAK},  {"bryn", HEAD_WEAK},
    {NULL, 0},
};

static int
end_of(struct pr_str word)
{
	for (const struct pr_fact_word *w = words; w->word; w++)
		if (w->meaning < HEAD && pr_fact_is(word, w->word))
			return w->meaning;
	return -1;
}

bool
pr_fact_street_end(struct pr_str word)
{
	return end_of(word) >= 0;
}

/* Why the name goes back no further. */
enum bound { BREAK, SENTENCE, COMMA, NUMBER, PLACE, DETERMINER, TITLE, OTHER };

struct name {
	size_t start;
	size_t words;
	bool capital; /* of the word next to the end */
	bool plural;  /* it ends with s */
	enum bound bound;
};

static struct pr_str
text_of(struct pr_str text, const struct pr_fact_neighbour *w)
{
	return pr_str_sub(text, w->start, w->end - w->start);
}

/* 12, 12a, 12-14, 1/2 is none; 2026 is a year. */
static bool
is_house_number(struct pr_str s)
{
	size_t i = 0;

	while (i < s.n && pr_fact_is_digit(s.p[i]))
		i++;
	if (!i || i > 4 || s.p[0] == '0' || s.n > NUMBER_BYTES)
		return false;
	if (i == 4 && s.n == 4 &&
	    (pr_str_starts(s, PR_STR("19")) || pr_str_starts(s, PR_STR("20"))))
		return false;
	if (i == s.n)
		return true;
	if (s.p[i] == '-' && i + 1 < s.n)
		return is_house_number(pr_str_sub(s, i + 1, s.n));
	return i + 1 == s.n && pr_fact_is_alpha(s.p[i]);
}

/* What stands before `at` when no word does: the mark that ends the name. A number before a comma
 * is the house's: "12, Oak Road". */
static void
bound_at(struct pr_str text, struct name *name)
{
	struct pr_fact_neighbour w;
	size_t i = name->start;

	for (int k = 0; k < 3 && i > 0 && text.p[i - 1] == ' '; k++)
		i--;
	name->bound = BREAK;
	if (i == 0 || strchr("\n.!?", text.p[i - 1])) {
		name->bound = SENTENCE;
	} else if (text.p[i - 1] == ',') {
		name->bound = COMMA;
		if (!pr_fact_before(text, i - 1, &w) || w.end != i - 1)
			return;
		if (is_house_number(text_of(text, &w))) {
			name->bound = NUMBER;
			name->start = w.start;
		} else if (pr_street_word(text_of(text, &w)) == PR_STREET_TITLE) {
			name->bound = TITLE; /* "Thanks, Jane Close" */
		}
	}
}

/* "St. Mary's Road": the word before a full stop, if it is St. */
static bool
saint_before(struct pr_str text, size_t at, struct pr_fact_neighbour *w)
{
	size_t i = at;

	while (i > 0 && at - i < 2 && text.p[i - 1] == ' ')
		i--;
	return i > 2 && text.p[i - 1] == '.' && pr_fact_before(text, i - 1, w) && w->end == i - 1 &&
	       pr_str_eq_c(text_of(text, w), "St");
}

/* Does the word belong to the name? If not, name->bound says why. */
static bool
belongs(const struct name *name, struct pr_str word, bool capital, int meaning, enum bound *bound)
{
	*bound = OTHER;
	if (meaning == PR_STREET_PLACE)
		*bound = PLACE;
	else if (meaning == PR_STREET_DETERMINER)
		*bound = DETERMINER;
	else if (meaning == PR_STREET_TITLE)
		*bound = TITLE;
	if (meaning >= 0 && !(meaning == PR_STREET_LOWER && capital))
		return false;
	/* "Oak Road Elm Street" are two, "Church Hill Road" is one */
	if (end_of(word) >= 0 && end_of(word) != SAINT && (name->words || !capital))
		return false;
	return !(name->words && name->capital && !capital);
}

static void
read_name(struct pr_str text, size_t at, struct name *name)
{
	struct pr_fact_neighbour w;

	*name = (struct name){.start = at, .bound = OTHER};
	while (name->words < NAME_WORDS) {
		struct pr_str word;

		if (!pr_fact_before(text, name->start, &w) &&
		    !saint_before(text, name->start, &w)) {
			bound_at(text, name);
			return;
		}
		word = text_of(text, &w);
		if (w.end == name->start) /* joined by a mark: "'road" */
			return;
		if (pr_fact_is_digit(word.p[0])) {
			if (is_house_number(word) && name->words) {
				name->bound = NUMBER;
				name->start = w.start;
			}
			return;
		}
		if (!belongs(name, word, w.capital, pr_street_word(word), &name->bound))
			return;
		if (!name->words) {
			name->capital = w.capital;
			name->plural = (word.p[word.n - 1] | 0x20) == 's';
		}
		name->words++;
		name->start = w.start;
	}
	name->bound = OTHER;
}

/* "St Mary's Road", "Church Hill Road": this end word is part of a longer name. */
static bool
goes_on(struct pr_str text, const struct pr_fact_run *run, bool capital)
{
	struct pr_fact_neighbour w, next;
	size_t at = run->end + (run->meaning == SAINT && pr_fact_at(text, run->end) == '.');
	int end;

	if (!pr_fact_behind(text, at, &w) || w.start == run->end)
		return false;
	end = end_of(text_of(text, &w));
	if (run->meaning == SAINT && end < 0)
		return w.capital && pr_fact_behind(text, w.end, &next) &&
		       end_of(text_of(text, &next)) >= 0;
	if (end < 0 || w.capital != capital)
		return false;
	return capital ? end != SAINT : run->meaning >= WEAK && end <= SHORT;
}

static bool
believe_capitals(const struct name *name, int end, bool end_capital)
{
	if (name->bound == NUMBER)
		return end_capital || end != NEVER;
	if (name->bound == TITLE)
		return false;
	if (end == SURNAME && name->words == 1 && name->bound != PLACE)
		return false;
	if (end_capital || end == SHORT || end == SAINT)
		return true;
	/* "Horrible street." begins with a capital because a sentence does. */
	return end == STRONG && !(name->bound == SENTENCE && name->words == 1);
}

static bool
believe_lower(const struct name *name, int end)
{
	if (name->words > LOWER_WORDS)
		return false;
	if (end <= SAINT)
		return name->bound == PLACE || name->bound == NUMBER || name->bound == COMMA;
	/* "2 schools close" */
	return end == WEAK && name->bound == NUMBER && !name->plural;
}

/* As written, runs of blanks one, without the comma behind the number. */
static bool
tell(struct pr_str text, size_t start, size_t end, struct pr_fact *out)
{
	size_t n = 0;

	if (end - start > sizeof(out->room))
		return false;
	for (size_t i = start; i < end; i++) {
		char c = text.p[i] == '\t' ? ' ' : text.p[i];

		if ((unsigned char)c == 0xc2 && (unsigned char)pr_fact_at(text, i + 1) == 0xa0) {
			c = ' ';
			i++;
		}
		/* "12, Oak Road" */
		if (c == ',')
			continue;
		if (c != ' ' || (n && out->room[n - 1] != ' '))
			out->room[n++] = c;
	}
	out->value = pr_str_n(out->room, n);
	out->start = start;
	out->end = end;
	return true;
}

static bool
find_end(struct pr_str text, const struct pr_fact_run *run, struct pr_fact *out)
{
	bool capital = pr_fact_is_upper(text.p[run->start]);
	struct name name;

	read_name(text, run->start, &name);
	if (!name.words || goes_on(text, run, capital))
		return false;
	if (name.capital ? !believe_capitals(&name, run->meaning, capital)
			 : !believe_lower(&name, run->meaning))
		return false;
	return tell(text, name.start, run->end, out);
}

/* ---- Ffordd, Heol, Stryd, Lôn, Maes, Bryn ---- */

/* y, yr, 'r: within a Welsh name. */
static bool
is_link(struct pr_str word)
{
	static const char *const links[] = {"y",   "yr", "yn",   "o'r", "a'r",
					    "i'r", "a",  "uwch", "dan"};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (pr_str_eq_c(word, links[i]))
			return true;
	return false;
}

static size_t
welsh_end(struct pr_str text, size_t at)
{
	struct pr_fact_neighbour w;
	size_t end = at;

	for (int k = 0; k < WELSH_WORDS && pr_fact_behind(text, at, &w) && w.start > at; k++) {
		struct pr_str word = text_of(text, &w);

		at = w.end;
		if (is_link(word))
			continue;
		if (!w.capital || pr_street_word(word) >= 0)
			break;
		end = w.end;
	}
	return end;
}

/* "Heol-y-Bont" */
static size_t
hyphened_end(struct pr_str text, const struct pr_fact_run *run)
{
	struct pr_fact_neighbour w;

	if (pr_fact_at(text, run->end) != '-' || !pr_fact_behind(text, run->start, &w))
		return run->end;
	for (size_t i = run->end; i + 1 < w.end; i++)
		if (text.p[i] == '-' && pr_fact_is_upper(text.p[i + 1]))
			return w.end;
	return run->end;
}

static bool
find_head(struct pr_str text, const struct pr_fact_run *run, struct pr_fact *out)
{
	bool number, place, capital = pr_fact_is_upper(text.p[run->start]);
	struct pr_fact_neighbour w = {0}, next;
	size_t end = hyphened_end(text, run);
	bool hyphened = end > run->end;

	if (!hyphened)
		end = welsh_end(text, run->end);
	if (end == run->end)
		return false;
	/* "Bryn Road" is read from its end */
	if (!hyphened && pr_fact_behind(text, run->end, &next) &&
	    pr_fact_street_end(text_of(text, &next)))
		return false;
	if (!pr_fact_before(text, run->start, &w) && run->start > 2 &&
	    text.p[run->start - 1] == ' ' && text.p[run->start - 2] == ',' &&
	    !pr_fact_before(text, run->start - 2, &w))
		w.end = w.start;
	number = w.end > w.start && is_house_number(text_of(text, &w));
	place = w.end > w.start && pr_street_word(text_of(text, &w)) == PR_STREET_PLACE;
	if (!capital && !number)
		return false;
	if (run->meaning == HEAD_WEAK && !number && !place)
		return false;
	return tell(text, number ? w.start : run->start, end, out);
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	return run->meaning >= HEAD ? find_head(s->text, run, out) : find_end(s->text, run, out);
}

const struct pr_fact_kind pr_fact_street = {
    .name = "street",
    .words = words,
    .find = find,
};
