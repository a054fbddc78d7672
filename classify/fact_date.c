/*
 * fact_date: days, as an ISO date. UK order (day, month, year); years 1900 to 2100. What has no
 * year is the nearest such day to the day the message came; "yesterday" counts from that day, and
 * is nothing in quoted mail, which was written on another.
 */
#include "classify/fact.h"

#include "postroom/calendar.h"

#include <stdio.h>

/* Meanings of words: a month, 16 to 27; a weekday, 32 to 38 (Sunday first); and these. */
enum {
	MONTH = 16,
	WEEKDAY = 32,
	TODAY = 40,
	YESTERDAY,
	TOMORROW,
	DAY_BEFORE, /* echdoe: the day before yesterday */
	DAY_AFTER,  /* trennydd: the day after tomorrow */
};
enum { YEAR_MIN = 1900, YEAR_MAX = 2100 };

/* A number of at most four digits; `n` digits of it. */
struct figure {
	int value;
	size_t n, end;
};

static struct figure
figure_at(struct pr_str text, size_t at)
{
	struct figure f = {0, 0, at};

	while (f.n < 5 && pr_fact_is_digit(pr_fact_at(text, f.end))) {
		f.value = 10 * f.value + text.p[f.end++] - '0';
		f.n++;
	}
	return f;
}

static bool
day_ok(int year, int month, int mday, int64_t *day)
{
	int y, m, d, weekday;

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || mday < 1 || mday > 31)
		return false;
	*day = pr_day_from_civil(year, month, mday);
	pr_day_civil(*day, &y, &m, &d, &weekday);
	return m == month && d == mday;
}

/* 26 is 2026, 65 is 1965: at most ten years ahead. */
static int
whole_year(const struct pr_fact_scan *s, const struct figure *f)
{
	int year = 2026, month, mday, weekday;

	if (f->n != 2)
		return f->n == 4 ? f->value : 0;
	if (s->today != PR_FACT_NO_DAY)
		pr_day_civil(s->today, &year, &month, &mday, &weekday);
	return f->value + (f->value <= year % 100 + 10 ? year / 100 : year / 100 - 1) * 100;
}

static bool
nearest(const struct pr_fact_scan *s, int month, int mday, int64_t *day)
{
	int year, m, d, weekday;
	bool found = false;

	if (s->today == PR_FACT_NO_DAY)
		return false;
	pr_day_civil(s->today, &year, &m, &d, &weekday);
	for (int y = year - 1; y <= year + 1; y++) {
		int64_t one;

		if (!day_ok(y, month, mday, &one))
			continue;
		if (!found || llabs(one - s->today) < llabs(*day - s->today))
			*day = one;
		found = true;
	}
	return found;
}

static bool
tell(struct pr_fact *out, size_t start, size_t end, int64_t day)
{
	int year, month, mday, weekday, n;

	pr_day_civil(day, &year, &month, &mday, &weekday);
	n = snprintf(out->room, sizeof(out->room), "%04d-%02d-%02d", year, month, mday);
	out->value = pr_str_n(out->room, (size_t)n);
	out->start = start;
	out->end = end;
	return year >= YEAR_MIN && year <= YEAR_MAX;
}

/* ---- 24/11/2026, 24.11.26, 2026-11-24 ---- */

/* No longer number or code goes on behind it: 10.11.12.13, 01-02-2026-7. "T10:30" may. */
static bool
figures_end(struct pr_str text, size_t end)
{
	char c = pr_fact_at(text, end), next = pr_fact_at(text, end + 1);

	if (c == 'T' && pr_fact_is_digit(next))
		return true;
	if (pr_fact_is_alnum(c) || (c && strchr("_@%", c)))
		return false;
	return !(c && strchr("./-:", c) && pr_fact_is_alnum(next));
}

static bool
figures_begin(struct pr_str text, size_t start)
{
	char before = start ? text.p[start - 1] : ' ';

	if (!strchr("./-:_@+#", before))
		return true;
	/* "on.24/11/2026" is a slip, "1.24/11/2026" is not a date. */
	return before == ':' ? !(start > 1 && pr_fact_is_digit(text.p[start - 2]))
			     : (before == '.' || before == '-') &&
				   !(start > 1 && pr_fact_is_alnum(text.p[start - 2]));
}

