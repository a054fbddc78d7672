/*
 * reference: what a citizen quotes; made from the cid, read back from what people type and write.
 */
#include "postroom/reference.h"

#include "postroom/digest.h"
#include "postroom/err.h"

#define SYMBOLS    10
#define MODULUS    31 /* a prime, so every weight below has an inverse */
#define GAP_MAX    3  /* separators in a row inside a reference in free text */
#define PREFIX_MIN 2
#define PREFIX_MAX 4

static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
_Static_assert(sizeof(alphabet) - 1 == MODULUS, "the alphabet has as many symbols as the modulus");

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static bool
is_letter(char c)
{
	return upper(c) >= 'A' && upper(c) <= 'Z';
}

static bool
is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

static bool
prefix_ok(struct pr_str prefix)
{
	if (prefix.n < PREFIX_MIN || prefix.n > PREFIX_MAX)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (!is_letter(prefix.p[i]))
			return false;
	return true;
}

/* 0 to 30, or -1. O, 0, I, 1 and L are wrong, not misspelt: guessing could turn one case into
 * another. */
static int
symbol_value(char c)
{
	const char *at = c ? strchr(alphabet, upper(c)) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/*
 * The check symbol makes 11 s0 + 10 s1 + ... + 2 s9 + 1 check = 0 modulo 31. The weights differ and
 * none is 0 modulo a prime, so one wrong symbol, or any two that changed places, cannot leave the
 * sum at 0.
 */
static int
check_value(const int values[SYMBOLS])
{
	int sum = 0;

	for (int i = 0; i < SYMBOLS; i++)
		sum += (SYMBOLS + 1 - i) * values[i];
	return (MODULUS - sum % MODULUS) % MODULUS;
}

static void
reference_format(struct pr_str prefix, const int values[SYMBOLS], char out[PR_REFERENCE_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < prefix.n; i++)
		out[n++] = upper(prefix.p[i]);
	for (size_t i = 0; i < SYMBOLS; i++) {
		if (i % 5 == 0)
			out[n++] = '-';
		out[n++] = alphabet[values[i]];
	}
	out[n++] = '-';
	out[n++] = alphabet[check_value(values)];
	out[n] = '\0';
}

/*
 * Each symbol is three bytes of the MAC modulo 31: 2^24 is so much more than 31 that no symbol is
 * likelier than another by more than two in a million. Ten symbols are 49.5 bits: among a million
 * contacts two share one with a probability of 0.0006.
 */
void
pr_reference_make(struct pr_str prefix, struct pr_str key, const struct pr_cid *cid,
		  char out[PR_REFERENCE_BYTES])
{
	unsigned char mac[PR_SHA256_BYTES];
	int values[SYMBOLS];

	if (!prefix_ok(prefix))
		pr_bug("reference: a prefix has %d to %d letters", PREFIX_MIN, PREFIX_MAX);
	pr_hmac_sha256(key, pr_str_n(cid->hex, PR_CID_LENGTH), mac);
	for (size_t i = 0; i < SYMBOLS; i++) {
		const unsigned char *b = mac + 3 * i;
		values[i] = (int)(((uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2]) % MODULUS);
	}
	reference_format(prefix, values, out);
}

/* Bytes of the separator at the front of s, 0 when there is none. Word processors write dashes of
 * their own. */
static size_t
separator(struct pr_str s)
{
	static const struct pr_str separators[] = {
	    {"-", 1},
	    {" ", 1},
	    {"\t", 1},
	    {"\r", 1},
	    {"\n", 1},
	    {"\xc2\xa0", 2},
	    {"\xe2\x80\x90", 3},
	    {"\xe2\x80\x91", 3},
	    {"\xe2\x80\x92", 3},
	    {"\xe2\x80\x93", 3},
	    {"\xe2\x80\x94", 3},
	    {"\xe2\x88\x92", 3},
	};

	for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++)
		if (pr_str_starts(s, separators[i]))
			return separators[i].n;
	return 0;
}

static struct pr_str
separators_skip(struct pr_str s, size_t max)
{
	size_t n;

	for (size_t i = 0; i < max && (n = separator(s)) > 0; i++)
		s = pr_str_sub(s, n, s.n);
	return s;
}

/* Read one reference off the front of *s, with at most `gap` separators in a row inside it. */
static bool
reference_take(struct pr_str prefix, struct pr_str *s, size_t gap, char out[PR_REFERENCE_BYTES])
{
	int values[SYMBOLS + 1] = {0};

	for (size_t i = 0; i < prefix.n + SYMBOLS + 1; i++) {
		if (i > 0)
			*s = separators_skip(*s, gap);
		if (s->n == 0)
			return false;
		if (i < prefix.n) {
			if (upper(s->p[0]) != upper(prefix.p[i]))
				return false;
		} else if ((values[i - prefix.n] = symbol_value(s->p[0])) < 0) {
			return false;
		}
		*s = pr_str_sub(*s, 1, s->n);
	}
	if (values[SYMBOLS] != check_value(values))
		return false;
	reference_format(prefix, values, out);
	return true;
}

bool
pr_reference_parse(struct pr_str prefix, struct pr_str s, char out[PR_REFERENCE_BYTES])
{
	if (!prefix_ok(prefix))
		return false;
	s = separators_skip(s, s.n);
	return reference_take(prefix, &s, s.n, out) && separators_skip(s, s.n).n == 0;
}

bool
pr_reference_find(struct pr_str prefix, struct pr_str text, char out[PR_REFERENCE_BYTES],
		  size_t *start, size_t *end)
{
	if (!prefix_ok(prefix))
		return false;
	for (size_t i = 0; i + prefix.n < text.n; i++) {
		struct pr_str rest = pr_str_sub(text, i, text.n);
		if ((i > 0 && is_word(text.p[i - 1])) || !pr_str_starts_nocase(rest, prefix))
			continue;
		if (!reference_take(prefix, &rest, GAP_MAX, out) ||
		    (rest.n > 0 && is_word(rest.p[0])))
			continue;
		*start = i;
		*end = text.n - rest.n;
		return true;
	}
	return false;
}
