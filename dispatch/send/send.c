/*
 * send: one round of the outbox. Take (a transaction), hand to the carrier, settle (a transaction).
 *
 * A kill between the two leaves the row in `sending`; its lease ends and it is unknown, for a
 * person to decide. Nothing here ever turns `sending` or `unknown` back into something that is
 * sent.
 */
#include "dispatch/send/send.h"
#include "postroom/clock.h"
#include "postroom/log.h"

#define EXPIRE_EVERY 60000 /* ms, and as often as a shorter lease asks for */
#define TAKE_MAX     64

const struct pr_carrier *const pr_carriers[] = {&pr_carrier_smtp, &pr_carrier_sms, NULL};

static const int64_t delays[] = {60000, 300000, 900000, 3600000, 14400000};
#define DELAYS (sizeof(delays) / sizeof(delays[0]))

int64_t
pr_send_next_at(const struct pr_store_outbox *row, int64_t give_up, int64_t now)
{
	size_t i = row->attempt < 1 ? 0 : (size_t)row->attempt - 1;

	/* Age alone does not kill: after days of standstill a row is still owed its tries. */
	if (i >= DELAYS && now - row->created_at >= give_up)
		return 0;
	return now + delays[i < DELAYS ? i : DELAYS - 1];
}

int64_t
pr_send_patience(const struct pr_send_conf *conf)
{
	return conf->smtp_timeout < conf->lease / 2 ? conf->smtp_timeout : conf->lease / 2;
}

int
pr_send_open(struct pr_send *s, const struct pr_carrier_conf *conf, struct pr_store *store,
	     struct pr_err *err)
{
	if (!s->carriers)
		s->carriers = pr_carriers;
	s->conf = conf->send;
	s->store = store;
	s->expire_due = 0;
	for (size_t i = 0; s->carriers[i]; i++) {
		if (s->carriers[i]->open(conf, &s->carrier_self[i], err) == 0)
			continue;
		pr_send_close(s);
		return -1;
	}
	return 0;
}

void
pr_send_close(struct pr_send *s)
{
	for (size_t i = 0; s->carriers && s->carriers[i]; i++)
		if (s->carrier_self[i])
			s->carriers[i]->close(&s->carrier_self[i]);
}

static int
expire(struct pr_send *s, struct pr_err *err)
{
	int64_t n = 0;

	if (pr_mono() < s->expire_due)
		return 0;
	if (pr_store_outbox_expire(s->store, pr_now(), &n, err) < 0)
		return -1;
	if (n)
		pr_log(PR_WARN, NULL, "leases_expired", "unknown=%lld", (long long)n);
	s->expire_due = pr_mono() + (s->conf->lease < EXPIRE_EVERY ? s->conf->lease : EXPIRE_EVERY);
	return 0;
}

/* The account that the citizen wrote to, so that the answer comes from the same number. */
static struct pr_str
account_of(struct pr_send *s, const struct pr_store_outbox *row, struct pr_arena *a)
{
	struct pr_store_contact contact;
	struct pr_err ignored;

	if (pr_store_contact_find(s->store, row->cid, a, &contact, &ignored) == 1 &&
	    pr_str_eq(contact.channel, row->channel))
		return contact.account;
	return PR_STR_NONE;
}

static enum pr_outbox_state
carry(struct pr_send *s, const struct pr_store_outbox *row, struct pr_arena *a, struct pr_err *err)
{
	for (size_t i = 0; s->carriers[i]; i++) {
		if (!pr_str_eq_c(row->channel, s->carriers[i]->channel))
			continue;
		struct pr_carrier_message m = {row, account_of(s, row, a)};
		return s->carriers[i]->send(s->carrier_self[i], &m, err);
	}
	pr_fail(err, PR_REJECT, 0, "there is no carrier for this channel");
	return PR_OUTBOX_DEAD;
}

static int
settle(struct pr_send *s, const struct pr_store_outbox *row, enum pr_outbox_state state,
       struct pr_err *why, struct pr_err *err)
{
	int64_t now = pr_now(), next_at = 0;
	bool settled = false;

	if (state == PR_OUTBOX_DEFERRED &&
	    !(next_at = pr_send_next_at(row, s->conf->give_up, now))) {
		pr_fail_in(why, "given up");
		state = PR_OUTBOX_DEAD;
	}
	if (pr_store_outbox_settle(s->store, row, state, next_at, pr_str_c(why->msg), now, &settled,
				   err) < 0)
		return -1;
	char cid[PR_CID_LENGTH + 1];
	snprintf(cid, sizeof(cid), PR_S_FMT, PR_S(row->cid));
	pr_log(state == PR_OUTBOX_SENT ? PR_INFO : PR_WARN, cid, "outbox",
	       "id=%lld kind=" PR_S_FMT " attempt=%lld state=%s settled=%d detail=\"%s\"",
	       (long long)row->id, PR_S(row->kind), (long long)row->attempt,
	       pr_outbox_state_name(state), settled, why->msg);
	return 0;
}

/* Taken, but never handed to anybody: it is due again at once. */
static int
give_back(struct pr_send *s, const struct pr_store_outbox *row, struct pr_err *err)
{
	bool settled;

	return pr_store_outbox_settle(s->store, row, PR_OUTBOX_DEFERRED, pr_now(),
				      PR_STR("not begun"), pr_now(), &settled, err);
}

static int
deal_with(struct pr_send *s, const struct pr_store_outbox *row, struct pr_arena *a,
	  struct pr_err *err)
{
	struct pr_err why = {.msg = ""};
	enum pr_outbox_state state;
	bool suppressed = false;

	/* A lease that would end during the call would be reported as unknown while we still send.
	 */
	if (pr_now() + pr_send_patience(s->conf) >= row->lease_until)
		return give_back(s, row, err);
	if (pr_store_suppressed(s->store, row->address, &suppressed, err) < 0)
		return give_back(s, row, err);
	if (suppressed) {
		snprintf(why.msg, sizeof(why.msg), "suppressed");
		state = PR_OUTBOX_DEAD;
	} else {
		state = carry(s, row, a, &why);
	}
	return settle(s, row, state, &why, err);
}

int
pr_send_round(struct pr_send *s, struct pr_arena *a, struct pr_err *err)
{
	struct pr_store_outbox *rows = NULL;
	size_t n = 0, max = (size_t)s->conf->batch;

	if (expire(s, err) < 0)
		return -1;
	if (s->conf->hold)
		return 0;
	if (pr_store_outbox_take(s->store, pr_now(), s->conf->lease,
				 max < TAKE_MAX ? max : TAKE_MAX, a, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (deal_with(s, &rows[i], a, err) < 0)
			return -1;
	return (int)n;
}
