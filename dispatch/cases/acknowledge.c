/*
 * acknowledge: whether a machine may answer this contact, and in which words; and the alert to the
 * duty officer. The first reason against an acknowledgement wins. Nothing that the sender wrote
 * reaches the text.
 */
#include "dispatch/cases/cases.h"

#include "postroom/phone.h"

#define DAY_MS INT64_C(86400000)

struct ack {
	struct pr_deed *d;
	enum pr_ack_channel channel;
	struct pr_str address;
	bool uk_mobile;
};

/* Each answers 1: this speaks against it, 0: it does not, -1: the store could not say. */
typedef int reason(struct ack *ack, struct pr_err *err);

static int
is_shadow(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->d->c->shadow != 0;
}

static int
is_canary(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->d->c->canary != 0;
}

static int
is_unreadable(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->d->c->unreadable.n > 0;
}

static int
is_automatic(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->d->c->automated.n > 0 && !pr_deed_is(ack->d->c->automated, "no");
}

/* Mail needs the reader's yes (RFC 3834); an SMS or a form is answered unless somebody said no. */
static int
is_forbidden(struct ack *ack, struct pr_err *err)
{
	const struct pr_contact *c = ack->d->c;

	(void)err;
	if (pr_deed_is(c->channel, "email"))
		return !pr_deed_is(c->ack_allowed, "yes");
	return pr_deed_is(c->ack_allowed, "no");
}

static int
is_unwanted(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return pr_deed_is(ack->d->c->ack, "none") ||
	       pr_deed_is(ack->d->service->acknowledge, "none");
}

static int
is_another_receipt(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return strcmp(ack->d->how, "same") == 0;
}

static int
is_possible_duplicate(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->d->c->possible_duplicate.n > 0;
}

static int
has_no_address(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->address.n == 0;
}

static int
is_no_uk_mobile(struct ack *ack, struct pr_err *err)
{
	(void)err;
	return ack->channel == PR_ACK_SMS && !ack->uk_mobile;
}

static int
is_our_own(struct ack *ack, struct pr_err *err)
{
	const struct pr_council_conf *council = ack->d->policy->council;

	(void)err;
	if (pr_str_eq_nocase(ack->address, pr_str_c(council->email)) ||
	    pr_str_eq_nocase(ack->address, pr_str_c(council->duty_email)))
		return 1;
	for (size_t i = 0; i < council->own_addresses.n; i++)
		if (pr_str_eq_nocase(ack->address, pr_str_c(council->own_addresses.v[i])))
			return 1;
	return 0;
}

static int
is_suppressed(struct ack *ack, struct pr_err *err)
{
	bool yes;

	return pr_store_suppressed(ack->d->store, ack->address, &yes, err) < 0 ? -1 : yes;
}

static int
is_over_the_cap(struct ack *ack, struct pr_err *err)
{
	int64_t n;

	if (pr_store_ack_count(ack->d->store, ack->address, ack->d->now - DAY_MS, &n, err) < 0)
		return -1;
	return n >= ack->d->policy->acks_per_day;
}

static const struct {
	reason *applies;
	const char *words;
} reasons[] = {
    {is_shadow, "none: read in shadow, nothing is sent"},
    {is_canary, "none: our own canary"},
    {is_unreadable, "none: it could not be read"},
    {is_automatic, "none: an automatic message"},
    {is_forbidden, "none: its headers do not allow an automatic answer"},
    {is_unwanted, "none: the rules or the service list say none"},
    {is_another_receipt, "none: the same message was acknowledged before"},
    {is_possible_duplicate, "none: possibly a duplicate"},
    {has_no_address, "none: no address to answer to"},
    {is_no_uk_mobile, "none: not a UK mobile number"},
    {is_our_own, "none: our own address"},
    {is_suppressed, "none: the address is suppressed"},
    {is_over_the_cap, "none: this address had its acknowledgements for today"},
};

/* E-mail is answered by e-mail, SMS by SMS; a form by the address it gave, else by the number. */
static struct ack
address(struct pr_deed *d)
{
	struct ack ack = {.d = d, .channel = PR_ACK_EMAIL, .address = d->email};

	if (pr_deed_is(d->c->channel, "sms") ||
	    (!pr_deed_is(d->c->channel, "email") && !d->email.n)) {
		ack.channel = PR_ACK_SMS;
		ack.address = d->phone;
		ack.uk_mobile = pr_phone_parse(d->phone).uk_mobile;
	}
	return ack;
}

