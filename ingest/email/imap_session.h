/*
 * imap_session: one verified, logged-in connection to an IMAP server (libetpan, as a transport
 * only).
 *
 * A command either works or returns -1, after which the session is good for imap_session_close()
 * and nothing else. Each has a deadline of its own beside libetpan's limit for a single read: a
 * server that gives one byte a second would hold us for ever otherwise.
 */
#ifndef INGEST_EMAIL_IMAP_SESSION_H
#define INGEST_EMAIL_IMAP_SESSION_H

#include "ingest/email/mailbox.h"

struct imap_session;

struct imap_uids {
	uint32_t *v; /* ascending */
	size_t n, room;
};

struct imap_folder {
	uint32_t validity;
	bool keyword_ok; /* the server keeps $PostroomDone */
};

/* Connect, secure, verify, log in. */
struct imap_session *
imap_session_open(const struct pr_mailbox_conf *conf, struct pr_err *err) PR_MUST_CHECK;
void imap_session_close(struct imap_session **session);

/* SELECT, or EXAMINE, which changes nothing. */
int imap_session_select(struct imap_session *s, bool read_only, struct imap_folder *folder,
			struct pr_err *err) PR_MUST_CHECK;
/* UIDs from `from` on; with `unmarked` only those without our keyword. */
int imap_session_search(struct imap_session *s, uint32_t from, bool unmarked,
			struct imap_uids *uids, struct pr_err *err) PR_MUST_CHECK;
/* sizes[i]: bytes of uids[i]; -1 when it is gone. */
int imap_session_sizes(struct imap_session *s, const uint32_t *uids, size_t n, int64_t *sizes,
		       struct pr_err *err) PR_MUST_CHECK;
/* got() is called for each message that came, in any order; `expect` bytes are allowed for in the
 * deadline. */
int imap_session_bodies(struct imap_session *s, const uint32_t *uids, size_t n, int64_t expect,
			void (*got)(void *ctx, uint32_t uid, struct pr_str bytes), void *ctx,
			struct pr_err *err) PR_MUST_CHECK;
/* Set $PostroomDone. */
int imap_session_mark(struct imap_session *s, const uint32_t *uids, size_t n,
		      struct pr_err *err) PR_MUST_CHECK;
/* 0 moved, 1 the server cannot move there (it said so; the session goes on), -1. */
int imap_session_move(struct imap_session *s, const uint32_t *uids, size_t n,
		      struct pr_err *err) PR_MUST_CHECK;

#endif
