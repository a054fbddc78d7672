/*
 * automated: was this written by a person or a machine, and may a machine answer it (RFC 3834)?
 *
 * Two tables, read from the top; the first line that fits decides. "No acknowledgement" is the
 * wider class: a person's message may come from a list or ask for no automatic replies.
 */
#include "mail_internal.h"

#include <strings.h>

#define RECEIVED_MAX   50
#define REFUSAL_SEARCH ((size_t)4 << 10)
#define FAILED_SEARCH  ((size_t)16 << 10)
#define FAILED_MAX     20

struct look {
	const struct pr_mail_head *head;
	const struct pr_mail_facts *facts;
	const struct pr_contact *c;
};

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

static bool
value_starts(const struct look *l, const char *name, const char *const *words, size_t n)
{
	struct pr_str value = pr_mail_head_get(l->head, name);

	for (size_t i = 0; i < n; i++)
		if (pr_str_starts_nocase(value, pr_str_c(words[i])))
			return true;
	return false;
}

static bool
has_prefix_header(const struct look *l, struct pr_str prefix)
{
	for (size_t i = 0; i < l->head->n; i++)
		if (pr_str_starts_nocase(l->head->v[i].name, prefix))
			return true;
	return false;
}

static bool
has_any_header(const struct look *l, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pr_mail_head_has(l->head, names[i]))
			return true;
	return false;
}

static bool
subject_starts(const struct look *l, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pr_str_starts_nocase(l->c->subject, pr_str_c(words[i])))
			return true;
	return false;
}

/* ---- what a message says about itself ---- */

static bool
null_return_path(const struct look *l)
{
	struct pr_str value = pr_mail_head_get(l->head, "Return-Path");

	return value.n >= 2 && value.p[0] == '<' &&
	       pr_str_starts(pr_str_trim(pr_str_sub(value, 1, value.n)), PR_STR(">"));
}

static struct pr_str
local_part(struct pr_str email)
{
	const char *at = email.n ? memrchr(email.p, '@', email.n) : NULL;

	return at ? pr_str_n(email.p, (size_t)(at - email.p)) : email;
}

static bool
sender_starts(const struct look *l, const char *const *names, size_t n)
{
	struct pr_str local = local_part(l->c->from_email),
		      from = pr_mail_head_get(l->head, "From");

	for (size_t i = 0; i < n; i++)
		if (pr_str_starts_nocase(local, pr_str_c(names[i])) ||
		    pr_str_starts_nocase(from, pr_str_c(names[i])))
			return true;
	return false;
}

/* Names that only a mail server has. */
static bool
from_daemon(const struct look *l)
{
	static const char *const names[] = {
	    "mailer-daemon", "maildaemon", "mail-daemon", "mailerdaemon",
	    "mdaemon",       "mmdf",       "mail.daemon", "mail.delivery.system"};

	return sender_starts(l, names, LENGTH(names));
}

/* Names that a person behind the server may use too. */
static bool
from_postmaster(const struct look *l)
{
	static const char *const names[] = {"postmaster", "post_master", "delivery-status",
					    "mailadmin", "sysadmin"};

	return sender_starts(l, names, LENGTH(names));
}

static bool
bounce_subject(const struct look *l)
{
	static const char *const words[] = {
	    "undeliver",         "delivery status not", "delivery fail",      "delivery notif",
	    "failure notice",    "returned mail",       "mail delivery",      "could not be deliv",
	    "mail could not be", "non delivery",        "non-delivery",       "not delivered",
	    "message not del",   "delivery has failed", "returned to sender", "returning to sender",
	    "unable to deliver", "mail system error",   "could not send",     "delivery error",
	    "nondeliver",        "failed mail",         "mail failure",       "failure delivery",
	    "failed to deliver", "permanent delivery",  "message delivery"};

	for (size_t i = 0; i < LENGTH(words); i++)
		if (pr_str_find_nocase(l->c->subject, pr_str_c(words[i])) != (size_t)-1)
			return true;
	return false;
}

static bool
is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* "550 " or "5.1.1" near the top: what a mail server said to another one. */
static bool
quotes_refusal(const struct look *l)
{
	struct pr_str t = pr_str_sub(l->c->text, 0, REFUSAL_SEARCH);

	for (size_t i = 1; i + 4 < t.n; i++) {
		const char *p = t.p + i;

		if (p[0] != '5' || is_digit(p[-1]) || p[-1] == '.')
			continue;
		if (is_digit(p[1]) && is_digit(p[2]) && (p[3] == ' ' || p[3] == '-'))
			return true;
		if (p[1] == '.' && is_digit(p[2]) && p[3] == '.' && is_digit(p[4]))
			return true;
	}
	return false;
}

