/*
 * phone: what a person or a gateway writes as a number, in one form.
 *
 * A number is first squeezed to its digits (blanks, brackets, dots and every sort of dash are
 * dropped), then read by how it begins. Both steps are bounded, whatever the input.
 */
#include "postroom/phone.h"

#include "postroom/utf8.h"

#include <stdio.h>

enum {
	DIGITS_MAX = 20, /* 15 of E.164, the 00 and the (0), and then it is none */
	INPUT_MAX = 128,
	FIND_MAX = 40, /* bytes of a number in free text */
	ALPHA_MAX = 11,
};

struct digits {
	char d[DIGITS_MAX + 1];
	size_t n;
	bool plus;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* No-break, thin and zero-width spaces, direction marks, and the dashes that word processors put
 * in. */
static bool
is_foreign_gap(uint32_t cp)
{
	return cp == 0xa0 || cp == 0xad || (cp >= 0x2000 && cp <= 0x2015) ||
	       (cp >= 0x202a && cp <= 0x202f) || (cp >= 0x2060 && cp <= 0x2069) || cp == 0x2212 ||
	       cp == 0xfeff;
}

/* Bytes of the separator at the front, 0 when there is none. A '/' stands in dates, not in numbers.
 */
static size_t
gap_length(struct pr_str s)
{
	uint32_t cp;
	size_t n;

	if (!s.n)
		return 0;
	if (strchr(" \t().-", s.p[0]) && s.p[0])
		return 1;
	if ((unsigned char)s.p[0] < 0x80)
		return 0;
	n = pr_utf8_decode(s, &cp);
	return n && is_foreign_gap(cp) ? n : 0;
}

static bool
squeeze(struct pr_str s, struct digits *out)
{
	*out = (struct digits){.n = 0};
	for (size_t i = 0; i < s.n;) {
		size_t gap = gap_length(pr_str_sub(s, i, s.n));

		if (gap) {
			i += gap;
			continue;
		}
		if (s.p[i] == '+' && !out->n && !out->plus)
			out->plus = true;
		else if (is_digit(s.p[i]) && out->n < DIGITS_MAX)
			out->d[out->n++] = s.p[i];
		else
			return false;
		i++;
	}
	return out->n > 0;
}

static bool
starts(struct pr_str s, const char *prefix)
{
	return pr_str_starts(s, pr_str_c(prefix));
}

/* The national number behind +44: ten digits, or one of the few older and shorter ones. */
static bool
uk_length_ok(struct pr_str nsn)
{
	if (nsn.n == 10)
		return nsn.p[0] != '0' && nsn.p[0] != '4' && nsn.p[0] != '6';
	if (nsn.n == 9)
		return nsn.p[0] == '1' || starts(nsn, "800") || starts(nsn, "500");
	/* Childline and NHS Direct. */
	return pr_str_eq_c(nsn, "8001111") || pr_str_eq_c(nsn, "8454647");
}

static bool
is_uk_mobile(struct pr_str nsn)
{
	if (nsn.n != 10 || nsn.p[0] != '7')
		return false;
	return (nsn.p[1] != '0' && nsn.p[1] != '6') || starts(nsn, "7624");
}

/* `s`: country code and number, as +44 or 0044 would be followed. */
static bool
international(struct pr_str s, struct pr_phone *out)
{
	struct pr_phone p = {.kind = PR_PHONE_E164};

	if (starts(s, "44")) {
		struct pr_str nsn = pr_str_sub(s, 2, s.n);

		if (starts(nsn, "0")) /* +44 (0)7700 */
			nsn = pr_str_sub(nsn, 1, nsn.n);
		if (!uk_length_ok(nsn))
			return false;
		p.uk_mobile = is_uk_mobile(nsn);
		snprintf(p.text, sizeof(p.text), "+44" PR_S_FMT, PR_S(nsn));
	} else {
		if (s.n < 7 || s.n > 15 || s.p[0] == '0')
			return false;
		snprintf(p.text, sizeof(p.text), "+" PR_S_FMT, PR_S(s));
	}
	*out = p;
	return true;
}

static bool
national(struct pr_str nsn, struct pr_phone *out)
{
	char text[DIGITS_MAX + 3];

	if (!uk_length_ok(nsn))
		return false;
	snprintf(text, sizeof(text), "44" PR_S_FMT, PR_S(nsn));
	return international(pr_str_c(text), out);
}

/* With a sign of what it is: +, 00, 0 or 447. */
static bool
marked(const struct digits *d, struct pr_phone *out)
{
	struct pr_str s = pr_str_n(d->d, d->n);

	if (d->plus)
		return international(s, out);
	if (starts(s, "00"))
		return international(pr_str_sub(s, 2, s.n), out);
	if (starts(s, "0"))
		return national(pr_str_sub(s, 1, s.n), out);
	return starts(s, "447") && s.n == 12 && international(s, out);
}

static bool
is_alpha_sender(struct pr_str s)
{
	bool letter = false;

	if (!s.n || s.n > ALPHA_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (is_letter(s.p[i]))
			letter = true;
		else if (!is_digit(s.p[i]) && (!s.p[i] || !strchr(" &._-", s.p[i])))
			return false;
	}
	return letter;
}

static struct pr_phone
as_text(enum pr_phone_kind kind, struct pr_str s)
{
	struct pr_phone p = {.kind = kind};

	snprintf(p.text, sizeof(p.text), PR_S_FMT, PR_S(s));
	return p;
}

struct pr_phone
pr_phone_parse(struct pr_str s)
{
	struct pr_phone p = {.kind = PR_PHONE_NONE};
	struct digits d;
	struct pr_str digits;

	s = pr_str_trim(s);
	if (s.n > INPUT_MAX)
		return p;
	if (pr_str_starts_nocase(s, PR_STR("tel:")))
		s = pr_str_trim(pr_str_sub(s, 4, s.n));
	if (!squeeze(s, &d))
		return is_alpha_sender(s) ? as_text(PR_PHONE_ALPHA, s) : p;
	if (marked(&d, &p))
		return p;
	digits = pr_str_n(d.d, d.n);
	if (d.plus || d.d[0] == '0')
		return p;
	if (d.n >= 3 && d.n <= 8)
		return as_text(PR_PHONE_SHORT, digits);
	/* Gateways leave the + out, people the 0. */
	if (d.n == 10 && d.d[0] == '7')
		national(digits, &p);
	else if (d.n >= 11)
		international(digits, &p);
	return p;
}

/* ---- in free text ---- */

static bool
may_begin(struct pr_str text, size_t i)
{
	char c = text.p[i], before = i ? text.p[i - 1] : ' ';

	if (c != '+' && c != '0' && c != '(' && c != '4')
		return false;
	if (is_digit(before) || is_letter(before) || before == '_' || before == '+')
		return false;
	/* "3.07700" and "REF-0770" are other things; "Tel.07700" is what it says. */
	if ((before != '.' && before != '-') || i < 2)
		return true;
	return !is_digit(text.p[i - 2]) && (before == '.' || !is_letter(text.p[i - 2]));
}

/* How many digits stand together at `i`. */
static size_t
group_length(struct pr_str text, size_t i)
{
	size_t n = 0;

	while (i + n < text.n && is_digit(text.p[i + n]))
		n++;
	return n;
}

/* Up to three separators that a digit follows: "(020) 7946", "07700 - 900". */
static size_t
gap_before_digits(struct pr_str text, size_t i)
{
	size_t at = i;

	for (int k = 0; k < 3 && at < text.n && !is_digit(text.p[at]); k++) {
		size_t n = gap_length(pr_str_sub(text, at, text.n));

		if (!n)
			return 0;
		at += n;
	}
	return at < text.n && is_digit(text.p[at]) ? at - i : 0;
}

static bool
ends_here(struct pr_str text, size_t end)
{
	return end == text.n ||
	       (!is_letter(text.p[end]) && !is_digit(text.p[end]) && text.p[end] != '_');
}

/* The sign or bracket that a number begins with: "+44", "(020)", "(+44)". */
static size_t
opening_length(struct pr_str text, size_t i, bool *plus)
{
	size_t n = 0;

	*plus = false;
	while (n < 2 && i + n < text.n &&
	       (text.p[i + n] == '(' || (text.p[i + n] == '+' && !*plus)))
		*plus |= text.p[i + n++] == '+';
	return n;
}

static bool
append(struct digits *d, struct pr_str group)
{
	if (!group.n || group.n > DIGITS_MAX - d->n)
		return false;
	memcpy(d->d + d->n, group.p, group.n);
	d->n += group.n;
	return true;
}

/* The longest run of digit groups from `i` that is a number: "07700 900123 2 days" has one behind
 * 900123. */
static size_t
longest(struct pr_str text, size_t i, struct pr_phone *phone)
{
	struct digits d = {.n = 0};
	size_t at = i + opening_length(text, i, &d.plus), found = 0, gap = 0;
	size_t first = group_length(text, at);

	/* The first group of a national number is its area code; "01-02-2026 1030" is a date. */
	if (!first || (text.p[at] == '0' && first < 3) ||
	    (text.p[i] == '4' && first != 2 && first != 12))
		return 0;
	do {
		struct pr_str group = pr_str_sub(text, at, group_length(text, at));

		if (!append(&d, group))
			break;
		at += group.n;
		if (ends_here(text, at) && marked(&d, phone))
			found = at;
		gap = gap_before_digits(text, at);
		at += gap;
	} while (gap && at - i < FIND_MAX);
	return found;
}

bool
pr_phone_find(struct pr_str text, struct pr_phone *phone, size_t *start, size_t *end)
{
	for (size_t i = 0; i < text.n; i++) {
		struct pr_phone p = {.kind = PR_PHONE_NONE};
		size_t found = may_begin(text, i) ? longest(text, i, &p) : 0;

		if (found) {
			*phone = p;
			*start = i;
			*end = found;
			return true;
		}
	}
	return false;
}
