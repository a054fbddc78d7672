/*
 * Taking from the queue: first what this consumer had in hand before, then what dead consumers
 * hold, then what is fresh, and waiting when there is nothing.
 */
#include "lib/core/queue_parts.h"
#include "postroom/clock.h"

#include <limits.h>

enum {
	CLAIM_EVERY_MS = 60000,
	TICKET_VALUES = 5,
};

static const struct stage {
	enum pr_place first; /* drained before the others; 0: none */
	enum pr_place from, to;
} stages[] = {
    [PR_QUEUE_CONTACTS] = {0, PR_PLACE_CONTACTS, PR_PLACE_CONTACTS + 2},
    [PR_QUEUE_CLASSIFIED] = {PR_PLACE_URGENT, PR_PLACE_CLASSIFIED, PR_PLACE_CLASSIFIED + 2},
    [PR_QUEUE_BURIED] = {0, PR_PLACE_BURIED, PR_PLACE_BURIED},
};

static void
arg(struct pr_queue *q, const char *c)
{
	pr_link_arg(q->link, c);
}

static int
call(struct pr_queue *q, struct pr_link_answer *answer, struct pr_err *err)
{
	return pr_link_call(q->link, PR_LINK_BACKOFF_MS, answer, err);
}

static bool
read_ticket(const struct pr_link_value v[TICKET_VALUES], struct pr_ticket *t)
{
	memset(t, 0, sizeof(*t));
	if (!pr_link_is_number(&v[0], PR_PLACE_CONTACTS, PR_PLACES) ||
	    !pr_link_is_text(&v[1], sizeof(t->id)) || !pr_link_is_text(&v[2], sizeof(t->cid.hex)) ||
	    !pr_link_is_text(&v[3], 16) || !pr_link_is_number(&v[4], 1, UINT_MAX))
		return false;
	t->stream = (unsigned char)v[0].number;
	memcpy(t->id, v[1].text.p, v[1].text.n);
	t->deliveries = (unsigned)v[4].number;
	return pr_cid_parse(v[2].text, &t->cid) && pr_channel_parse(v[3].text, &t->channel);
}

/* An answer of: how many tickets, their values, then something else. How many, or -1. */
static int
read_tickets(const struct pr_link_answer *a, struct pr_ticket *tickets, size_t max,
	     struct pr_err *err)
{
	if (a->n < 1 || !pr_link_is_number(&a->v[0], 0, (long long)max))
		return pr_link_strange(err);
	size_t n = (size_t)a->v[0].number;
	if (a->n < 1 + n * TICKET_VALUES)
		return pr_link_strange(err);
	for (size_t i = 0; i < n; i++)
		if (!read_ticket(a->v + 1 + i * TICKET_VALUES, &tickets[i]))
			return pr_link_strange(err);
	return (int)n;
}

/* The streams of a stage in the order in which they are read: returns how many. */
static size_t
stage_places(enum pr_queue_stage stage, enum pr_place places[PR_PLACES])
{
	size_t n = 0;
	if (stages[stage].first)
		places[n++] = stages[stage].first;
	for (int place = (int)stages[stage].from; place <= (int)stages[stage].to; place++)
		places[n++] = (enum pr_place)place;
	return n;
}

static int
take_fresh(struct pr_queue *q, enum pr_queue_stage stage, struct pr_ticket *tickets, size_t max,
	   struct pr_err *err)
{
	char most[24], turn[16];
	struct pr_reading *r = &q->reading[stage];
	enum pr_place places[PR_PLACES];
	size_t n = stage_places(stage, places);
	snprintf(most, sizeof(most), "%zu", max);
	snprintf(turn, sizeof(turn), "%u", r->turn++ % PR_PLACES);
	pr_queue_begin(q, "pr1_take");
	arg(q, q->consumer);
	arg(q, most);
	arg(q, turn);
	arg(q, pr_place_word[stages[stage].first]);
	for (size_t i = stages[stage].first ? 1 : 0; i < n; i++)
		arg(q, pr_place_word[places[i]]);
	struct pr_link_answer a;
	if (call(q, &a, err) < 0) {
		/* The answer may have been on its way: what it gave stands under this consumer's
		 * name. */
		r->own = false;
		memset(r->from, 0, sizeof(r->from));
		return -1;
	}
	int taken = read_tickets(&a, tickets, max, err);
	for (size_t i = 0; taken == 0 && i < n && i + 1 < a.n; i++)
		if (pr_link_is_text(&a.v[i + 1], sizeof(r->newest[0])))
			snprintf(r->newest[places[i]], sizeof(r->newest[0]), PR_S_FMT,
				 PR_S(a.v[i + 1].text));
	return taken;
}

