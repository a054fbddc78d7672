/*
 * work: one bundle in, a contact with its "what was read" group out, whatever the channel. A child
 * of classify's zygote does it for mail; texts and forms have been taken apart at their door.
 */
#include "postroom/bundle.h"
#include "postroom/cleanup.h"
#include "postroom/mail.h"
#include "postroom/phone.h"
#include "postroom/utf8.h"

#define ARENA_MAX  ((size_t)128 << 20)
#define ANSWER_MAX ((size_t)8 << 20)
#define MEMORY_MAX ((int64_t)512 << 20)

static int
read_email(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c, struct pr_err *err)
{
	const struct pr_part *raw = pr_bundle_find(b, PR_PART_RAW, PR_STR_NONE);

	if (!raw)
		return pr_fail(err, PR_REJECT, 0, "the bundle of an e-mail has no raw part");
	return pr_mail_parse(raw->bytes, a, c, err);
}

static struct pr_str
field(const struct pr_bundle *b, struct pr_str name)
{
	const struct pr_part *part = pr_bundle_find(b, PR_PART_FIELD, name);

	return part ? part->bytes : PR_STR_NONE;
}

static void
set_phone(struct pr_str number, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_phone phone = pr_phone_parse(number);

	pr_contact_text_set(c, PR_CONTACT_FIELD(from_phone), a,
			    phone.kind == PR_PHONE_E164 ? pr_str_c(phone.text) : number);
}

/* A text or a form: written by a person just now, so nothing is quoted and it may be answered. */
static void
set_words(struct pr_str text, struct pr_arena *a, struct pr_contact *c)
{
	if (!pr_contact_text_set(c, PR_CONTACT_FIELD(text), a, text))
		pr_contact_list_add(c, PR_CONTACT_FIELD(problems), a,
				    PR_STR("the text is longer than is shown here"));
	c->new_text = c->text;
	c->automated = PR_STR("no");
	c->ack_allowed = PR_STR("yes");
}

static int
read_sms(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c, struct pr_err *err)
{
	const struct pr_part *text = pr_bundle_find(b, PR_PART_FIELD, PR_STR("text"));

	if (!text)
		return pr_fail(err, PR_REJECT, 0,
			       "the bundle of a text message has no field 'text'");
	set_phone(c->peer, a, c);
	set_words(text->bytes, a, c);
	return 0;
}

/* ---- web ---- */

static void
form_add(const struct pr_part *part, struct pr_arena *a, struct pr_contact *c)
{
	PR_AUTO_BUF struct pr_buf line;

	pr_buf_init(&line, part->name.n + part->bytes.n + 1);
	pr_buf_add_str(&line, part->name);
	pr_buf_add_char(&line, '=');
	pr_buf_add_str(&line, part->bytes);
	pr_contact_list_add(c, PR_CONTACT_FIELD(form), a, pr_buf_str(&line));
}

static void
set_form(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c)
{
	for (size_t i = 0; i < b->nparts; i++)
		if (b->parts[i].kind == PR_PART_FIELD)
			form_add(&b->parts[i], a, c);
}

/* What the sender's browser called it, without a path or anything that does not print. */
static struct pr_str
upload_name(const struct pr_bundle *b, const struct pr_part *file, struct pr_arena *a)
{
	struct pr_str given = field(b, pr_arena_printf(a, PR_S_FMT ".filename", PR_S(file->name)));
	PR_AUTO_BUF struct pr_buf name;

	pr_buf_init(&name, 4 * given.n + 1);
	for (size_t i = 0; i < given.n; i++) {
		if (given.p[i] == '/' || given.p[i] == '\\')
			pr_buf_reset(&name);
		else if ((unsigned char)given.p[i] >= ' ' && given.p[i] != 127)
			pr_buf_add_char(&name, given.p[i]);
	}
	return pr_arena_dup(a, pr_str_sub(pr_buf_str(&name), 0, 200));
}

