/*
 * imap_private: what imap_connect.c and imap_session.c share. No other file knows of libetpan.
 */
#ifndef INGEST_EMAIL_IMAP_PRIVATE_H
#define INGEST_EMAIL_IMAP_PRIVATE_H

#include "ingest/email/imap_session.h"

#include <libetpan/libetpan.h>

struct imap_session {
	const struct pr_mailbox_conf *conf;
	mailimap *imap;
	int guard; /* a second descriptor of the socket, ours alone: libetpan closes its own when it
		      sees fit */
	bool broken; /* do not wait for a polite goodbye */
	bool can_move;
};

/*
 * From set to clear the session's socket is shut when the deadline passes: `deadline` of the
 * mailbox and what the bytes that are waited for may take.
 */
void imap_deadline_set(const struct imap_session *s, int64_t bytes);
void imap_deadline_clear(void);
/* Words for a code of libetpan; the session is broken from then on. Returns -1. */
int imap_fail(struct imap_session *s, int code, const char *doing, struct pr_err *err);

#endif
