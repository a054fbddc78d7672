/*
 * postcode: shapes, areas and the two confusions that people make (O for 0, I for 1).
 *
 * A postcode that has the shape need not exist; that would take a gazetteer.
 */
#include "postroom/postcode.h"

/* The areas in use, with the Crown dependencies and BX (banks and HMRC); sources in
 * rules/SOURCES.md. */
static const char areas[][3] = {
    "AB", "AL", "B",  "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "BX", "CA", "CB",
    "CF", "CH", "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT",
    "DY", "E",  "EC", "EH", "EN", "EX", "FK", "FY", "G",  "GL", "GU", "GY", "HA", "HD", "HG", "HP",
    "HR", "HS", "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L",  "LA", "LD",
    "LE", "LL", "LN", "LS", "LU", "M",  "ME", "MK", "ML", "N",  "NE", "NG", "NN", "NP", "NR", "NW",
    "OL", "OX", "PA", "PE", "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S",  "SA", "SE", "SG", "SK",
    "SL", "SM", "SN", "SO", "SP", "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR",
    "TS", "TW", "UB", "W",  "WA", "WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE"};

/* Districts that end in a letter exist in London only. */
static const struct {
	char area[3];
	const char *letters;
} lettered[] = {{"E", "W"},        {"N", "CP"},        {"W", "ABCDEFGHJKPSTUW"},
		{"EC", "AMNPRVY"}, {"SW", "AEHPVWXY"}, {"WC", "ABEHNRVX"},
		{"NW", "W"},       {"SE", "P"}};

/* A: letter, 9: digit. */
static const char *const shapes[] = {"A9", "A99", "A9A", "AA9", "AA99", "AA9A"};

enum { COMPACT_MAX = 7 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The character as what the shape wants at its place, or 0. */
static char
as_shape(char c, char shape)
{
	if (shape == 'A')
		return is_upper(c) ? c : c == '0' ? 'O' : c == '1' ? 'I' : '\0';
	return is_digit(c) ? c : c == 'O' ? '0' : c == 'I' ? '1' : '\0';
}

static bool
area_ok(const char *area, size_t n)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (pr_str_eq_c(pr_str_n(area, n), areas[i]))
			return true;
	return false;
}

static bool
letter_ok(const char *area, size_t n, char letter)
{
	for (size_t i = 0; i < sizeof(lettered) / sizeof(lettered[0]); i++)
		if (pr_str_eq_c(pr_str_n(area, n), lettered[i].area))
			return strchr(lettered[i].letters, letter) != NULL;
	return false;
}

/* `out` is in the shape already: is it one that is used? */
static bool
outward_ok(const char *out, const char *shape)
{
	size_t letters = shape[1] == 'A' ? 2 : 1, n = strlen(shape);

	if (!area_ok(out, letters))
		return false;
	if (n == letters + 1)
		return true;
	if (shape[n - 1] == 'A')
		return letter_ok(out, letters, out[n - 1]);
	return out[letters] != '0';
}

/* Put `in` into the shape; how many characters had to be put right, or -1. */
static int
fit(const char *in, const char *shape, char *out)
{
	int changed = 0;

	for (size_t i = 0; shape[i]; i++) {
		out[i] = as_shape(in[i], shape[i]);
		if (!out[i])
			return -1;
		changed += out[i] != in[i];
	}
	return changed;
}

static int
fit_inward(const char *in, char *out)
{
	int changed = fit(in, "9AA", out);

	for (int i = 1; changed >= 0 && i < 3; i++)
		if (strchr("CIKMOV", out[i]))
			return -1;
	return changed;
}

/*
 * The outward half with the fewest corrections; -1 when none fits or two different ones fit equally
 * well, for then nobody can say which was meant.
 */
static int
fit_outward(struct pr_str in, char *out)
{
	int best = -1;
	bool twins = false;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		char text[5] = "";
		int changed;

		if (strlen(shapes[i]) != in.n)
			continue;
		changed = fit(in.p, shapes[i], text);
		if (changed < 0 || !outward_ok(text, shapes[i]))
			continue;
		if (changed == best)
			twins = true;
		if (best < 0 || changed < best) {
			best = changed;
			twins = false;
			memcpy(out, text, in.n);
		}
	}
	return twins ? -1 : best;
}

/* Upper case without separators in; how many characters had to be put right, or -1. */
static int
fit_compact(struct pr_str s, char out[9])
{
	int outward, inward;

	if (s.n < 5 || s.n > COMPACT_MAX)
		return -1;
	if (pr_str_eq_c(s, "GIR0AA")) {
		memcpy(out, "GIR 0AA", 8);
		return 0;
	}
	outward = fit_outward(pr_str_sub(s, 0, s.n - 3), out);
	inward = fit_inward(s.p + s.n - 3, out + s.n - 2);
	if (outward < 0 || inward < 0)
		return -1;
	out[s.n - 3] = ' ';
	out[s.n + 1] = '\0';
	return outward + inward;
}