static void
set_uploads(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c)
{
	for (size_t i = 0; i < b->nparts; i++) {
		const struct pr_part *part = &b->parts[i];

		if (part->kind != PR_PART_FILE)
			continue;
		struct pr_str name = upload_name(b, part, a);
		pr_contact_list_add(c, PR_CONTACT_FIELD(attachments), a,
				    pr_arena_printf(a, "%zu application/octet-stream " PR_S_FMT,
						    part->bytes.n, PR_S(name)));
	}
}

/* A form's sender may mistype; what is no address is kept among the form's fields and answered
 * nowhere. */
static void
set_email(struct pr_str given, struct pr_arena *a, struct pr_contact *c)
{
	char address[256];

	if (pr_mail_address_ok(pr_str_trim(given), address))
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_email), a, pr_str_c(address));
}

static int
read_web(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c, struct pr_err *err)
{
	struct pr_str phone = pr_str_trim(field(b, PR_STR("phone")));

	(void)err;
	set_form(b, a, c);
	set_uploads(b, a, c);
	pr_contact_text_set(c, PR_CONTACT_FIELD(from_name), a,
			    pr_str_trim(field(b, PR_STR("name"))));
	pr_contact_text_set(c, PR_CONTACT_FIELD(subject), a,
			    pr_str_trim(field(b, PR_STR("subject"))));
	set_email(field(b, PR_STR("email")), a, c);
	if (phone.n > 0)
		set_phone(phone, a, c);
	/* `message` is our own form's field, `description` Open311's. */
	struct pr_str words = field(b, PR_STR("message"));
	set_words(words.n > 0 ? words : field(b, PR_STR("description")), a, c);
	return 0;
}

static int (*const readers[PR_CHANNELS])(const struct pr_bundle *, struct pr_arena *,
					 struct pr_contact *, struct pr_err *) = {
    [PR_CHANNEL_EMAIL] = read_email,
    [PR_CHANNEL_SMS] = read_sms,
    [PR_CHANNEL_WEB] = read_web,
};

static int
read_bundle(const struct pr_bundle *b, bool sandboxed, struct pr_arena *a, struct pr_buf *out,
	    struct pr_err *err)
{
	struct pr_contact c;
	enum pr_channel channel;

	memset(&c, 0, sizeof(c));
	if (pr_bundle_receipt(b, a, &c, err) < 0)
		return -1;
	if (!pr_channel_parse(c.channel, &channel))
		return pr_fail(err, PR_REJECT, 0, "the bundle's receipt names an unknown channel");
	if (channel == PR_CHANNEL_EMAIL && !sandboxed)
		return pr_fail(err, PR_REJECT, 0, "a mail is read in the sandbox only");
	if (readers[channel](b, a, &c, err) < 0)
		return -1;
	pr_contact_encode(&c, PR_STAGE_CLASSIFY, out);
	return out->failed ? pr_fail(err, PR_REJECT, 0, "what was read is longer than 8 MB") : 0;
}

static int
read_fd(int fd, bool sandboxed, struct pr_buf *out, struct pr_err *err)
{
	static struct pr_bundle bundle;
	PR_AUTO_ARENA struct pr_arena a;

	pr_arena_init(&a, ARENA_MAX);
	if (pr_bundle_open(fd, &bundle, err) < 0)
		return -1;
	int rc = read_bundle(&bundle, sandboxed, &a, out, err);
	pr_bundle_close(&bundle);
	return rc;
}

int
pr_mail_read_fields(int fd, struct pr_buf *out, struct pr_err *err)
{
	return read_fd(fd, false, out, err);
}

static int
work_run(int fd, struct pr_buf *out, struct pr_err *err)
{
	return read_fd(fd, true, out, err);
}

const struct pr_zygote_work pr_mail_work = {
    .name = "mail",
    .warm = pr_mail_warm,
    .run = work_run,
    .cpu_seconds = 2,
    .memory = MEMORY_MAX,
    .wall_ms = 10000,
    .answer_max = ANSWER_MAX,
};
