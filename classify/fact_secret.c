/*
 * fact_secret: numbers that are never kept as a fact, wherever they stand: payment cards, National
 * Insurance numbers, and what stands beside a sort code.
 */
#include "classify/fact.h"

enum { GROUPS_MAX = 24, AROUND = 40, BANK_AROUND = 80 };

struct groups {
	struct pr_str v[GROUPS_MAX];
	size_t n;
};

static bool
luhn_ok(const struct pr_str *v, size_t n)
{
	int sum = 0, place = 0;

	for (size_t g = n; g-- > 0;) {
		for (size_t i = v[g].n; i-- > 0; place++) {
			int d = v[g].p[i] - '0';

			if (place % 2)
				d = d > 4 ? 2 * d - 9 : 2 * d;
			sum += d;
		}
	}
	return sum % 10 == 0;
}

/* How many groups from v[0] on are written as a card number is: in one, 4 4 4 4 (3), 4 6 5, 4 6 4.
 */
static size_t
card_shape(const struct pr_str *v, size_t n)
{
	if (v[0].p[0] < '2' || v[0].p[0] > '6')
		return 0;
	if (v[0].n >= 13 && v[0].n <= 19)
		return 1;
	if (v[0].n != 4 || n < 3)
		return 0;
	if (v[1].n == 6 && (v[2].n == 5 || v[2].n == 4))
		return 3;
	if (n < 4 || v[1].n != 4 || v[2].n != 4 || v[3].n != 4)
		return 0;
	return n > 4 && v[4].n == 3 && luhn_ok(v, 5) ? 5 : 4;
}

/* The groups of digits around [start, end) that only single blanks or dashes part. */
static void
gather(struct pr_str text, size_t start, size_t end, struct groups *g)
{
	size_t from = start, i;

	while (from > 0 && start - from < AROUND &&
	       (pr_fact_is_digit(text.p[from - 1]) ||
		((text.p[from - 1] == ' ' || text.p[from - 1] == '-') && from > 1 &&
		 pr_fact_is_digit(text.p[from - 2]))))
		from--;
	g->n = 0;
	for (i = from; i < text.n && i < end + AROUND && g->n < GROUPS_MAX; i++) {
		size_t at = i;

		while (i < text.n && i - at < AROUND && pr_fact_is_digit(text.p[i]))
			i++;
		if (i > at)
			g->v[g->n++] = pr_str_sub(text, at, i - at);
		if (i >= end && pr_fact_at(text, i) != ' ' && pr_fact_at(text, i) != '-')
			break;
	}
}

static bool
in_card(struct pr_str text, size_t start, size_t end)
{
	struct groups g;

	gather(text, start, end, &g);
	for (size_t i = 0; i < g.n; i++) {
		size_t n = card_shape(g.v + i, g.n - i);
		const struct pr_str *last;

		if (!n || !luhn_ok(g.v + i, n))
			continue;
		last = &g.v[i + n - 1];
		if (g.v[i].p < text.p + end && last->p + last->n > text.p + start)
			return true;
	}
	return false;
}

/* AB 12 34 56 C from `at`: where it ends, 0 when it is none. */
static size_t
nino_end(struct pr_str text, size_t at)
{
	static const char shape[] = "AA999999A";
	size_t i = at;

	for (size_t k = 0; shape[k]; k++, i++) {
		char c;

		while (k && (pr_fact_at(text, i) == ' ' || pr_fact_at(text, i) == '-') &&
		       i + 1 < text.n && i - at < 14)
			i++;
		c = pr_fact_upper(pr_fact_at(text, i));
		if (shape[k] == '9' ? !pr_fact_is_digit(c) : !pr_fact_is_upper(c))
			return 0;
		if (k == 8 && c > 'D')
			return 0;
	}
	return pr_fact_is_alnum(pr_fact_at(text, i)) ? 0 : i;
}

bool
pr_fact_secret(struct pr_str text, size_t start, size_t end)
{
	size_t from = start > 14 ? start - 14 : 0;

	for (size_t i = from; i < end; i++)
		if ((i == 0 || !pr_fact_is_alnum(text.p[i - 1])) && pr_fact_is_alpha(text.p[i]) &&
		    nino_end(text, i) > start)
			return true;
	return in_card(text, start, end);
}

/* 12-34-56 with any of - and blank: a sort code, or a date that could be one. */
static bool
has_sort_code(struct pr_str s)
{
	for (size_t i = 0; i + 8 <= s.n; i++) {
		const char *p = s.p + i;

		if ((i == 0 || !pr_fact_is_alnum(p[-1])) && pr_fact_is_digit(p[0]) &&
		    pr_fact_is_digit(p[1]) && p[2] == '-' && p[5] == '-' &&
		    pr_fact_is_digit(p[3]) && pr_fact_is_digit(p[4]) && pr_fact_is_digit(p[6]) &&
		    pr_fact_is_digit(p[7]) && !pr_fact_is_alnum(pr_fact_at(s, i + 8)))
			return true;
	}
	return false;
}

bool
pr_fact_bank_near(struct pr_str text, size_t start, size_t end)
{
	static const char *const words[] = {"sort", "bank", "iban", "bic ",      "debit",
					    "card", "isa ", "banc", "cod didoli"};
	size_t from = start > BANK_AROUND ? start - BANK_AROUND : 0;
	struct pr_str before = pr_str_sub(text, from, start - from);
	struct pr_str behind = pr_str_sub(text, end, BANK_AROUND);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (pr_str_find_nocase(before, pr_str_c(words[i])) != (size_t)-1 ||
		    pr_str_find_nocase(behind, pr_str_c(words[i])) != (size_t)-1)
			return true;
	return has_sort_code(before) || has_sort_code(behind);
}
