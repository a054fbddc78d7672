/*
 * fact_what3words: three words with stops between that name a square of three metres
 * (what3words.com): "///filled.count.soap", "w3w: filled.count.soap", a link to w3w.co or
 * what3words.com. Three words with stops alone may be anything.
 */
#include "classify/fact.h"

enum { LABEL_BYTES = 60, FILLERS_MAX = 3 };

/* A last word that makes it a web address or a file. */
static const char *const domains[] = {
    "com",  "org", "net", "uk",   "gov", "co",    "io",    "eu",   "info",   "html", "htm", "php",
    "aspx", "pdf", "jpg", "jpeg", "png", "cymru", "wales", "scot", "london", "app",  "edu", "nhs"};

/* Where a word of two or more letters ends; `from` when there is none. */
static size_t
label(struct pr_str text, size_t from)
{
	size_t i = from, letters = 0, n;

	while (i - from < LABEL_BYTES && (n = pr_fact_letter(pr_str_sub(text, i, 4))) > 0) {
		i += n;
		letters++;
	}
	return letters > 1 && i - from < LABEL_BYTES ? i : from;
}

static bool
is_domain(struct pr_str first, struct pr_str last)
{
	if (pr_fact_is(first, "www"))
		return true;
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (pr_fact_is(last, domains[i]))
			return true;
	return false;
}

/* What stands behind the third word may close a sentence or a link, not go on with a name. */
static bool
ends_well(struct pr_str text, size_t end)
{
	struct pr_str rest = pr_str_sub(text, end, 5);
	char c = pr_fact_at(rest, 0);

	if (pr_fact_is_digit(c) || c == '_' || c == '-' || c == '@' || c == '/' || c == ':')
		return c == ':' && !pr_fact_is_alnum(pr_fact_at(rest, 1));
	if (pr_fact_letter(rest))
		return false;
	return !(c == '.' &&
		 (pr_fact_letter(pr_str_sub(rest, 1, 4)) || pr_fact_is_digit(pr_fact_at(rest, 1))));
}

static bool
three_words(struct pr_str text, size_t at, struct pr_fact *out)
{
	size_t begin[3], end = at;

	for (int k = 0; k < 3; k++) {
		begin[k] = k ? end + 1 : at;
		if (k && pr_fact_at(text, end) != '.')
			return false;
		end = label(text, begin[k]);
		if (end == begin[k])
			return false;
	}
	if (!ends_well(text, end) || is_domain(pr_str_sub(text, at, begin[1] - 1 - at),
					       pr_str_sub(text, begin[2], end - begin[2])))
		return false;
	out->start = at;
	out->end = end;
	/* Capitals beyond ASCII stay: no tables of other scripts for the few that write them. */
	for (size_t i = at; i < end; i++)
		out->room[i - at] =
		    (char)(pr_fact_is_upper(text.p[i]) ? text.p[i] + 32 : text.p[i]);
	out->value = pr_str_n(out->room, end - at);
	return true;
}

/* Behind "w3w", "what3words": a link's host and language, or "is:", "address -". */
static size_t
skip_to_words(struct pr_str text, size_t at)
{
	static const char *const hosts[] = {".co/", ".com/"};
	static const char *const fillers[] = {"is", "address", "location", "yw", "code"};

	for (size_t i = 0; i < 2; i++)
		if (pr_str_starts_nocase(pr_str_sub(text, at, 5), pr_str_c(hosts[i]))) {
			at += strlen(hosts[i]);
			return pr_fact_at(text, at + 2) == '/' ? at + 3 : at;
		}
	for (int k = 0; k <= FILLERS_MAX; k++) {
		struct pr_fact_neighbour w;
		bool filler = false;

		for (int i = 0;
		     i < 8 && at < text.n && text.p[at] && strchr(" \t\n:-=('\"/", text.p[at]); i++)
			at++;
		if (!pr_fact_behind(text, at, &w))
			return at;
		for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
			filler |=
			    pr_fact_is(pr_str_sub(text, w.start, w.end - w.start), fillers[i]);
		if (!filler || pr_fact_at(text, w.end) == '.')
			return at;
		at = w.end;
	}
	return at;
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	size_t at = run->start;

	if (run->sight == PR_FACT_WORD)
		at = skip_to_words(s->text, run->end);
	else if (run->sight == PR_FACT_SLASHES && at > 3 && s->text.p[at - 4] == ':')
		return false; /* file:///a.b.c */
	return three_words(s->text, at, out);
}

static const struct pr_fact_word words[] = {
    {"w3w", PR_FACT_CUES}, {"what3words", PR_FACT_CUES}, {NULL, 0}};
static const char *const forms[] = {"what3words", "w3w", NULL};

const struct pr_fact_kind pr_fact_what3words = {
    .name = "what3words",
    .sights = PR_FACT_SLASHES | PR_FACT_FORM,
    .words = words,
    .forms = forms,
    .find = find,
};
