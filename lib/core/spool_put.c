/*
 * spool_put: the door into the spool. The order of its writes, links and flushes is the promise
 * that spool.h makes.
 */
#include "lib/core/spool_files.h"

#include "postroom/cleanup.h"

#include <errno.h>
#include <fcntl.h>

enum put_state {
	PUT_TMP, /* written by us to tmp/ */
	PUT_NEW, /* found in new/ only: a crash, or another process, stands before its last link */
	PUT_AB,  /* found in ab/ */
};

struct put {
	enum put_state state;
	struct spool_path tmp; /* empty when there is none to remove */
};

static int
tmp_write(struct pr_spool *spool, const struct pr_spool_item *item, bool alone,
	  struct spool_path *tmp, struct pr_err *err)
{
	struct spool_path path = spool_path_tmp(spool);
	PR_AUTO_FD int fd =
	    openat(spool->dir, path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, SPOOL_FILE_MODE);

	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot make a file in tmp/");
	*tmp = path;
	if (pr_bundle_write(fd, item->parts, item->nparts, err) < 0)
		return pr_fail_in(err, "spool");
	if (alone && fsync(fd) < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot make a bundle durable");
	return 0;
}

static int
put_write(struct pr_spool *spool, const struct pr_spool_item *item, bool alone, struct put *put,
	  struct pr_err *err)
{
	struct spool_path ab = spool_path_ab(&item->cid, ""), new = spool_path_new(&item->cid);

	if (spool_exists(spool, &ab))
		put->state = PUT_AB;
	else if (spool_exists(spool, &new))
		put->state = PUT_NEW;
	else
		return tmp_write(spool, item, alone, &put->tmp, err);
	return 0;
}

static int
put_link_new(struct pr_spool *spool, const struct pr_spool_item *item, struct put *put,
	     struct pr_err *err)
{
	struct spool_path new = spool_path_new(&item->cid);

	if (put->state != PUT_TMP)
		return 0;
	if (linkat(spool->dir, put->tmp.p, spool->dir, new.p, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot link into new/");
	/* the same contact earlier in this batch, or in another process just now */
	put->state = PUT_NEW;
	return 0;
}

/*
 * The five steps. Alone, each is one fsync; a batch shares one syncfs for its files and one for its
 * links in ab/. `fs` was opened before the first write: it is told of every write-back error since
 * (Linux 5.8).
 */
static int
put_all(struct pr_spool *spool, const struct pr_spool_item *items, struct put *puts, size_t n,
	int fs, struct pr_err *err)
{
	bool alone = n == 1, written = false, linked = false;

	for (size_t i = 0; i < n; i++) {
		if (put_write(spool, &items[i], alone, &puts[i], err) < 0)
			return -1;
		written |= puts[i].state == PUT_TMP;
		linked |= puts[i].state != PUT_AB;
	}
	if (written && !alone && syncfs(fs) < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot make bundles durable");
	for (size_t i = 0; i < n; i++)
		if (put_link_new(spool, &items[i], &puts[i], err) < 0)
			return -1;
	if (linked && spool_sync(spool, "new", err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (puts[i].state != PUT_AB && spool_link_ab(spool, &items[i].cid, err) < 0)
			return -1;
	/* known ones too: whoever made their link may have died before flushing it */
	if (alone)
		return spool_sync_ab(spool, &items[0].cid, err);
	if (syncfs(fs) < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot make links durable");
	return 0;
}

int
pr_spool_put(struct pr_spool *spool, struct pr_spool_item *items, size_t n, struct pr_err *err)
{
	struct put *puts;
	int status;

	if (n == 0)
		return 0;
	PR_AUTO_FD int fs = openat(spool->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot open its folder");
	puts = pr_calloc(n, sizeof(*puts));
	status = put_all(spool, items, puts, n, fs, err);
	for (size_t i = 0; i < n; i++) {
		if (puts[i].tmp.p[0])
			unlinkat(spool->dir, puts[i].tmp.p, 0);
		items[i].known = puts[i].state != PUT_TMP;
	}
	free(puts);
	return status;
}