static bool
from_figures(const struct pr_fact_scan *s, size_t start, struct pr_fact *out)
{
	struct figure a = figure_at(s->text, start), b, c;
	char mark = pr_fact_at(s->text, a.end);
	int64_t day;

	if (!mark || !strchr("/.-", mark) || (a.n != 4 && a.n > 2) || !a.n)
		return false;
	b = figure_at(s->text, a.end + 1);
	if (b.n < 1 || b.n > 2 || pr_fact_at(s->text, b.end) != mark)
		return false;
	c = figure_at(s->text, b.end + 1);
	if (!figures_begin(s->text, start) || !figures_end(s->text, c.end))
		return false;
	if (a.n == 4) {
		if (c.n < 1 || c.n > 2 || mark == '.' || !day_ok(a.value, b.value, c.value, &day))
			return false;
	} else if ((c.n != 2 && c.n != 4) || !day_ok(whole_year(s, &c), b.value, a.value, &day)) {
		return false;
	}
	/* 10-11-12 may be a sort code. */
	if (mark == '-' && a.n == 2 && c.n == 2 && pr_fact_bank_near(s->text, start, c.end))
		return false;
	return tell(out, start, c.end, day);
}

/* ---- 24 November 2026, Nov 24th ---- */

static bool
is_ordinal(struct pr_str s)
{
	return pr_fact_is(s, "st") || pr_fact_is(s, "nd") || pr_fact_is(s, "rd") ||
	       pr_fact_is(s, "th") || pr_fact_is(s, "af") || pr_fact_is(s, "ain") ||
	       pr_fact_is(s, "fed") || pr_fact_is(s, "eg");
}

/* A word "24", "24th", "1af": the day, or 0. */
static int
day_word(struct pr_str word, bool *ordinal)
{
	struct figure f = figure_at(word, 0);

	*ordinal = f.end < word.n;
	if (f.n < 1 || f.n > 2 || f.value > 31 ||
	    (*ordinal && !is_ordinal(pr_str_sub(word, f.end, word.n))))
		return 0;
	return f.value;
}

static struct pr_str
text_of(struct pr_str text, const struct pr_fact_neighbour *w)
{
	return pr_str_sub(text, w->start, w->end - w->start);
}

/* The word before byte `at`, over one mark as in "24-Nov", "24/Nov", "24th, Nov". */
static bool
before_mark(struct pr_str text, size_t at, struct pr_fact_neighbour *w)
{
	if (at > 1 && strchr("-/.,", text.p[at - 1]))
		at--;
	return pr_fact_before(text, at, w);
}

/* The year behind: " 2026", ", 2026", "-2026", "/26". */
static size_t
year_behind(const struct pr_fact_scan *s, size_t at, int *year)
{
	size_t i = at;
	struct figure f;

	for (int k = 0; k < 2 && i < s->text.n && s->text.p[i] && strchr(" ,-/.'", s->text.p[i]);
	     k++)
		i++;
	f = figure_at(s->text, i);
	if (i == at || !figures_end(s->text, f.end))
		return at;
	if (f.n == 4 && f.value >= YEAR_MIN && f.value <= YEAR_MAX)
		*year = f.value;
	else if (f.n == 2 && (s->text.p[at] == '-' || s->text.p[at] == '/'))
		*year = whole_year(s, &f);
	else
		return at;
	return f.end;
}

/* "May", "March" are words of their own, so is a street: "the 5 may have", "12 March Road". */
static bool
goes_on_otherwise(struct pr_str text, size_t end)
{
	static const char *const verbs[] = {"be",   "have",  "not",  "also", "well",   "need",
					    "get",  "go",    "come", "take", "still",  "only",
					    "make", "cause", "want", "past", "through"};
	struct pr_fact_neighbour w;

	if (!pr_fact_behind(text, end, &w))
		return false;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (pr_fact_is(text_of(text, &w), verbs[i]))
			return true;
	return w.capital && pr_fact_street_end(text_of(text, &w));
}

static bool
with_year(const struct pr_fact_scan *s, size_t start, size_t end, int month, int mday,
	  struct pr_fact *out)
{
	int year = 0;
	size_t after = year_behind(s, end, &year);
	int64_t day;

	if (after > end ? !day_ok(year, month, mday, &day) : !nearest(s, month, mday, &day))
		return false;
	return tell(out, start, after, day);
}

/* A weekday before it belongs to it: "Monday 24 November". */
static size_t
weekday_before(struct pr_str text, size_t start)
{
	static const char days[] = " mon tue wed thu fri sat sun llu maw mer iau gwe sad sul ";
	struct pr_fact_neighbour w;
	char head[5] = " ";

	if (!before_mark(text, start, &w))
		return start;
	if (pr_fact_is(text_of(text, &w), "the") && !pr_fact_before(text, w.start, &w))
		return start;
	if (w.end - w.start < 3 || w.end - w.start > 9)
		return start;
	for (size_t i = 0; i < 3; i++)
		head[1 + i] = (char)(text.p[w.start + i] | 0x20);
	if (!strstr(days, head) ||
	    (w.end - w.start > 5 && text.p[w.end - 1] != 'y' && text.p[w.end - 1] != 'h' &&
	     text.p[w.end - 1] != 'r' && text.p[w.end - 1] != 'n'))
		return start;
	return w.start;
}

