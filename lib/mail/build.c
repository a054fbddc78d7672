/*
 * build: one message to send, as bytes for SMTP.
 *
 * GMime encodes and folds; what it made is then checked byte by byte, because a bare CR or LF here
 * is somebody else's second message there. The same input gives the same bytes: a retry is the same
 * message.
 */
#include "mail_internal.h"

#include "postroom/cleanup.h"
#include "postroom/utf8.h"

#define LINE_MAX_BYTES   998
#define ENCODED_WORD_MAX 42
#define PLAIN_LINE_MAX   78
#define REFERENCES_MAX   10
#define ID_MAX           250
#define BODY_MAX         ((size_t)1 << 20)

static bool
one_line(struct pr_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

static int
check_lines(const struct pr_mail_out *m, struct pr_err *err)
{
	const struct {
		const char *what;
		struct pr_str value;
	} fields[] = {
	    {"the sender's name", m->from_name}, {"the sender's address", m->from_email},
	    {"the recipient", m->to_email},      {"the subject", m->subject},
	    {"the Message-ID", m->message_id},   {"In-Reply-To", m->in_reply_to},
	    {"Reply-To", m->reply_to},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!one_line(fields[i].value))
			return pr_fail(err, PR_REJECT, 0, "%s of a message holds a line end or NUL",
				       fields[i].what);
	for (size_t i = 0; i < m->references.n; i++)
		if (!one_line(m->references.v[i]))
			return pr_fail(err, PR_REJECT, 0,
				       "References of a message holds a line end or NUL");
	return 0;
}

/* An id that may stand between angle brackets; a stranger's may be anything, and is then left out.
 */
static bool
id_ok(struct pr_str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] <= ' ' || id.p[i] > 126 || id.p[i] == '<' || id.p[i] == '>')
			return false;
	return id.n > 0 && id.n <= ID_MAX;
}

static int
check(const struct pr_mail_out *m, struct pr_err *err)
{
	char address[256];

	if (check_lines(m, err) < 0)
		return -1;
	if (!pr_mail_address_ok(m->from_email, address))
		return pr_fail(err, PR_REJECT, 0,
			       "the sender's address of a message cannot be used");
	if (!pr_mail_address_ok(m->to_email, address))
		return pr_fail(err, PR_REJECT, 0,
			       "the recipient's address of a message cannot be used");
	if (m->reply_to.n > 0 && !pr_mail_address_ok(m->reply_to, address))
		return pr_fail(err, PR_REJECT, 0,
			       "the Reply-To address of a message cannot be used");
	if (!id_ok(m->message_id))
		return pr_fail(err, PR_REJECT, 0, "the Message-ID of a message cannot be used");
	if (m->body.n > BODY_MAX)
		return pr_fail(err, PR_REJECT, 0, "the body of a message is longer than 1 MB");
	return 0;
}

/* ---- headers ---- */

/* Words in RFC 2047's own notation are text here and must not be decoded there: encoded words of
 * our own. */
static void
add_encoded(struct pr_str s, struct pr_buf *out)
{
	while (s.n > 0) {
		struct pr_str part = pr_utf8_clip(s, ENCODED_WORD_MAX);
		char *base64 = g_base64_encode((const guchar *)part.p, part.n);

		pr_buf_addf(out, "%s=?utf-8?B?%s?=", out->n ? " " : "", base64);
		g_free(base64);
		s = pr_str_sub(s, part.n, s.n);
	}
}

/* A C string of valid UTF-8 that GMime encodes where that is needed. */
static char *
text_c(struct pr_str s, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf valid, encoded;

	pr_buf_init(&valid, 4 * s.n + 1);
	pr_buf_init(&encoded, 16 * s.n + 64);
	pr_utf8_repair(&valid, s);
	if (pr_str_find(s, PR_STR("=?")) == (size_t)-1)
		return pr_arena_dup_c(a, pr_buf_str(&valid));
	add_encoded(pr_buf_str(&valid), &encoded);
	return pr_arena_dup_c(a, pr_buf_str(&encoded));
}

static void
add_mailbox(GMimeMessage *msg, GMimeAddressType type, struct pr_str name, struct pr_str email,
	    struct pr_arena *a)
{
	char address[256];

	if (pr_mail_address_ok(email, address))
		g_mime_message_add_mailbox(msg, type, name.n ? text_c(name, a) : NULL, address);
}

static void
set_header(GMimeMessage *msg, const char *name, const char *value)
{
	g_mime_object_set_header((GMimeObject *)msg, name, value, "utf-8");
}

static void
add_thread(GMimeMessage *msg, const struct pr_mail_out *m, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf ids;
	size_t first = m->references.n > REFERENCES_MAX ? m->references.n - REFERENCES_MAX : 0;

	pr_buf_init(&ids, (ID_MAX + 4) * REFERENCES_MAX);
	for (size_t i = first; i < m->references.n; i++)
		if (id_ok(m->references.v[i]))
			pr_buf_addf(&ids, "%s<" PR_S_FMT ">", ids.n ? " " : "",
				    PR_S(m->references.v[i]));
	if (id_ok(m->in_reply_to))
		set_header(msg, "In-Reply-To",
			   pr_arena_printf(a, "<" PR_S_FMT ">", PR_S(m->in_reply_to)).p);
	if (ids.n > 0)
		set_header(msg, "References", ids.p);
}

