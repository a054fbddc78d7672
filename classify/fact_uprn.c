/*
 * fact_uprn: the Unique Property Reference Number, up to twelve digits (GeoPlace, BS 7666), behind
 * the word UPRN or in a field of that name. A number alone is never taken for one.
 */
#include "classify/fact.h"

enum { UPRN_DIGITS = 12, FILLERS_MAX = 3 };

/* "UPRN is:", "UPRN number -": the next digits, or where none are. */
static size_t
skip_fillers(struct pr_str text, size_t at)
{
	static const struct pr_fact_word fillers[] = {{"is", 0},  {"no", 0}, {"number", 0},
						      {"for", 0}, {"yw", 0}, {NULL, 0}};

	for (int k = 0; k <= FILLERS_MAX; k++) {
		struct pr_fact_neighbour w;
		bool filler = false;

		for (int i = 0;
		     i < 4 && at < text.n && strchr(" \t:#.-=(", text.p[at]) && text.p[at]; i++)
			at++;
		if (!pr_fact_behind(text, at, &w) || pr_fact_is_digit(text.p[w.start]))
			return at;
		for (const struct pr_fact_word *f = fillers; f->word; f++)
			filler |= pr_fact_is(pr_str_sub(text, w.start, w.end - w.start), f->word);
		if (!filler)
			return at;
		at = w.end;
	}
	return at;
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	bool form = run->sight == PR_FACT_FORM;
	size_t at = form ? run->start : skip_fillers(s->text, run->end), end = at;

	while (end < s->text.n && pr_fact_is_digit(s->text.p[end]) && end - at <= UPRN_DIGITS)
		end++;
	/* "UPRN 10 of 12" is a count; a form's field says what it holds. */
	if (end == at || end - at > UPRN_DIGITS || (!form && end - at < 4) ||
	    (form && end != run->end))
		return false;
	if (pr_fact_is_alnum(pr_fact_at(s->text, end)) || pr_fact_at(s->text, end) == '_' ||
	    (strchr(".-/", pr_fact_at(s->text, end)) &&
	     pr_fact_is_digit(pr_fact_at(s->text, end + 1))))
		return false;
	if (pr_fact_secret(s->text, at, end))
		return false;
	out->start = at;
	out->end = end;
	while (at < end && s->text.p[at] == '0')
		at++;
	out->value = pr_str_sub(s->text, at, end - at);
	return at < end;
}

static const struct pr_fact_word words[] = {{"uprn", PR_FACT_CUES}, {NULL, 0}};
static const char *const forms[] = {"uprn", NULL};

const struct pr_fact_kind pr_fact_uprn = {
    .name = "uprn",
    .sights = PR_FACT_FORM,
    .words = words,
    .forms = forms,
    .find = find,
};