static bool
day_first(const struct pr_fact_scan *s, const struct pr_fact_run *run, int month,
	  struct pr_fact *out)
{
	struct pr_fact_neighbour w;
	bool ordinal, of = false;
	int mday;

	if (!before_mark(s->text, run->start, &w))
		return false;
	if (pr_fact_is(text_of(s->text, &w), "of") || pr_fact_is(text_of(s->text, &w), "o") ||
	    pr_fact_is(text_of(s->text, &w), "mis")) {
		of = true;
		if (!pr_fact_before(s->text, w.start, &w))
			return false;
	}
	mday = day_word(text_of(s->text, &w), &ordinal);
	if (!mday || (of && !ordinal && !pr_fact_is_upper(s->text.p[run->start])))
		return false;
	if (goes_on_otherwise(s->text, run->end))
		return false;
	/* "10.30 May", "3-12 May" is a span of days, "£5 May" is money */
	if (w.start && (s->text.p[w.start - 1] == '.' || s->text.p[w.start - 1] == ':') &&
	    w.start > 1 && pr_fact_is_digit(s->text.p[w.start - 2]))
		return false;
	if (w.start > 1 && (unsigned char)s->text.p[w.start - 1] == 0xa3)
		return false;
	return with_year(s, weekday_before(s->text, w.start), run->end, month, mday, out);
}

/* What may follow a bare number behind a month: nothing, or a word that does not count things. */
static bool
closes(struct pr_str text, size_t end)
{
	static const char *const next[] = {"at",    "and",  "between", "from",  "to",
					   "until", "till", "around",  "about", "but",
					   "or",    "i",    "we",      "the"};
	struct pr_fact_neighbour w;
	char c = pr_fact_at(text, end);

	if (c && strchr(":%/-", c))
		return false;
	if (!pr_fact_behind(text, end, &w))
		return true;
	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++)
		if (pr_fact_is(text_of(text, &w), next[i]))
			return true;
	return false;
}

static bool
month_first(const struct pr_fact_scan *s, const struct pr_fact_run *run, int month,
	    struct pr_fact *out)
{
	size_t at = run->end + (pr_fact_at(s->text, run->end) == '.');
	struct pr_fact_neighbour w;
	bool ordinal;
	int mday, year = 0;

	if (!pr_fact_is_upper(s->text.p[run->start]) || !pr_fact_behind(s->text, at, &w))
		return false;
	if (w.start == run->end)
		return false;
	if (pr_fact_is(text_of(s->text, &w), "the") && !pr_fact_behind(s->text, w.end, &w))
		return false;
	mday = day_word(text_of(s->text, &w), &ordinal);
	if (!mday || !figures_end(s->text, w.end))
		return false;
	if (!ordinal && year_behind(s, w.end, &year) == w.end && !closes(s->text, w.end))
		return false;
	return with_year(s, weekday_before(s->text, run->start), w.end, month, mday, out);
}

/* ---- yesterday, last Tuesday ---- */

static bool
relative(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	static const int shift[] = {0, -1, 1, -2, 2};
	int by = shift[run->meaning - TODAY];
	size_t start = run->start;
	struct pr_fact_neighbour w, day;

	if (s->today == PR_FACT_NO_DAY || s->quoted)
		return false;
	/* "the day before yesterday", "the day after tomorrow" */
	if ((run->meaning == YESTERDAY || run->meaning == TOMORROW) &&
	    pr_fact_before(s->text, start, &w) &&
	    (pr_fact_is(text_of(s->text, &w), "before") ||
	     pr_fact_is(text_of(s->text, &w), "after"))) {
		bool is_day = pr_fact_before(s->text, w.start, &day) &&
			      pr_fact_is(text_of(s->text, &day), "day");
		bool before = (s->text.p[w.start] | 0x20) == 'b';

		if (is_day && before != (run->meaning == YESTERDAY))
			return false;
		if (is_day) {
			by *= 2;
			start = day.start;
		}
	}
	return tell(out, start, run->end, s->today + by);
}

