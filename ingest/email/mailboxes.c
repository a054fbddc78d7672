/*
 * mailboxes: the table of drivers and what all drivers share.
 */
#include "ingest/email/mailbox.h"
#include "postroom/digest.h"
#include "postroom/log.h"

const struct pr_mailbox_driver *const pr_mailbox_drivers[] = {&pr_mailbox_maildir, &pr_mailbox_imap,
							      NULL};

void
pr_mail_batch_init(struct pr_mail_batch *batch)
{
	batch->n = 0;
	batch->v = pr_calloc(PR_SUBMIT_BATCH, sizeof(*batch->v));
	for (size_t i = 0; i < PR_SUBMIT_BATCH; i++)
		pr_buf_init(&batch->v[i].raw, PR_MAIL_BYTES_MAX);
}

void
pr_mail_batch_reset(struct pr_mail_batch *batch)
{
	/* One letter of 40 MB must not stay in memory 64 times over. */
	for (size_t i = 0; i < batch->n; i++) {
		struct pr_buf *raw = &batch->v[i].raw;
		if (raw->room > ((size_t)256 << 10)) {
			pr_buf_release(raw);
			pr_buf_init(raw, PR_MAIL_BYTES_MAX);
		}
	}
	batch->n = 0;
}

void
pr_mail_batch_release(struct pr_mail_batch *batch)
{
	for (size_t i = 0; batch->v && i < PR_SUBMIT_BATCH; i++)
		pr_buf_release(&batch->v[i].raw);
	free(batch->v);
	*batch = (struct pr_mail_batch){0};
}

struct pr_mail_item *
pr_mail_batch_next(struct pr_mail_batch *batch)
{
	if (batch->n == PR_SUBMIT_BATCH)
		return NULL;
	struct pr_mail_item *item = &batch->v[batch->n];
	pr_buf_reset(&item->raw);
	item->source_id[0] = item->name[0] = '\0';
	item->source_time = 0;
	item->uid = 0;
	item->in_cur = item->refused = false;
	return item;
}

void
pr_mailbox_state_name(const struct pr_mailbox *m, const char *suffix, char out[160])
{
	const struct pr_mailbox_conf *conf = m->conf;
	const char *const where[] = {m->driver->name, conf->path, conf->host, conf->username,
				     conf->folder};
	unsigned char digest[PR_SHA256_BYTES];
	char hex[17];
	struct pr_sha256 h;

	pr_sha256_init(&h);
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		pr_sha256_add_field(&h, pr_str_c(where[i]));
	pr_sha256_end(&h, digest);
	pr_hex(digest, 8, hex);
	snprintf(out, 160, "%.64s-%s.%s", conf->name, hex, suffix);
	for (char *c = out; *c; c++)
		if (*c == '/' || (c == out && *c == '.'))
			*c = '_';
}

static void
arrival_of(const struct pr_mail_item *item, struct pr_str account, struct pr_arrival *a)
{
	*a = (struct pr_arrival){.channel = PR_CHANNEL_EMAIL, .account = account};
	a->raw = pr_buf_str(&item->raw);
	a->source_id = pr_str_c(item->source_id);
	a->source_time = item->source_time;
}

static int
submit_singly(struct pr_submit *submit, struct pr_arrival *arrivals, struct pr_mail_batch *batch,
	      struct pr_err *err)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (pr_submit(submit, &arrivals[i], 1, err) == 0)
			continue;
		if (err->fault != PR_REJECT)
			return -1;
		pr_log_err(PR_ERROR, NULL, "message_left", err);
		batch->v[i].refused = true;
	}
	return 0;
}

int
pr_mailbox_submit(struct pr_submit *submit, struct pr_str account, struct pr_mail_batch *batch,
		  struct pr_err *err)
{
	struct pr_arrival arrivals[PR_SUBMIT_BATCH];

	for (size_t i = 0; i < batch->n; i++)
		arrival_of(&batch->v[i], account, &arrivals[i]);
	if (pr_submit(submit, arrivals, batch->n, err) == 0)
		return 0;
	if (err->fault != PR_REJECT)
		return -1;
	return submit_singly(submit, arrivals, batch, err);
}
