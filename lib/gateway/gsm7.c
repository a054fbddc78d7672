/*
 * gsm7: does a text fit the GSM 03.38 alphabet, and how many messages does it make.
 */
#include "postroom/gateway.h"
#include "postroom/utf8.h"

/* The default alphabet beyond ASCII; those of ASCII that are missing or cost two stand in cost().
 */
static const uint16_t beyond_ascii[] = {
    0xA3,  0xA5,  0xE8,  0xE9,  0xF9,  0xEC,  0xF2,  0xC7,  0xD8,  0xF8, 0xC5, 0xE5, 0x394,
    0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xC6, 0xE6, 0xDF, 0xC9,
    0xA4,  0xA1,  0xC4,  0xD6,  0xD1,  0xDC,  0xA7,  0xBF,  0xE4,  0xF6, 0xF1, 0xFC, 0xE0};

/* Septets of one character: 1, 2 behind an escape, 0 when the alphabet lacks it. */
static int
cost(uint32_t cp)
{
	if (cp == 0x20AC || cp == '\f' || (cp && cp < 0x80 && strchr("^{}\\[~]|", (int)cp)))
		return 2;
	if (cp == '\n' || cp == '\r' || (cp >= ' ' && cp < 0x7f && cp != '`'))
		return 1;
	for (size_t i = 0; i < sizeof(beyond_ascii) / sizeof(beyond_ascii[0]); i++)
		if (beyond_ascii[i] == cp)
			return 1;
	return 0;
}

/* One message when it fits whole, else parts of `part`; a character is never split over two parts.
 */
static int
count_parts(struct pr_str text, bool gsm7, int whole, int part)
{
	int total = 0, in_part = 0, parts = 1;
	uint32_t cp;
	size_t n;

	for (; text.n && (n = pr_utf8_decode(text, &cp)) > 0; text = pr_str_sub(text, n, text.n)) {
		int c = gsm7 ? cost(cp) : cp > 0xFFFF ? 2 : 1;
		total += c;
		if (in_part + c > part) {
			parts++;
			in_part = 0;
		}
		in_part += c;
	}
	return total <= whole ? 1 : parts;
}

bool
pr_gsm7_ok(struct pr_str text)
{
	bool any = false;
	uint32_t cp;
	size_t n;

	for (; text.n; text = pr_str_sub(text, n, text.n), any = true) {
		n = pr_utf8_decode(text, &cp);
		if (!n || !cost(cp))
			return false;
	}
	return any;
}

int
pr_sms_parts(struct pr_str text)
{
	if (!text.n)
		return 0;
	return pr_gsm7_ok(text) ? count_parts(text, true, 160, 153)
				: count_parts(text, false, 70, 67);
}
