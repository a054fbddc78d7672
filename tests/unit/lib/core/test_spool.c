/*
 * spool: puts, the order of their flushes, every failure of a flush or link, every crash between
 * two steps.
 *
 * The calls on which the promise stands are replaced here: they are noted down, the Nth can be made
 * to fail, and from then on all fail, as in a process that was killed. A reopened spool is what
 * comes after.
 */
#include "tests/unit/cmocka_all.h"

#include "postroom/cleanup.h"
#include "postroom/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* ---- calls that tell and fail ---- */

static char trace[512];
static int calls, fail_at, fail_errno;
static bool dead; /* after the failure nothing works any more */

static bool
call_fails(const char *what)
{
	size_t n = strlen(trace);

	if (n + 32 < sizeof(trace))
		snprintf(trace + n, sizeof(trace) - n, "%s%.20s", n ? " " : "", what);
	calls++;
	if (fail_at && (calls == fail_at || (dead && calls > fail_at))) {
		errno = fail_errno;
		return true;
	}
	return false;
}

static void
fault_set(int at, int error, bool killed)
{
	trace[0] = '\0';
	calls = 0;
	fail_at = at;
	fail_errno = error;
	dead = killed;
}

int
fsync(int fd)
{
	struct stat st;

	if (call_fails(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? "fsync-folder" : "fsync-file"))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int
syncfs(int fd)
{
	return call_fails("syncfs") ? -1 : (int)syscall(SYS_syncfs, fd);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	if (call_fails(to[3] == '/' ? "new" : "ab"))
		return -1;
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int
unlinkat(int dir, const char *name, int flags)
{
	if (dead && fail_at && calls >= fail_at) {
		errno = fail_errno;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

/* ---- a spool of our own ---- */

struct fixture {
	char dir[64];
	struct pr_spool *spool;
	struct pr_err err;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	fault_set(0, 0, false);
	/* in memory where there is such a folder: flushes are counted here, not timed */
	snprintf(x->dir, sizeof(x->dir), "%s/pr-test-spool-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(x->dir));
	x->spool = pr_spool_open(x->dir, 0, &x->err);
	assert_non_null(x->spool);
	*state = x;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	fault_set(0, 0, false);
	pr_spool_close(&x->spool);
	assert_null(x->spool);
	nftw(x->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(x);
	return 0;
}

static const struct pr_part parts[] = {
    {PR_PART_RECEIPT, BYTES("-"), BYTES("version 1\n1\n")},
    {PR_PART_RAW, BYTES("-"), BYTES("raw bytes")},
};

static struct pr_spool_item
item_of(unsigned i)
{
	struct pr_spool_item item = {.parts = parts, .nparts = PR_COUNT(parts)};

	/* spread over the folders as digests are */
	snprintf(item.cid.hex, sizeof(item.cid.hex), "%02x%030x", i * 37 % 256, i);
	return item;
}

static void
items_make(struct pr_spool_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i] = item_of((unsigned)i);
}

static int
path_stat(struct fixture *x, const char *format_ab, const struct pr_cid *cid, struct stat *st)
{
	char path[160];

	if (strcmp(format_ab, "new") == 0)
		snprintf(path, sizeof(path), "%s/new/%s", x->dir, cid->hex);
	else
		snprintf(path, sizeof(path), "%s/%.2s/%s", x->dir, cid->hex, cid->hex);
	return stat(path, st);
}

/* Two links of one whole file, not to be written by others. */
static void
assert_safe(struct fixture *x, const struct pr_cid *cid)
{
	struct stat a, b;
	struct pr_bundle bundle;

	assert_int_equal(path_stat(x, "new", cid, &a), 0);
	assert_int_equal(path_stat(x, "ab", cid, &b), 0);
	assert_true(a.st_ino == b.st_ino);
	assert_in_range(a.st_nlink, 2, 3); /* a killed process leaves its link in tmp/ */
	assert_int_equal(a.st_mode & 07777 & ~(mode_t)0640, 0);
	assert_int_equal(pr_spool_bundle(x->spool, cid, &bundle, &x->err), 0);
	assert_true(pr_str_eq_c(bundle.parts[1].bytes, "raw bytes"));
	pr_bundle_close(&bundle);
}

static int tmp_left;

static int
count_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path, (void)st, (void)at;
	tmp_left += type == FTW_F;
	return 0;
}

static int
tmp_files(struct fixture *x)
{
	char path[96];

	tmp_left = 0;
	snprintf(path, sizeof(path), "%s/tmp", x->dir);
	nftw(path, count_one, 8, FTW_PHYS);
	return tmp_left;
}

static int
count_cid(void *ctx, const struct pr_cid *cid)
{
	size_t *n = ctx;

	assert_int_equal(strlen(cid->hex), PR_CID_LENGTH);
	++*n;
	return 0;
}

static size_t
count_new(struct fixture *x, int64_t min_age_ms)
{
	size_t n = 0;

	assert_int_equal(pr_spool_each_new(x->spool, min_age_ms, count_cid, &n, &x->err), 0);
	return n;
}

/* ---- put ---- */

static void
test_order_of_put(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item one = item_of(900), items[3];

	fault_set(0, 0, false);
	assert_int_equal(pr_spool_put(x->spool, &one, 1, &x->err), 0);
	assert_string_equal(trace, "fsync-file new fsync-folder ab fsync-folder");
	assert_false(one.known);
	assert_safe(x, &one.cid);
	fault_set(0, 0, false);
	assert_int_equal(pr_spool_put(x->spool, &one, 1, &x->err), 0);
	assert_string_equal(trace, "fsync-folder"); /* known: durable before we say so */
	assert_true(one.known);

	items_make(items, 3);
	fault_set(0, 0, false);
	assert_int_equal(pr_spool_put(x->spool, items, 3, &x->err), 0);
	assert_string_equal(trace, "syncfs new new new fsync-folder ab ab ab syncfs");
	for (size_t i = 0; i < 3; i++) {
		assert_false(items[i].known);
		assert_safe(x, &items[i].cid);
	}
	fault_set(0, 0, false);
	assert_int_equal(pr_spool_put(x->spool, items, 3, &x->err), 0);
	assert_string_equal(trace, "syncfs");
	assert_true(items[0].known && items[1].known && items[2].known);
	assert_int_equal(pr_spool_put(x->spool, items, 0, &x->err), 0);
	assert_int_equal(tmp_files(x), 0);
	assert_int_equal(count_new(x, 0), 4);
}

static void
test_same_cid_twice_in_a_batch(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item items[3] = {item_of(1), item_of(2), item_of(1)};

	assert_int_equal(pr_spool_put(x->spool, items, 3, &x->err), 0);
	assert_false(items[0].known);
	assert_false(items[1].known);
	assert_true(items[2].known);
	assert_safe(x, &items[0].cid);
	assert_int_equal(tmp_files(x), 0);
}

/* The Nth call fails: nothing is told, no litter, and the next try through the same spool makes all
 * durable. */
static void
test_every_call_fails(void **state)
{
	static const int errors[] = {EIO, ENOSPC};
	struct fixture *x = *state;
	struct pr_spool_item items[3];

	for (size_t n = 1; n <= 3; n += 2) {
		int at, status = -1;
		for (at = 1; status != 0; at++) {
			for (size_t i = 0; i < n; i++)
				items[i] = item_of((unsigned)(1000 * n + 10 * (size_t)at + i));
			memset(&x->err, 0, sizeof(x->err));
			fault_set(at, errors[at % 2], false);
			status = pr_spool_put(x->spool, items, n, &x->err);
			assert_int_equal(tmp_files(x), 0);
			if (status == 0)
				break;
			assert_int_equal(x->err.fault, PR_RETRY);
			assert_int_equal(x->err.sys, errors[at % 2]);
			fault_set(0, 0, false);
			assert_int_equal(pr_spool_put(x->spool, items, n, &x->err), 0);
			for (size_t i = 0; i < n; i++)
				assert_safe(x, &items[i].cid);
		}
		assert_int_equal(at, n == 1 ? 6 : 10); /* each of the 5, or of the 9, failed once */
	}
}

/* The process dies at the Nth call; the next one puts again, or only sweeps. */
static void
test_killed_at_every_call(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item items[3];

	for (int at = 1; at <= 9; at++) {
		for (size_t i = 0; i < 3; i++)
			items[i] = item_of((unsigned)(100 * (size_t)at + i));
		fault_set(at, EIO, true);
		assert_int_equal(pr_spool_put(x->spool, items, 3, &x->err), -1);
		fault_set(0, 0, false);
		pr_spool_close(&x->spool);
		x->spool = pr_spool_open(x->dir, 0, &x->err);
		if (at % 2)
			count_new(x, 0); /* the sweep comes first and repairs */
		for (size_t i = 0; i < 3; i++)
			if (at % 2 && pr_spool_is_new(x->spool, &items[i].cid))
				assert_safe(x, &items[i].cid);
		assert_int_equal(pr_spool_put(x->spool, items, 3, &x->err), 0);
		for (size_t i = 0; i < 3; i++)
			assert_safe(x, &items[i].cid);
	}
	assert_int_equal(count_new(x, 0), 27);
}

static void
test_finishes_what_another_began(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item item = item_of(5);
	char path[160];

	assert_int_equal(pr_spool_put(x->spool, &item, 1, &x->err), 0);
	snprintf(path, sizeof(path), "%s/%.2s/%s", x->dir, item.cid.hex, item.cid.hex);
	assert_int_equal(unlink(path), 0); /* as if the crash had been between the links */
	fault_set(0, 0, false);
	assert_int_equal(pr_spool_put(x->spool, &item, 1, &x->err), 0);
	assert_string_equal(trace, "fsync-folder ab fsync-folder");
	assert_true(item.known);
	assert_safe(x, &item.cid);
	assert_int_equal(unlink(path), 0);
	assert_true(pr_spool_has(x->spool, &item.cid));
	assert_int_equal(count_new(x, 0), 1); /* the sweep does the same */
	assert_safe(x, &item.cid);
}

/* ---- reading, releasing, sidecars, walks ---- */

static void
test_release(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item item = item_of(1);
	struct pr_bundle b;

	assert_int_equal(pr_spool_bundle(x->spool, &item.cid, &b, &x->err), -1);
	assert_int_equal(x->err.fault, PR_REJECT);
	assert_int_equal(x->err.sys, ENOENT);
	assert_false(pr_spool_has(x->spool, &item.cid));
	assert_int_equal(pr_spool_put(x->spool, &item, 1, &x->err), 0);
	assert_true(pr_spool_is_new(x->spool, &item.cid));
	assert_int_equal(pr_spool_release(x->spool, &item.cid, &x->err), 0);
	assert_int_equal(pr_spool_release(x->spool, &item.cid, &x->err), 0);
	assert_false(pr_spool_is_new(x->spool, &item.cid));
	assert_true(pr_spool_has(x->spool, &item.cid));
	assert_int_equal(pr_spool_put(x->spool, &item, 1, &x->err), 0);
	assert_true(item.known); /* dispatched: not put into new/ again */
	assert_false(pr_spool_is_new(x->spool, &item.cid));
	assert_int_equal(pr_spool_bundle(x->spool, &item.cid, &b, &x->err), 0);
	pr_bundle_close(&b);
}

static void
test_sidecars(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item item = item_of(1);
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 100);
	assert_int_equal(pr_spool_contact_read(x->spool, &item.cid, &b, &x->err), -1);
	assert_int_equal(x->err.fault, PR_REJECT);
	assert_int_equal(x->err.sys, ENOENT);
	assert_int_equal(pr_spool_contact_write(x->spool, &item.cid, PR_STR("long one"), &x->err),
			 0);
	assert_int_equal(pr_spool_contact_write(x->spool, &item.cid, PR_STR("two"), &x->err), 0);
	assert_int_equal(pr_spool_contact_read(x->spool, &item.cid, &b, &x->err), 0);
	assert_string_equal(b.p, "two");
	assert_int_equal(pr_spool_contact_drop(x->spool, &item.cid, &x->err), 0);
	assert_int_equal(pr_spool_contact_drop(x->spool, &item.cid, &x->err), 0);
	assert_int_equal(pr_spool_contact_read(x->spool, &item.cid, &b, &x->err), -1);
	assert_int_equal(pr_spool_attempts(x->spool, &item.cid), 0);
	for (unsigned i = 1; i <= 6; i++) {
		assert_int_equal(pr_spool_attempt(x->spool, &item.cid, &x->err), 0);
		assert_int_equal(pr_spool_attempts(x->spool, &item.cid), i);
	}
	pr_spool_attempts_clear(x->spool, &item.cid);
	assert_int_equal(pr_spool_attempts(x->spool, &item.cid), 0);
	assert_int_equal(tmp_files(x), 0);
}

static int
stop_at_second(void *ctx, const struct pr_cid *cid)
{
	int *n = ctx;

	(void)cid;
	return ++*n == 2 ? 7 : 0;
}

static void
test_walks(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item items[70];
	char path[96];
	size_t n = 0;
	int seen = 0;

	items_make(items, 70);
	assert_int_equal(pr_spool_put(x->spool, items, 64, &x->err), 0);
	assert_int_equal(pr_spool_put(x->spool, items + 64, 6, &x->err), 0);
	assert_int_equal(pr_spool_attempt(x->spool, &items[3].cid, &x->err), 0);
	assert_int_equal(pr_spool_contact_write(x->spool, &items[3].cid, PR_STR("x"), &x->err), 0);
	assert_int_equal(pr_spool_release(x->spool, &items[5].cid, &x->err), 0);
	snprintf(path, sizeof(path), "%s/new/not-a-cid", x->dir);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	snprintf(path, sizeof(path), "%s/tmp/fresh", x->dir);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(count_new(x, 0), 69);
	assert_int_equal(count_new(x, 60000), 0); /* too young */
	usleep(30000);
	assert_int_equal(count_new(x, 20), 69);
	assert_int_equal(pr_spool_each(x->spool, count_cid, &n, &x->err), 0);
	assert_int_equal(n, 70); /* bundles, not sidecars */
	assert_int_equal(pr_spool_each_new(x->spool, 0, stop_at_second, &seen, &x->err), 7);
	seen = 0;
	assert_int_equal(pr_spool_each(x->spool, stop_at_second, &seen, &x->err), 7);
	assert_int_equal(tmp_files(x), 1); /* a fresh file in tmp/ is somebody's */
}

/* An hour passes in tmp/: st_ctime cannot be set, so the clock that the walk reads is moved. */
static int64_t clock_ahead_s;

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = (int)syscall(SYS_clock_gettime, clock, now);

	now->tv_sec += clock_ahead_s;
	return status;
}

static void
test_old_tmp_files_go(void **state)
{
	struct fixture *x = *state;
	struct pr_spool_item item = item_of(1);
	char path[96];

	assert_int_equal(pr_spool_put(x->spool, &item, 1, &x->err), 0);
	snprintf(path, sizeof(path), "%s/tmp/1-2-3", x->dir);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	clock_ahead_s = 3590;
	assert_int_equal(count_new(x, 60000), 1);
	assert_int_equal(tmp_files(x), 1);
	clock_ahead_s = 3700;
	assert_int_equal(count_new(x, 60000), 1);
	assert_int_equal(tmp_files(x), 0);
	clock_ahead_s = -3700; /* put back: better too early than hours too late */
	assert_int_equal(count_new(x, 60000), 1);
	clock_ahead_s = 0;
}

static void
test_room_and_open(void **state)
{
	struct fixture *x = *state;
	struct pr_spool *full;
	char path[96];

	assert_int_equal(pr_spool_room(x->spool, 1000, &x->err), 0);
	assert_int_equal(pr_spool_room(x->spool, SIZE_MAX / 2, &x->err), -1);
	assert_int_equal(x->err.fault, PR_RETRY);
	full = pr_spool_open(x->dir, INT64_MAX / 2, &x->err);
	assert_non_null(full);
	assert_int_equal(pr_spool_room(full, 1, &x->err), -1);
	assert_int_equal(x->err.sys, ENOSPC);
	pr_spool_close(&full);
	pr_spool_close(&full);
	snprintf(path, sizeof(path), "%s/file", x->dir);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_null(pr_spool_open(path, 0, &x->err));
	assert_non_null(strstr(x->err.msg, path));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_order_of_put),
	    TEST(test_same_cid_twice_in_a_batch),
	    TEST(test_every_call_fails),
	    TEST(test_killed_at_every_call),
	    TEST(test_finishes_what_another_began),
	    TEST(test_release),
	    TEST(test_sidecars),
	    TEST(test_walks),
	    TEST(test_old_tmp_files_go),
	    TEST(test_room_and_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
