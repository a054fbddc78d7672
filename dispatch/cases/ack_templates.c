/*
 * ack_templates: the words of acknowledgements, from rules/templates/, checked whole when they are
 * loaded.
 */
#include "dispatch/cases/cases.h"

#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "postroom/utf8.h"

#include <fcntl.h>

#define TEMPLATE_MAX   ((size_t)64 << 10)
#define LINE_MAX_CHARS 78

static const char *const name_words[] = {"ack", "neutral", "urgent", "follow_up"};
static const char *const channel_words[] = {"email", "sms"};
static const char *const lang_words[] = {"en", "cy"};
static const char *const known_names[] = {"council", "reference", "service",      "due",
					  "phone",   "web",       "out_of_hours", NULL};
#define SUBJECT PR_STR("Subject: ")

struct template
{
	struct pr_page *subject, *body;
};

struct pr_ack_templates {
	struct pr_arena arena; /* the sources, which pages point into */
	struct template t[PR_ACK_NAMES][PR_ACK_CHANNELS][PR_ACK_LANGS];
};

void
pr_ack_templates_free(struct pr_ack_templates **t)
{
	if (!*t)
		return;
	for (int n = 0; n < PR_ACK_NAMES; n++)
		for (int c = 0; c < PR_ACK_CHANNELS; c++)
			for (int l = 0; l < PR_ACK_LANGS; l++) {
				pr_page_free(&(*t)->t[n][c][l].subject);
				pr_page_free(&(*t)->t[n][c][l].body);
			}
	pr_arena_release(&(*t)->arena);
	free(*t);
	*t = NULL;
}

/* The first line, and the rest with the first line emptied, so that marks keep their line numbers.
 */
static void
compile(struct template *t, struct pr_str source, const char *path, bool with_subject,
	struct pr_diag *diag)
{
	if (with_subject) {
		size_t end = pr_str_find(source, PR_STR("\n"));
		struct pr_str line = pr_str_sub(source, 0, end);
		if (!pr_str_starts(line, SUBJECT))
			pr_diag_add(diag, (struct pr_mark){path, 1, 1},
				    "an e-mail template begins with a line 'Subject: …'");
		else if (pr_str_find(line, PR_STR("{{reference}}")) == (size_t)-1)
			pr_diag_add(diag, (struct pr_mark){path, 1, 1},
				    "the subject lacks [{{reference}}]: replies could not be put "
				    "to their case");
		t->subject =
		    pr_page_compile(line, path, PR_PAGE_HEADER, known_names, NULL, NULL, diag);
		source = pr_str_sub(source, line.n, source.n);
	}
	t->body = pr_page_compile(source, path, PR_PAGE_TEXT, known_names, NULL, NULL, diag);
}

static void
load(struct pr_ack_templates *all, const char *dir, int n, int c, int l, struct pr_diag *diag)
{
	struct pr_str path = pr_arena_printf(diag->arena, "%s/%s.%s.%s.txt", dir, name_words[n],
					     channel_words[c], lang_words[l]);
	PR_AUTO_BUF struct pr_buf text;
	struct pr_err err;

	pr_buf_init(&text, TEMPLATE_MAX);
	if (pr_file_read(AT_FDCWD, path.p, &text, &err) < 0) {
		pr_diag_add(diag, (struct pr_mark){path.p, 0, 0},
			    "%s; every acknowledgement needs its English and its Welsh template",
			    err.msg);
		return;
	}
	if (!pr_utf8_ok(pr_buf_str(&text))) {
		pr_diag_add(diag, (struct pr_mark){path.p, 0, 0}, "is not UTF-8: save it as UTF-8");
		return;
	}
	compile(&all->t[n][c][l], pr_arena_dup(&all->arena, pr_buf_str(&text)), path.p,
		c == PR_ACK_EMAIL, diag);
}

struct pr_ack_templates *
pr_ack_templates_load(const char *dir, struct pr_diag *diag)
{
	struct pr_ack_templates *all = pr_calloc(1, sizeof(*all));
	size_t before = diag->n;

	pr_arena_init(&all->arena, (size_t)2 << 20);
	for (int n = 0; n < PR_ACK_NAMES; n++)
		for (int c = 0; c < PR_ACK_CHANNELS; c++)
			for (int l = 0; l < PR_ACK_LANGS; l++)
				load(all, dir, n, c, l, diag);
	if (diag->n != before)
		pr_ack_templates_free(&all);
	return all;
}

