/*
 * log: one line an event, found by the contact's id, without a name in it.
 *
 *     pr_log(PR_INFO, cid, "classified", "service=%d/%d rule=%s ms=%lld", lgsl, lgil, rule, ms);
 *
 * prints to standard error
 *
 *     2026-11-22T10:15:02.113Z postroom-classify[812] info contact=4f0c… event=classified
 * service=557/17 …
 *
 * so that one grep for an id tells a contact's life. Values are numbers, ids, rule names and error
 * texts; never a name, address, number or word that a citizen wrote. An address that must be told
 * apart goes through pr_log_mask(). Under systemd ($JOURNAL_STREAM is set) the time stamp is left
 * to the journal.
 */
#ifndef POSTROOM_LOG_H
#define POSTROOM_LOG_H

#include "postroom/err.h"
#include "postroom/str.h"

enum pr_log_level { PR_DEBUG, PR_INFO, PR_WARN, PR_ERROR };

/* The program's name for every line, and the least level that is printed. Not copied. */
void pr_log_open(const char *program, enum pr_log_level least);
void pr_log_level(enum pr_log_level least);

/* cid may be NULL or "" for what concerns no contact. A line is one write(2), at most 1,000 bytes.
 */
void pr_log(enum pr_log_level level, const char *cid, const char *event, const char *fmt, ...)
    PR_PRINTF(4, 5);
/* The usual line for a failed step: event=…, fault=…, error="…". */
void
pr_log_err(enum pr_log_level level, const char *cid, const char *event, const struct pr_err *err);

/*
 * An address or number as 16 hex digits of a keyed hash (SipHash under a key drawn at start): two
 * lines about one sender can be seen to belong together within one run, the sender cannot be read
 * from them.
 */
struct pr_log_masked {
	char hex[17];
};
struct pr_log_masked pr_log_mask(struct pr_str address);

#endif