static bool
is_bounce(const struct look *l)
{
	static const char *const marks[] = {"X-Failed-Recipients", "X-MS-Exchange-Message-Is-Ndr"};

	if (strcmp(l->facts->report, "delivery-status") == 0 || l->facts->delivery_status ||
	    from_daemon(l) || has_any_header(l, marks, LENGTH(marks)))
		return true;
	if (from_postmaster(l))
		return null_return_path(l) || bounce_subject(l);
	return bounce_subject(l) && quotes_refusal(l);
}

static bool
is_feedback(const struct look *l)
{
	return l->facts->feedback || strcmp(l->facts->report, "feedback-report") == 0;
}

static bool
is_receipt(const struct look *l)
{
	return l->facts->receipt || strcmp(l->facts->report, "disposition-notification") == 0;
}

static bool
is_calendar(const struct look *l)
{
	return l->facts->calendar;
}

/* "no", and no such header, mean a person; parameters may follow a semicolon. */
static bool
auto_submitted(const struct look *l)
{
	struct pr_str value = pr_mail_head_get(l->head, "Auto-Submitted"), word;

	return pr_str_cut(&value, ';', &word) && !pr_str_eq_nocase(pr_str_trim(word), PR_STR("no"));
}

static bool
vendor_auto(const struct look *l)
{
	static const char *const names[] = {
	    "X-Autoreply",       "X-Autorespond",         "X-Autoresponder",  "X-Auto-Reply",
	    "X-Auto-Reply-From", "X-AutoReply-From",      "X-Mail-Autoreply", "X-Autogenerated",
	    "X-Autoresponse",    "X-FC-MachineGenerated", "X-Auto-Response"};
	static const char *const classes[] = {"9; autoresponder"};
	static const char *const precedence[] = {"auto_reply", "auto-reply"};

	return has_any_header(l, names, LENGTH(names)) ||
	       value_starts(l, "X-POST-MessageClass", classes, LENGTH(classes)) ||
	       value_starts(l, "Precedence", precedence, LENGTH(precedence)) ||
	       value_starts(l, "X-Precedence", precedence, LENGTH(precedence));
}

static bool
auto_subject(const struct look *l)
{
	static const char *const words[] = {"automatic reply",      "auto reply",
					    "auto-reply",           "autoreply",
					    "auto response",        "auto-response",
					    "autoresponse",         "auto:",
					    "[auto-reply]",         "out of office",
					    "out of the office",    "out-of-office",
					    "vacation reply",       "vacation:",
					    "away from office",     "on holiday:",
					    "ateb awtomatig",       "ymateb awtomatig",
					    "allan o'r swyddfa",    "ateb yn awtomatig",
					    "automatische antwort", "abwesenheit",
					    "réponse automatique",  "respuesta automática",
					    "risposta automatica",  "automatisch antwoord",
					    "i am out of",          "i'm out of"};

	return subject_starts(l, words, LENGTH(words));
}

static bool
bulk_precedence(const struct look *l)
{
	static const char *const words[] = {"bulk", "list", "junk"};

	return value_starts(l, "Precedence", words, LENGTH(words));
}

static bool
has_list_header(const struct look *l)
{
	return has_prefix_header(l, PR_STR("List-"));
}

static bool
is_list(const struct look *l)
{
	static const char *const names[] = {"Mailing-List", "X-Mailing-List", "X-Mailman-Version",
					    "X-List"};

	return has_list_header(l) || bulk_precedence(l) || has_any_header(l, names, LENGTH(names));
}

/* ---- what it is ---- */

static const struct {
	const char *class;
	bool (*is)(const struct look *);
} classes[] = {
    {"feedback_report", is_feedback}, {"read_receipt", is_receipt}, {"bounce", is_bounce},
    {"calendar", is_calendar},        {"auto_reply", vendor_auto},  {"auto_reply", auto_submitted},
    {"auto_reply", auto_subject},     {"mailing_list", is_list},
};

/* ---- may a machine answer it ---- */

static bool
suppressed(const struct look *l)
{
	static const char *const words[] = {"all", "autoreply", "oof"};
	struct pr_str rest = pr_mail_head_get(l->head, "X-Auto-Response-Suppress"), word;

	while (pr_str_cut(&rest, ',', &word))
		for (size_t i = 0; i < LENGTH(words); i++)
			if (pr_str_eq_nocase(pr_str_trim(word), pr_str_c(words[i])))
				return true;
	return false;
}

