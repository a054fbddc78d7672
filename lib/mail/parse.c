/*
 * parse: one message into the contact's "what was read" group.
 */
#include "mail_internal.h"
#include "postroom/utf8.h"

#include <libxml/parser.h>

#define REFERENCES_MAX 50
#define DATE_MAX       INT64_C(253402300799999)

static GMimeParserOptions *options;

GMimeParserOptions *
pr_mail_options(void)
{
	static const char *charsets[] = {"utf-8", "windows-1252", NULL};

	if (options)
		return options;
	options = g_mime_parser_options_new();
	g_mime_parser_options_set_address_compliance_mode(options, GMIME_RFC_COMPLIANCE_LOOSE);
	g_mime_parser_options_set_parameter_compliance_mode(options, GMIME_RFC_COMPLIANCE_LOOSE);
	g_mime_parser_options_set_rfc2047_compliance_mode(options, GMIME_RFC_COMPLIANCE_LOOSE);
	g_mime_parser_options_set_allow_addresses_without_domain(options, TRUE);
	g_mime_parser_options_set_fallback_charsets(options, charsets);
	return options;
}

void
pr_mail_warm(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	g_mime_init();
	xmlInitParser();
	pr_mail_options();
	pr_mail_charset_warm();
}

/* ---- people ---- */

/* No address: what stands there is shown to a person, and nothing is ever sent to it. */
static void
set_sender_as_it_is(struct pr_str from, struct pr_arena *a, struct pr_contact *c)
{
	const char *open =
	    from.n && from.p[from.n - 1] == '>' ? memrchr(from.p, '<', from.n) : NULL;
	struct pr_str email = from, name = PR_STR_NONE;

	if (open) {
		size_t at = (size_t)(open - from.p);
		name = pr_str_trim(pr_str_sub(from, 0, at));
		email = pr_str_trim(pr_str_sub(from, at + 1, from.n - at - 2));
	}
	if (name.n > 2 && name.p[0] == '"' && name.p[name.n - 1] == '"')
		name = pr_str_sub(name, 1, name.n - 2);
	pr_contact_text_set(c, PR_CONTACT_FIELD(from_email), a, email);
	pr_contact_text_set(c, PR_CONTACT_FIELD(from_name), a, name);
}

static void
set_sender(const struct pr_mail_head *head, struct pr_arena *a, struct pr_contact *c)
{
	static const char *const names[] = {"From", "Sender", "Reply-To"};
	struct pr_mail_address one;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (pr_mail_addresses(pr_mail_head_get(head, names[i]), a, &one, 1) == 0)
			continue;
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_email), a, one.email);
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_name), a, one.name);
		if (i > 0)
			pr_mail_problem(c, a,
					"there is no address in From, another header's was taken");
		return;
	}
	set_sender_as_it_is(pr_mail_header_text(pr_mail_head_get(head, names[0]), a), a, c);
	pr_mail_problem(c, a, "there is no sender address");
}

static void
set_reply_to(const struct pr_mail_head *head, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_mail_address one;

	if (pr_mail_addresses(pr_mail_head_get(head, "Reply-To"), a, &one, 1) == 1 &&
	    !pr_str_eq_nocase(one.email, c->from_email))
		pr_contact_text_set(c, PR_CONTACT_FIELD(reply_to), a, one.email);
}

static void
set_recipients(const struct pr_mail_head *head, const char *name,
	       const struct pr_contact_field *field, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_str value = pr_mail_head_get(head, name);
	if (value.n == 0)
		return;

	struct pr_mail_address *list = pr_arena_array(a, PR_MAIL_ADDRESSES_MAX, sizeof(*list));
	size_t n = pr_mail_addresses(value, a, list, PR_MAIL_ADDRESSES_MAX);

	for (size_t i = 0; i < n; i++)
		pr_contact_list_add(c, field, a, list[i].email);
	if (n == PR_MAIL_ADDRESSES_MAX)
		pr_mail_problem(c, a,
				"there were more than 1,000 recipients, the last were left out");
}

/* ---- ids ---- */

