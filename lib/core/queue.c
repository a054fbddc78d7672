/*
 * The queue: every hop is one call of a Redis Function (queue.lua) that carries a whole batch,
 * because `appendfsync always` costs one fsync a command, not one a contact. This file names the
 * arguments; what the hops mean is in queue.lua, what they promise in queue.h, how Redis is reached
 * in queue_redis.c, how tickets are taken in queue_take.c.
 */
#include "lib/core/queue_parts.h"

enum {
	CLAIM_AFTER_MS = 60000,
};

const char *const pr_place_key[PR_PLACES + 1] = {
    NULL,
    "pr:live",
    "pr:contacts:email",
    "pr:contacts:sms",
    "pr:contacts:web",
    "pr:classified:email",
    "pr:classified:sms",
    "pr:classified:web",
    "pr:urgent",
    "pr:buried",
};
const char *const pr_place_word[PR_PLACES + 1] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

struct pr_queue *
pr_queue_open(const char *socket, const char *consumer, struct pr_err *err)
{
	if (!*socket || !*consumer) {
		pr_fail(err, PR_FATAL, 0,
			"the queue needs the path of Redis' socket and a consumer's name");
		return NULL;
	}
	struct pr_queue *q = pr_calloc(1, sizeof(*q));
	q->consumer = strdup(consumer);
	if (!q->consumer)
		pr_out_of_memory();
	q->link = pr_link_new(socket);
	q->claim_ms = CLAIM_AFTER_MS;
	return q;
}

void
pr_queue_close(struct pr_queue **q)
{
	if (!*q)
		return;
	pr_link_free(&(*q)->link);
	free((*q)->consumer);
	free(*q);
	*q = NULL;
}

void
pr_queue_claim_after(struct pr_queue *q, int64_t claim_ms)
{
	q->claim_ms = claim_ms;
}

/* ---- one call ---- */

void
pr_queue_begin(struct pr_queue *q, const char *function)
{
	pr_link_begin_call(q->link, function, pr_place_key + 1, PR_PLACES);
}

static void
arg(struct pr_queue *q, const char *c)
{
	pr_link_arg(q->link, c);
}

static int
call(struct pr_queue *q, int patience_ms, struct pr_link_answer *answer, struct pr_err *err)
{
	return pr_link_call(q->link, patience_ms, answer, err);
}

/* The same for calls that answer how many. */
static int
call_number(struct pr_queue *q, int patience_ms, size_t *number, struct pr_err *err)
{
	struct pr_link_answer a;
	if (call(q, patience_ms, &a, err) < 0)
		return -1;
	if (a.n != 1 || !pr_link_is_number(&a.v[0], 0, PR_LINK_BATCH))
		return pr_link_strange(err);
	*number = (size_t)a.v[0].number;
	return 0;
}

/* ---- hops ---- */

int
pr_queue_put(struct pr_queue *q, const struct pr_queue_item *items, size_t n, size_t *added,
	     struct pr_err *err)
{
	size_t number = 0;
	if (added)
		*added = 0;
	for (size_t done = 0; done < n; done += PR_LINK_BATCH) {
		pr_queue_begin(q, "pr1_put");
		for (size_t i = done; i < n && i < done + PR_LINK_BATCH; i++) {
			arg(q, pr_place_word[PR_PLACE_CONTACTS + (int)items[i].channel]);
			pr_link_arg_n(q->link, items[i].cid.hex, PR_CID_LENGTH);
		}
		/* No patience: whoever stands at the door has a durable bundle and must not wait
		 * for Redis. */
		if (call_number(q, 0, &number, err) < 0)
			return -1;
		if (added)
			*added += number;
	}
	return 0;
}

static void
arg_ticket(struct pr_queue *q, const struct pr_ticket *t)
{
	if (t->stream <= PR_PLACE_LIVE || t->stream > PR_PLACES)
		pr_bug("a ticket of no stream");
	arg(q, pr_place_word[t->stream]);
	arg(q, t->id);
	pr_link_arg_n(q->link, t->cid.hex, PR_CID_LENGTH);
}

