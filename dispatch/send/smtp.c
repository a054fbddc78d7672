/*
 * smtp: mail, handed to one mail server by libcurl.
 *
 * The question is always the same: can the server have taken the message? Not before the final dot,
 * and curl sends that only after the read callback has said "end". So until then every failure is
 * deferred (or dead, when the server refused recipient or message for good); from then on only a
 * reply of the server counts, and without one the fate is unknown. CURLINFO_RESPONSE_CODE stays at
 * DATA's 354 until there is such a reply.
 */
#include "dispatch/send/send.h"
#include "postroom/cleanup.h"
#include "postroom/log.h"
#include "postroom/mail.h"

#include <curl/curl.h>

#define MESSAGE_MAX ((size_t)4 << 20)
#define CONNECTION_AGE_S                                                                           \
	60 /* servers close idle connections after some minutes; ours goes first                   \
	    */
#define CODE_DATA_GOES_ON 354

enum stage {
	STAGE_CONNECT,
	STAGE_EHLO,
	STAGE_STARTTLS,
	STAGE_AUTH,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DATA,
	STAGE_BODY
};

/* The command that went out last tells where a refusal belongs. */
static const struct {
	const char *command;
	const char *words;
	enum stage stage;
	bool about_message; /* a 5xx here is final for this message, elsewhere it is about us or the
			       server */
} stages[] = {
    {"", "connecting", STAGE_CONNECT, false},
    {"EHLO", "EHLO", STAGE_EHLO, false},
    {"STARTTLS", "STARTTLS", STAGE_STARTTLS, false},
    {"AUTH", "AUTH", STAGE_AUTH, false},
    {"MAIL", "MAIL FROM", STAGE_MAIL, false},
    {"RCPT", "RCPT TO", STAGE_RCPT, true},
    {"DATA", "DATA", STAGE_DATA, true},
    {NULL, "the message", STAGE_BODY, true},
};

struct smtp {
	const struct pr_send_conf *conf;
	const struct pr_council_conf *council;
	CURL *curl;
	/* of the attempt in hand */
	struct pr_str left; /* bytes not read by curl yet */
	bool ended;         /* curl has the last byte: the final dot may be out */
	enum stage stage;
	char enhanced[16]; /* RFC 3463 status of the last refusal, " 5.1.1" */
};

static size_t
on_read(char *to, size_t size, size_t n, void *ctx)
{
	struct smtp *s = ctx;
	struct pr_str part = pr_str_sub(s->left, 0, size * n);

	s->stage = STAGE_BODY;
	if (part.n)
		memcpy(to, part.p, part.n);
	s->left = pr_str_sub(s->left, part.n, s->left.n);
	/* Knowing the size, curl does not ask again after the last byte: from here on the dot may
	 * be out. */
	s->ended = s->left.n == 0;
	return part.n;
}

/* "550 5.1.1 <someone@…> unknown": the status is kept, the words are not, they name people. */
static void
note_refusal(struct smtp *s, struct pr_str line)
{
	struct pr_str status = pr_str_sub(line, 4, sizeof(s->enhanced) - 2);
	size_t n = 0;

	if (line.n == 0 || (line.p[0] != '4' && line.p[0] != '5'))
		return;
	while (n < status.n && ((status.p[n] >= '0' && status.p[n] <= '9') || status.p[n] == '.'))
		n++;
	bool shaped = n >= 5 && status.p[0] == line.p[0] && status.p[1] == '.';
	s->enhanced[0] = ' ';
	memcpy(s->enhanced + 1, status.p, n);
	s->enhanced[shaped ? n + 1 : 0] = '\0';
}

static int
on_debug(CURL *curl, curl_infotype type, char *data, size_t n, void *ctx)
{
	struct smtp *s = ctx;
	struct pr_str line = pr_str_n(data, n);

	(void)curl;
	if (type == CURLINFO_HEADER_IN)
		note_refusal(s, line);
	for (size_t i = 1; type == CURLINFO_HEADER_OUT && stages[i].command; i++)
		if (pr_str_starts(line, pr_str_c(stages[i].command)))
			s->stage = stages[i].stage;
	return 0;
}

