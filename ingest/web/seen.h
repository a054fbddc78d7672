/*
 * seen: which contact a one-time token made first, as long as the token lives, so that other words
 * under the same token can be marked as a possible duplicate. It is a help for staff, in memory
 * only: it may forget.
 */
#ifndef PR_INGEST_SEEN_H
#define PR_INGEST_SEEN_H

#include "postroom/cid.h"

struct seen;

struct seen *seen_new(int64_t life_ms);
void seen_free(struct seen **s);
/* The contact that this token made before, if it is another one than `cid`. */
bool seen_other(struct seen *s, struct pr_str token, const struct pr_cid *cid, int64_t now,
		struct pr_cid *first);
/* The token made this contact; the first one stays. */
void seen_add(struct seen *s, struct pr_str token, const struct pr_cid *cid, int64_t now);

#endif
