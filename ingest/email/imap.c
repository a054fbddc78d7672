/*
 * imap: mail in a folder of an IMAP server.
 *
 * The order of a batch: bytes fetched with BODY.PEEK, made durable, their UIDs put into the state
 * file (fsynced), then the keyword set or the message moved. A kill between any two of them makes
 * no second contact: the UID says that it was taken, else the cid does; and what was left unmarked
 * is marked at the next connection.
 */
#include "ingest/email/imap_session.h"
#include "postroom/clock.h"
#include "postroom/log.h"

#define WHOLE_SEARCH_MS                                                                            \
	3600000 /* how often the folder is searched from its first message again                   \
		 */
#define STRIKES_MAX 3

struct imap {
	struct imap_session *session;
	struct pr_uid_state state;
	char state_file[160];
	struct imap_folder folder;
	struct imap_uids pending; /* found, not taken yet, from `next` on */
	size_t next;
	uint32_t from, top; /* where the next search begins, the highest UID seen */
	int64_t whole_due;
	bool caught_up; /* what an earlier life took is marked */
};

static void
imap_close(struct pr_mailbox *m)
{
	struct imap *d = m->self;

	m->self = NULL;
	if (!d)
		return;
	imap_session_close(&d->session);
	pr_uid_state_release(&d->state);
	free(d->pending.v);
	free(d);
}

/* A damaged memory is as good as none: the bytes decide then. */
static int
load_state(struct pr_mailbox *m, struct imap *d, struct pr_err *err)
{
	pr_mailbox_state_name(m, m->shadow ? "shadow.uids" : "uids", d->state_file);
	if (pr_uid_state_load(m->state_dir, d->state_file, &d->state, err) == 0)
		return 0;
	if (err->fault != PR_REJECT)
		return -1;
	pr_log_err(PR_WARN, NULL, "state_forgotten", err);
	return 0;
}

static int
imap_open(struct pr_mailbox *m, struct pr_err *err)
{
	struct imap *d = pr_calloc(1, sizeof(*d));

	m->self = d;
	d->from = 1;
	d->whole_due = pr_mono() + WHOLE_SEARCH_MS;
	if (load_state(m, d, err) == 0 && (d->session = imap_session_open(m->conf, err))) {
		pr_log(PR_INFO, NULL, "mailbox_open", "mailbox=%s", m->conf->name);
		return 0;
	}
	imap_close(m);
	return -1;
}

/* Another UIDVALIDITY: the numbers mean nothing any more, every message is looked at again and its
 * bytes decide. */
static void
check_validity(struct pr_mailbox *m, struct imap *d)
{
	if (d->state.validity == d->folder.validity)
		return;
	if (d->state.validity)
		pr_log(PR_WARN, NULL, "uidvalidity_changed", "mailbox=%s was=%u is=%u",
		       m->conf->name, d->state.validity, d->folder.validity);
	pr_uid_state_reset(&d->state, d->folder.validity);
	pr_uid_state_reset(&m->trouble.left, d->folder.validity);
	d->from = 1;
	d->top = 0;
}

static void
note_once(struct pr_mailbox *m, const char *words)
{
	if (!m->trouble.noted)
		pr_log(PR_WARN, NULL, "not_marked",
		       "mailbox=%s why=\"%s; the state file alone remembers what was taken\"",
		       m->conf->name, words);
	m->trouble.noted = true;
}

/* Tell the server. That it cannot keep the mark is no failure: the state file decides anyway. */
static int
mark(struct pr_mailbox *m, struct imap *d, const uint32_t *uids, size_t n, struct pr_err *err)
{
	if (n == 0 || m->shadow || m->conf->done == PR_MAILBOX_DONE_NONE)
		return 0;
	if (m->conf->done == PR_MAILBOX_DONE_MOVE) {
		int r = imap_session_move(d->session, uids, n, err);
		if (r > 0)
			note_once(m,
				  "the server cannot move messages there; does done_folder exist?");
		return r < 0 ? -1 : 0;
	}
	if (!d->folder.keyword_ok) {
		note_once(m, "the server keeps no keyword in this folder");
		return 0;
	}
	return imap_session_mark(d->session, uids, n, err);
}

/* What an earlier life took and was killed before it could say so. */
static int
catch_up(struct pr_mailbox *m, struct imap *d, struct pr_err *err)
{
	bool by_keyword = m->conf->done == PR_MAILBOX_DONE_KEYWORD;
	uint32_t uids[PR_SUBMIT_BATCH];
	size_t n = 0;

	if (d->caught_up || m->shadow || m->conf->done == PR_MAILBOX_DONE_NONE ||
	    (by_keyword && !d->folder.keyword_ok))
		return 0;
	if (imap_session_search(d->session, 1, by_keyword, &d->pending, err) < 0)
		return -1;
	for (size_t i = 0; i < d->pending.n; i++) {
		if (pr_uid_state_has(&d->state, d->pending.v[i]))
			uids[n++] = d->pending.v[i];
		if (n == PR_SUBMIT_BATCH || i + 1 == d->pending.n) {
			if (mark(m, d, uids, n, err) < 0)
				return -1;
			n = 0;
		}
	}
	d->caught_up = true;
	return 0;
}

