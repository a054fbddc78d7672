/*
 * contact: the one record that travels through the pipeline. The field table below is its only
 * declaration: the struct, encode, decode, limits, docs/ENVELOPE.md and the round-trip test all
 * come from it.
 *
 * Three stages write, each its own group only: INGEST writes what arrived (the bundle's receipt),
 * CLASSIFY what it read and decided, DISPATCH what became of it. An encoded contact is a record
 * (record.h) whose first field is `version`; an unknown version is PR_REJECT (the contact is
 * buried, never guessed), an unknown field in a known version too. All text is valid UTF-8 without
 * NUL. Empty text means absent.
 *
 * X(name, TYPE, STAGE, max, required, "what it is")
 *   TEXT    struct pr_str of at most max bytes
 *   NUMBER  int64_t within -max..max
 *   LIST    struct pr_list of at most PR_LIST_MAX texts, each of at most max bytes
 */
#ifndef POSTROOM_CONTACT_H
#define POSTROOM_CONTACT_H

#include "postroom/arena.h"
#include "postroom/buf.h"
#include "postroom/cid.h"

#define PR_CONTACT_VERSION 1
#define PR_LIST_MAX        1000

/* clang-format off */
#define PR_CONTACT_FIELDS(X)                                                                                     \
	/* what arrived */                                                                                       \
	X(cid,            TEXT,   INGEST,   32,     1, "the contact's id (cid.h)")                               \
	X(channel,        TEXT,   INGEST,   8,      1, "email, sms or web")                                      \
	X(account,        TEXT,   INGEST,   64,     1, "the mailbox, gateway or form, as the configuration names it") \
	X(received_at,    NUMBER, INGEST,   253402300799999, 1, "when postroom took it, ms since 1970")          \
	X(source_id,      TEXT,   INGEST,   512,    0, "where it stood: folder/UIDVALIDITY/UID, the provider's message id, the form's token") \
	X(source_time,    NUMBER, INGEST,   253402300799999, 0, "when the provider says it arrived there, ms since 1970") \
	X(peer,           TEXT,   INGEST,   320,    0, "who handed it over: SMS sender as given, SMTP envelope sender") \
	X(local,          TEXT,   INGEST,   320,    0, "which of our addresses it came to: short code, envelope recipient") \
	X(shadow,         NUMBER, INGEST,   1,      0, "1: read by --shadow; a case is made, nothing is ever sent") \
	X(canary,         NUMBER, INGEST,   1,      0, "1: our own hourly test contact")                         \
	X(possible_duplicate, TEXT, INGEST, 32,     0, "cid of an earlier contact with the same token or provider id and other words") \
	/* what was read */                                                                                      \
	X(unreadable,     TEXT,   CLASSIFY, 256,    0, "why the raw bytes could not be read; then a person must") \
	X(from_email,     TEXT,   CLASSIFY, 320,    0, "the sender's address, lower-case domain")                \
	X(from_phone,     TEXT,   CLASSIFY, 32,     0, "the sender's number, E.164 where it is one")             \
	X(from_name,      TEXT,   CLASSIFY, 320,    0, "the sender's name as written")                           \
	X(reply_to,       TEXT,   CLASSIFY, 320,    0, "address of Reply-To, if it is another one")              \
	X(to,             LIST,   CLASSIFY, 320,    0, "addresses of To")                                        \
	X(cc,             LIST,   CLASSIFY, 320,    0, "addresses of Cc")                                        \
	X(subject,        TEXT,   CLASSIFY, 2000,   0, "the subject")                                            \
	X(message_id,     TEXT,   CLASSIFY, 998,    0, "Message-ID without its angle brackets")                  \
	X(in_reply_to,    TEXT,   CLASSIFY, 998,    0, "first id of In-Reply-To")                                \
	X(references,     LIST,   CLASSIFY, 998,    0, "ids of References, oldest first, the last 50")           \
	X(date,           NUMBER, CLASSIFY, 253402300799999, 0, "Date of the message, ms since 1970")            \
	X(text,           TEXT,   CLASSIFY, 1048576, 0, "all that the sender wrote, as plain text, lines ending in LF") \
	X(new_text,       TEXT,   CLASSIFY, 1048576, 0, "the same without quoted mail and signature")            \
	X(form,           LIST,   CLASSIFY, 66000,  0, "the form's fields, each `name=value`")                   \
	X(attachments,    LIST,   CLASSIFY, 1000,   0, "each `bytes content/type file name`")                    \
	X(automated,      TEXT,   CLASSIFY, 32,     0, "no, bounce, auto_reply, feedback_report, mailing_list, calendar, read_receipt") \
	X(failed_recipients, LIST, CLASSIFY, 320,   0, "of a bounce: who did not get our mail")                  \
	X(ack_allowed,    TEXT,   CLASSIFY, 8,      0, "yes or no: may this message be answered by a machine (RFC 3834)") \
	X(ack_reason,     TEXT,   CLASSIFY, 128,    0, "why not")                                                \
	X(problems,       LIST,   CLASSIFY, 256,    0, "what was repaired or left out when it was read")         \
	/* what was decided */                                                                                   \
	X(lgsl,           NUMBER, CLASSIFY, 99999,  0, "service of the best guess; 0 when nothing speaks for any") \
	X(lgil,           NUMBER, CLASSIFY, 9999,   0, "its interaction")                                        \
	X(score,          NUMBER, CLASSIFY, 1000000, 0, "the score of the best guess, thousandths")              \
	X(margin,         NUMBER, CLASSIFY, 1000000, 0, "its distance to the runner-up, thousandths")            \
	X(certain,        NUMBER, CLASSIFY, 1,      0, "1: it may be routed; 0: triage")                         \
	X(runner_up,      TEXT,   CLASSIFY, 64,     0, "`lgsl/lgil score` of the second best")                   \
	X(also,           LIST,   CLASSIFY, 16,     0, "other services asked for, each `lgsl/lgil`")             \
	X(kind,           TEXT,   CLASSIFY, 16,     0, "request, report, enquiry, chase, complaint, compliment, foi, eir, sar, dp_complaint, appeal, thanks, spam, auto, unclear") \
	X(lang,           TEXT,   CLASSIFY, 8,      0, "en, cy or other")                                        \
	X(risk,           TEXT,   CLASSIFY, 8,      0, "p1, check or none")                                      \
	X(flags,          LIST,   CLASSIFY, 32,     0, "suicide, fire_gas_danger … (DESIGN of the verdict: docs/RULES.md)") \
	X(ack,            TEXT,   CLASSIFY, 8,      0, "normal, neutral or none")                                \
	X(postcode,       TEXT,   CLASSIFY, 8,      0, "first UK postcode, `SW1A 1AA`")                          \
	X(case_ref,       TEXT,   CLASSIFY, 24,     0, "first valid reference of ours")                          \
	X(phone,          TEXT,   CLASSIFY, 32,     0, "first phone number in the text, E.164")                  \
	X(facts,          LIST,   CLASSIFY, 320,    0, "each `kind field start end value`: a postcode, UPRN, street … and where it stood") \
	X(avoidable,      TEXT,   CLASSIFY, 24,     0, "why this contact could have been avoided (avoidable.h), as far as it tells itself") \
	X(avoidable_by,   TEXT,   CLASSIFY, 80,     0, "what shows that: reference, thread or `rule <name>`")           \
	X(rules,          LIST,   CLASSIFY, 160,    0, "each `rule field start end` and, of a service, ` lgsl/lgil points`: what decided, and where it stood") \
	X(vetoed,         LIST,   CLASSIFY, 160,    0, "each `lgsl/lgil points rule`: a service that rules spoke for, and the rule that forbade it") \
	X(incomplete,     NUMBER, CLASSIFY, 1,      0, "1: a rule hit its limits; a person decides")             \
	X(rules_version,  TEXT,   CLASSIFY, 16,     0, "which rules decided")                                           \
	/* what became of it */                                                                                  \
	X(reference,      TEXT,   DISPATCH, 24,     0, "the reference the citizen was given")                    \
	X(case_id,        NUMBER, DISPATCH, 9007199254740991, 0, "the case")
