/*
 * scan syntax: the part of PCRE2's language that libhs reads alike, as a walk over the pattern. It
 * errs on the safe side: what is not known here is refused, and costs time only.
 */
#include "classify/match_scan_parts.h"

static bool
is_punctuation(char c)
{
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
	       !(c >= 'a' && c <= 'z');
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* How many bytes the escape at the start of `s` has; 0: not known. */
static size_t
escape(struct pr_str s, bool in_set)
{
	const char *letters = in_set ? "wWdDsSnrt" : "bBwWdDsSAzZnrt";

	if (s.n < 2)
		return 0;
	if (is_punctuation(s.p[1]) || strchr(letters, s.p[1]))
		return s.p[1] ? 2 : 0;
	/* above \x7f it would be a character of two bytes */
	if (s.p[1] == 'x' && s.n >= 4 && hex_of(s.p[2]) >= 0 && hex_of(s.p[2]) < 8 &&
	    hex_of(s.p[3]) >= 0)
		return 4;
	return 0;
}

/* [abc], [^]x]: a bracket that comes first stands for itself. */
static size_t
set(struct pr_str s)
{
	size_t i = 1, n;

	if (i < s.n && s.p[i] == '^')
		i++;
	if (i < s.n && s.p[i] == ']')
		i++;
	for (; i < s.n && s.p[i] != ']'; i += n) {
		n = 1;
		if (s.p[i] == '\\')
			n = escape(pr_str_sub(s, i, s.n), true);
		else if (s.p[i] == '[' && i + 1 < s.n && strchr(":.=", s.p[i + 1]))
			n = 0;
		if (!n)
			return 0;
	}
	return i < s.n ? i + 1 : 0;
}

/* What may stand behind "(?": a plain or atomic group, a lookaround, options i, m and s. */
static size_t
group(struct pr_str s)
{
	static const char *const heads[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
	size_t i = 2;

	if (s.n < 2 || (s.p[1] != '?' && s.p[1] != '*'))
		return 1;
	for (size_t h = 0; h < sizeof(heads) / sizeof(heads[0]); h++)
		if (pr_str_starts(s, pr_str_c(heads[h])))
			return strlen(heads[h]);
	while (s.p[1] == '?' && i < s.n && (s.p[i] == 'i' || s.p[i] == 'm' || s.p[i] == 's'))
		i++;
	return i > 2 && i < s.n && (s.p[i] == ')' || s.p[i] == ':') ? i + 1 : 0;
}

/* {2} {2,} {2,5}: another brace is a letter to one release of PCRE2 and a repeat to the next. */
static size_t
repeat(struct pr_str s)
{
	size_t i = 1, digits = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	if (!digits)
		return 0;
	if (i < s.n && s.p[i] == ',')
		i++;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i < s.n && s.p[i] == '}' ? i + 1 : 0;
}

bool
pr_scan_syntax_ok(struct pr_str s)
{
	size_t n;

	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || !s.p[i])
			return false;
	for (size_t i = 0; i < s.n; i += n) {
		struct pr_str rest = pr_str_sub(s, i, s.n);

		n = 1;
		if (s.p[i] == '\\')
			n = escape(rest, false);
		else if (s.p[i] == '[')
			n = set(rest);
		else if (s.p[i] == '(')
			n = group(rest);
		else if (s.p[i] == '{')
			n = repeat(rest);
		if (!n)
			return false;
	}
	return true;
}

/* ---- relaxed: what libhs is given ---- */

#define REPEAT_KEPT 3  /* {0,3} stays as it is */
#define EXACT_KEPT  12 /* and {12} */

static size_t
element(struct pr_str s)
{
	if (s.p[0] == '\\')
		return escape(s, false);
	if (s.p[0] == '[')
		return set(s);
	return s.p[0] == '(' ? group(s) : 1;
}

static bool
is_denial(struct pr_str s)
{
	return pr_str_starts(s, PR_STR("(?!")) || pr_str_starts(s, PR_STR("(?<!"));
}

/* How long a group is that stands at the start of `s`, with its closing bracket; 0: it never ends.
 */
static size_t
whole_group(struct pr_str s)
{
	size_t depth = 0, n;

	for (size_t i = 0; i < s.n; i += n) {
		n = element(pr_str_sub(s, i, s.n));
		if (!n)
			return 0;
		/* "(?i)" is a group that is over at once */
		if (s.p[i] == '(' && s.p[i + n - 1] != ')')
			depth++;
		if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* "{2,40}" at the start of `s`, of n bytes: what stands for it, itself when it is small. */
static struct pr_str
relaxed_repeat(struct pr_str s, size_t n)
{
	struct pr_str rest = pr_str_sub(s, 1, n - 2), first = PR_STR_NONE;
	bool range = memchr(s.p, ',', n) != NULL;
	int64_t least = 0, most = INT64_MAX;

	pr_str_cut(&rest, ',', &first);
	if (!pr_str_int(first, 0, INT32_MAX, &least))
		return pr_str_sub(s, 0, n);
	if (!range)
		most = least;
	else if (rest.n && !pr_str_int(rest, 0, INT32_MAX, &most))
		return pr_str_sub(s, 0, n);
	if (most <= (range ? REPEAT_KEPT : EXACT_KEPT))
		return pr_str_sub(s, 0, n);
	return least ? PR_STR("+") : PR_STR("*");
}

bool
pr_scan_relax(struct pr_str s, struct pr_buf *out)
{
	size_t n;

	for (size_t i = 0; i < s.n; i += n) {
		struct pr_str rest = pr_str_sub(s, i, s.n);

		if (s.p[i] == '{') {
			n = repeat(rest);
			pr_buf_add_str(out, relaxed_repeat(rest, n));
		} else if (is_denial(rest)) {
			n = whole_group(rest);
			pr_buf_add_c(out, "(?:)");
		} else {
			n = element(rest);
			pr_buf_add_str(out, pr_str_sub(rest, 0, n));
		}
		if (!n)
			return false;
	}
	pr_buf_add_char(out, '\0');
	return !out->failed;
}
