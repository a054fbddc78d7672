/*
 * body: the MIME tree of a message, walked once: which parts are its text, which are attachments,
 * what it says about undelivered mail. GMime sees the MIME headers and the body only, and its tree
 * is not trusted to be small.
 */
#include "mail_internal.h"

#include "postroom/cleanup.h"
#include "postroom/utf8.h"

#include <strings.h>

#define PLACEHOLDER_MAX 400
#define AS_IT_IS_MAX    ((size_t)64 << 10)
#define DELIMITERS_MAX  5000
#define META_SEARCH     2048

static const char too_many[] = "there were more than 500 parts, the last were left out";

struct walk {
	struct pr_arena *a;
	struct pr_contact *c;
	struct pr_mail_facts *facts;
	size_t parts;
	bool no_html; /* a plain alternative was taken: its HTML twin need not be read */
	bool too_deep;
	bool listed_only; /* in a report: the returned message is no text of the sender's */
};

/* Text gathered from one branch of the tree, and whether any of it was a plain part. */
struct branch {
	struct pr_buf text;
	bool plain;
};

static void walk_object(struct walk *w, GMimeObject *o, int depth, struct branch *out);

/* ---- text ---- */

static void
append(struct branch *b, struct pr_str text)
{
	size_t room = b->text.max - b->text.n;

	if (b->text.n > 0 && b->text.p[b->text.n - 1] != '\n' && room > 0) {
		pr_buf_add_char(&b->text, '\n');
		room--;
	}
	pr_buf_add_str(&b->text, pr_utf8_clip(text, room));
}

/* charset=... in the first bytes of an HTML part whose header names none. */
static const char *
meta_charset(struct pr_str html, struct pr_arena *a)
{
	struct pr_str head = pr_str_sub(html, 0, META_SEARCH);
	size_t at = pr_str_find_nocase(head, PR_STR("charset="));

	if (at == (size_t)-1)
		return NULL;
	struct pr_str name = pr_str_sub(head, at + 8, 64);
	size_t n = 0, skip = name.n > 0 && (name.p[0] == '"' || name.p[0] == '\'');
	name = pr_str_sub(name, skip, name.n);
	while (n < name.n && !strchr("\"' ;>/\r\n\t", name.p[n]))
		n++;
	return n ? pr_arena_dup_c(a, pr_str_sub(name, 0, n)) : NULL;
}

static bool
looks_like_html(struct pr_str text)
{
	struct pr_str t = pr_str_trim(pr_str_sub(text, 0, 512));

	return pr_str_starts_nocase(t, PR_STR("<html")) ||
	       pr_str_starts_nocase(t, PR_STR("<!doctype html"));
}

/* "Your mail program cannot show HTML": what a newsletter's plain part says. */
static bool
is_placeholder(struct pr_str text)
{
	static const char *const words[] = {
	    "not support html", "html format",       "html version", "html-format",
	    "html email",       "html message",      "html capable", "in your browser",
	    "view this email",  "unable to display", "html mail",    "HTML viewer"};

	if (text.n == 0 || text.n > PLACEHOLDER_MAX)
		return text.n == 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (pr_str_find_nocase(text, pr_str_c(words[i])) != (size_t)-1)
			return true;
	return false;
}

static void
text_part(struct walk *w, GMimeObject *o, bool html, struct branch *out)
{
	PR_AUTO_BUF struct pr_buf utf8, text;
	GByteArray *decoded = pr_mail_part_bytes(o);
	struct pr_str bytes = pr_str_n(decoded->data, decoded->len);
	const char *charset = pr_mail_part_parameter(o, "charset");

	pr_buf_init(&utf8, 32 * PR_MAIL_TEXT_MAX);
	pr_buf_init(&text, 8 * PR_MAIL_TEXT_MAX);
	if (!*charset)
		charset = html ? meta_charset(bytes, w->a) : NULL;
	const char *problem = pr_mail_to_utf8(bytes, charset, &utf8);
	if (problem)
		pr_mail_problem(w->c, w->a, problem);
	if (bytes.n > PR_MAIL_TEXT_MAX)
		pr_mail_problem(w->c, w->a, "the text is longer than is shown here");
	struct pr_str in = pr_buf_str(&utf8);
	if (html || looks_like_html(in)) {
		if (pr_html_text(in, PR_MAIL_TEXT_MAX, &text) < 0)
			pr_mail_problem(w->c, w->a, "the HTML part could not be read");
	} else if (strcasecmp(pr_mail_part_parameter(o, "format"), "flowed") == 0) {
		pr_mail_unflow(in, strcasecmp(pr_mail_part_parameter(o, "delsp"), "yes") == 0,
			       &text);
	} else {
		pr_buf_add_str(&text, in);
	}
	g_byte_array_free(decoded, TRUE);
	append(out, pr_buf_str(&text));
	out->plain |= !html && pr_str_trim(pr_buf_str(&text)).n > 0;
}

/* ---- the tree ---- */

