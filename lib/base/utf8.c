/* utf8: RFC 3629, strictly. */
#include "postroom/utf8.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* What a leading byte promises: length, payload bits, and the range of the byte after it (RFC 3629,
 * section 4). */
static size_t
lead(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xBF;
	if (c < 0x80)
		return 1;
	if (c >= 0xC2 && c <= 0xDF)
		return 2;
	if (c >= 0xE0 && c <= 0xEF) {
		if (c == 0xE0)
			*low = 0xA0;
		if (c == 0xED)
			*high = 0x9F; /* surrogates */
		return 3;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		if (c == 0xF0)
			*low = 0x90;
		if (c == 0xF4)
			*high = 0x8F;
		return 4;
	}
	return 0;
}

/* Length of the valid character at the front, or 0; *bad is then the length of the maximal invalid
 * part. */
static size_t
scan(struct pr_str s, size_t *bad)
{
	unsigned char low, high;
	size_t n = lead((unsigned char)s.p[0], &low, &high);
	*bad = 1;
	if (n == 0)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (i >= s.n || (unsigned char)s.p[i] < low || (unsigned char)s.p[i] > high) {
			*bad = i;
			return 0;
		}
		low = 0x80;
		high = 0xBF;
	}
	return n;
}

/* How many bytes at the front are plain ASCII without NUL, eight at a time. */
static size_t
ascii_run(struct pr_str s)
{
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;
		memcpy(&w, s.p + i, 8);
		if ((w & 0x8080808080808080U) ||
		    ((w - 0x0101010101010101U) & ~w & 0x8080808080808080U))
			break;
	}
	while (i < s.n && s.p[i] > 0)
		i++;
	return i;
}

bool
pr_utf8_ok(struct pr_str s)
{
	size_t bad;
	for (;;) {
		s = pr_str_sub(s, ascii_run(s), s.n);
		if (s.n == 0)
			return true;
		size_t n = s.p[0] == '\0' ? 0 : scan(s, &bad);
		if (n == 0)
			return false;
		s = pr_str_sub(s, n, s.n);
	}
}

size_t
pr_utf8_repair(struct pr_buf *b, struct pr_str s)
{
	size_t replaced = 0;
	while (s.n) {
		size_t bad = 1, n = ascii_run(s);
		if (n == 0 && s.p[0] != '\0')
			n = scan(s, &bad);
		if (n) {
			pr_buf_add(b, s.p, n);
		} else {
			pr_buf_add_c(b, REPLACEMENT);
			replaced++;
			n = bad;
		}
		s = pr_str_sub(s, n, s.n);
	}
	return replaced;
}

struct pr_str
pr_utf8_clip(struct pr_str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max && ((unsigned char)s.p[max] & 0xC0) == 0x80)
		max--;
	return pr_str_sub(s, 0, max);
}

size_t
pr_utf8_decode(struct pr_str s, uint32_t *cp)
{
	size_t bad, n = s.n ? scan(s, &bad) : 0;
	if (n == 0)
		return 0;
	static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t value = (unsigned char)s.p[0] & mask[n];
	for (size_t i = 1; i < n; i++)
		value = value << 6 | ((unsigned char)s.p[i] & 0x3F);
	*cp = value;
	return n;
}

int
pr_utf8_encode(struct pr_buf *b, uint32_t cp)
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		return pr_buf_add_c(b, REPLACEMENT);
	if (cp < 0x80)
		return pr_buf_add_char(b, (char)cp);
	static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	char bytes[4];
	for (size_t i = n; i-- > 1; cp >>= 6)
		bytes[i] = (char)(0x80 | (cp & 0x3F));
	bytes[0] = (char)(marks[n] | cp);
	return pr_buf_add(b, bytes, n);
}

size_t
pr_utf8_length(struct pr_str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}
