/*
 * read: one batch. Every contact ends in one of three ways: passed on (read, or marked as
 * unreadable), buried with a reason, or left pending because something it needs is away.
 */
#include "classify/daemon.h"

#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/log.h"
#include "postroom/utf8.h"

#define ANSWER_KEPT  ((size_t)1 << 20) /* a larger answer's memory is given back */
#define RAW_SEARCHED ((size_t)48 << 10)

struct job {
	struct pr_ticket *ticket;
	int fd;
	size_t slot; /* its answer */
	enum pr_zygote_outcome outcome;
	struct pr_err err; /* of the outcome */
};

struct batch {
	struct pr_ticket tickets[PR_CLASSIFY_BATCH_MAX];
	struct job jobs[PR_CLASSIFY_BATCH_MAX];
	size_t njobs;
	struct pr_ticket passed[PR_CLASSIFY_BATCH_MAX];
	bool urgent[PR_CLASSIFY_BATCH_MAX];
	size_t npassed;
};

static int
bury(struct pr_classifier *k, const struct pr_ticket *t, const struct pr_err *why,
     struct pr_err *err)
{
	struct pr_err ignored;

	if (pr_spool_attempt(k->spool, &t->cid, &ignored) < 0)
		pr_log_err(PR_WARN, t->cid.hex, "attempt", &ignored);
	pr_log_err(PR_ERROR, t->cid.hex, "buried", why);
	return pr_queue_bury(k->queue, t, err);
}

/*
 * May it be tried? A contact that comes back may be the one that ended this process: that is
 * written down before it is touched again. A fresh one costs no file.
 */
static int
may_try(struct pr_classifier *k, const struct pr_ticket *t, struct pr_err *err)
{
	struct pr_err why;

	if (t->deliveries <= 1)
		return 1;
	if (pr_spool_attempts(k->spool, &t->cid) >= (unsigned)k->conf->attempts) {
		pr_fail(&why, PR_REJECT, 0, "tried %lld times without an end",
			(long long)k->conf->attempts);
		return bury(k, t, &why, err) < 0 ? -1 : 0;
	}
	if (pr_spool_attempt(k->spool, &t->cid, &why) < 0) {
		pr_log_err(PR_WARN, t->cid.hex, "left", &why);
		return 0;
	}
	return 1;
}

static int
open_job(struct pr_classifier *k, struct batch *b, struct pr_ticket *t, struct pr_err *err)
{
	struct pr_err why;
	int fd = pr_spool_bundle_fd(k->spool, &t->cid, &why);

	if (fd < 0) {
		if (why.fault == PR_REJECT)
			return bury(k, t, &why, err);
		pr_log_err(PR_WARN, t->cid.hex, "left", &why);
		return 0;
	}
	pr_buf_reset(&k->answers[b->njobs]);
	b->jobs[b->njobs] = (struct job){.ticket = t, .fd = fd, .slot = b->njobs};
	b->njobs++;
	return 0;
}

/* Texts and forms are plain fields; mail goes to the sandbox, all of it in one go. */
static int
read_batch(struct pr_classifier *k, struct batch *b, struct pr_err *err)
{
	enum pr_zygote_outcome outcomes[PR_CLASSIFY_BATCH_MAX];
	struct pr_err errs[PR_CLASSIFY_BATCH_MAX];
	struct pr_buf outs[PR_CLASSIFY_BATCH_MAX];
	struct job *mails[PR_CLASSIFY_BATCH_MAX];
	int fds[PR_CLASSIFY_BATCH_MAX], rc = 0;
	size_t n = 0;

	for (size_t i = 0; i < b->njobs; i++) {
		struct job *j = &b->jobs[i];

		if (j->ticket->channel != PR_CHANNEL_EMAIL) {
			rc = pr_mail_read_fields(j->fd, &k->answers[j->slot], &j->err);
			j->outcome = rc < 0 ? PR_ZYGOTE_REFUSED : PR_ZYGOTE_OK;
			continue;
		}
		fds[n] = j->fd;
		outs[n] = k->answers[j->slot];
		mails[n++] = j;
	}
	rc = n ? pr_zygote_run_batch(k->zygote, fds, n, outs, outcomes, errs, err) : 0;
	for (size_t i = 0; i < n; i++) {
		k->answers[mails[i]->slot] = outs[i]; /* it may have grown */
		if (rc < 0)
			continue;
		mails[i]->outcome = outcomes[i];
		mails[i]->err = errs[i];
	}
	return rc;
}

/* Those that did not end well once more, alone, before anything is said of them. */
static int
read_jobs(struct pr_classifier *k, struct batch *b, struct pr_err *err)
{
	if (read_batch(k, b, err) < 0)
		return -1;
	for (size_t i = 0; i < b->njobs; i++) {
		struct job *j = &b->jobs[i];

		if (j->outcome != PR_ZYGOTE_CRASHED && j->outcome != PR_ZYGOTE_TIMEOUT)
			continue;
		pr_buf_reset(&k->answers[j->slot]);
		if (pr_zygote_run(k->zygote, j->fd, &k->answers[j->slot], &j->outcome, &j->err) <
		    0) {
			*err = j->err;
			return -1;
		}
	}
	return 0;
}

