/*
 * header: the header block of a message, taken apart before any library sees it.
 *
 * The libraries' worst cases are headers: nested comments, a million addresses, a megabyte of
 * references. Here every header is unfolded into memory of our own within limits, so that what is
 * handed on is small.
 */
#include "mail_internal.h"

#include "postroom/cleanup.h"
#include "postroom/utf8.h"

#define SUBJECT_RAW_MAX ((size_t)16 << 10)

static const struct pr_str mbox_from = {"From ", 5};
static const struct pr_str mbox_quoted = {">From ", 6};

void
pr_mail_problem(struct pr_contact *c, struct pr_arena *a, const char *words)
{
	struct pr_str text = pr_str_c(words);

	for (size_t i = 0; i < c->problems.n; i++)
		if (pr_str_eq(c->problems.v[i], text))
			return;
	pr_contact_list_add(c, PR_CONTACT_FIELD(problems), a, text);
}

/* Control characters, NUL among them, are broken but no reason to take the rest of the headers for
 * text. */
static bool
is_name_byte(unsigned char ch)
{
	return ch < 127 && ch != ' ' && ch != '\t' && ch != ':';
}

/* Length of the field name at the front of a line, 0 when it is no header (RFC 5322, 2.2; blanks
 * before ':'). */
static size_t
name_length(struct pr_str line)
{
	size_t n = 0;

	while (n < line.n && is_name_byte((unsigned char)line.p[n]))
		n++;
	size_t colon = n;
	while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
		colon++;
	return n > 0 && n <= 76 && colon < line.n && line.p[colon] == ':' ? n : 0;
}

