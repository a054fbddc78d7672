/*
 * fact_pcn: the number of a penalty charge notice: two letters and eight digits, perhaps a check
 * character; London authorities also use other mixes of ten, which are believed near a word that
 * says so only.
 */
#include "classify/fact.h"

enum { PENALTY };
enum { PCN_LONG = 11, LONDON = 10, LONDON_DIGITS = 6 };

/* "AB12345678", "AB12345678" and one more. */
static bool
is_plain(struct pr_str s)
{
	if (s.n < 10 || s.n > PCN_LONG || !pr_fact_is_alpha(s.p[0]) || !pr_fact_is_alpha(s.p[1]))
		return false;
	for (size_t i = 2; i < 10; i++)
		if (!pr_fact_is_digit(s.p[i]))
			return false;
	return s.n == 10 || pr_fact_is_alpha(s.p[10]);
}

/* Begins with a letter, at least six digits of ten. */
static bool
is_london(struct pr_str s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++)
		digits += pr_fact_is_digit(s.p[i]);
	return s.n == LONDON && pr_fact_is_alpha(s.p[0]) && digits >= LONDON_DIGITS;
}

/* "AB 12345678": the two letters before a run of digits. */
static size_t
with_letters(struct pr_str text, size_t start)
{
	size_t from = start - 3;

	if (start < 3 || text.p[start - 1] != ' ' || !pr_fact_is_upper(text.p[from]) ||
	    !pr_fact_is_upper(text.p[from + 1]) || (from && pr_fact_is_alnum(text.p[from - 1])))
		return start;
	return from;
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	bool near = pr_fact_near(s, &pr_fact_pcn, PENALTY, run->start);
	size_t start = run->start, n = 0;
	char before;

	if (run->end - start < 8 || run->end - start > PCN_LONG)
		return false;
	if (near && pr_fact_is_digit(s->text.p[start]))
		start = with_letters(s->text, start);
	for (size_t i = start; i < run->end; i++)
		if (s->text.p[i] != ' ')
			out->room[n++] = pr_fact_upper(s->text.p[i]);
	out->value = pr_str_n(out->room, n);
	before = start ? s->text.p[start - 1] : ' ';
	if (strchr("_-/@=", before) || strchr("_-/@", pr_fact_at(s->text, run->end)))
		return false;
	if (!is_plain(out->value) && !(near && is_london(out->value)))
		return false;
	out->start = start;
	out->end = run->end;
	return !pr_fact_secret(s->text, start, run->end);
}

static const struct pr_fact_word words[] = {
    {"pcn", PENALTY},     {"pcns", PENALTY},  {"penalty", PENALTY},   {"ticket", PENALTY},
    {"tickets", PENALTY}, {"fine", PENALTY},  {"fines", PENALTY},     {"fined", PENALTY},
    {"notice", PENALTY},  {"dirwy", PENALTY}, {"hysbysiad", PENALTY}, {NULL, 0},
};
static const char *const forms[] = {"pcn", "pcn_number", "pcn_reference", NULL};

const struct pr_fact_kind pr_fact_pcn = {
    .name = "pcn",
    .sights = PR_FACT_MIXED | PR_FACT_DIGITS,
    .words = words,
    .forms = forms,
    .find = find,
};
