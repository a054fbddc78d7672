/*
 * session: who is signed in. Session ids are kept as hashes, in memory only: a restart signs
 * everybody out.
 */
#ifndef PR_CONSOLE_SESSION_H
#define PR_CONSOLE_SESSION_H

#include "postroom/str.h"

#define SESSION_ID_BYTES 65 /* 64 hex digits: 256 bits */

struct sessions;

struct session {
	char csrf[SESSION_ID_BYTES]; /* must stand in every POST */
};

struct sessions *sessions_new(int64_t idle_ms);
void sessions_free(struct sessions **s);
/* A new session; the id goes into the cookie and is not kept. */
void sessions_add(struct sessions *s, int64_t now, char id[SESSION_ID_BYTES]);
/* True and *session when the id is of one that is alive, which it then stays. */
bool sessions_find(struct sessions *s, struct pr_str id, int64_t now, struct session *session);
void sessions_end(struct sessions *s, struct pr_str id);

/*
 * One password check at a time (each takes 64 MiB), a pause after a wrong one, none at all for a
 * minute after ten wrong ones in a row. 1 right, 0 wrong, -1 too many wrong ones before.
 */
int sessions_check(struct sessions *s, struct pr_str password, const char *hash, int64_t now);

#endif
