/*
 * submit: the one door. Every channel hands over what arrived here and tells its source only after
 * 0.
 *
 * It makes the receipt and the cid, asks for room, makes the bundles durable and puts the ids
 * before classify. A dead Redis is no failure: the spool has the contact and dispatch's sweep puts
 * it in the queue later (logged).
 */
#ifndef POSTROOM_SUBMIT_H
#define POSTROOM_SUBMIT_H

#include "postroom/queue.h"
#include "postroom/spool.h"

struct pr_submit {
	struct pr_spool *spool;
	struct pr_queue *queue; /* NULL: spool only */
	bool shadow;
};

/* What arrived. All of it is only lent, until the call returns. */
struct pr_arrival {
	enum pr_channel channel;
	struct pr_str account;
	struct pr_str source_id, peer, local; /* contact.h; repaired and clipped here */
	int64_t source_time;
	bool canary;
	struct pr_str raw; /* e-mail and webhook: bytes as received; empty when there are none */
	const struct pr_field *fields; /* form or webhook; text is repaired to UTF-8 here */
	size_t nfields;
	const struct pr_field *files;   /* name = the form's field, value = bytes */
	const struct pr_str *filenames; /* beside files, as the sender called them */
	size_t nfiles;
	/*
	 * web: the form's one-time token; SMS: the provider's id, beside a field named "text". It
	 * becomes source_id where that is empty. Without a token an SMS is known again by sender
	 * and source_time; where they are missing too, and for a form, every arrival is a contact
	 * of its own: two are seen, none is lost.
	 */
	struct pr_str token;
	struct pr_str possible_duplicate; /* cid or empty */
	/* out */
	struct pr_cid cid;
	bool known;
};

/*
 * All n, sharing their flushes; at most PR_SUBMIT_BATCH. 0: every one is durable. -1: tell no
 * source anything. PR_REJECT: one of them is larger than a bundle may be or has too many parts;
 * hand them over singly to find it.
 */
#define PR_SUBMIT_BATCH 64
int pr_submit(struct pr_submit *s, struct pr_arrival *arrivals, size_t n,
	      struct pr_err *err) PR_MUST_CHECK;

#endif