/* clang-format on */

enum pr_stage { PR_STAGE_INGEST, PR_STAGE_CLASSIFY, PR_STAGE_DISPATCH };
enum pr_field_type { PR_FIELD_TEXT, PR_FIELD_NUMBER, PR_FIELD_LIST };

struct pr_list {
	struct pr_str *v;
	size_t n;
};

#define PR_CONTACT_C_TEXT                                         struct pr_str
#define PR_CONTACT_C_NUMBER                                       int64_t
#define PR_CONTACT_C_LIST                                         struct pr_list
#define PR_CONTACT_MEMBER(name, type, stage, max, required, help) PR_CONTACT_C_##type name;
struct pr_contact {
	PR_CONTACT_FIELDS(PR_CONTACT_MEMBER)
};

struct pr_contact_field {
	const char *name;
	enum pr_field_type type;
	enum pr_stage stage;
	int64_t max;
	bool required;
	size_t offset; /* in struct pr_contact */
	const char *help;
};
extern const struct pr_contact_field pr_contact_fields[];
extern const size_t pr_contact_fields_n;

/* Append the encoded contact, the fields of stages up to and including `last`; absent fields are
 * left out. */
void pr_contact_encode(const struct pr_contact *c, enum pr_stage last, struct pr_buf *b);
/*
 * Decode `bytes`; texts point into them, lists into the arena. Fields of stages after `last` are
 * refused, as are texts that are too long, not UTF-8 or hold NUL, and missing required fields:
 * PR_REJECT, naming the field.
 */
int pr_contact_decode(struct pr_str bytes, enum pr_stage last, struct pr_arena *a,
		      struct pr_contact *c, struct pr_err *err) PR_MUST_CHECK;
/*
 * Append one text to a list field: copied into the arena, clipped to the field's max, repaired to
 * UTF-8. Past PR_LIST_MAX it is dropped and false returned. `f` is found with PR_CONTACT_FIELD(to).
 * Only a list that began empty or came from decode may be added to: a list of one's own making has
 * no room behind its end.
 */
bool pr_contact_list_add(struct pr_contact *c, const struct pr_contact_field *f, struct pr_arena *a,
			 struct pr_str text);
/* Set a text field: copied, repaired to UTF-8, clipped to the field's maximum. False when it was
 * clipped. */
bool pr_contact_text_set(struct pr_contact *c, const struct pr_contact_field *f, struct pr_arena *a,
			 struct pr_str text);
#define PR_CONTACT_INDEX(name, type, stage, max, required, help) PR_CONTACT_FIELD_##name,
enum pr_contact_index { PR_CONTACT_FIELDS(PR_CONTACT_INDEX) PR_CONTACT_FIELDS_N };
#define PR_CONTACT_FIELD(name) (&pr_contact_fields[PR_CONTACT_FIELD_##name])

/* Channels: an index for tables, and its word. */
enum pr_channel { PR_CHANNEL_EMAIL, PR_CHANNEL_SMS, PR_CHANNEL_WEB, PR_CHANNELS };
const char *pr_channel_name(enum pr_channel channel);
bool pr_channel_parse(struct pr_str name, enum pr_channel *channel);

/* The value of form field `name` in c->form, or the empty string. */
struct pr_str pr_contact_form(const struct pr_contact *c, struct pr_str name);

#endif