static bool
from_robot(const struct look *l)
{
	static const char *const whole[] = {
	    "mailer-daemon", "postmaster", "noreply",      "no-reply", "donotreply",
	    "do-not-reply",  "no_reply",   "do_not_reply", "root",     "nobody"};
	static const char *const front[] = {"bounce", "owner-", "noreply", "no-reply",
					    "donotreply"};
	struct pr_str local = local_part(l->c->from_email);

	for (size_t i = 0; i < LENGTH(whole); i++)
		if (pr_str_eq_nocase(local, pr_str_c(whole[i])))
			return true;
	for (size_t i = 0; i < LENGTH(front); i++)
		if (pr_str_starts_nocase(local, pr_str_c(front[i])))
			return true;
	return local.n > 8 &&
	       pr_str_eq_nocase(pr_str_sub(local, local.n - 8, 8), PR_STR("-request"));
}

static bool
our_own(const struct look *l)
{
	return pr_mail_head_has(l->head, "X-Postroom");
}

static bool
looping(const struct look *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->head->n; i++)
		n += pr_str_eq_nocase(l->head->v[i].name, PR_STR("Received"));
	return n > RECEIVED_MAX || pr_mail_head_has(l->head, "X-Loop");
}

static bool
no_address(const struct look *l)
{
	char address[256];

	return !pr_mail_address_ok(l->c->from_email, address);
}

static const struct {
	const char *reason;
	bool (*is)(const struct look *);
} refusals[] = {
    {"it has no sender address that can be answered", no_address},
    {"its return path is empty", null_return_path},
    {"it was sent by postroom", our_own},
    {"it comes from a mailing list", has_list_header},
    {"its Precedence is bulk, list or junk", bulk_precedence},
    {"its sender asks for no automatic replies", suppressed},
    {"its sender is a program", from_robot},
    {"it has passed too many mail servers or a loop guard", looping},
};

/* ---- bounces without a report: Exim names the recipients in a header, qmail in "<address>:" lines
 * ---- */

static void
failed_add(struct pr_str address, struct pr_arena *a, struct pr_contact *c)
{
	char ok[256];

	address = pr_str_trim(address);
	if (c->failed_recipients.n >= FAILED_MAX || !pr_mail_address_ok(address, ok))
		return;
	for (size_t i = 0; i < c->failed_recipients.n; i++)
		if (pr_str_eq_nocase(c->failed_recipients.v[i], address))
			return;
	pr_contact_list_add(c, PR_CONTACT_FIELD(failed_recipients), a, address);
}

static void
failed_search(const struct pr_mail_head *head, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_str rest = pr_mail_head_get(head, "X-Failed-Recipients"), word;

	while (pr_str_cut(&rest, ',', &word))
		failed_add(word, a, c);
	rest = pr_str_sub(c->text, 0, FAILED_SEARCH);
	while (c->failed_recipients.n < FAILED_MAX && pr_str_cut(&rest, '\n', &word)) {
		const char *end =
		    word.n > 2 && word.p[0] == '<' ? memchr(word.p, '>', word.n) : NULL;

		if (end && pr_str_starts(pr_str_sub(word, (size_t)(end - word.p), 2), PR_STR(">:")))
			failed_add(pr_str_n(word.p + 1, (size_t)(end - word.p) - 1), a, c);
	}
}

void
pr_mail_automated(const struct pr_mail_head *head, const struct pr_mail_facts *facts,
		  struct pr_arena *a, struct pr_contact *c)
{
	struct look l = {head, facts, c};
	const char *class = "no", *reason = NULL;

	for (size_t i = 0; i < LENGTH(classes) && strcmp(class, "no") == 0; i++)
		if (classes[i].is(&l))
			class = classes[i].class;
	for (size_t i = 0; i < LENGTH(refusals) && !reason; i++)
		if (refusals[i].is(&l))
			reason = refusals[i].reason;
	c->automated = pr_str_c(class);
	if (strcmp(class, "no") != 0)
		reason = "it was sent by a machine";
	c->ack_allowed = reason ? PR_STR("no") : PR_STR("yes");
	c->ack_reason = pr_str_c(reason);
	if (strcmp(class, "bounce") == 0 && c->failed_recipients.n == 0)
		failed_search(head, a, c);
}