/* Select the folder anew, which tells a changed UIDVALIDITY, and find what is not taken. */
static int
look(struct pr_mailbox *m, struct imap *d, struct pr_err *err)
{
	size_t n = 0;

	d->next = d->pending.n = 0;
	if (imap_session_select(d->session, m->shadow, &d->folder, err) < 0)
		return -1;
	d->from = d->top < UINT32_MAX ? d->top + 1 : 1;
	if (pr_mono() >= d->whole_due) {
		d->from = 1;
		d->whole_due = pr_mono() + WHOLE_SEARCH_MS;
	}
	check_validity(m, d);
	if (catch_up(m, d, err) < 0 ||
	    imap_session_search(d->session, d->from, false, &d->pending, err) < 0)
		return -1;
	for (size_t i = 0; i < d->pending.n; i++) {
		uint32_t uid = d->pending.v[i];
		if (uid > d->top)
			d->top = uid;
		if (!pr_uid_state_has(&d->state, uid) && !pr_uid_state_has(&m->trouble.left, uid))
			d->pending.v[n++] = uid;
	}
	d->pending.n = n;
	return 0;
}

static void
leave(struct pr_mailbox *m, uint32_t uid, const char *why)
{
	pr_uid_state_add(&m->trouble.left, uid);
	pr_log(PR_ERROR, NULL, "message_left", "mailbox=%s uid=%u why=\"%s\"", m->conf->name, uid,
	       why);
}

/* Of the pending ones the first that fit into a batch; what cannot be taken at all is left. Returns
 * how many or -1. */
static int
choose(struct pr_mailbox *m, struct imap *d, uint32_t *uids, int64_t *bytes, struct pr_err *err)
{
	size_t max = m->trouble.one_by_one ? 1 : PR_SUBMIT_BATCH, n = d->pending.n - d->next,
	       chosen = 0;
	const uint32_t *ask = d->pending.v + d->next;
	int64_t sizes[PR_SUBMIT_BATCH];

	n = n < max ? n : max;
	if (imap_session_sizes(d->session, ask, n, sizes, err) < 0)
		return -1;
	*bytes = 0;
	for (size_t i = 0; i < n && *bytes < (int64_t)PR_MAIL_BATCH_BYTES; i++) {
		d->next++;
		if (sizes[i] < 0) /* gone meanwhile */
			continue;
		if (sizes[i] > (int64_t)PR_MAIL_BYTES_MAX - 1) {
			leave(m, ask[i],
			      "it is longer than postroom can take; deal with it by hand");
			continue;
		}
		if (sizes[i] > m->conf->size_max)
			pr_log(PR_WARN, NULL, "message_big", "mailbox=%s uid=%u bytes=%lld",
			       m->conf->name, ask[i], (long long)sizes[i]);
		uids[chosen++] = ask[i];
		*bytes += sizes[i];
	}
	return (int)chosen;
}

struct taking {
	struct pr_mailbox *m;
	struct pr_mail_batch *batch;
};

static void
take(void *ctx, uint32_t uid, struct pr_str bytes)
{
	struct taking *t = ctx;
	const struct imap *d = t->m->self;
	struct pr_mail_item *item = pr_mail_batch_next(t->batch);

	/* A server may send the same message twice in one answer. */
	for (size_t i = 0; i < t->batch->n; i++)
		if (t->batch->v[i].uid == uid)
			return;
	if (!item)
		return;
	if (pr_buf_add_str(&item->raw, bytes) < 0) {
		leave(t->m, uid, "it is longer than the server said");
		return;
	}
	item->uid = uid;
	snprintf(item->source_id, sizeof(item->source_id), "%.400s/%u/%u", t->m->conf->folder,
		 d->folder.validity, uid);
	t->batch->n++;
}

/* Fetching failed: the next tries go one by one, and a message that fails alone again and again is
 * left. */
static void
blame(struct pr_mailbox *m, const uint32_t *uids, size_t n)
{
	struct pr_mail_trouble *t = &m->trouble;

	t->one_by_one = true;
	if (n != 1)
		return;
	t->strikes = t->suspect == uids[0] ? t->strikes + 1 : 1;
	t->suspect = uids[0];
	if (t->strikes >= STRIKES_MAX)
		leave(m, uids[0], "it cannot be fetched; deal with it by hand");
}

static int
imap_fetch(struct pr_mailbox *m, struct pr_mail_batch *batch, struct pr_err *err)
{
	struct taking taking = {m, batch};
	struct imap *d = m->self;
	uint32_t uids[PR_SUBMIT_BATCH];
	int64_t bytes;

	if (d->next >= d->pending.n && look(m, d, err) < 0)
		return -1;
	while (batch->n == 0 && d->next < d->pending.n) {
		int n = choose(m, d, uids, &bytes, err);
		if (n < 0)
			return -1;
		if (n == 0)
			continue;
		if (imap_session_bodies(d->session, uids, (size_t)n, bytes, take, &taking, err) <
		    0) {
			blame(m, uids, (size_t)n);
			return -1;
		}
		m->trouble.one_by_one = false;
	}
	return (int)batch->n;
}

static int
imap_done(struct pr_mailbox *m, const struct pr_mail_batch *batch, struct pr_err *err)
{
	struct imap *d = m->self;
	uint32_t uids[PR_SUBMIT_BATCH];
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++) {
		if (batch->v[i].refused) {
			leave(m, batch->v[i].uid, "the spool refuses it");
			continue;
		}
		uids[n++] = batch->v[i].uid;
		pr_uid_state_add(&d->state, batch->v[i].uid);
	}
	if (n && pr_uid_state_save(m->state_dir, d->state_file, &d->state, err) < 0)
		return -1;
	return mark(m, d, uids, n, err);
}

const struct pr_mailbox_driver pr_mailbox_imap = {"imap",     0,         imap_open,
						  imap_fetch, imap_done, imap_close};
