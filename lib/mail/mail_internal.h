/*
 * mail_internal: what the files of lib/mail share. A message goes through them in this order:
 *
 *     header.c     split the raw bytes, headers within limits, body        no library
 *     address.c    From, To, Cc ...                                        GMime
 *     body.c       the MIME tree; part.c one part; report.c of a bounce    GMime
 *     charset.c    foreign characters to UTF-8      html_text.c  HTML      iconv, uchardet, libxml2
 *     text.c       one kind of line end and of white space
 *     automated.c  who wrote it, a person or a machine
 *     parse.c      calls them and fills the contact
 */
#ifndef POSTROOM_MAIL_INTERNAL_H
#define POSTROOM_MAIL_INTERNAL_H

#include "postroom/mail.h"

#include <gmime/gmime.h>

/* Options for every call of GMime: loose, and raw 8-bit headers as UTF-8, else as windows-1252. */
GMimeParserOptions *pr_mail_options(void);

/* ---- header.c ---- */

#define PR_MAIL_HEADERS_COUNT_MAX 1000
#define PR_MAIL_HEADER_MAX        ((size_t)64 << 10)

struct pr_mail_header {
	struct pr_str name;
	struct pr_str value; /* unfolded, no NUL, no line end, NUL-terminated beyond its length;
				still encoded */
};

struct pr_mail_head {
	struct pr_mail_header *v;
	size_t n;
	struct pr_str body; /* of the raw message */
};

/* Split the message. Whatever the limits cut is noted in c->problems. */
void pr_mail_head_scan(struct pr_str raw, struct pr_arena *a, struct pr_contact *c,
		       struct pr_mail_head *head);
/* The first header of that name, or the empty string. */
struct pr_str pr_mail_head_get(const struct pr_mail_head *head, const char *name);
bool pr_mail_head_has(const struct pr_mail_head *head, const char *name);
/* The value decoded (RFC 2047) into one clean line of UTF-8. */
struct pr_str pr_mail_header_text(struct pr_str value, struct pr_arena *a);
/* A C string of GMime's (may be NULL) as one clean line of UTF-8. */
struct pr_str pr_mail_clean_line(const char *text, struct pr_arena *a);
void pr_mail_problem(struct pr_contact *c, struct pr_arena *a, const char *words);

/* ---- address.c ---- */

#define PR_MAIL_ADDRESSES_MAX 1000

struct pr_mail_address {
	struct pr_str email; /* with its domain in lower case; never empty */
	struct pr_str name;  /* may be empty */
};

/* The addresses in a header's value, groups flattened; returns how many of at most `max`. */
size_t
pr_mail_addresses(struct pr_str value, struct pr_arena *a, struct pr_mail_address *out, size_t max);

/* ---- charset.c ---- */

/* Load the converters that mail uses, so that a sandboxed child need not open files for them. */
void pr_mail_charset_warm(void);
/*
 * Append `bytes` to out as valid UTF-8 without NUL. `charset` may be NULL or nonsense. Returns
 * NULL, or words for c->problems when the bytes were not what they were said to be.
 */
const char *pr_mail_to_utf8(struct pr_str bytes, const char *charset, struct pr_buf *out);

/* ---- text.c ---- */

/* LF line ends, no trailing blanks, no control characters, at most two blank lines in a row. */
void pr_mail_tidy(struct pr_str text, struct pr_buf *out);
/* Undo RFC 3676 format=flowed. */
void pr_mail_unflow(struct pr_str text, bool delsp, struct pr_buf *out);

/* ---- part.c ---- */

bool pr_mail_part_is(GMimeObject *o, const char *type, const char *subtype);
/* A parameter of Content-Type, or "". */
const char *pr_mail_part_parameter(GMimeObject *o, const char *name);
/* The file name as the sender gave it, or "". */
const char *pr_mail_part_name(GMimeObject *o);
/* The decoded bytes; the caller frees them. */
GByteArray *pr_mail_part_bytes(GMimeObject *o);
void pr_mail_attachment_add(GMimeObject *o, struct pr_arena *a, struct pr_contact *c);

/* ---- report.c ---- */

/* The recipients of a message/delivery-status that failed, into c->failed_recipients. */
void pr_mail_delivery_status(struct pr_str report, struct pr_arena *a, struct pr_contact *c);

/* ---- body.c ---- */

/* What the parts of a message say about it, beside its text. */
struct pr_mail_facts {
	char report[32];      /* report-type of multipart/report, lower case, or "" */
	bool delivery_status; /* a message/delivery-status part */
	bool feedback;        /* a message/feedback-report part */
	bool receipt;         /* a message/disposition-notification part */
	bool calendar;        /* a text/calendar part with a METHOD */
};

/* Text, attachments and failed recipients into *c, the rest into *facts. */
void pr_mail_body(const struct pr_mail_head *head, struct pr_arena *a, struct pr_contact *c,
		  struct pr_mail_facts *facts);

/* ---- automated.c ---- */

/* automated, ack_allowed, ack_reason and, of a bounce without a report, failed_recipients. */
void pr_mail_automated(const struct pr_mail_head *head, const struct pr_mail_facts *facts,
		       struct pr_arena *a, struct pr_contact *c);

#endif
