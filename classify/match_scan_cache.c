/*
 * scan cache: compiled databases, kept under the hash of what they were made of.
 *
 *     "postroom-scan-1\n"  the key, 32 bytes  length, 8 bytes  SHA-256 of the bytes  the bytes
 */
#include "classify/match_scan_parts.h"

#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TMP_OLD_S 3600 /* a temporary file this old was left by a process that died */

static const char magic[16] = "postroom-scan-1\n";

struct head {
	char magic[16];
	struct pr_scan_key key;
	uint64_t length;
	unsigned char digest[PR_SHA256_BYTES];
};
_Static_assert(sizeof(struct head) == 88, "no holes: it is written as it stands");

struct name {
	char v[2 * PR_SHA256_BYTES + 4];
};

static struct name
name_of(const struct pr_scan_key *key)
{
	struct name name;

	pr_hex(key->v, sizeof(key->v), name.v);
	memcpy(name.v + 2 * sizeof(key->v), ".hs", 4);
	return name;
}

/* Ours: what others could have written must not reach libhs. */
static bool
is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 022) &&
	       (st.st_uid == geteuid() || st.st_uid == 0);
}

static bool
is_whole(const struct pr_buf *file, const struct pr_scan_key *key)
{
	unsigned char digest[PR_SHA256_BYTES];
	struct head head;

	if (file->n < sizeof(head))
		return false;
	memcpy(&head, file->p, sizeof(head));
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 ||
	    memcmp(&head.key, key, sizeof(*key)) != 0 || head.length != file->n - sizeof(head))
		return false;
	pr_sha256_of(pr_str_sub(pr_buf_str(file), sizeof(head), file->n), digest);
	return memcmp(digest, head.digest, sizeof(digest)) == 0;
}

bool
pr_scan_cache_get(const char *dir, const struct pr_scan_key *key, struct pr_buf *out)
{
	PR_AUTO_BUF struct pr_buf file;
	struct pr_err err;
	PR_AUTO_FD int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PR_AUTO_FD int fd = -1;

	pr_buf_init(&file, out->max + sizeof(struct head));
	if (folder < 0)
		return false;
	fd = openat(folder, name_of(key).v, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || !is_ours(fd) || pr_read_all(fd, &file, &err) < 0 || !is_whole(&file, key))
		return false;
	utimensat(folder, name_of(key).v, NULL, 0);
	return pr_buf_add(out, file.p + sizeof(struct head), file.n - sizeof(struct head)) == 0;
}

struct kept {
	char name[128];
	struct timespec at;
};

static int
newest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->at.tv_sec != y->at.tv_sec)
		return x->at.tv_sec > y->at.tv_sec ? -1 : 1;
	if (x->at.tv_nsec != y->at.tv_nsec)
		return x->at.tv_nsec > y->at.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Only files that have a name as this cache gives it are looked at. */
static bool
is_cache_name(struct pr_str name)
{
	unsigned char key[PR_SHA256_BYTES];

	return name.n > 2 * sizeof(key) && name.n < 128 &&
	       pr_unhex(pr_str_sub(name, 0, 2 * sizeof(key)), key, sizeof(key)) &&
	       pr_str_starts(pr_str_sub(name, 2 * sizeof(key), name.n), PR_STR(".hs"));
}

static void
prune(int folder)
{
	enum { SEEN_MAX = 256 };
	struct kept seen[SEEN_MAX];
	size_t n = 0;
	int copy = dup(folder);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;
	struct stat st;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return;
	}
	rewinddir(d);
	while ((e = readdir(d)) && n < SEEN_MAX) {
		struct pr_str name = pr_str_c(e->d_name);

		if (!is_cache_name(name) ||
		    fstatat(folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (pr_str_ends(name, PR_STR(".tmp"))) {
			if (time(NULL) - st.st_mtim.tv_sec > TMP_OLD_S)
				unlinkat(folder, e->d_name, 0);
			continue;
		}
		memcpy(seen[n].name, e->d_name, name.n + 1);
		seen[n++].at = st.st_mtim;
	}
	closedir(d);
	qsort(seen, n, sizeof(seen[0]), newest_first);
	for (size_t i = PR_SCAN_CACHE_KEPT; i < n; i++)
		unlinkat(folder, seen[i].name, 0);
}

void
pr_scan_cache_put(const char *dir, const struct pr_scan_key *key, struct pr_str bytes)
{
	PR_AUTO_BUF struct pr_buf file;
	struct head head = {.key = *key, .length = bytes.n};
	struct pr_err err;
	PR_AUTO_FD int folder = -1;

	pr_buf_init(&file, bytes.n + sizeof(head));
	memcpy(head.magic, magic, sizeof(magic));
	pr_sha256_of(bytes, head.digest);
	pr_buf_add(&file, &head, sizeof(head));
	pr_buf_add_str(&file, bytes);
	if (pr_dir_make(dir, &err) < 0)
		return;
	folder = pr_dir_open(dir, &err);
	/* not durable: a file that a crash cut short is known by its digest */
	if (folder >= 0 &&
	    pr_file_replace(folder, name_of(key).v, pr_buf_str(&file), false, &err) == 0)
		prune(folder);
}