/* Take the next `<id>` off *rest; what is not in angle brackets only counts when nothing is. */
static bool
next_id(struct pr_str *rest, struct pr_str *id)
{
	const char *open = rest->n ? memchr(rest->p, '<', rest->n) : NULL;
	if (!open)
		return false;
	struct pr_str inside = pr_str_sub(*rest, (size_t)(open - rest->p) + 1, rest->n);

	if (!pr_str_cut(&inside, '>', id))
		return false;
	*rest = inside;
	*id = pr_str_trim(*id);
	return true;
}

static struct pr_str
first_id(struct pr_str value)
{
	struct pr_str rest = value, id;

	if (next_id(&rest, &id))
		return id;
	size_t n = 0;
	while (n < value.n && value.p[n] != ' ' && value.p[n] != '\t')
		n++;
	return pr_str_sub(value, 0, n);
}

static void
set_references(struct pr_str value, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_str last[REFERENCES_MAX], rest = value, id;
	size_t n = 0;

	while (next_id(&rest, &id))
		if (id.n > 0)
			last[n++ % REFERENCES_MAX] = id;
	for (size_t i = n > REFERENCES_MAX ? n - REFERENCES_MAX : 0; i < n; i++)
		pr_contact_list_add(c, PR_CONTACT_FIELD(references), a, last[i % REFERENCES_MAX]);
}

static void
set_date(struct pr_str value, struct pr_contact *c)
{
	GDateTime *date =
	    value.n > 0 && value.n < 200 ? g_mime_utils_header_decode_date(value.p) : NULL;
	if (!date)
		return;
	gint64 s = g_date_time_to_unix(date);

	if (s > 0 && s < DATE_MAX / 1000)
		c->date = s * 1000;
	g_date_time_unref(date);
}

static void
set_headers(const struct pr_mail_head *head, struct pr_arena *a, struct pr_contact *c)
{
	set_sender(head, a, c);
	set_reply_to(head, a, c);
	set_recipients(head, "To", PR_CONTACT_FIELD(to), a, c);
	set_recipients(head, "Cc", PR_CONTACT_FIELD(cc), a, c);
	struct pr_str subject = pr_mail_header_text(pr_mail_head_get(head, "Subject"), a);
	if (!pr_contact_text_set(c, PR_CONTACT_FIELD(subject), a, subject))
		pr_mail_problem(c, a, "the subject was longer than 2,000 bytes and was cut");
	pr_contact_text_set(c, PR_CONTACT_FIELD(message_id), a,
			    first_id(pr_mail_head_get(head, "Message-ID")));
	pr_contact_text_set(c, PR_CONTACT_FIELD(in_reply_to), a,
			    first_id(pr_mail_head_get(head, "In-Reply-To")));
	set_references(pr_mail_head_get(head, "References"), a, c);
	set_date(pr_mail_head_get(head, "Date"), c);
}

/* Line ends of a Mac of the last century: CR alone, nowhere an LF. */
static struct pr_str
with_lf(struct pr_str raw, struct pr_arena *a)
{
	if (memchr(raw.p, '\n', raw.n) || !memchr(raw.p, '\r', raw.n))
		return raw;
	if (raw.n + 1 > pr_arena_left(a))
		return raw;
	char *copy = pr_arena_dup_c(a, raw);
	for (size_t i = 0; i < raw.n; i++)
		if (copy[i] == '\r')
			copy[i] = '\n';
	return pr_str_n(copy, raw.n);
}

int
pr_mail_parse(struct pr_str raw, struct pr_arena *a, struct pr_contact *c, struct pr_err *err)
{
	struct pr_mail_head head;
	struct pr_mail_facts facts = {.report = ""};

	if (pr_str_trim(raw).n == 0)
		return pr_fail(err, PR_REJECT, 0, "the message is empty");
	pr_mail_warm();
	pr_mail_head_scan(with_lf(raw, a), a, c, &head);
	if (head.n == 0)
		pr_mail_problem(c, a, "the message has no headers");
	set_headers(&head, a, c);
	pr_mail_body(&head, a, c, &facts);
	/* it ends in a line end that a text of full length has no room for */
	c->new_text =
	    pr_utf8_clip(pr_reply_text(c->text, a), (size_t)PR_CONTACT_FIELD(new_text)->max);
	pr_mail_automated(&head, &facts, a, c);
	return 0;
}
