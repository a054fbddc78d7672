/* file: reading with a limit, writing that survives. */
#include "postroom/file.h"
#include "postroom/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>

int
pr_write_all(int fd, const void *p, size_t n, struct pr_err *err)
{
	const char *at = p;
	while (n) {
		ssize_t done = write(fd, at, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return pr_fail(err, PR_RETRY, errno, "cannot write");
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int
pr_read_all(int fd, struct pr_buf *b, struct pr_err *err)
{
	enum { STEP = 65536 };
	for (;;) {
		/* One byte beyond the maximum is asked for, to tell "just full" from "too long". */
		size_t left = b->max - b->n, want = left < STEP ? left : STEP;
		char beyond = 0;
		char *at = want ? pr_buf_reserve(b, want) : &beyond;
		ssize_t n = read(fd, at, want ? want : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pr_fail(err, PR_RETRY, errno, "cannot read");
		if (n == 0)
			return 0;
		if (!want)
			return pr_fail(err, PR_REJECT, 0, "longer than the limit of %zu bytes",
				       b->max);
		pr_buf_grew(b, (size_t)n);
	}
}

int
pr_file_read(int dirfd, const char *name, struct pr_buf *b, struct pr_err *err)
{
	PR_AUTO_FD int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return pr_fail(err, errno == ENOENT ? PR_REJECT : PR_RETRY, errno,
			       "cannot open '%s'", name);
	if (pr_read_all(fd, b, err) < 0)
		return pr_fail_in(err, "'%s'", name);
	return 0;
}

static int
write_closed(int dirfd, const char *name, struct pr_str bytes, bool durable, struct pr_err *err)
{
	PR_AUTO_FD int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot make '%s'", name);
	if (pr_write_all(fd, bytes.p, bytes.n, err) < 0)
		return pr_fail_in(err, "'%s'", name);
	if (durable && fsync(fd) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot make '%s' durable", name);
	return 0;
}

int
pr_file_replace(int dirfd, const char *name, struct pr_str bytes, bool durable, struct pr_err *err)
{
	static atomic_uint counter;
	char tmp[300];
	int n = snprintf(tmp, sizeof tmp, "%s.%d.%u.tmp", name, (int)getpid(),
			 atomic_fetch_add(&counter, 1));
	if (n < 0 || (size_t)n >= sizeof tmp)
		return pr_fail(err, PR_REJECT, ENAMETOOLONG, "cannot make '%.100s…'", name);
	if (unlinkat(dirfd, tmp, 0) < 0 && errno != ENOENT) /* left by a process of the same pid */
		return pr_fail(err, PR_RETRY, errno, "cannot remove '%s'", tmp);
	if (write_closed(dirfd, tmp, bytes, durable, err) < 0) {
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	if (renameat(dirfd, tmp, dirfd, name) < 0) {
		pr_fail(err, PR_RETRY, errno, "cannot replace '%s'", name);
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	if (!durable)
		return 0;
	char *slash = strrchr(tmp, '/'); /* beside the file, so its folder is the file's */
	if (!slash)
		return pr_dir_sync(dirfd, err);
	*slash = '\0';
	PR_AUTO_FD int parent = openat(dirfd, tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot open folder '%s'", tmp);
	return pr_dir_sync(parent, err);
}

int
pr_dir_sync(int dirfd, struct pr_err *err)
{
	if (fsync(dirfd) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot make a folder durable");
	return 0;
}

int
pr_dir_make(const char *path, struct pr_err *err)
{
	char part[1024];
	size_t n = strlen(path);
	if (n == 0 || n >= sizeof part)
		return pr_fail(err, PR_FATAL, ENAMETOOLONG, "cannot make folder '%.100s'", path);
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0750) < 0 && errno != EEXIST)
			return pr_fail(err, PR_RETRY, errno, "cannot make folder '%s'", part);
		part[i] = path[i];
	}
	return 0;
}

int
pr_dir_open(const char *path, struct pr_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? pr_fail(err, PR_RETRY, errno, "cannot open folder '%s'", path) : fd;
}