/* Blanks, stops, dashes, and the no-break space (C2 A0). */
static size_t
gap_length(struct pr_str s)
{
	if (pr_str_starts(s, PR_STR("\xc2\xa0")))
		return 2;
	return s.n && s.p[0] && strchr(" \t\r\n-.,", s.p[0]) ? 1 : 0;
}

bool
pr_postcode_parse(struct pr_str s, char out[9])
{
	char compact[COMPACT_MAX], text[9] = "";
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		size_t gap = gap_length(pr_str_sub(s, i, 2));

		if (gap) {
			i += gap;
			continue;
		}
		if (n == COMPACT_MAX)
			return false;
		compact[n++] = upper(s.p[i++]);
	}
	if (fit_compact(pr_str_n(compact, n), text) < 0)
		return false;
	memcpy(out, text, sizeof(text));
	return true;
}

/* ---- in free text ---- */

static bool
is_word(char c)
{
	return is_digit(c) || is_upper(upper(c)) || c == '_';
}

static size_t
word_length(struct pr_str s, size_t i)
{
	size_t n = 0;

	while (i + n < s.n && is_word(s.p[i + n]))
		n++;
	return n;
}

struct halves {
	struct pr_str outward, inward;
	size_t end;
};

/* "M4 3rd exit", "B4 1st May": an ordinal behind one letter; "Se13 6th" is more likely a postcode.
 */
static bool
is_ordinal(const struct halves *h)
{
	struct pr_str in = h->inward;

	if (!is_digit(h->outward.p[1]))
		return false;
	return pr_str_eq_c(in, "1st") || pr_str_eq_c(in, "2nd") || pr_str_eq_c(in, "3rd") ||
	       (in.p[1] == 't' && in.p[2] == 'h');
}

/* The word at `i`, alone ("SW1A1AA") or with the one behind it ("SW1A 1AA"). */
static bool
split(struct pr_str text, size_t i, struct halves *h)
{
	size_t n = word_length(text, i), at = i + n, gap = 0;

	if (n >= 5 && n <= COMPACT_MAX) {
		h->outward = pr_str_sub(text, i, n - 3);
		h->inward = pr_str_sub(text, at - 3, 3);
		h->end = at;
		return true;
	}
	if (n < 2 || n > 4)
		return false;
	for (int k = 0; k < 2; k++, at += gap) {
		gap = gap_length(pr_str_sub(text, at, 2));
		if (!gap || strchr("-.,\n", text.p[at]))
			break;
	}
	if (at == i + n || word_length(text, at) != 3)
		return false;
	*h = (struct halves){pr_str_sub(text, i, n), pr_str_sub(text, at, 3), at + 3};
	return !is_ordinal(h);
}

static int
count_digits(struct pr_str s)
{
	int n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += is_digit(s.p[i]);
	return n;
}

/*
 * A correction is believed in free text only where a word of English cannot have caused it: "so
 * 2nd" and "E1 old" are no postcodes, "CF1O 3AT" and "SW1A OAA" are.
 */
static bool
correction_ok(const struct halves *h, int changed)
{
	if (changed == 0)
		return true;
	if (changed > 1 || h->outward.n < 3 || !count_digits(h->outward))
		return false;
	return is_digit(h->inward.p[0]) ||
	       (is_upper(h->inward.p[0]) && is_upper(h->inward.p[1]) && is_upper(h->inward.p[2]));
}

static bool
read_halves(const struct halves *h, char out[9])
{
	char compact[COMPACT_MAX];
	size_t n = 0;
	int changed;

	for (size_t i = 0; i < h->outward.n; i++)
		compact[n++] = upper(h->outward.p[i]);
	for (size_t i = 0; i < 3; i++)
		compact[n++] = upper(h->inward.p[i]);
	changed = fit_compact(pr_str_n(compact, n), out);
	return changed >= 0 && correction_ok(h, changed);
}

bool
pr_postcode_find(struct pr_str text, char out[9], size_t *start, size_t *end)
{
	for (size_t i = 0; i < text.n;) {
		struct halves h;
		char found[9] = "";

		if (!is_word(text.p[i])) {
			i++;
			continue;
		}
		if (split(text, i, &h) && read_halves(&h, found)) {
			memcpy(out, found, sizeof(found));
			*start = i;
			*end = h.end;
			return true;
		}
		i += word_length(text, i);
	}
	return false;
}