static void
walk_part(struct walk *w, GMimeObject *o, int depth, struct branch *out)
{
	bool html = pr_mail_part_is(o, "text", "html"), plain = pr_mail_part_is(o, "text", "plain");
	const char *disposition = g_mime_object_get_disposition(o);
	bool attached = disposition && strcasecmp(disposition, "attachment") == 0;
	bool named = *pr_mail_part_name(o) != '\0';

	if (pr_mail_part_is(o, "message", "delivery-status")) {
		w->facts->delivery_status = true;
		GByteArray *report = pr_mail_part_bytes(o);
		pr_mail_delivery_status(pr_str_n(report->data, report->len), w->a, w->c);
		g_byte_array_free(report, TRUE);
	}
	w->facts->feedback |= pr_mail_part_is(o, "message", "feedback-report");
	w->facts->receipt |= pr_mail_part_is(o, "message", "disposition-notification");
	w->facts->calendar |=
	    pr_mail_part_is(o, "text", "calendar") && *pr_mail_part_parameter(o, "method");
	/* A text that is the whole message is its text, whatever it calls itself; a named one only
	 * at the front. */
	bool body =
	    depth == 0 || (!attached && (!named || pr_str_trim(pr_buf_str(&out->text)).n == 0));
	if (!w->listed_only && body && (plain || (html && !w->no_html)))
		text_part(w, o, html, out);
	else if (!body || !(plain || html))
		pr_mail_attachment_add(o, w->a, w->c);
}

/* The plain alternative, unless it is empty or says nothing; else the last one that has text (RFC
 * 2046, 5.1.4). */
static void
walk_alternative(struct walk *w, GMimeMultipart *m, int depth, struct branch *out)
{
	PR_AUTO_BUF struct pr_buf best;
	bool html_before = w->no_html;
	int n = g_mime_multipart_get_count(m);
	bool plain = false;

	pr_buf_init(&best, out->text.max);
	for (int i = 0; i < n && w->parts < PR_MAIL_PARTS_MAX; i++) {
		struct branch one = {.plain = false};

		pr_buf_init(&one.text, out->text.max);
		walk_object(w, g_mime_multipart_get_part(m, i), depth, &one);
		struct pr_str text = pr_str_trim(pr_buf_str(&one.text));
		bool good = one.plain && !is_placeholder(text);
		if ((good && !plain) || (!plain && text.n > 0 && (!one.plain || best.n == 0))) {
			pr_buf_reset(&best);
			pr_buf_add_str(&best, text);
			plain = good;
		}
		w->no_html |= plain;
		pr_buf_release(&one.text);
	}
	w->no_html = html_before;
	append(out, pr_buf_str(&best));
	out->plain |= plain;
}