static enum pr_ack_name
template_of(const struct pr_deed *d)
{
	/* Neutral comes first: whoever reads along at the sender's screen must not see that there
	 * is a danger. */
	if (pr_deed_is(d->c->ack, "neutral") ||
	    (d->c->certain && pr_deed_is(d->service->acknowledge, "neutral")))
		return PR_ACK_NEUTRAL;
	if (pr_deed_at_risk(d))
		return PR_ACK_URGENT;
	return strcmp(d->how, "follow_up") == 0 ? PR_ACK_FOLLOW_UP : PR_ACK_NORMAL;
}

/* A service is named, and a date promised, only where the rules were sure and nobody can be harmed
 * by it. */
static struct pr_ack_values
values_of(const struct pr_deed *d, bool welsh)
{
	const struct pr_council_conf *council = d->policy->council;
	bool named =
	    pr_deed_is(d->k.queue, "team") && !d->k.restricted && strcmp(d->how, "opened") == 0;
	struct pr_ack_values v = {
	    .council = pr_str_c(welsh && council->name_cy[0] ? council->name_cy : council->name),
	    .reference = d->k.reference,
	    .phone = pr_str_c(council->phone),
	    .web = pr_str_c(council->web),
	    .out_of_hours = pr_str_c(council->out_of_hours),
	};

	if (named && d->service != d->policy->catalogue->triage)
		v.service = welsh ? d->service->name_cy : d->service->name_en;
	if (named && d->due_day)
		v.due = pr_day_text(d->due_day, welsh, d->a);
	return v;
}

struct letter {
	struct pr_str subject, body, lang;
};

static int
write_in(const struct ack *ack, enum pr_ack_name name, bool welsh, struct letter *out,
	 struct pr_err *err)
{
	const struct pr_ack_values v = values_of(ack->d, welsh);

	out->lang = welsh ? PR_STR("cy") : PR_STR("en");
	return pr_ack_render(ack->d->policy->templates, name, ack->channel,
			     welsh ? PR_ACK_CY : PR_ACK_EN, &v, ack->d->a, &out->subject,
			     &out->body, err);
}

/* "Pwnc [REF]" and "Subject [REF]" -> "Pwnc / Subject [REF]" */
static struct pr_str
both_subjects(struct pr_str cy, struct pr_str en, struct pr_arena *a)
{
	struct pr_str head;

	if (!pr_str_cut(&cy, '[', &head))
		return en;
	return pr_arena_printf(a, PR_S_FMT " / " PR_S_FMT, PR_S(pr_str_trim(head)), PR_S(en));
}

enum { FOLLOW, BOTH, ENGLISH }; /* council.languages */

/* Welsh first where both are sent; two languages that do not fit into one text message are not sent
 * in one. */
static int
compose(const struct ack *ack, enum pr_ack_name name, struct letter *out, struct pr_err *err)
{
	int languages = ack->d->policy->council->languages;
	bool welsh = languages != ENGLISH && pr_deed_is(ack->d->c->lang, "cy");
	struct letter cy, en;
	struct pr_str both;

	if (languages != BOTH)
		return write_in(ack, name, welsh, out, err);
	if (write_in(ack, name, true, &cy, err) < 0 || write_in(ack, name, false, &en, err) < 0)
		return -1;
	both = pr_arena_printf(ack->d->a,
			       ack->channel == PR_ACK_SMS ? "%.*s\n%.*s" : "%.*s\n\n----\n\n%.*s",
			       PR_S(cy.body), PR_S(en.body));
	if (ack->channel == PR_ACK_SMS && !pr_ack_sms_fit(both, ack->d->a, &both)) {
		*out = welsh ? cy : en;
		return 0;
	}
	*out = (struct letter){both_subjects(cy.subject, en.subject, ack->d->a), both,
			       PR_STR("cy,en")};
	return 0;
}

static int
queue_letter(struct pr_deed *d, const char *kind, struct pr_store_outbox *o, struct pr_err *err)
{
	struct pr_str domain = pr_str_c(d->policy->council->email), local;
	bool added;

	pr_str_cut(&domain, '@', &local);
	o->cid = d->c->cid;
	o->case_id = d->k.id;
	o->kind = pr_str_c(kind);
	o->state = PR_OUTBOX_PENDING;
	o->created_at = d->now;
	o->message_id =
	    pr_arena_printf(d->a, PR_S_FMT ".%s@" PR_S_FMT, PR_S(d->c->cid), kind, PR_S(domain));
	return pr_store_outbox_add(d->store, o, &added, err);
}