/* What can be read of bytes that no parser understood: their text, for the rules of risk. */
static struct pr_str
printable(const struct pr_bundle *bundle, struct pr_arena *a)
{
	const struct pr_part *raw = pr_bundle_find(bundle, PR_PART_RAW, PR_STR_NONE);
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 4 * RAW_SEARCHED);
	if (raw)
		pr_utf8_repair(&b, pr_str_sub(raw->bytes, 0, RAW_SEARCHED));
	for (size_t i = 0; i < bundle->nparts && !raw; i++)
		if (bundle->parts[i].kind == PR_PART_FIELD) {
			pr_utf8_repair(&b, pr_str_sub(bundle->parts[i].bytes, 0, RAW_SEARCHED / 4));
			pr_buf_add_char(&b, '\n');
		}
	return pr_arena_dup(a, pr_buf_str(&b));
}

/* A contact that only a person can read: its receipt, why, and the risk that its bytes betray. */
static int
classify_unreadable(struct pr_classifier *k, const struct job *j, struct pr_contact *c,
		    struct pr_err *err)
{
	static const char *const whys[] = {"", "the reader refused it: ", "its reader crashed",
					   "its reader took too long"};
	struct pr_bundle bundle;
	struct pr_contact risky;
	int rc;

	if (pr_spool_bundle(k->spool, &j->ticket->cid, &bundle, err) < 0)
		return -1;
	rc = pr_bundle_receipt(&bundle, &k->arena, c, err);
	if (rc == 0) {
		risky = *c;
		risky.text = risky.new_text = printable(&bundle, &k->arena);
		rc = pr_classify(k->rules, &k->world, &k->arena, &risky, err);
	}
	/* the receipt's texts point into the bundle's map: the sidecar is encoded before it is
	 * closed */
	if (rc == 0) {
		c->unreadable =
		    pr_utf8_clip(pr_arena_printf(&k->arena, "%s%s", whys[j->outcome],
						 j->outcome == PR_ZYGOTE_REFUSED ? j->err.msg : ""),
				 256);
		c->risk = risky.risk;
		c->flags = risky.flags;
		c->kind = PR_STR("unclear");
		c->lang = PR_STR("en");
		c->ack = PR_STR("neutral");
		pr_contact_encode(c, PR_STAGE_CLASSIFY, &k->sidecar);
	}
	pr_bundle_close(&bundle);
	return rc;
}

static int
classify_read(struct pr_classifier *k, const struct job *j, struct pr_contact *c,
	      struct pr_err *err)
{
	struct pr_str answer = pr_buf_str(&k->answers[j->slot]);

	if (pr_contact_decode(answer, PR_STAGE_CLASSIFY, &k->arena, c, err) < 0)
		return -1;
	if (!pr_str_eq_c(c->cid, j->ticket->cid.hex))
		return pr_fail(err, PR_REJECT, 0, "the bundle belongs to another contact");
	if (pr_classify(k->rules, &k->world, &k->arena, c, err) < 0)
		return -1;
	pr_contact_encode(c, PR_STAGE_CLASSIFY, &k->sidecar);
	return 0;
}

static void
log_classified(const struct pr_contact *c, const struct pr_ticket *t, int64_t ms)
{
	struct pr_str rest = c->rules.n ? c->rules.v[0] : PR_STR_NONE, rule = PR_STR_NONE;

	/* The name of a rule of risk or flags ("suicide", "who-legal") is what the citizen said:
	 * staff see it, a log does not. */
	if (!pr_str_eq_c(c->risk, "none") || c->flags.n || !pr_str_cut(&rest, ' ', &rule))
		rule = PR_STR("-");
	pr_log(PR_INFO, t->cid.hex, "classified",
	       "service=%lld/%lld certain=%lld kind=" PR_S_FMT " rule=" PR_S_FMT " risk=" PR_S_FMT
	       "%s%s ms=%lld",
	       (long long)c->lgsl, (long long)c->lgil, (long long)c->certain, PR_S(c->kind),
	       PR_S(rule), PR_S(c->risk), c->unreadable.n ? " unreadable" : "",
	       c->incomplete ? " incomplete" : "", (long long)ms);
}

/* Without the contact: that it met this rule is nearly what the citizen said. */
static void
log_quarantined(struct pr_rules *rules)
{
	struct pr_str rule;

	while (pr_rules_quarantined(rules, &rule))
		pr_log(PR_WARN, NULL, "quarantined", "rule=" PR_S_FMT, PR_S(rule));
}