static void
add_headers(GMimeMessage *msg, const struct pr_mail_out *m, struct pr_arena *a)
{
	GDateTime *date = g_date_time_new_from_unix_utc(m->date / 1000);

	add_mailbox(msg, GMIME_ADDRESS_TYPE_FROM, m->from_name, m->from_email, a);
	add_mailbox(msg, GMIME_ADDRESS_TYPE_TO, PR_STR_NONE, m->to_email, a);
	if (m->reply_to.n > 0)
		add_mailbox(msg, GMIME_ADDRESS_TYPE_REPLY_TO, PR_STR_NONE, m->reply_to, a);
	g_mime_message_set_subject(msg, text_c(m->subject, a), "utf-8");
	if (date) {
		g_mime_message_set_date(msg, date);
		g_date_time_unref(date);
	}
	g_mime_message_set_message_id(msg, pr_arena_dup_c(a, m->message_id));
	add_thread(msg, m, a);
	if (m->automatic) {
		set_header(msg, "Auto-Submitted", "auto-replied");
		set_header(msg, "X-Auto-Response-Suppress", "All");
		set_header(msg, "X-Postroom", "1");
	}
}

/* ---- body ---- */

/* Valid UTF-8 with LF line ends and one at its end. */
static void
body_lines(struct pr_str body, struct pr_buf *out)
{
	PR_AUTO_BUF struct pr_buf valid;

	pr_buf_init(&valid, 4 * BODY_MAX);
	pr_utf8_repair(&valid, body);
	for (size_t i = 0; i < valid.n; i++) {
		if (valid.p[i] == '\r' && i + 1 < valid.n && valid.p[i + 1] == '\n')
			continue;
		pr_buf_add_char(out, valid.p[i] == '\r' ? '\n' : valid.p[i]);
	}
	if (out->n == 0 || out->p[out->n - 1] != '\n')
		pr_buf_add_char(out, '\n');
}

/* Plain ASCII in short lines that no gateway is tempted to change. */
static bool
goes_as_it_is(struct pr_str text)
{
	struct pr_str line;

	while (pr_str_cut(&text, '\n', &line)) {
		if (line.n > PLAIN_LINE_MAX || pr_str_starts(line, PR_STR("From ")))
			return false;
		if (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
			return false;
		for (size_t i = 0; i < line.n; i++)
			if ((unsigned char)line.p[i] > 126 ||
			    ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t'))
				return false;
	}
	return true;
}

static GMimeObject *
body_part(struct pr_str text)
{
	GMimePart *part = g_mime_part_new_with_type("text", "plain");
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text.p, text.n);
	GMimeDataWrapper *content =
	    g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_object_set_content_type_parameter((GMimeObject *)part, "charset", "utf-8");
	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part, goes_as_it_is(text)
						   ? GMIME_CONTENT_ENCODING_7BIT
						   : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_object_unref(content);
	g_object_unref(stream);
	return (GMimeObject *)part;
}

/* ---- bytes ---- */

static int
add_crlf(struct pr_str lf, struct pr_buf *b, struct pr_err *err)
{
	struct pr_str line;

	while (pr_str_cut(&lf, '\n', &line)) {
		if (line.n > LINE_MAX_BYTES || memchr(line.p, '\r', line.n))
			return pr_fail(err, PR_REJECT, 0,
				       "a built message has a line that SMTP does not allow");
		for (size_t i = 0; i < line.n; i++)
			if ((unsigned char)line.p[i] > 126 || line.p[i] == '\0')
				return pr_fail(err, PR_REJECT, 0,
					       "a built message has bytes that are not ASCII");
		pr_buf_add_str(b, line);
		pr_buf_add(b, "\r\n", 2);
	}
	return b->failed ? pr_fail(err, PR_REJECT, 0, "a built message is too long") : 0;
}

int
pr_mail_build(const struct pr_mail_out *m, struct pr_buf *b, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf body;
	PR_AUTO_ARENA struct pr_arena a;

	pr_arena_init(&a, (size_t)1 << 20);
	pr_buf_init(&body, 4 * BODY_MAX);
	if (check(m, err) < 0)
		return -1;
	pr_mail_warm();
	body_lines(m->body, &body);
	GMimeMessage *msg = g_mime_message_new(FALSE);
	add_headers(msg, m, &a);
	GMimeObject *part = body_part(pr_buf_str(&body));
	g_mime_message_set_mime_part(msg, part);
	char *lf = g_mime_object_to_string((GMimeObject *)msg, NULL);
	int rc = add_crlf(pr_str_c(lf), b, err);
	g_free(lf);
	g_object_unref(part);
	g_object_unref(msg);
	return rc;
}