static void
note_report(struct walk *w, GMimeObject *o)
{
	const char *type = pr_mail_part_parameter(o, "report-type");

	if (w->facts->report[0] != '\0')
		return;
	snprintf(w->facts->report, sizeof(w->facts->report), "%s", *type ? type : "unknown");
	for (char *p = w->facts->report; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
}

static void
walk_multipart(struct walk *w, GMimeObject *o, int depth, struct branch *out)
{
	GMimeMultipart *m = (GMimeMultipart *)(void *)o;
	bool listed_before = w->listed_only, report = pr_mail_part_is(o, "multipart", "report");

	if (report)
		note_report(w, o);
	if (pr_mail_part_is(o, "multipart", "encrypted"))
		pr_mail_problem(w->c, w->a, "the message is encrypted");
	if (pr_mail_part_is(o, "multipart", "alternative")) {
		walk_alternative(w, m, depth, out);
		return;
	}
	int n = g_mime_multipart_get_count(m);
	for (int i = 0; i < n && w->parts < PR_MAIL_PARTS_MAX; i++) {
		walk_object(w, g_mime_multipart_get_part(m, i), depth, out);
		w->listed_only |= report;
	}
	w->listed_only = listed_before;
}

static void
walk_message(struct walk *w, GMimeObject *o, int depth, struct branch *out)
{
	GMimeMessage *inner = g_mime_message_part_get_message((GMimeMessagePart *)(void *)o);
	GMimeObject *body = inner ? g_mime_message_get_mime_part(inner) : NULL;
	struct branch nested = {.plain = false};

	pr_mail_attachment_add(o, w->a, w->c);
	if (!body)
		return;
	pr_buf_init(&nested.text, out->text.max);
	walk_object(w, body, depth, &nested);
	if (pr_str_trim(pr_buf_str(&nested.text)).n > 0) {
		append(out, PR_STR("\n---- forwarded message ----\n"));
		append(out, pr_buf_str(&nested.text));
	}
	pr_buf_release(&nested.text);
}

static void
walk_object(struct walk *w, GMimeObject *o, int depth, struct branch *out)
{
	if (depth > PR_MAIL_DEPTH_MAX) {
		w->too_deep = true;
		pr_mail_problem(w->c, w->a, "parts nested deeper than 20 were left out");
		return;
	}
	if (++w->parts > PR_MAIL_PARTS_MAX - 1)
		pr_mail_problem(w->c, w->a,
				"there were more than 500 parts, the last were left out");
	if (GMIME_IS_MULTIPART(o))
		walk_multipart(w, o, depth + 1, out);
	else if (GMIME_IS_MESSAGE_PART(o))
		walk_message(w, o, depth + 1, out);
	else if (GMIME_IS_PART(o))
		walk_part(w, o, depth, out);
}

/*
 * GMime takes 10 microseconds a part and would take them for 100,000: what follows more delimiters
 * than any real message has is left out. "--- a/file" and "-- comment" are none.
 */
static struct pr_str
few_delimiters(struct pr_str body, bool *cut)
{
	const char *p = body.p, *end = body.p + body.n;

	*cut = false;
	for (size_t found = 0; (p = memchr(p, '\n', (size_t)(end - p))); p++) {
		if (end - p < 4 || p[1] != '-' || p[2] != '-' || p[3] == '-' || p[3] == ' ' ||
		    ++found < DELIMITERS_MAX)
			continue;
		*cut = true;
		return pr_str_sub(body, 0, (size_t)(p - body.p) + 1);
	}
	return body;
}

/* GMime is given the headers that describe the body, and those only: it reads address headers at
 * once. */
static GByteArray *
mime_bytes(const struct pr_mail_head *head, struct pr_str body)
{
	GByteArray *bytes = g_byte_array_sized_new((guint)body.n + 1024);
	static const char version[] = "MIME-Version: 1.0\r\n";

	g_byte_array_append(bytes, (const guint8 *)version, sizeof(version) - 1);
	for (size_t i = 0; i < head->n; i++) {
		const struct pr_mail_header *h = &head->v[i];

		if (!pr_str_starts_nocase(h->name, PR_STR("content-")))
			continue;
		g_byte_array_append(bytes, (const guint8 *)h->name.p, (guint)h->name.n);
		g_byte_array_append(bytes, (const guint8 *)": ", 2);
		g_byte_array_append(bytes, (const guint8 *)h->value.p, (guint)h->value.n);
		g_byte_array_append(bytes, (const guint8 *)"\r\n", 2);
	}
	g_byte_array_append(bytes, (const guint8 *)"\r\n", 2);
	if (body.n > 0)
		g_byte_array_append(bytes, (const guint8 *)body.p, (guint)body.n);
	return bytes;
}

static GMimeMessage *
mime_parse(struct walk *w, const struct pr_mail_head *head)
{
	bool cut = false,
	     text = pr_str_starts_nocase(pr_mail_head_get(head, "Content-Type"), PR_STR("text/"));
	struct pr_str body =
	    text || head->body.n == 0 ? head->body : few_delimiters(head->body, &cut);
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(mime_bytes(head, body));
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, pr_mail_options());

	g_object_unref(parser);
	g_object_unref(stream);
	if (cut)
		pr_mail_problem(w->c, w->a, too_many);
	return message;
}

/* A multipart without parts, a boundary nobody finds: then the bytes themselves are what a person
 * gets to see. */
static void
body_as_it_is(struct walk *w, struct pr_str body, struct branch *out)
{
	PR_AUTO_BUF struct pr_buf utf8;

	pr_buf_init(&utf8, 32 * PR_MAIL_TEXT_MAX);
	if (pr_str_trim(body).n == 0)
		return;
	pr_mail_to_utf8(pr_str_sub(body, 0, AS_IT_IS_MAX), NULL, &utf8);
	append(out, pr_buf_str(&utf8));
	pr_mail_problem(w->c, w->a,
			"the parts of the message could not be told apart, it is shown as it came");
}

void
pr_mail_body(const struct pr_mail_head *head, struct pr_arena *a, struct pr_contact *c,
	     struct pr_mail_facts *facts)
{
	PR_AUTO_BUF struct pr_buf tidy;
	struct walk w = {.a = a, .c = c, .facts = facts};
	struct branch all = {.plain = false};
	GMimeMessage *message = mime_parse(&w, head);
	GMimeObject *root = message ? g_mime_message_get_mime_part(message) : NULL;

	pr_buf_init(&all.text, 2 * PR_MAIL_TEXT_MAX);
	pr_buf_init(&tidy, 2 * PR_MAIL_TEXT_MAX);
	if (root)
		walk_object(&w, root, 0, &all);
	bool no_parts = !root || (GMIME_IS_MULTIPART(root) && w.parts == 1);
	if ((no_parts || w.too_deep) && pr_str_trim(pr_buf_str(&all.text)).n == 0)
		body_as_it_is(&w, head->body, &all);
	pr_mail_tidy(pr_buf_str(&all.text), &tidy);
	if (!pr_contact_text_set(c, PR_CONTACT_FIELD(text), a, pr_buf_str(&tidy)))
		pr_mail_problem(c, a, "the text is longer than is shown here");
	pr_buf_release(&all.text);
	if (message)
		g_object_unref(message);
}
