/*
 * queue_link: one connection to Redis for the queue, and nothing that knows what a contact is.
 *
 * A call is built argument by argument and answered by a flat list of values; what an answer nests
 * deeper than one array is left out. The list belongs to the link and lasts until the next call.
 */
#ifndef LIB_CORE_QUEUE_LINK_H
#define LIB_CORE_QUEUE_LINK_H

#include "postroom/err.h"
#include "postroom/str.h"

enum {
	PR_LINK_BATCH =
	    500, /* contacts in one call: Redis' other clients wait for some ms at most */
	PR_LINK_ARGS = 16 + 5 * PR_LINK_BATCH,
	PR_LINK_BLOCK_MS = 1000, /* the longest BLOCK; the link waits longer for an answer */
	PR_LINK_BACKOFF_MS = 2000,
};

struct pr_queue_link;

struct pr_link_value {
	struct pr_str text; /* empty for a number */
	long long number;   /* 0 for a text */
	bool is_number;
};

struct pr_link_answer {
	const struct pr_link_value *v;
	size_t n;
};

struct pr_queue_link *pr_link_new(const char *socket);
void pr_link_free(struct pr_queue_link **link);

/* Start a command; its arguments follow, which must live until the call. pr_link_begin_call: FCALL
 * name <keys>. */
void pr_link_begin(struct pr_queue_link *link, const char *command);
void pr_link_begin_call(struct pr_queue_link *link, const char *function, const char *const *keys,
			size_t nkeys);
void pr_link_arg(struct pr_queue_link *link, const char *arg);
void pr_link_arg_n(struct pr_queue_link *link, const char *arg, size_t n);

/*
 * Send it. Connects, connects again and loads the Functions as needed. Any failure is PR_RETRY with
 * the server's own words; then the call sleeps for the back-off (50 ms, doubling to 2 s), but never
 * longer than patience_ms. Without patience (0) an answer is waited for one second and not ten, and
 * for ten seconds after none came in time the server is not asked.
 */
int pr_link_call(struct pr_queue_link *link, int patience_ms, struct pr_link_answer *answer,
		 struct pr_err *err) PR_MUST_CHECK;

static inline bool
pr_link_is_number(const struct pr_link_value *v, long long least, long long most)
{
	return v->is_number && v->number >= least && v->number <= most;
}
static inline bool
pr_link_is_text(const struct pr_link_value *v, size_t room)
{
	return !v->is_number && v->text.n > 0 && v->text.n < room;
}
/* An answer that is none of ours. Returns -1. */
int pr_link_strange(struct pr_err *err);

/* Are the server's version and settings those that queue.h asks for? PR_FATAL names what to write
 * instead. */
int pr_link_check(struct pr_queue_link *link, struct pr_err *err) PR_MUST_CHECK;

#endif
