/* str: bytes that somebody else owns. */
#include "postroom/str.h"

static const size_t NOWHERE = (size_t)-1;

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
same_nocase(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

struct pr_str
pr_str_c(const char *c)
{
	return (struct pr_str){c, c ? strlen(c) : 0};
}

bool
pr_str_eq(struct pr_str a, struct pr_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
pr_str_eq_c(struct pr_str a, const char *b)
{
	return pr_str_eq(a, pr_str_c(b));
}

int
pr_str_cmp(struct pr_str a, struct pr_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool
pr_str_eq_nocase(struct pr_str a, struct pr_str b)
{
	return a.n == b.n && same_nocase(a.p, b.p, a.n);
}

bool
pr_str_starts(struct pr_str s, struct pr_str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool
pr_str_ends(struct pr_str s, struct pr_str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

bool
pr_str_starts_nocase(struct pr_str s, struct pr_str prefix)
{
	return s.n >= prefix.n && same_nocase(s.p, prefix.p, prefix.n);
}

size_t
pr_str_find(struct pr_str s, struct pr_str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? (size_t)(at - s.p) : NOWHERE;
}

size_t
pr_str_find_nocase(struct pr_str s, struct pr_str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (same_nocase(s.p + i, needle.p, needle.n))
			return i;
	return NOWHERE;
}

struct pr_str
pr_str_sub(struct pr_str s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	return (struct pr_str){n ? s.p + from : s.p, n};
}

struct pr_str
pr_str_trim(struct pr_str s)
{
	while (s.n && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
pr_str_cut(struct pr_str *rest, char sep, struct pr_str *head)
{
	if (rest->n == 0)
		return false;
	const char *at = memchr(rest->p, sep, rest->n);
	size_t n = at ? (size_t)(at - rest->p) : rest->n;
	*head = (struct pr_str){rest->p, n};
	*rest = pr_str_sub(*rest, at ? n + 1 : n, rest->n);
	return true;
}

bool
pr_str_int(struct pr_str s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	if (negative)
		s = pr_str_sub(s, 1, s.n);
	if (s.n == 0 || s.n > 19)
		return false;
	/* Counted downwards: the negative range holds one number more than the positive. */
	int64_t value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, s.p[i] - '0', &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}
