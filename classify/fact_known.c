/*
 * fact_known: postcode, reference of ours and phone number, as lib/core reads them. Only the words
 * that can begin one are handed over, each with the few bytes that can belong to it.
 */
#include "classify/fact.h"

#include "postroom/phone.h"
#include "postroom/postcode.h"
#include "postroom/reference.h"

/* Longer than anything that the readers of lib/core look at from one beginning; and a reference's
 * symbols behind its prefix (reference.h), with at most so many marks in a row between. */
enum { POSTCODE_BYTES = 16, PHONE_BYTES = 96, SYMBOLS = 11, GAP_MAX = 3 };

/* ---- postcode ---- */

/* "reg CF10 OAT": a correction of O to 0 would make a postcode of a number plate. */
static bool
is_plate(const struct pr_fact_scan *s, size_t start, size_t end, const char *postcode)
{
	size_t k = 0;

	for (size_t i = start; i < end; i++) {
		if (!pr_fact_is_alnum(s->text.p[i]))
			continue;
		k += postcode[k] == ' ';
		if (pr_fact_upper(s->text.p[i]) != postcode[k++])
			return pr_fact_plate_near(s, start);
	}
	return false;
}

static bool
find_postcode(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	struct pr_str window = pr_str_sub(s->text, run->start, POSTCODE_BYTES);
	size_t start, end;

	if (run->end - run->start > 7 || (run->start && s->text.p[run->start - 1] == '_'))
		return false;
	if (!pr_postcode_find(window, out->room, &start, &end) || start)
		return false;
	out->start = run->start;
	out->end = run->start + end;
	out->value = pr_str_c(out->room);
	return !is_plate(s, out->start, out->end, out->room);
}

static const struct pr_fact_word postcode_words[] = {{"gir", PR_FACT_CUES}, {NULL, 0}};
static const char *const postcode_forms[] = {"postcode", NULL};

const struct pr_fact_kind pr_fact_postcode = {
    .name = "postcode",
    .sights = PR_FACT_MIXED,
    .words = postcode_words,
    .forms = postcode_forms,
    .find = find_postcode,
};

/* ---- reference ---- */

/* Where the letters and digits of one end, at most GAP_MAX other characters in a row between them;
 * 0 when there are too few. */
static size_t
reference_end(struct pr_str text, size_t at, size_t symbols)
{
	size_t gap = 0;

	for (size_t i = at; i < text.n; i++) {
		if (pr_fact_is_alnum(text.p[i])) {
			gap = 0;
			if (--symbols == 0)
				return pr_fact_is_alnum(pr_fact_at(text, i + 1)) ? 0 : i + 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80 && ++gap > GAP_MAX) {
			return 0;
		}
	}
	return 0;
}

static bool
find_reference(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	size_t end = reference_end(s->text, run->start, s->prefix.n + SYMBOLS);
	struct pr_str text = pr_str_sub(s->text, run->start, end - run->start);

	if (!end || !pr_reference_parse(s->prefix, text, out->room))
		return false;
	out->start = run->start;
	out->end = end;
	out->value = pr_str_c(out->room);
	return true;
}

const struct pr_fact_kind pr_fact_case_ref = {
    .name = "case_ref",
    .sights = PR_FACT_PREFIX,
    .find = find_reference,
};

/* ---- phone ---- */

/* As the reader of lib/core sees it, which is not shown what stands before. */
static bool
may_begin(struct pr_str text, size_t i)
{
	char c = text.p[i], before = i ? text.p[i - 1] : ' ';

	if (c != '+' && c != '0' && c != '(' && c != '4')
		return false;
	if (pr_fact_is_alnum(before) || before == '_' || before == '+')
		return false;
	if ((before != '.' && before != '-') || i < 2)
		return true;
	return !pr_fact_is_digit(text.p[i - 2]) &&
	       (before == '.' || !pr_fact_is_alpha(text.p[i - 2]));
}

static bool
find_phone(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	struct pr_phone phone;
	size_t start, end, from = run->start;

	while (from > 0 && run->start - from < 2 &&
	       (s->text.p[from - 1] == '(' || s->text.p[from - 1] == '+'))
		from--;
	for (; from <= run->start; from++) {
		if (!may_begin(s->text, from) ||
		    !pr_phone_find(pr_str_sub(s->text, from, PHONE_BYTES), &phone, &start, &end) ||
		    start || phone.kind != PR_PHONE_E164)
			continue;
		out->start = from;
		out->end = from + end;
		if (pr_fact_secret(s->text, out->start, out->end))
			return false;
		memcpy(out->room, phone.text, sizeof(phone.text));
		out->value = pr_str_c(out->room);
		return true;
	}
	return false;
}

const struct pr_fact_kind pr_fact_phone = {
    .name = "phone",
    .sights = PR_FACT_DIGITS,
    .find = find_phone,
};
