/*
 * spool_walk: what stands in the spool, and the repair of what a crash left half done.
 */
#include "lib/core/spool_files.h"

#include "postroom/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TMP_AGE_MS ((int64_t)3600 * 1000)

/* How long ago the inode changed, by real time: file times cannot be moved by a test's clock. */
static int64_t
age_ms(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - st->st_ctim.tv_sec) * (int64_t)1000 +
	       (now.tv_nsec - st->st_ctim.tv_nsec) / 1000000;
}

typedef int
walk_fn(struct pr_spool *spool, int folder, const char *name, void *ctx, struct pr_err *err);

static void
auto_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* fn for every name in the folder until it returns non-zero, which is returned. */
static int
folder_walk(struct pr_spool *spool, const char *name, walk_fn *fn, void *ctx, struct pr_err *err)
{
	int fd = openat(spool->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PR_AUTO(auto_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		pr_fail(err, PR_RETRY, errno, "spool: cannot read folder '%s'", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(d)) != NULL) {
		int status = fn(spool, dirfd(d), entry->d_name, ctx, err);
		if (status != 0)
			return status;
	}
	if (errno != 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot read folder '%s'", name);
	return 0;
}

static int
tmp_sweep(struct pr_spool *spool, int folder, const char *name, void *ctx, struct pr_err *err)
{
	struct stat st;

	(void)spool, (void)ctx, (void)err;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    age_ms(&st) > TMP_AGE_MS)
		unlinkat(folder, name, 0);
	return 0;
}

struct walk {
	int (*fn)(void *ctx, const struct pr_cid *cid);
	void *ctx;
	int64_t min_age_ms;
};

/* Finish what a crash between the two links left: as put would, new/ durable first. */
static int
ab_repair(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	struct spool_path ab = spool_path_ab(cid, "");

	if (spool_exists(spool, &ab))
		return 0;
	if (spool_sync(spool, "new", err) < 0 || spool_link_ab(spool, cid, err) < 0)
		return -1;
	return spool_sync_ab(spool, cid, err);
}

static int
new_visit(struct pr_spool *spool, int folder, const char *name, void *ctx, struct pr_err *err)
{
	const struct walk *walk = ctx;
	struct pr_cid cid;
	struct stat st;

	/* gone: dispatch released it while we walk */
	if (!pr_cid_parse(pr_str_c(name), &cid) ||
	    fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	/* a negative age is a clock that was put back: too early does no harm, too late would */
	int64_t age = age_ms(&st);
	if (age >= 0 && age < walk->min_age_ms)
		return 0;
	if (ab_repair(spool, &cid, err) < 0)
		return pr_spool_is_new(spool, &cid) ? -1 : 0;
	return walk->fn(walk->ctx, &cid);
}

static int
ab_visit(struct pr_spool *spool, int folder, const char *name, void *ctx, struct pr_err *err)
{
	const struct walk *walk = ctx;
	struct pr_cid cid;

	(void)spool, (void)folder, (void)err;
	return pr_cid_parse(pr_str_c(name), &cid) ? walk->fn(walk->ctx, &cid) : 0;
}

int
pr_spool_each_new(struct pr_spool *spool, int64_t min_age_ms,
		  int (*fn)(void *ctx, const struct pr_cid *cid), void *ctx, struct pr_err *err)
{
	struct walk walk = {fn, ctx, min_age_ms};

	if (folder_walk(spool, "tmp", tmp_sweep, NULL, err) < 0)
		return -1;
	return folder_walk(spool, "new", new_visit, &walk, err);
}

int
pr_spool_each(struct pr_spool *spool, int (*fn)(void *ctx, const struct pr_cid *cid), void *ctx,
	      struct pr_err *err)
{
	struct walk walk = {fn, ctx, 0};
	char name[8];
	int status = 0;

	for (unsigned i = 0; i < 256 && status == 0; i++) {
		snprintf(name, sizeof(name), "%02x", i);
		status = folder_walk(spool, name, ab_visit, &walk, err);
	}
	return status;
}
