/*
 * spool_fixture: a folder with a real spool in it, and what is in that spool.
 */
#ifndef TESTS_SPOOL_FIXTURE_H
#define TESTS_SPOOL_FIXTURE_H

#include "ingest/email/mailbox.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char state_dir[80];
	struct pr_spool *spool;
	struct pr_submit submit;
	struct pr_mail_batch batch;
};

static void
fixture_open_spool(struct fixture *f)
{
	struct pr_err err = {0};
	char path[80];

	snprintf(path, sizeof(path), "%s/spool", f->dir);
	f->spool = pr_spool_open(path, 0, &err);
	if (!f->spool) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	f->submit = (struct pr_submit){f->spool, NULL, false};
}

static void
fixture_init(struct fixture *f)
{
	*f = (struct fixture){.dir = "/tmp/ingest-email-XXXXXX"};
	if (!mkdtemp(f->dir))
		abort();
	snprintf(f->state_dir, sizeof(f->state_dir), "%s/state", f->dir);
	mkdir(f->state_dir, 0700);
	fixture_open_spool(f);
	pr_mail_batch_init(&f->batch);
}

static int
fixture_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
fixture_release(struct fixture *f)
{
	pr_spool_close(&f->spool);
	pr_mail_batch_release(&f->batch);
	nftw(f->dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int
fixture_count_one(void *ctx, const struct pr_cid *cid)
{
	(void)cid;
	++*(int *)ctx;
	return 0;
}

/* How many contacts there are. */
static int
fixture_contacts(struct fixture *f)
{
	struct pr_err err = {0};
	int n = 0;

	pr_spool_each_new(f->spool, 0, fixture_count_one, &n, &err);
	return n;
}

/* One round of a mailbox as main.c does it: how many messages, -1 with err. */
static inline int
fixture_round(struct fixture *f, struct pr_mailbox *m, struct pr_err *err)
{
	pr_mail_batch_reset(&f->batch);
	if (!m->self && m->driver->open(m, err) < 0)
		return -1;
	int n = m->driver->fetch(m, &f->batch, err);
	if (n > 0 && pr_mailbox_submit(&f->submit, pr_str_c(m->conf->name), &f->batch, err) < 0)
		return -1;
	return n > 0 && m->driver->done(m, &f->batch, err) < 0 ? -1 : n;
}

#endif