/* What was handed out before: to this consumer (own), or to any and idle for claim_ms. */
static int
take_again(struct pr_queue *q, enum pr_queue_stage stage, bool own, struct pr_ticket *tickets,
	   size_t max, struct pr_err *err)
{
	char most[24], idle[24];
	struct pr_reading *r = &q->reading[stage];
	enum pr_place places[PR_PLACES];
	size_t n = stage_places(stage, places);
	snprintf(most, sizeof(most), "%zu", max);
	snprintf(idle, sizeof(idle), "%lld", own ? 0LL : (long long)q->claim_ms);
	pr_queue_begin(q, "pr1_resume");
	arg(q, q->consumer);
	arg(q, most);
	arg(q, idle);
	arg(q, own ? "own" : "any");
	for (size_t i = 0; i < n; i++) {
		arg(q, pr_place_word[places[i]]);
		arg(q, own && r->from[places[i]][0] ? r->from[places[i]] : "-");
	}
	struct pr_link_answer a;
	int taken = call(q, &a, err) < 0 ? -1 : read_tickets(&a, tickets, max, err);
	for (int i = 0; own && i < taken; i++)
		snprintf(r->from[tickets[i].stream], sizeof(r->from[0]), "(%s", tickets[i].id);
	return taken;
}

static int
take_once(struct pr_queue *q, enum pr_queue_stage stage, struct pr_ticket *tickets, size_t max,
	  struct pr_err *err)
{
	struct pr_reading *r = &q->reading[stage];
	int n;
	if (!r->own) {
		if ((n = take_again(q, stage, true, tickets, max, err)) != 0)
			return n;
		r->own = true;
	}
	if (pr_mono() >= r->claim_at) {
		if ((n = take_again(q, stage, false, tickets, max, err)) != 0)
			return n;
		r->claim_at = pr_mono() +
			      (q->claim_ms / 2 < CLAIM_EVERY_MS ? q->claim_ms / 2 : CLAIM_EVERY_MS);
	}
	return take_fresh(q, stage, tickets, max, err);
}

/*
 * Wait until something stands behind the newest entries that take_fresh saw. XREAD and not a
 * blocking XREADGROUP: nothing is handed to a connection that may have died, and fairness stays in
 * one place.
 */
static int
wait_for_more(struct pr_queue *q, enum pr_queue_stage stage, int64_t ms, struct pr_err *err)
{
	char block[24];
	enum pr_place places[PR_PLACES];
	size_t n = stage_places(stage, places);
	snprintf(block, sizeof(block), "%lld",
		 (long long)(ms < PR_LINK_BLOCK_MS ? ms : PR_LINK_BLOCK_MS));
	static const char *const words[] = {"COUNT", "1", "BLOCK"};
	pr_link_begin(q->link, "XREAD");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		arg(q, words[i]);
	arg(q, block);
	arg(q, "STREAMS");
	for (size_t i = 0; i < n; i++)
		arg(q, pr_place_key[places[i]]);
	for (size_t i = 0; i < n; i++)
		arg(q, q->reading[stage].newest[places[i]][0] ? q->reading[stage].newest[places[i]]
							      : "0");
	struct pr_link_answer ignored;
	return call(q, &ignored, err);
}

int
pr_queue_take(struct pr_queue *q, enum pr_queue_stage stage, struct pr_ticket *tickets, size_t max,
	      int wait_ms, struct pr_err *err)
{
	int64_t until = pr_mono() + wait_ms;
	if (max > PR_LINK_BATCH)
		max = PR_LINK_BATCH;
	for (;;) {
		int n = max ? take_once(q, stage, tickets, max, err) : 0;
		int64_t left = until - pr_mono();
		if (n != 0 || left <= 0)
			return n;
		if (wait_for_more(q, stage, left, err) < 0)
			return -1;
	}
}