static int
queue_move(struct pr_queue *q, const struct pr_ticket *tickets, const bool *urgent, size_t n,
	   bool bury, struct pr_err *err)
{
	size_t number = 0;
	for (size_t done = 0; done < n; done += PR_LINK_BATCH) {
		pr_queue_begin(q, "pr1_move");
		for (size_t i = done; i < n && i < done + PR_LINK_BATCH; i++) {
			int to = PR_PLACE_CLASSIFIED + (int)tickets[i].channel;
			if (bury)
				to = PR_PLACE_BURIED;
			else if (urgent && urgent[i])
				to = PR_PLACE_URGENT;
			arg_ticket(q, &tickets[i]);
			arg(q, pr_channel_name(tickets[i].channel));
			arg(q, pr_place_word[to]);
		}
		if (call_number(q, PR_LINK_BACKOFF_MS, &number, err) < 0)
			return -1;
	}
	return 0;
}

int
pr_queue_move(struct pr_queue *q, const struct pr_ticket *tickets, const bool *urgent, size_t n,
	      struct pr_err *err)
{
	return queue_move(q, tickets, urgent, n, false, err);
}

int
pr_queue_bury(struct pr_queue *q, const struct pr_ticket *ticket, struct pr_err *err)
{
	return queue_move(q, ticket, NULL, 1, true, err);
}

int
pr_queue_done(struct pr_queue *q, const struct pr_ticket *tickets, size_t n, struct pr_err *err)
{
	size_t number = 0;
	for (size_t done = 0; done < n; done += PR_LINK_BATCH) {
		pr_queue_begin(q, "pr1_done");
		for (size_t i = done; i < n && i < done + PR_LINK_BATCH; i++)
			arg_ticket(q, &tickets[i]);
		if (call_number(q, PR_LINK_BACKOFF_MS, &number, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- looking ---- */

int
pr_queue_live(struct pr_queue *q, const struct pr_cid *cids, bool *live, size_t n,
	      struct pr_err *err)
{
	for (size_t done = 0; done < n; done += PR_LINK_BATCH) {
		size_t some = n - done < PR_LINK_BATCH ? n - done : PR_LINK_BATCH;
		pr_queue_begin(q, "pr1_live");
		for (size_t i = 0; i < some; i++)
			pr_link_arg_n(q->link, cids[done + i].hex, PR_CID_LENGTH);
		struct pr_link_answer a;
		if (call(q, PR_LINK_BACKOFF_MS, &a, err) < 0)
			return -1;
		if (a.n != some)
			return pr_link_strange(err);
		for (size_t i = 0; i < some; i++)
			live[done + i] = pr_link_is_number(&a.v[i], 1, 1);
	}
	return 0;
}

int
pr_queue_count(struct pr_queue *q, struct pr_queue_counts *counts, struct pr_err *err)
{
	memset(counts, 0, sizeof(*counts));
	/* In the order of the places, then the sets: the order in which queue.lua answers. */
	int64_t *const into[] = {
	    &counts->contacts[PR_CHANNEL_EMAIL],
	    &counts->contacts[PR_CHANNEL_SMS],
	    &counts->contacts[PR_CHANNEL_WEB],
	    &counts->classified[PR_CHANNEL_EMAIL],
	    &counts->classified[PR_CHANNEL_SMS],
	    &counts->classified[PR_CHANNEL_WEB],
	    &counts->urgent,
	    &counts->buried,
	    &counts->live,
	    &counts->pending,
	};
	size_t n = sizeof(into) / sizeof(*into);
	pr_queue_begin(q, "pr1_count");
	struct pr_link_answer a;
	if (call(q, PR_LINK_BACKOFF_MS, &a, err) < 0)
		return -1;
	if (a.n != n)
		return pr_link_strange(err);
	for (size_t i = 0; i < n; i++)
		*into[i] = a.v[i].number;
	return 0;
}

int
pr_queue_check(struct pr_queue *q, struct pr_err *err)
{
	return pr_link_check(q->link, err);
}
