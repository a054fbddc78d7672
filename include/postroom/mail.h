/*
 * mail: MIME in and MIME out (GMime 3; its header appears in lib/mail/ only).
 *
 * Reading happens in a zygote's child, never in a process that holds a secret or a connection:
 * libetpan's MIME parser is not used at all, and GMime is trusted to fail, not to be right.
 */
#ifndef POSTROOM_MAIL_H
#define POSTROOM_MAIL_H

#include "postroom/contact.h"
#include "postroom/zygote.h"

/* Limits; beyond them the message is read as far as they go and `problems` says so. */
#define PR_MAIL_DEPTH_MAX   20
#define PR_MAIL_PARTS_MAX   500
#define PR_MAIL_HEADERS_MAX ((size_t)256 << 10)
#define PR_MAIL_TEXT_MAX    ((size_t)1 << 20)

/*
 * Read one message (RFC 5322, 2045 ff.) into the CLASSIFY "what was read" group of *c: charsets
 * converted (unknown ones as windows-1252 and noted), HTML turned into text when there is no plain
 * part, quoted replies and signature cut from new_text, automatic mail told by its headers, and the
 * decision whether a machine may answer it (RFC 3834). PR_REJECT only when nothing can be read at
 * all (an empty message).
 */
int pr_mail_parse(struct pr_str raw, struct pr_arena *a, struct pr_contact *c,
		  struct pr_err *err) PR_MUST_CHECK;
/* Load charsets and GMime's tables: before forking. */
void pr_mail_warm(void);
/* The work of classify's zygote: a bundle on fd in, an encoded contact (receipt and what was read)
 * out. */
extern const struct pr_zygote_work pr_mail_work;
/*
 * The same for a text or a form, in this process: its fields came apart at the door and are plain
 * text by now, so nothing of a stranger's is parsed but our own bundle. A mail is PR_REJECT.
 */
int pr_mail_read_fields(int fd, struct pr_buf *out, struct pr_err *err) PR_MUST_CHECK;

/* Text of HTML without what is not shown (libxml2's SAX parser), in lib/mail/html_text.c. */
int pr_html_text(struct pr_str html, size_t max, struct pr_buf *out);
/* new_text: `text` without quoted mail, its introduction line, and signature (English and Welsh
 * clients). */
struct pr_str pr_reply_text(struct pr_str text, struct pr_arena *a);

/* One message to send. All text UTF-8; a CR, LF or NUL in any of them but body is PR_REJECT. */
struct pr_mail_out {
	struct pr_str from_name, from_email; /* ours */
	struct pr_str to_email;
	struct pr_str subject;
	struct pr_str body; /* text/plain, lines end in LF; sent as format=fixed, quoted-printable
			       when needed */
	struct pr_str message_id; /* ours, without angle brackets, fixed before the first attempt */
	struct pr_str in_reply_to; /* may be empty */
	struct pr_list references; /* the last ten are used */
	struct pr_str reply_to;    /* may be empty */
	bool automatic; /* Auto-Submitted: auto-replied and X-Auto-Response-Suppress: All */
	int64_t date;   /* ms */
};
/* Append the message, lines in CRLF and at most 998 bytes, no bare CR or LF, no 8-bit bytes. */
int pr_mail_build(const struct pr_mail_out *m, struct pr_buf *b, struct pr_err *err) PR_MUST_CHECK;
/*
 * An address that may be put into an SMTP command: RFC 5321 local-part@domain without quoting,
 * comments or literals; at most 254 bytes; domain with a dot (or localhost), lower-cased into out.
 * False otherwise.
 */
bool pr_mail_address_ok(struct pr_str address, char out[256]);

#endif
