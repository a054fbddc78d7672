/*
 * spool: opening it, looking into it, sidecars. The door in is spool_put.c, the walks are
 * spool_walk.c.
 */
#include "lib/core/spool_files.h"

#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FOLDER_MODE 0750

struct spool_path
spool_path_new(const struct pr_cid *cid)
{
	struct spool_path path;

	snprintf(path.p, sizeof(path.p), "new/%s", cid->hex);
	return path;
}

struct spool_path
spool_path_ab(const struct pr_cid *cid, const char *suffix)
{
	struct spool_path path;

	snprintf(path.p, sizeof(path.p), "%.2s/%s%s", cid->hex, cid->hex, suffix);
	return path;
}

struct spool_path
spool_path_tmp(struct pr_spool *spool)
{
	struct spool_path path;

	snprintf(path.p, sizeof(path.p), "tmp/%d-%u-%016llx", (int)getpid(),
		 atomic_fetch_add(&spool->counter, 1), (unsigned long long)spool->drawn);
	return path;
}

bool
spool_exists(struct pr_spool *spool, const struct spool_path *path)
{
	return faccessat(spool->dir, path->p, F_OK, 0) == 0;
}

/* A fresh descriptor each time: where a flush failed once, none is tried through the same one. */
int
spool_sync(struct pr_spool *spool, const char *name, struct pr_err *err)
{
	PR_AUTO_FD int fd = openat(spool->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot open folder '%s'", name);
	if (fsync(fd) < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot make folder '%s' durable",
			       name);
	return 0;
}

int
spool_sync_ab(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	return spool_sync(spool, (char[]){cid->hex[0], cid->hex[1], '\0'}, err);
}

int
spool_link_ab(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	struct spool_path ab = spool_path_ab(cid, ""), new = spool_path_new(cid);

	if (linkat(spool->dir, new.p, spool->dir, ab.p, 0) == 0 || errno == EEXIST)
		return 0;
	int sys = errno;
	/* dispatch may have released new/ already, but only after ab/ was there */
	if (sys == ENOENT && spool_exists(spool, &ab))
		return 0;
	return pr_fail(err, PR_RETRY, sys, "spool: cannot link into %.2s/", cid->hex);
}

/* 1 when it was made, 0 when it was there. */
static int
folder_make(int dir, const char *name, struct pr_err *err)
{
	if (mkdirat(dir, name, FOLDER_MODE) == 0)
		return 1;
	if (errno == EEXIST)
		return 0;
	return pr_fail(err, PR_RETRY, errno, "spool: cannot make folder '%s'", name);
}

static int
folders_make(int dir, struct pr_err *err)
{
	static const char *const names[] = {"tmp", "new"};
	int made = 0, one;
	char ab[8];

	for (size_t i = 0; i < 2 + 256; i++) {
		snprintf(ab, sizeof(ab), "%02x", (unsigned)(i - 2) & 0xff);
		if ((one = folder_make(dir, i < 2 ? names[i] : ab, err)) < 0)
			return -1;
		made += one;
	}
	return made ? pr_dir_sync(dir, err) : 0;
}

struct pr_spool *
pr_spool_open(const char *dir, int64_t min_free, struct pr_err *err)
{
	struct pr_spool *spool;
	int fd;

	if (pr_dir_make(dir, err) < 0 || (fd = pr_dir_open(dir, err)) < 0) {
		pr_fail_in(err, "spool");
		return NULL;
	}
	if (folders_make(fd, err) < 0) {
		pr_fail_in(err, "'%s'", dir);
		close(fd);
		return NULL;
	}
	spool = pr_calloc(1, sizeof(*spool));
	spool->dir = fd;
	spool->min_free = min_free;
	pr_random(&spool->drawn, sizeof(spool->drawn));
	return spool;
}

void
pr_spool_close(struct pr_spool **spool)
{
	if (!*spool)
		return;
	close((*spool)->dir);
	free(*spool);
	*spool = NULL;
}

int
pr_spool_room(struct pr_spool *spool, size_t bytes, struct pr_err *err)
{
	struct statvfs fs;
	uint64_t need = bytes + (spool->min_free > 0 ? (uint64_t)spool->min_free : 0);

	if (fstatvfs(spool->dir, &fs) < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot ask for free space");
	if ((uint64_t)fs.f_bavail * fs.f_frsize < need)
		return pr_fail(err, PR_RETRY, ENOSPC,
			       "spool: fewer than %llu bytes free; make room on its file system",
			       (unsigned long long)need);
	/* file systems without a fixed number of inodes say 0 */
	if (fs.f_files > 0 && fs.f_favail < fs.f_files / 100)
		return pr_fail(err, PR_RETRY, ENOSPC,
			       "spool: fewer than 1 %% of inodes free; remove files on its file "
			       "system");
	return 0;
}

int
pr_spool_bundle_fd(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	struct spool_path ab = spool_path_ab(cid, ""), new = spool_path_new(cid);
	int fd = openat(spool->dir, ab.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		fd = openat(spool->dir, new.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return pr_fail(err, errno == ENOENT ? PR_REJECT : PR_RETRY, errno,
			       "spool: cannot open bundle %s", cid->hex);
	return fd;
}

int
pr_spool_bundle(struct pr_spool *spool, const struct pr_cid *cid, struct pr_bundle *b,
		struct pr_err *err)
{
	PR_AUTO_FD int fd = pr_spool_bundle_fd(spool, cid, err);

	return fd < 0 ? -1 : pr_bundle_open(fd, b, err);
}

static int
remove_if_there(struct pr_spool *spool, const struct spool_path *path, struct pr_err *err)
{
	if (unlinkat(spool->dir, path->p, 0) < 0 && errno != ENOENT)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot remove '%s'", path->p);
	return 0;
}

int
pr_spool_release(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	struct spool_path new = spool_path_new(cid);

	return remove_if_there(spool, &new, err);
}

bool
pr_spool_is_new(struct pr_spool *spool, const struct pr_cid *cid)
{
	struct spool_path new = spool_path_new(cid);

	return spool_exists(spool, &new);
}

bool
pr_spool_has(struct pr_spool *spool, const struct pr_cid *cid)
{
	struct spool_path ab = spool_path_ab(cid, "");

	return spool_exists(spool, &ab) || pr_spool_is_new(spool, cid);
}

static int
sidecar_write(struct pr_spool *spool, const struct spool_path *tmp, struct pr_str bytes,
	      struct pr_err *err)
{
	PR_AUTO_FD int fd =
	    openat(spool->dir, tmp->p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, SPOOL_FILE_MODE);

	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot make a file in tmp/");
	return pr_write_all(fd, bytes.p, bytes.n, err);
}

/* By way of tmp/, so that what a crash leaves behind is swept like the rest. */
int
pr_spool_contact_write(struct pr_spool *spool, const struct pr_cid *cid, struct pr_str bytes,
		       struct pr_err *err)
{
	struct spool_path tmp = spool_path_tmp(spool), sidecar = spool_path_ab(cid, ".contact");
	int status = sidecar_write(spool, &tmp, bytes, err);

	if (status == 0 && renameat(spool->dir, tmp.p, spool->dir, sidecar.p) < 0)
		status = pr_fail(err, PR_RETRY, errno, "spool: cannot place '%s'", sidecar.p);
	if (status < 0)
		unlinkat(spool->dir, tmp.p, 0);
	return status;
}

int
pr_spool_contact_read(struct pr_spool *spool, const struct pr_cid *cid, struct pr_buf *b,
		      struct pr_err *err)
{
	return pr_file_read(spool->dir, spool_path_ab(cid, ".contact").p, b, err);
}

int
pr_spool_contact_drop(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	struct spool_path sidecar = spool_path_ab(cid, ".contact");

	return remove_if_there(spool, &sidecar, err);
}

unsigned
pr_spool_attempts(struct pr_spool *spool, const struct pr_cid *cid)
{
	struct spool_path path = spool_path_ab(cid, ".attempts");
	struct stat st;

	if (fstatat(spool->dir, path.p, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_size < 0)
		return 0;
	return (unsigned)st.st_size;
}

int
pr_spool_attempt(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err)
{
	struct spool_path path = spool_path_ab(cid, ".attempts");
	PR_AUTO_FD int fd =
	    openat(spool->dir, path.p, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, SPOOL_FILE_MODE);

	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "spool: cannot open '%s'", path.p);
	return pr_write_all(fd, "x", 1, err);
}

void
pr_spool_attempts_clear(struct pr_spool *spool, const struct pr_cid *cid)
{
	unlinkat(spool->dir, spool_path_ab(cid, ".attempts").p, 0);
}
