/*
 * canary: a contact of our own through the door, now and then, so that a door that is open to
 * nobody is seen. It goes the way of every other contact and becomes a case that is closed already;
 * `postroom status` shows its age.
 */
#ifndef PR_INGEST_CANARY_H
#define PR_INGEST_CANARY_H

#include "ingest/committer.h"

struct pr_canary {
	enum pr_channel channel;
	int64_t interval; /* ms; 0: never */
	int64_t due;      /* monotonic; 0: at once */
	char token[33];
	char words[160];
	struct pr_field field;
};

/* The first one is due at once: a door that was just opened shows that it is. */
void pr_canary_init(struct pr_canary *c, enum pr_channel channel, int64_t interval);
/* Is one due? Then *arrival is it, and the next is due an interval later. */
bool pr_canary_next(struct pr_canary *c, struct pr_arrival *arrival);
/* How long the caller may sleep: `ms`, or less when one is due before. */
int64_t pr_canary_wait(const struct pr_canary *c, int64_t ms);
/* Send the one that is due. What goes wrong is logged: the next one says whether it still does. */
void pr_canary_submit(struct pr_canary *c, struct pr_submit *submit);
void pr_canary_commit(struct pr_canary *c, struct committer *committer);

#endif
