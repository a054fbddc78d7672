/*
 * reply_text: what the sender wrote now, without the mail it answers.
 *
 * Line by line, on tidied text. Three things are told apart: quoted lines (dropped wherever they
 * stand, so an answer below or between them survives), a line that says "all that follows is the
 * old mail" (the rest is dropped), and signatures. Whoever is cut to nothing is given back whole.
 */
#include "mail_internal.h"

#include "postroom/cleanup.h"

#define INTRO_LINES_MAX     4
#define INTRO_BYTES_MAX     400
#define HEADER_LINES_MAX    8
#define SIGNATURE_LINES_MAX 12
#define SIGNATURE_BYTES_MAX 1000
#define FOOTER_BYTES_MAX    80

struct lines {
	struct pr_str *v;
	size_t n;
};

/* "On <date>, <name> wrote:" in the languages of our senders' programs; the line starts with one of
 * these ... */
static const char *const intro_starts[] = {"on ", "ar ", "am ",  "le ", "el ",
					   "il ", "op ", "den ", "em ", "w dniu "};
/* ... and holds one of these, and ends in a colon. */
static const char *const intro_verbs[] = {"wrote",    "ysgrifennodd", "schrieb", "a écrit",
					  "escribió", "ha scritto",   "schreef", "skrev",
					  "escreveu", "napisał",      "writes:", "sgwennodd"};

/* Between dashes or underscores: "-----Original Message-----". A forwarded message is not among
 * them: the sender wants it read. */
static const char *const separators[] = {"original message",
					 "neges wreiddiol",
					 "original appointment",
					 "ursprüngliche nachricht",
					 "message d'origine",
					 "mensaje original",
					 "reply message",
					 "please reply above this line",
					 "please type your reply above this line",
					 "reply above this line",
					 "atebwch uwchben y llinell hon"};

/* An Outlook block: "From:" and at least two of the others in the lines below it. */
static const char *const from_words[] = {
    "from:", "oddi wrth:", "gan:", "von:", "de:", "da:", "od:", "van:"};
static const char *const header_words[] = {
    "sent:",     "date:", "to:",      "subject:", "anfonwyd:", "dyddiad:", "at:",      "pwnc:",
    "gesendet:", "an:",   "betreff:", "datum:",   "envoyé:",   "envoyé :", "à:",       "objet:",
    "enviado:",  "para:", "asunto:",  "i:",       "cc:",       "sent at:", "reply-to:"};

static const char *const footers[] = {
    "sent from my ",     "sent from mail for", "sent from outlook", "sent from yahoo",
    "sent from samsung", "sent from a ",       "sent via ",         "sent using ",
    "get outlook for",   "anfonwyd o'm ",      "anfonwyd o’m ",     "anfonwyd o fy ",
    "anfonwyd gan ",     "anfonwyd drwy ",     "sent with ",        "cael outlook ar gyfer"};

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

static struct lines
lines_split(struct pr_str text, struct pr_arena *a)
{
	struct lines l = {.n = 1};
	struct pr_str line;

	for (size_t i = 0; i < text.n; i++)
		l.n += text.p[i] == '\n';
	l.v = pr_arena_array(a, l.n, sizeof(*l.v));
	l.n = 0;
	while (pr_str_cut(&text, '\n', &line))
		l.v[l.n++] = line;
	return l;
}

static bool
starts_with_any(struct pr_str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pr_str_starts_nocase(s, pr_str_c(words[i])))
			return true;
	return false;
}

static bool
holds_any(struct pr_str s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pr_str_find_nocase(s, pr_str_c(words[i])) != (size_t)-1)
			return true;
	return false;
}

static bool
is_blank(struct pr_str line)
{
	return pr_str_trim(line).n == 0;
}

static bool
is_quoted(struct pr_str line)
{
	struct pr_str t = pr_str_trim(line);

	return t.n > 0 && t.p[0] == '>';
}

/* Without the stars and blanks that rich text leaves around a word: "*From:* somebody". */
static struct pr_str
bare(struct pr_str line)
{
	struct pr_str t = pr_str_trim(line);

	while (t.n > 0 && (t.p[0] == '*' || t.p[0] == '_'))
		t = pr_str_sub(t, 1, t.n);
	return t;
}

static bool
is_separator(struct pr_str line)
{
	struct pr_str t = pr_str_trim(line);
	size_t dashes = 0;

	while (dashes < t.n && (t.p[dashes] == '-' || t.p[dashes] == '_' || t.p[dashes] == '=' ||
				t.p[dashes] == '#'))
		dashes++;
	if (dashes < 2)
		return false;
	return t.n <= FOOTER_BYTES_MAX && starts_with_any(pr_str_trim(pr_str_sub(t, dashes, t.n)),
							  separators, LENGTH(separators));
}

/* A rule of underscores or dashes, as Outlook puts above the old mail. */
static bool
is_rule(struct pr_str line)
{
	struct pr_str t = pr_str_trim(line);

	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] != '_' && t.p[i] != '-')
			return false;
	return t.n >= 5;
}

static size_t
count_headers(const struct lines *l, size_t at)
{
	size_t end = at + HEADER_LINES_MAX < l->n ? at + HEADER_LINES_MAX : l->n, found = 0;

	for (size_t i = at; i < end; i++)
		found += starts_with_any(bare(l->v[i]), header_words, LENGTH(header_words)) ||
			 starts_with_any(bare(l->v[i]), from_words, LENGTH(from_words));
	return found;
}