static void
set_security(const struct smtp *s)
{
	const struct pr_send_conf *conf = s->conf;

	curl_easy_setopt(s->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(s->curl, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(
	    s->curl, CURLOPT_USE_SSL,
	    (long)(conf->smtp_tls == PR_SMTP_TLS_REQUIRED ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (*conf->smtp_ca_file)
		curl_easy_setopt(s->curl, CURLOPT_CAINFO, conf->smtp_ca_file);
	if (*conf->smtp_username) {
		curl_easy_setopt(s->curl, CURLOPT_USERNAME, conf->smtp_username);
		curl_easy_setopt(s->curl, CURLOPT_PASSWORD, conf->smtp_password);
	}
}

static void
set_limits(const struct smtp *s)
{
	const struct pr_send_conf *conf = s->conf;
	int64_t patience = pr_send_patience(conf);

	curl_easy_setopt(s->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(s->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)conf->smtp_connect);
	curl_easy_setopt(s->curl, CURLOPT_TIMEOUT_MS, (long)patience);
	curl_easy_setopt(s->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((patience + 999) / 1000));
	curl_easy_setopt(s->curl, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_S);
}

static void
smtp_close(void **self)
{
	struct smtp *s = *self;

	if (s->curl)
		curl_easy_cleanup(s->curl);
	curl_global_cleanup();
	free(s);
	*self = NULL;
}

static int
smtp_open(const struct pr_carrier_conf *conf, void **self, struct pr_err *err)
{
	struct smtp *s = pr_calloc(1, sizeof(*s));

	*self = s;
	s->conf = conf->send;
	s->council = conf->council;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		s->curl = curl_easy_init();
	if (!s->curl) {
		smtp_close(self);
		return pr_fail(err, PR_FATAL, 0, "libcurl cannot be started");
	}
	curl_easy_setopt(s->curl, CURLOPT_URL, s->conf->smtp_url);
	curl_easy_setopt(s->curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(s->curl, CURLOPT_MAIL_FROM,
			 ""); /* MAIL FROM:<>: what we send is never answered by a machine */
	curl_easy_setopt(s->curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(s->curl, CURLOPT_READDATA, s);
	curl_easy_setopt(s->curl, CURLOPT_VERBOSE, 1L); /* to on_debug, not to a terminal */
	curl_easy_setopt(s->curl, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(s->curl, CURLOPT_DEBUGDATA, s);
	set_security(s);
	set_limits(s);
	return 0;
}

static struct pr_list
references_of(struct pr_str text, struct pr_arena *a)
{
	struct pr_list list = {PR_ARENA_NEW(a, struct pr_str), 0};
	struct pr_str rest = text, line;
	size_t n = 0;

	while (pr_str_cut(&rest, '\n', &line))
		n += line.n > 0;
	list.v = pr_arena_array(a, n + 1, sizeof(*list.v));
	for (rest = text; pr_str_cut(&rest, '\n', &line);)
		if (line.n)
			list.v[list.n++] = line;
	return list;
}

static int
build(const struct smtp *s, const struct pr_store_outbox *row, const char *to, struct pr_buf *out,
      struct pr_err *err)
{
	const struct pr_council_conf *council = s->council;
	PR_AUTO_ARENA struct pr_arena a;
	bool welsh = pr_str_eq_c(row->lang, "cy") && *council->name_cy;

	pr_arena_init(&a, MESSAGE_MAX);
	struct pr_mail_out mail = {
	    .from_name = pr_str_c(welsh ? council->name_cy : council->name),
	    .from_email = pr_str_c(council->email),
	    .to_email = pr_str_c(to),
	    .subject = row->subject,
	    .body = row->body,
	    .message_id = row->message_id,
	    .in_reply_to = row->in_reply_to,
	    .references = references_of(row->references_text, &a),
	    .automatic = !pr_str_eq_c(row->kind, "staff_reply"),
	    .date = row->created_at, /* the same words at every attempt */
	};
	return pr_mail_build(&mail, out, err);
}

static CURLcode
attempt(struct smtp *s, const char *to, struct pr_str message, bool fresh)
{
	struct curl_slist *recipients = curl_slist_append(NULL, to);

	if (!recipients)
		pr_out_of_memory();
	s->left = message;
	s->ended = false;
	s->stage = STAGE_CONNECT;
	s->enhanced[0] = '\0';
	curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(s->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)message.n);
	curl_easy_setopt(s->curl, CURLOPT_FRESH_CONNECT, (long)fresh);
	CURLcode r = curl_easy_perform(s->curl);
	curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(recipients);
	return r;
}

static long
number_of(const struct smtp *s, CURLINFO info)
{
	long n = 0;

	curl_easy_getinfo(s->curl, info, &n);
	return n;
}

/* The reply that settles the attempt, or 0 when there is none. */
static long
verdict_of(const struct smtp *s, CURLcode r)
{
	long code = number_of(s, CURLINFO_RESPONSE_CODE);

	/* A reply of an earlier, accepted command is still there when the next one goes unanswered.
	 */
	if (r == CURLE_OK || code >= 400)
		return code;
	return s->ended && code != CODE_DATA_GOES_ON && code >= 200 && code < 300 ? code : 0;
}

static enum pr_outbox_state
fate_of(const struct smtp *s, CURLcode r, struct pr_err *err)
{
	long code = verdict_of(s, r);
	const char *at = stages[s->stage].words;

	if (r == CURLE_OK || (code >= 200 && code < 300))
		return PR_OUTBOX_SENT;
	if (code >= 400) {
		bool final = code >= 500 && stages[s->stage].about_message;
		pr_fail(err, final ? PR_REJECT : PR_RETRY, 0,
			"the mail server answered %ld%s to %s", code, s->enhanced, at);
		return final ? PR_OUTBOX_DEAD : PR_OUTBOX_DEFERRED;
	}
	pr_fail(err, PR_RETRY, 0, "%s: %s", at, curl_easy_strerror(r));
	if (!s->ended)
		return PR_OUTBOX_DEFERRED;
	pr_fail_in(err, "no answer after the last byte");
	return PR_OUTBOX_UNKNOWN;
}

static enum pr_outbox_state
smtp_send(void *self, const struct pr_carrier_message *m, struct pr_err *err)
{
	struct smtp *s = self;
	PR_AUTO_BUF struct pr_buf mail;
	char to[256];

	pr_buf_init(&mail, MESSAGE_MAX);
	if (!pr_mail_address_ok(m->row->address, to)) {
		pr_fail(err, PR_REJECT, 0, "the address cannot be used in SMTP");
		return PR_OUTBOX_DEAD;
	}
	if (build(s, m->row, to, &mail, err) < 0)
		return err->fault == PR_REJECT ? PR_OUTBOX_DEAD : PR_OUTBOX_DEFERRED;
	CURLcode r = attempt(s, to, pr_buf_str(&mail), false);
	/* A kept connection that had died meanwhile says nothing about this message: once more on a
	 * new one. */
	if (r != CURLE_OK && !s->ended && !verdict_of(s, r) &&
	    number_of(s, CURLINFO_NUM_CONNECTS) == 0)
		r = attempt(s, to, pr_buf_str(&mail), true);
	return fate_of(s, r, err);
}

const struct pr_carrier pr_carrier_smtp = {"email", smtp_open, smtp_send, smtp_close};