static bool
is_folded(struct pr_str line)
{
	return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* The line at the front without its end; *after is what follows it. */
static struct pr_str
line_at(struct pr_str s, struct pr_str *after)
{
	const char *nl = s.n ? memchr(s.p, '\n', s.n) : NULL;
	size_t n = nl ? (size_t)(nl - s.p) : s.n;

	*after = pr_str_sub(s, nl ? n + 1 : n, s.n);
	if (n > 0 && s.p[n - 1] == '\r')
		n--;
	return pr_str_n(s.p, n);
}

/* The bytes of one header, its folded lines included; *rest goes behind them. */
static struct pr_str
take_header(struct pr_str *rest)
{
	struct pr_str start = *rest, after;

	line_at(*rest, &after);
	*rest = after;
	for (;;) {
		struct pr_str line = line_at(*rest, &after);
		bool blank = pr_str_trim(line).n == 0;

		/* A folded line of blanks only ends the block in practice: mail gateways write it
		 * so. */
		if (rest->n == 0 || !is_folded(line) || blank)
			break;
		*rest = after;
	}
	return pr_str_n(start.p, start.n - rest->n);
}

/*
 * Copy without line ends and NUL, and a NUL behind it for GMime. Of References the end counts, of
 * everything else the beginning.
 */
static struct pr_str
unfold(struct pr_str value, bool keep_end, struct pr_arena *a, bool *cut)
{
	*cut = value.n > PR_MAIL_HEADER_MAX;
	if (*cut)
		value = pr_str_sub(value, keep_end ? value.n - PR_MAIL_HEADER_MAX : 0,
				   PR_MAIL_HEADER_MAX);
	char *p = pr_arena_alloc(a, value.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < value.n; i++) {
		char ch = value.p[i];

		if (ch == '\r' || ch == '\n')
			continue;
		if (n > 0 || (ch != ' ' && ch != '\t'))
			p[n++] = ch == '\0' ? ' ' : ch;
	}
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	p[n] = '\0';
	return pr_str_n(p, n);
}

static size_t
header_add(struct pr_str bytes, struct pr_arena *a, struct pr_contact *c, struct pr_mail_head *head)
{
	size_t n = name_length(bytes);
	struct pr_str name = pr_str_sub(bytes, 0, n);
	const char *colon = memchr(bytes.p + n, ':', bytes.n - n);
	size_t value_at = (size_t)(colon - bytes.p) + 1;
	bool cut;

	head->v[head->n].name = name;
	head->v[head->n].value = unfold(pr_str_sub(bytes, value_at, bytes.n),
					pr_str_eq_nocase(name, PR_STR("references")), a, &cut);
	if (cut)
		pr_mail_problem(c, a, "a header was longer than 64 KB and was cut");
	return n + head->v[head->n++].value.n;
}

/* An mbox separator, and blank lines in front of the first header, are no part of the message. */
static struct pr_str
skip_preamble(struct pr_str raw)
{
	struct pr_str rest = raw, after;

	while (rest.n > 0) {
		struct pr_str line = line_at(rest, &after);

		if (line.n == 0 || pr_str_starts(line, mbox_from) ||
		    pr_str_starts(line, mbox_quoted))
			rest = after;
		else
			return name_length(line) > 0 ? rest : raw;
	}
	return raw;
}

/* A line that is no header: the body without a blank line before it, unless headers go on behind
 * it. */
static bool
is_stray(struct pr_str after)
{
	struct pr_str ignored;

	return name_length(line_at(after, &ignored)) > 0;
}

void
pr_mail_head_scan(struct pr_str raw, struct pr_arena *a, struct pr_contact *c,
		  struct pr_mail_head *head)
{
	struct pr_str rest = skip_preamble(raw), after;
	size_t total = 0;

	*head = (struct pr_mail_head){
	    .v = pr_arena_array(a, PR_MAIL_HEADERS_COUNT_MAX, sizeof(*head->v))};
	while (rest.n > 0) {
		struct pr_str line = line_at(rest, &after);

		if (pr_str_trim(line).n == 0) {
			rest = after;
			break;
		}
		if (name_length(line) == 0) {
			bool stray =
			    pr_str_starts(line, mbox_quoted) || (head->n > 0 && is_stray(after));

			pr_mail_problem(c, a, "a line among the headers is no header");
			if (!stray)
				break;
			rest = after;
			continue;
		}
		struct pr_str bytes = take_header(&rest);
		if (head->n < PR_MAIL_HEADERS_COUNT_MAX && total < PR_MAIL_HEADERS_MAX)
			total += header_add(bytes, a, c, head);
		else
			pr_mail_problem(c, a,
					"there were too many headers, the last were left out");
	}
	head->body = rest;
}

struct pr_str
pr_mail_head_get(const struct pr_mail_head *head, const char *name)
{
	struct pr_str wanted = pr_str_c(name);

	for (size_t i = 0; i < head->n; i++)
		if (pr_str_eq_nocase(head->v[i].name, wanted))
			return head->v[i].value;
	return PR_STR_NONE;
}

bool
pr_mail_head_has(const struct pr_mail_head *head, const char *name)
{
	struct pr_str wanted = pr_str_c(name);

	for (size_t i = 0; i < head->n; i++)
		if (pr_str_eq_nocase(head->v[i].name, wanted))
			return true;
	return false;
}

/* What C1 controls were meant to be: GMime takes iso-8859-1 in an encoded word at its word. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

struct pr_str
pr_mail_clean_line(const char *text, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf valid, out;

	pr_buf_init(&valid, 4 * PR_MAIL_HEADER_MAX);
	pr_buf_init(&out, 8 * PR_MAIL_HEADER_MAX);
	pr_utf8_repair(&valid, pr_str_sub(pr_str_c(text), 0, PR_MAIL_HEADER_MAX));
	struct pr_str rest = pr_buf_str(&valid);
	uint32_t cp;
	for (size_t n; (n = pr_utf8_decode(rest, &cp)) > 0; rest = pr_str_sub(rest, n, rest.n)) {
		if (cp < 0x20 || cp == 0x7f)
			cp = ' ';
		else if (cp >= 0x80 && cp < 0xa0)
			cp = windows_1252[cp - 0x80];
		pr_utf8_encode(&out, cp);
	}
	return pr_arena_dup(a, pr_str_trim(pr_buf_str(&out)));
}

struct pr_str
pr_mail_header_text(struct pr_str value, struct pr_arena *a)
{
	if (value.n == 0)
		return PR_STR_NONE;
	char *raw = pr_arena_dup_c(a, pr_str_sub(value, 0, SUBJECT_RAW_MAX));
	char *decoded = g_mime_utils_header_decode_text(pr_mail_options(), raw);
	struct pr_str text = pr_mail_clean_line(decoded, a);
	g_free(decoded);
	return text;
}
