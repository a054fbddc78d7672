/*
 * cases: what the files of dispatch/cases/ share: one contact on its way to a case.
 */
#ifndef DISPATCH_CASES_CASES_H
#define DISPATCH_CASES_CASES_H

#include "postroom/case.h"
#include "postroom/reference.h"

struct pr_deed {
	struct pr_store *store;
	const struct pr_case_policy *policy;
	const struct pr_contact *c;
	int64_t now;
	struct pr_arena *a;

	const struct pr_catalogue_entry *service; /* the best guess, triage's when there is none */
	char reference[PR_REFERENCE_BYTES];       /* of this contact */
	struct pr_str email,
	    phone;          /* the sender's, in the one form that they are compared in; or empty */
	const char *how;    /* opened, follow_up, same */
	const char *note;   /* why a person should look, beyond the verdict; "" */
	bool quotes_closed; /* a case of the same sender that is closed */
	struct pr_store_case k; /* the case, new or found */
	int64_t due_day;        /* what may be promised; 0: no date */
};

static inline bool
pr_deed_is(struct pr_str value, const char *word)
{
	return pr_str_eq_c(value, word);
}

/* p1 or check: never in an ordinary queue. */
static inline bool
pr_deed_at_risk(const struct pr_deed *d)
{
	return d->c->risk.n && !pr_str_eq_c(d->c->risk, "none");
}

/* identity.c: fill email and phone; and the citizen of a new case, with its link. */
void pr_identity_points(struct pr_deed *d);
int pr_identity_decide(struct pr_deed *d, int64_t *citizen_id, struct pr_err *err) PR_MUST_CHECK;
/* Whether the sender is the one who is claimed by this citizen's points: 1, 0, -1. */
int
pr_identity_same_sender(struct pr_deed *d, int64_t citizen_id, struct pr_err *err) PR_MUST_CHECK;
/* Letters and digits only, folded to lower case without accents: "Siân O'Brien" -> "sianobrien". */
struct pr_str pr_identity_name_key(struct pr_str name, struct pr_arena *a);
/* An accented Latin letter's base letter, or 0. */
char pr_identity_base_letter(uint32_t cp);
/* local@domain in the strict form that an SMTP command can carry; the council's domain or a
 * citizen's. */
bool pr_identity_email_ok(struct pr_str address);

/*
 * avoidable.c: why the contact could have been avoided, now that its case is known; written to its
 * row. *words is for people: "progress chasing (open case)"; empty: not avoidable.
 */
int pr_deed_avoidable(struct pr_deed *d, struct pr_str *words, struct pr_err *err) PR_MUST_CHECK;

/* due.c: when the service list says this is due; false when it has no target. */
bool pr_due_day(const struct pr_case_policy *policy, const struct pr_catalogue_entry *service,
		int64_t received_at, int64_t *day, bool *confirmed);

/* acknowledge.c: outbox rows of this contact. *words: "sent by e-mail" or "none: why". */
int pr_acknowledge(struct pr_deed *d, const char **words, struct pr_err *err) PR_MUST_CHECK;

/* ack_templates.c */
enum pr_ack_name { PR_ACK_NORMAL, PR_ACK_NEUTRAL, PR_ACK_URGENT, PR_ACK_FOLLOW_UP, PR_ACK_NAMES };
enum pr_ack_channel { PR_ACK_EMAIL, PR_ACK_SMS, PR_ACK_CHANNELS };
enum pr_ack_lang { PR_ACK_EN, PR_ACK_CY, PR_ACK_LANGS };

struct pr_ack_values {
	struct pr_str council, reference, service, due, phone, web, out_of_hours;
};
/* Subject (empty for SMS) and body, into the arena; e-mail lines are at most 78 characters. */
int
pr_ack_render(const struct pr_ack_templates *t, enum pr_ack_name name, enum pr_ack_channel channel,
	      enum pr_ack_lang lang, const struct pr_ack_values *values, struct pr_arena *a,
	      struct pr_str *subject, struct pr_str *body, struct pr_err *err) PR_MUST_CHECK;
/*
 * The text as it fits into two parts of an SMS: as it is, or with accented letters that GSM-7 lacks
 * written as their base letters. False when it is too long even so.
 */
bool pr_ack_sms_fit(struct pr_str text, struct pr_arena *a, struct pr_str *fitted);

#endif