/* The most recent one before today; "the last Friday of the month" is another thing. */
static bool
last_weekday(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	struct pr_fact_neighbour last, w;
	int year, month, mday, today, back;
	size_t start, end = run->end;

	if (s->today == PR_FACT_NO_DAY || s->quoted)
		return false;
	if (pr_fact_behind(s->text, end, &w) && pr_fact_is(text_of(s->text, &w), "diwethaf")) {
		start = run->start;
		end = w.end;
	} else if (pr_fact_before(s->text, run->start, &last) &&
		   pr_fact_is(text_of(s->text, &last), "last")) {
		if (pr_fact_before(s->text, last.start, &w) &&
		    pr_fact_is(text_of(s->text, &w), "the"))
			return false;
		if (pr_fact_behind(s->text, end, &w) && (pr_fact_is(text_of(s->text, &w), "of") ||
							 pr_fact_is(text_of(s->text, &w), "in")))
			return false;
		start = last.start;
	} else {
		return false;
	}
	pr_day_civil(s->today, &year, &month, &mday, &today);
	back = (today - (run->meaning - WEEKDAY) + 7) % 7;
	return tell(out, start, end, s->today - (back ? back : 7));
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	int month = run->meaning - MONTH + 1;

	if (run->sight == PR_FACT_DIGITS)
		return from_figures(s, run->start, out);
	if (run->meaning >= TODAY)
		return relative(s, run, out);
	if (run->meaning >= WEEKDAY) {
		/* dydd Mawrth is a Tuesday, 24 Mawrth a day in March */
		return last_weekday(s, run, out);
	}
	return day_first(s, run, month, out) || month_first(s, run, month, out);
}

static const struct pr_fact_word words[] = {
    {"january", MONTH},        {"jan", MONTH},
    {"ionawr", MONTH},         {"february", MONTH + 1},
    {"feb", MONTH + 1},        {"chwefror", MONTH + 1},
    {"march", MONTH + 2},      {"mar", MONTH + 2},
    {"mawrth", MONTH + 2},     {"april", MONTH + 3},
    {"apr", MONTH + 3},        {"ebrill", MONTH + 3},
    {"may", MONTH + 4},        {"mai", MONTH + 4},
    {"fai", MONTH + 4},        {"june", MONTH + 5},
    {"jun", MONTH + 5},        {"mehefin", MONTH + 5},
    {"fehefin", MONTH + 5},    {"july", MONTH + 6},
    {"jul", MONTH + 6},        {"gorffennaf", MONTH + 6},
    {"orffennaf", MONTH + 6},  {"august", MONTH + 7},
    {"aug", MONTH + 7},        {"awst", MONTH + 7},
    {"september", MONTH + 8},  {"sep", MONTH + 8},
    {"sept", MONTH + 8},       {"medi", MONTH + 8},
    {"fedi", MONTH + 8},       {"october", MONTH + 9},
    {"oct", MONTH + 9},        {"hydref", MONTH + 9},
    {"november", MONTH + 10},  {"nov", MONTH + 10},
    {"tachwedd", MONTH + 10},  {"dachwedd", MONTH + 10},
    {"december", MONTH + 11},  {"dec", MONTH + 11},
    {"rhagfyr", MONTH + 11},   {"sunday", WEEKDAY},
    {"sun", WEEKDAY},          {"sul", WEEKDAY},
    {"monday", WEEKDAY + 1},   {"mon", WEEKDAY + 1},
    {"llun", WEEKDAY + 1},     {"tuesday", WEEKDAY + 2},
    {"tue", WEEKDAY + 2},      {"tues", WEEKDAY + 2},
    {"mawrth", WEEKDAY + 2},   {"wednesday", WEEKDAY + 3},
    {"wed", WEEKDAY + 3},      {"mercher", WEEKDAY + 3},
    {"fercher", WEEKDAY + 3},  {"thursday", WEEKDAY + 4},
    {"thu", WEEKDAY + 4},      {"thur", WEEKDAY + 4},
    {"thurs", WEEKDAY + 4},    {"iau", WEEKDAY + 4},
    {"friday", WEEKDAY + 5},   {"fri", WEEKDAY + 5},
    {"gwener", WEEKDAY + 5},   {"wener", WEEKDAY + 5},
    {"saturday", WEEKDAY + 6}, {"sat", WEEKDAY + 6},
    {"sadwrn", WEEKDAY + 6},   {"today", TODAY},
    {"heddiw", TODAY},         {"yesterday", YESTERDAY},
    {"ddoe", YESTERDAY},       {"tomorrow", TOMORROW},
    {"yfory", TOMORROW},       {"echdoe", DAY_BEFORE},
    {"trennydd", DAY_AFTER},   {NULL, 0},
};

const struct pr_fact_kind pr_fact_date = {
    .name = "date",
    .sights = PR_FACT_DIGITS,
    .words = words,
    .find = find,
};