static bool
is_header_block(const struct lines *l, size_t at)
{
	return starts_with_any(bare(l->v[at]), from_words, LENGTH(from_words)) &&
	       count_headers(l, at) > 2;
}

static size_t
next_filled(const struct lines *l, size_t at)
{
	while (at < l->n && is_blank(l->v[at]))
		at++;
	return at;
}

static bool
has_digit(struct pr_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

/* Lines at..at+n-1 as one; they stand in a row in the text. */
static struct pr_str
joined(const struct lines *l, size_t at, size_t n)
{
	const char *end = l->v[at + n - 1].p + l->v[at + n - 1].n;

	return pr_str_trim(pr_str_n(l->v[at].p, (size_t)(end - l->v[at].p)));
}

/* One introduction, all of it: who wrote, when, and a colon. */
static bool
is_intro(struct pr_str s, bool starts, bool quote_follows)
{
	bool verb = holds_any(s, intro_verbs, LENGTH(intro_verbs));
	bool address = memchr(s.p, '@', s.n) && has_digit(s) && pr_str_ends(s, PR_STR(">:"));

	return (verb && ((starts && has_digit(s)) || quote_follows)) ||
	       (address && (starts || quote_follows));
}

/* How many lines the introduction of a quotation that begins here takes, 0 when none does. */
static size_t
intro_length(const struct lines *l, size_t at)
{
	struct pr_str first = bare(l->v[at]);
	bool date = first.n > 0 && first.p[0] >= '0' && first.p[0] <= '9';
	bool starts = date || starts_with_any(first, intro_starts, LENGTH(intro_starts));
	/* Only one that begins as they do, or with a name and address, runs over several lines. */
	size_t most = starts ? INTRO_LINES_MAX : first.n && memchr(first.p, '@', first.n) ? 2 : 1;

	for (size_t n = 1; n <= most && at + n <= l->n; n++) {
		struct pr_str s = joined(l, at, n);

		if (s.n > INTRO_BYTES_MAX || is_blank(l->v[at + n - 1]) ||
		    is_quoted(l->v[at + n - 1]))
			return 0;
		if (s.p[s.n - 1] != ':' && !pr_str_ends(s, PR_STR(":*")))
			continue;
		size_t next = next_filled(l, at + n);
		if (is_intro(s, starts, next < l->n && is_quoted(l->v[next])))
			return n;
	}
	return 0;
}

/* "-- " with little behind it; tidying has taken the blank. */
static bool
is_signature(const struct lines *l, size_t at)
{
	size_t lines = 0, bytes = 0;

	if (!pr_str_eq(pr_str_trim(l->v[at]), PR_STR("--")))
		return false;
	for (size_t i = at + 1; i < l->n && !is_quoted(l->v[i]) && intro_length(l, i) == 0; i++) {
		bytes += l->v[i].n;
		if (++lines > SIGNATURE_LINES_MAX || bytes > SIGNATURE_BYTES_MAX)
			return false;
	}
	return true;
}

/* "Sent from my iPhone": a line of its own at the end of what somebody wrote, and no sentence. */
static bool
is_footer(const struct lines *l, size_t at)
{
	struct pr_str t = pr_str_trim(l->v[at]);

	if (t.n > FOOTER_BYTES_MAX || !starts_with_any(t, footers, LENGTH(footers)))
		return false;
	if (t.p[t.n - 1] == '.' || memchr(t.p, ',', t.n))
		return false;
	return at + 1 >= l->n || is_blank(l->v[at + 1]) || is_quoted(l->v[at + 1]) ||
	       intro_length(l, at + 1) > 0;
}

/* Everything from here on is the mail that is answered. */
static bool
is_end(const struct lines *l, size_t at)
{
	if (is_separator(l->v[at]) || is_header_block(l, at))
		return true;
	if (!is_rule(l->v[at]))
		return false;
	size_t next = next_filled(l, at + 1);
	return next < l->n && count_headers(l, next) > 2;
}

/* The first line behind a signature that somebody else wrote, or the end. */
static size_t
skip_signature(const struct lines *l, size_t at)
{
	while (at < l->n && !is_quoted(l->v[at]) && intro_length(l, at) == 0)
		at++;
	return at;
}

static void
keep(struct pr_str line, struct pr_buf *out)
{
	pr_buf_add_str(out, line);
	pr_buf_add_char(out, '\n');
}

static void
cut(const struct lines *l, struct pr_buf *out)
{
	for (size_t i = 0; i < l->n;) {
		size_t intro;

		if (is_quoted(l->v[i]) || is_footer(l, i)) {
			i++;
		} else if (is_end(l, i)) {
			return;
		} else if (is_signature(l, i)) {
			i = skip_signature(l, i + 1);
		} else if ((intro = intro_length(l, i)) > 0) {
			i = next_filled(l, i + intro);
			/* Old mail that is not marked line by line: nobody can tell where it ends.
			 */
			if (i < l->n && !is_quoted(l->v[i]))
				return;
		} else {
			keep(l->v[i++], out);
		}
	}
}

struct pr_str
pr_reply_text(struct pr_str text, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf kept, tidy;
	struct lines l = lines_split(text, a);

	pr_buf_init(&kept, text.n + 2);
	pr_buf_init(&tidy, text.n + 2);
	cut(&l, &kept);
	pr_mail_tidy(pr_buf_str(&kept), &tidy);
	return tidy.n > 0 ? pr_arena_dup(a, pr_buf_str(&tidy)) : text;
}
