/*
 * charset: what a part says about its characters, what it means by that, and UTF-8 out of it.
 */
#include "mail_internal.h"

#include "postroom/cleanup.h"
#include "postroom/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>
#include <uchardet/uchardet.h>

#define NAME_MAX_BYTES 64
#define GUESS_BYTES    ((size_t)64 << 10)
#define INPUT_MAX      (2 * PR_MAIL_TEXT_MAX)
#define CHUNK          ((size_t)16 << 10)

static const char guessed[] = "the character set is missing or unknown and was guessed";
static const char repaired[] = "some characters could not be read";

/* Names that iconv does not know, and names that mean a larger set in practice (as browsers have
 * it). */
static const struct {
	const char *name, *iconv;
} aliases[] = {
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"iso_8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"latin-1", "WINDOWS-1252"},
    {"l1", "WINDOWS-1252"},
    {"us-ascii", "WINDOWS-1252"},
    {"ascii", "WINDOWS-1252"},
    {"ansi_x3.4-1968", "WINDOWS-1252"},
    {"cp-1252", "WINDOWS-1252"},
    {"x-ansi", "WINDOWS-1252"},
    {"ansi", "WINDOWS-1252"},
    {"x-cp1252", "WINDOWS-1252"},
    {"windows1252", "WINDOWS-1252"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-8-i", "WINDOWS-1255"},
    {"iso-8859-8-e", "WINDOWS-1255"},
    {"logical", "WINDOWS-1255"},
    {"iso-8859-6-i", "ISO-8859-6"},
    {"iso-8859-6-e", "ISO-8859-6"},
    {"tis-620", "CP874"},
    {"iso-8859-11", "CP874"},
    {"windows-874", "CP874"},
    {"windows-31j", "CP932"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"x-sjis", "CP932"},
    {"sjis", "CP932"},
    {"ms_kanji", "CP932"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"korean", "CP949"},
    {"ksc5601", "CP949"},
    {"euc-kr", "CP949"},
    {"windows-949", "CP949"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"x-gbk", "GB18030"},
    {"gbk", "GB18030"},
    {"hz-gb-2312", "GB18030"},
    {"chinese", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"big-5", "BIG5-HKSCS"},
    {"x-mac-roman", "MACINTOSH"},
    {"macroman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"x-mac-ce", "MAC-CENTRALEUROPE"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"utf-8", "UTF-8"},
    {"utf8mb4", "UTF-8"},
    {"x-utf-8", "UTF-8"},
    {"unicode", "UTF-16"},
    {"utf16", "UTF-16"},
    {"cp-850", "CP850"},
    {"dos-850", "CP850"},
    {"ibm-850", "CP850"},
    {"cp-437", "CP437"},
    {"koi8r", "KOI8-R"},
    {"x-koi8-r", "KOI8-R"},
    {"cp-1250", "WINDOWS-1250"},
    {"cp-1251", "WINDOWS-1251"},
    {"win-1251", "WINDOWS-1251"},
    {"iso-2022-jp-1", "ISO-2022-JP-2"},
};

/*
 * Loaded before the sandbox: what British mail is written in. glibc unloads a converter that nobody
 * holds, so these stay open for good. Any other is loaded by the child that needs it, because each
 * of them costs every child five more mappings to be copied at its fork.
 */
static const char *const common[] = {"UTF-8", "WINDOWS-1252", "ISO-8859-1"};
static iconv_t held[sizeof(common) / sizeof(common[0])];

void
pr_mail_charset_warm(void)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		held[i] = iconv_open("UTF-8", common[i]);
	uchardet_t ud = uchardet_new();
	uchardet_handle_data(ud, "warm", 4);
	uchardet_data_end(ud);
	uchardet_delete(ud);
}

static bool
name_is(struct pr_str name, const char *c)
{
	return pr_str_eq_nocase(name, pr_str_c(c));
}

/* iconv's name, in `room` or a literal; NULL when the name cannot be one. */
static const char *
resolve(const char *charset, char room[NAME_MAX_BYTES])
{
	struct pr_str name = pr_str_trim(pr_str_c(charset));

	if (name.n == 0 || name.n >= NAME_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (name_is(name, aliases[i].name))
			return aliases[i].iconv;
	/* No slash: "//IGNORE" and friends belong to iconv_open's own language. */
	for (size_t i = 0; i < name.n; i++) {
		unsigned char ch = (unsigned char)name.p[i];

		if (ch <= ' ' || ch > 126 || ch == '/')
			return NULL;
	}
	memcpy(room, name.p, name.n);
	room[name.n] = '\0';
	return room;
}

/* Convert all of `in`, what cannot be converted as U+FFFD. Returns how many were replaced, -1: no
 * such set. */
static long
convert(struct pr_str in, const char *from, struct pr_buf *out)
{
	iconv_t cd = iconv_open("UTF-8", from);
	union {
		const char *c;
		char *m;
	} src = {.c = in.p};
	size_t left = in.n;
	long bad = 0;

	if (cd == (iconv_t)-1)
		return -1;
	while (left > 0) {
		char *dst = pr_buf_reserve(out, CHUNK);
		if (!dst)
			break;
		char *end = dst;
		size_t room = CHUNK;
		size_t r = iconv(cd, &src.m, &left, &end, &room);
		int why = errno;

		pr_buf_grew(out, CHUNK - room);
		if (r != (size_t)-1 || why == E2BIG)
			continue;
		pr_utf8_encode(out, 0xfffd);
		bad++;
		if (why != EILSEQ || left == 0)
			break;
		src.m++;
		left--;
	}
	/* Some converters (windows-1255, VISCII) hold the last letter back in case an accent
	 * follows. */
	char *end = pr_buf_reserve(out, CHUNK);
	size_t room = CHUNK;
	if (end && iconv(cd, NULL, NULL, &end, &room) != (size_t)-1)
		pr_buf_grew(out, CHUNK - room);
	iconv_close(cd);
	return bad;
}

static const char *
detect(struct pr_str in, char room[NAME_MAX_BYTES])
{
	uchardet_t ud = uchardet_new();
	struct pr_str head = pr_str_sub(in, 0, GUESS_BYTES);
	const char *found = NULL;

	if (uchardet_handle_data(ud, head.p, head.n) == 0) {
		uchardet_data_end(ud);
		found = resolve(uchardet_get_charset(ud), room);
		if (found && found != room)
			snprintf(room, NAME_MAX_BYTES, "%s", found);
	}
	uchardet_delete(ud);
	return found ? room : "WINDOWS-1252";
}

static bool
is_ascii(struct pr_str in)
{
	unsigned char any = 0;

	for (size_t i = 0; i < in.n; i++)
		any |= (unsigned char)in.p[i];
	return any < 128;
}

/* Bytes said to be UTF-8 that are not: a few broken characters, or another set altogether? */
static bool
mostly_utf8(struct pr_str in)
{
	size_t good = 0, bad = 0;
	uint32_t cp;

	if (pr_utf8_ok(in))
		return true;
	while (in.n > 0) {
		size_t n = pr_utf8_decode(in, &cp);

		good += n > 1;
		bad += n == 0 && *in.p != '\0';
		in = pr_str_sub(in, n ? n : 1, in.n);
	}
	return good >= bad;
}

static const char *
through_iconv(struct pr_str in, const char *from, const char *note, struct pr_buf *out)
{
	PR_AUTO_BUF struct pr_buf tmp;

	pr_buf_init(&tmp, 4 * INPUT_MAX + CHUNK);
	long bad = convert(in, from, &tmp);
	if (bad < 0) {
		pr_buf_reset(&tmp);
		char room[NAME_MAX_BYTES];
		note = guessed;
		bad = convert(in, detect(in, room), &tmp);
		if (bad < 0)
			bad = convert(in, "WINDOWS-1252", &tmp);
	}
	bad += (long)pr_utf8_repair(out, pr_buf_str(&tmp));
	return note ? note : bad > 0 ? repaired : NULL;
}

const char *
pr_mail_to_utf8(struct pr_str bytes, const char *charset, struct pr_buf *out)
{
	struct pr_str in = pr_str_sub(bytes, 0, INPUT_MAX);
	char room[NAME_MAX_BYTES], guess[NAME_MAX_BYTES];
	const char *from = resolve(charset, room);
	bool unlabelled = !charset || strcasecmp(charset, "us-ascii") == 0;
	bool utf8 = from && strcmp(from, "UTF-8") == 0;

	if (unlabelled || utf8) {
		bool as_is = unlabelled ? pr_utf8_ok(in) : mostly_utf8(in);

		if (as_is || (is_ascii(in) && unlabelled))
			return pr_utf8_repair(out, in) > 0 ? repaired : NULL;
		/* An unlabelled message in another alphabet deserves the guess; a labelled one, its
		 * label's sense. */
		return through_iconv(in, charset && !utf8 ? from : detect(in, guess), guessed, out);
	}
	return from ? through_iconv(in, from, NULL, out)
		    : through_iconv(in, detect(in, guess), guessed, out);
}