/* Break lines that a long name made too long, at blanks; three empty lines in a row become one. */
static struct pr_str
wrap(struct pr_str text, struct pr_arena *a)
{
	char *out = pr_arena_dup_c(a, text);
	size_t column = 0, n = 0, blank = 0, blank_column = 0, empty = 0;

	for (size_t i = 0; i < text.n; i++) {
		char ch = text.p[i];
		if (ch == '\n') {
			empty = column == 0 ? empty + 1 : 0;
			column = blank = 0;
			if (empty <= 1)
				out[n++] = ch;
			continue;
		}
		if (ch == ' ') {
			blank = n;
			blank_column = column;
		}
		column += ((unsigned char)ch & 0xc0) != 0x80;
		out[n++] = ch;
		if (column > LINE_MAX_CHARS && blank) {
			out[blank] = '\n';
			column -= blank_column + 1;
			blank = 0;
		}
	}
	return pr_str_trim(pr_str_n(out, n));
}

int
pr_ack_render(const struct pr_ack_templates *t, enum pr_ack_name name, enum pr_ack_channel channel,
	      enum pr_ack_lang lang, const struct pr_ack_values *v, struct pr_arena *a,
	      struct pr_str *subject, struct pr_str *body, struct pr_err *err)
{
	const struct template *which = &t->t[name][channel][lang];
	const struct pr_page_value values[] = {
	    {"council", v->council, NULL, 0},
	    {"reference", v->reference, NULL, 0},
	    {"service", v->service, NULL, 0},
	    {"due", v->due, NULL, 0},
	    {"phone", v->phone, NULL, 0},
	    {"web", v->web, NULL, 0},
	    {"out_of_hours", v->out_of_hours, NULL, 0},
	    {NULL, PR_STR_NONE, NULL, 0},
	};
	PR_AUTO_BUF struct pr_buf out;

	pr_buf_init(&out, TEMPLATE_MAX);
	*subject = PR_STR_NONE;
	if (which->subject) {
		if (pr_page_render(which->subject, values, &out, err) < 0)
			return -1;
		*subject =
		    pr_str_trim(pr_arena_dup(a, pr_str_sub(pr_buf_str(&out), SUBJECT.n, out.n)));
		pr_buf_reset(&out);
	}
	if (pr_page_render(which->body, values, &out, err) < 0)
		return -1;
	*body = channel == PR_ACK_EMAIL ? wrap(pr_buf_str(&out), a)
					: pr_str_trim(pr_arena_dup(a, pr_buf_str(&out)));
	return 0;
}

/* ---- two parts of an SMS ---- */

enum { GSM_TWO_PARTS = 306, UCS2_TWO_PARTS = 134 };

/* Septets of a character in GSM 03.38: 1, 2 by escape, 0 when it has none. */
static size_t
septets(uint32_t cp)
{
	static const uint32_t basic[] = {0xa3, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0xd8, 0xf8,
					 0xc5, 0xe5, 0xc6, 0xe6, 0xdf, 0xc9, 0xa4, 0xa1, 0xc4, 0xd6,
					 0xd1, 0xdc, 0xa7, 0xbf, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0};

	if (cp == '\n' || (cp >= ' ' && cp < 0x7f && cp != '`'))
		return cp != '\n' && strchr("^{}\\[~]|", (int)cp) ? 2 : 1;
	for (size_t i = 0; i < sizeof(basic) / sizeof(basic[0]); i++)
		if (basic[i] == cp)
			return 1;
	return cp == 0x20ac ? 2 : 0; /* the euro sign */
}

/* Count `text`; with `out`, write it there with base letters for what GSM-7 lacks. False: it still
 * lacks some. */
static bool
gsm(struct pr_str text, size_t *n, struct pr_buf *out)
{
	bool all = true;
	uint32_t cp;

	*n = 0;
	for (size_t i = 0, bytes; (bytes = pr_utf8_decode(pr_str_sub(text, i, text.n), &cp)) > 0;
	     i += bytes) {
		char base = septets(cp) ? 0 : pr_identity_base_letter(cp);
		size_t need = base && out ? 1 : septets(cp);
		all = all && need > 0;
		*n += need;
		if (out && base)
			pr_buf_add_char(out, base);
		else if (out)
			pr_buf_add(out, text.p + i, bytes);
	}
	return all;
}

bool
pr_ack_sms_fit(struct pr_str text, struct pr_arena *a, struct pr_str *fitted)
{
	PR_AUTO_BUF struct pr_buf plain;
	size_t n;

	pr_buf_init(&plain, TEMPLATE_MAX);
	*fitted = text;
	if (gsm(text, &n, NULL) ? n <= GSM_TWO_PARTS : pr_utf8_length(text) <= UCS2_TWO_PARTS)
		return true;
	if (!gsm(text, &n, &plain) || n > GSM_TWO_PARTS)
		return false;
	*fitted = pr_arena_dup(a, pr_buf_str(&plain));
	return true;
}