static struct pr_str
references_text(const struct pr_contact *c, struct pr_arena *a)
{
	struct pr_str text = PR_STR_NONE;

	/* RFC 5322 3.6.4: what the message referred to, then the message itself; the last ten are
	 * enough. */
	for (size_t i = c->references.n > 9 ? c->references.n - 9 : 0; i < c->references.n; i++)
		text = pr_arena_printf(a, PR_S_FMT PR_S_FMT "\n", PR_S(text),
				       PR_S(c->references.v[i]));
	return c->message_id.n
		   ? pr_arena_printf(a, PR_S_FMT PR_S_FMT, PR_S(text), PR_S(c->message_id))
		   : text;
}

static int
queue_acknowledgement(struct ack *ack, const char **words, struct pr_err *err)
{
	struct pr_deed *d = ack->d;
	enum pr_ack_name name = template_of(d);
	struct letter letter;
	struct pr_store_outbox o;

	if (compose(ack, name, &letter, err) < 0)
		return -1;
	if (ack->channel == PR_ACK_SMS && !pr_ack_sms_fit(letter.body, d->a, &letter.body)) {
		if (compose(ack, PR_ACK_NEUTRAL, &letter, err) < 0)
			return -1;
		if (!pr_ack_sms_fit(letter.body, d->a, &letter.body)) {
			*words = "none: the text template does not fit into two text messages: "
				 "shorten it";
			return 0;
		}
	}
	o = (struct pr_store_outbox){
	    .lane = name == PR_ACK_URGENT ? PR_STR("urgent") : PR_STR("normal"),
	    .channel = ack->channel == PR_ACK_SMS ? PR_STR("sms") : PR_STR("email"),
	    .address = ack->address,
	    .lang = letter.lang,
	    .subject = letter.subject,
	    .body = letter.body,
	    .in_reply_to = d->c->message_id,
	    .references_text = references_text(d->c, d->a),
	};
	*words = ack->channel == PR_ACK_SMS ? "sent by text message" : "sent by e-mail";
	return queue_letter(d, "acknowledgement", &o, err);
}

/* p1 only: `check` is read first of all by a person, and an alert for everything alerts nobody. */
static int
queue_alert(struct pr_deed *d, struct pr_err *err)
{
	const struct pr_council_conf *council = d->policy->council;
	struct pr_str flags = PR_STR_NONE;
	struct pr_store_outbox o;

	if (!pr_deed_is(d->c->risk, "p1") || d->c->shadow || d->c->canary ||
	    !council->duty_email[0] || strcmp(d->how, "same") == 0)
		return 0;
	for (size_t i = 0; i < d->c->flags.n; i++)
		flags = pr_arena_printf(d->a, PR_S_FMT "%s" PR_S_FMT, PR_S(flags), i ? ", " : "",
					PR_S(d->c->flags.v[i]));
	o = (struct pr_store_outbox){
	    .lane = PR_STR("urgent"),
	    .channel = PR_STR("email"),
	    .address = pr_str_c(council->duty_email),
	    .lang = PR_STR("en"),
	    .subject = pr_arena_printf(d->a, "Someone may be at risk [%s]", d->reference),
	    .body = pr_arena_printf(
		d->a,
		"A message may be about someone at risk. Please read it now.\n\n"
		"Reference:  %s\nArrived by: " PR_S_FMT "\nFlags:      " PR_S_FMT "\n\n"
		"It is in the list \"risk\" of the staff page, and\n"
		"`postroom show %s` prints it.\n",
		d->reference, PR_S(d->c->channel), PR_S(flags), d->reference),
	};
	return queue_letter(d, "alert", &o, err);
}

int
pr_acknowledge(struct pr_deed *d, const char **words, struct pr_err *err)
{
	struct ack ack = address(d);

	if (queue_alert(d, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		int applies = reasons[i].applies(&ack, err);
		if (applies < 0)
			return -1;
		if (applies) {
			*words = reasons[i].words;
			return 0;
		}
	}
	return queue_acknowledgement(&ack, words, err);
}
