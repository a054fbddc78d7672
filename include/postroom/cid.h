/*
 * cid: a contact's id. Derived, not drawn: doing anything twice lands on the same id.
 *
 * 128 bits of SHA-256 over kind, account and content, each as a length-prefixed field, in
 * lower-case hex:
 *
 *     e-mail   "email", account, raw bytes as received
 *     SMS      "sms", account, provider's message id, text as the provider gave it
 *     web form "web", account, one-time token, the number of fields, every field as name and value
 * in the form's order, and of each uploaded file its field name and the SHA-256 of its bytes
 *
 * The account is the name that the configuration gives a mailbox, gateway or form. One text under
 * one provider id, or one submission under one token, is one contact however often it arrives;
 * other words under the same id or token are a second contact.
 */
#ifndef POSTROOM_CID_H
#define POSTROOM_CID_H

#include "postroom/record.h"

#define PR_CID_LENGTH 32

struct pr_cid {
	char hex[PR_CID_LENGTH + 1];
};

struct pr_cid pr_cid_email(struct pr_str account, struct pr_str raw);
struct pr_cid pr_cid_sms(struct pr_str account, struct pr_str provider_id, struct pr_str text);
/* files: name = the form's field, value = the file's bytes */
struct pr_cid pr_cid_web(struct pr_str account, struct pr_str token, const struct pr_field *fields,
			 size_t nfields, const struct pr_field *files, size_t nfiles);
/* 32 lower-case hex digits and nothing else. */
bool pr_cid_parse(struct pr_str text, struct pr_cid *cid);

#endif