/* What the reader answers is a stranger's word too: what is no contact is for a person to read. */
static int
classify_job(struct pr_classifier *k, const struct job *j, struct pr_contact *c, struct pr_err *err)
{
	struct job unreadable = *j;

	/* no memory or no descriptor now says nothing about the contact */
	if (j->outcome == PR_ZYGOTE_REFUSED && j->err.fault == PR_RETRY) {
		*err = j->err;
		return -1;
	}
	if (j->outcome != PR_ZYGOTE_OK)
		return classify_unreadable(k, j, c, err);
	if (classify_read(k, j, c, err) == 0)
		return 0;
	if (err->fault != PR_REJECT)
		return -1;
	unreadable.outcome = PR_ZYGOTE_REFUSED;
	unreadable.err = *err;
	pr_arena_reset(&k->arena);
	pr_buf_reset(&k->sidecar);
	*c = (struct pr_contact){0};
	return classify_unreadable(k, &unreadable, c, err);
}

/* Returns 1 when it is to be passed on, 0 when it was dealt with otherwise, -1 when the queue
 * failed. */
static int
finish_job(struct pr_classifier *k, const struct job *j, bool *urgent, struct pr_err *err)
{
	struct pr_contact c = {0};
	struct pr_err why;
	int64_t start = pr_mono();
	int rc;

	pr_arena_reset(&k->arena);
	pr_buf_reset(&k->sidecar);
	rc = classify_job(k, j, &c, &why);
	if (rc == 0 && k->sidecar.failed)
		rc = pr_fail(&why, PR_REJECT, 0, "the contact is larger than a sidecar may be");
	if (rc == 0)
		rc = pr_spool_contact_write(k->spool, &j->ticket->cid, pr_buf_str(&k->sidecar),
					    &why);
	if (rc < 0) {
		if (why.fault == PR_REJECT)
			return bury(k, j->ticket, &why, err);
		pr_log_err(PR_WARN, j->ticket->cid.hex, "left", &why);
		return 0;
	}
	*urgent = !pr_str_eq_c(c.risk, "none");
	log_classified(&c, j->ticket, pr_mono() - start);
	if (c.incomplete || c.unreadable.n)
		log_quarantined(k->rules);
	return 1;
}

static void
close_jobs(struct pr_classifier *k, struct batch *b)
{
	for (size_t i = 0; i < b->njobs; i++) {
		close(b->jobs[i].fd);
		if (k->answers[i].room > ANSWER_KEPT) {
			pr_buf_release(&k->answers[i]);
			pr_buf_init(&k->answers[i], pr_mail_work.answer_max);
		}
	}
	b->njobs = 0;
}

/* Read, classify and pass on the jobs that are open. */
static int
work(struct pr_classifier *k, struct batch *b, struct pr_err *err)
{
	int rc = read_jobs(k, b, err), one;
	struct pr_err second; /* the first failure is the one to tell */

	b->npassed = 0;
	for (size_t i = 0; rc == 0 && i < b->njobs; i++) {
		one = finish_job(k, &b->jobs[i], &b->urgent[b->npassed], err);
		if (one < 0)
			rc = -1;
		else if (one > 0)
			b->passed[b->npassed++] = *b->jobs[i].ticket;
	}
	if (b->npassed &&
	    pr_queue_move(k->queue, b->passed, b->urgent, b->npassed, rc < 0 ? &second : err) < 0)
		rc = -1;
	for (size_t i = 0; rc == 0 && i < b->npassed; i++)
		if (b->passed[i].deliveries > 1)
			pr_spool_attempts_clear(k->spool, &b->passed[i].cid);
	close_jobs(k, b);
	return rc;
}

static int
try_one(struct pr_classifier *k, struct batch *b, struct pr_ticket *t, struct pr_err *err)
{
	int may = may_try(k, t, err);

	if (may <= 0)
		return may;
	if (open_job(k, b, t, err) < 0)
		return -1;
	return t->deliveries > 1 ? work(k, b, err) : 0;
}

int
pr_classifier_step(struct pr_classifier *k, struct pr_err *err)
{
	struct batch b;
	int rc = 0, n = pr_queue_take(k->queue, PR_QUEUE_CONTACTS, b.tickets,
				      (size_t)k->conf->batch, (int)k->conf->wait, err);

	b.njobs = 0;
	for (int i = 0; rc == 0 && i < n; i++) {
		struct pr_ticket *t = &b.tickets[i];

		/* one that came back is read alone: should it end this process, only it is counted
		 * again */
		if (t->deliveries > 1 && b.njobs)
			rc = work(k, &b, err);
		if (rc == 0)
			rc = try_one(k, &b, t, err);
	}
	if (rc == 0 && b.njobs)
		rc = work(k, &b, err);
	close_jobs(k, &b);
	return n < 0 || rc < 0 ? -1 : n;
}
