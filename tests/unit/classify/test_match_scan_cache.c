/* A database is kept and used again; whatever else lies in its place is made anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "classify/match_scan_parts.h"
#include "postroom/file.h"
#include "scan_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char dir[64], sub[80];
};

static struct folder
folder_new(void)
{
	struct folder f = {"/tmp/pr-scan-XXXXXX", ""};

	assert_non_null(mkdtemp(f.dir));
	snprintf(f.sub, sizeof(f.sub), "%s/cache", f.dir);
	return f;
}

/* The files of the cache: how many; the path of the last one in `path` (of 256), if wanted. */
static size_t
files(const struct folder *f, char *path)
{
	DIR *d = opendir(f->sub);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		if (path)
			assert_true(snprintf(path, 256, "%.80s/%.160s", f->sub, e->d_name) < 256);
	}
	if (d)
		closedir(d);
	return n;
}

static void
folder_remove(const struct folder *f)
{
	char path[256];

	while (files(f, path))
		assert_int_equal(unlink(path), 0);
	rmdir(f->sub);
	rmdir(f->dir);
}

/* Load two patterns, the first named by `which`, and see that they work. Is there libhs? */
static bool
load(const char *cache, int which)
{
	char first[32];
	struct pr_scan_pattern v[] = {{{first, 0}, 1}, {PR_STR("tree"), 2}};
	uint64_t bits[1] = {0};
	struct pr_err err;
	struct pr_scan *scan;
	bool libhs;

	v[0].regex.n = (size_t)snprintf(first, sizeof(first), "bin%d\\b", which);
	scan = pr_scan_new(v, 2, cache, &err);
	assert_non_null(scan);
	libhs = pr_str_starts(pr_str_c(pr_scan_name(scan)), PR_STR("libhs")) &&
		!strstr(pr_scan_name(scan), "misses");
	if (libhs)
		assert_non_null(strstr(pr_scan_name(scan), "2 patterns, 0 always"));
	pr_scan_find(scan, PR_STR("a tree"), bits);
	assert_int_equal(bits[0], libhs ? 4 : 6);
	pr_scan_find(scan, v[0].regex.n ? pr_str_n(first, v[0].regex.n - 2) : PR_STR_NONE, bits);
	assert_int_equal(bits[0], 6);
	pr_scan_free(&scan);
	return libhs;
}

static struct stat
stat_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st;
}

static void
test_reuse(void **state)
{
	struct folder f = folder_new();
	char path[256];
	struct stat first, again;

	(void)state;
	if (!load(f.sub, 0)) {
		folder_remove(&f);
		skip();
	}
	assert_int_equal(files(&f, path), 1);
	first = stat_of(path);
	assert_true(load(f.sub, 0));
	again = stat_of(path);
	assert_int_equal(first.st_ino, again.st_ino);
	/* other patterns, another file */
	assert_true(load(f.sub, 1));
	assert_int_equal(files(&f, NULL), 2);
	folder_remove(&f);
}

/* ---- what may lie there instead ---- */

static void
poke(const char *path, off_t at, int flip)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c = (char)(c ^ flip);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static void
cut(const char *path, off_t size)
{
	assert_int_equal(truncate(path, size), 0);
}

static void
hurt(const char *path, int how, off_t size)
{
	char other[260];

	switch (how) {
	case 0: /* empty */
		cut(path, 0);
		break;
	case 1: /* cut in its head */
		cut(path, 60);
		break;
	case 2: /* nothing behind its head */
		cut(path, 88);
		break;
	case 3: /* cut at its end */
		cut(path, size - 1);
		break;
	case 4: /* longer */
		cut(path, size + 1);
		break;
	case 5: /* of another format: the version stands in the magic */
		poke(path, 14, 1);
		break;
	case 6: /* of other patterns */
		poke(path, 20, 1);
		break;
	case 7: /* its length */
		poke(path, 48, 1);
		break;
	case 8: /* its digest */
		poke(path, 60, 0x80);
		break;
	case 9: /* the verdict on libhs */
		poke(path, 88, 1);
		break;
	case 10: /* the database */
		poke(path, 200, 4);
		break;
	case 11: /* its last byte */
		poke(path, size - 1, 1);
		break;
	case 12: /* others could have written it */
		assert_int_equal(chmod(path, 0666), 0);
		break;
	case 13: /* a link */
		snprintf(other, sizeof(other), "%s.x", path);
		assert_int_equal(rename(path, other), 0);
		assert_int_equal(symlink(other, path), 0);
		break;
	case 14: /* a folder, which cannot be replaced either */
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkdir(path, 0700), 0);
		break;
	default:
		fail();
	}
}

static void
test_broken(void **state)
{
	struct folder f = folder_new();
	char path[256], x[260];
	struct stat before, after;

	(void)state;
	if (!load(f.sub, 0)) {
		folder_remove(&f);
		skip();
	}
	assert_int_equal(files(&f, path), 1);
	snprintf(x, sizeof(x), "%s.x", path);
	for (int how = 0; how <= 14; how++) {
		before = stat_of(path);
		hurt(path, how, before.st_size);
		assert_true(load(f.sub, 0));
		after = stat_of(path);
		if (how == 14) {
			assert_true(S_ISDIR(after.st_mode));
			continue;
		}
		assert_true(S_ISREG(after.st_mode));
		assert_int_equal(after.st_size, before.st_size);
		if (after.st_ino == before.st_ino)
			fail_msg("%d: it was believed", how);
		unlink(x);
	}
	assert_int_equal(rmdir(path), 0);
	folder_remove(&f);
}

/* A whole file that somebody else's patterns made, under our name. */
static void
test_foreign(void **state)
{
	struct folder f = folder_new();
	char ours[256], theirs[256];
	struct stat st;
	ino_t was;

	(void)state;
	if (!load(f.sub, 0)) {
		folder_remove(&f);
		skip();
	}
	files(&f, ours);
	assert_int_equal(unlink(ours), 0);
	load(f.sub, 1);
	files(&f, theirs);
	assert_int_equal(rename(theirs, ours), 0);
	was = stat_of(ours).st_ino;
	assert_true(load(f.sub, 0));
	st = stat_of(ours);
	assert_true(st.st_ino != was);
	folder_remove(&f);
}

static void
test_newest_are_kept(void **state)
{
	struct folder f = folder_new();
	char path[256], ours[256];

	(void)state;
	if (!load(f.sub, 0)) {
		folder_remove(&f);
		skip();
	}
	files(&f, ours);
	for (int i = 1; i < PR_SCAN_CACHE_KEPT + 4; i++) {
		struct timespec old[2] = {{1000 + i, 0}, {1000 + i, 0}};

		load(f.sub, i);
		/* the first is used each time, so it stays though it is the oldest */
		assert_int_equal(utimensat(AT_FDCWD, ours, old, 0), 0);
		load(f.sub, 0);
		assert_int_equal(access(ours, F_OK), 0);
	}
	assert_int_equal(files(&f, path), PR_SCAN_CACHE_KEPT);
	folder_remove(&f);
}

static void
test_no_folder(void **state)
{
	struct folder f = folder_new();
	char under[100];
	int fd = open(f.sub, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	/* a file where the folder should be, and one above it */
	load(f.sub, 0);
	snprintf(under, sizeof(under), "%s/deeper", f.sub);
	load(under, 0);
	load("/proc/none/of/this", 0);
	load("", 0);
	assert_int_equal(unlink(f.sub), 0);
	folder_remove(&f);
}

/* Files of others in that folder are left alone; a temporary file that is old is not. */
static void
test_prune(void **state)
{
	struct folder f = folder_new();
	struct pr_scan_key key = {{1}};
	char name[300], path[256];
	struct timespec old[2] = {{1000, 0}, {1000, 0}};
	struct pr_buf b;

	(void)state;
	pr_scan_cache_put(f.sub, &key, PR_STR("bytes"));
	assert_int_equal(files(&f, path), 1);
	snprintf(name, sizeof(name), "%s.77.0.tmp", path);
	close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
	snprintf(name, sizeof(name), "%s/notes.hs", f.sub);
	close(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(utimensat(AT_FDCWD, name, old, 0), 0);
	for (unsigned char i = 2; i < 20; i++) {
		key.v[0] = i;
		pr_scan_cache_put(f.sub, &key, PR_STR("bytes"));
	}
	assert_int_equal(files(&f, NULL), PR_SCAN_CACHE_KEPT + 1);
	assert_int_equal(access(name, F_OK), 0);
	pr_buf_init(&b, 5);
	assert_true(pr_scan_cache_get(f.sub, &key, &b));
	assert_true(pr_str_eq_c(pr_buf_str(&b), "bytes"));
	pr_buf_reset(&b);
	b.max = 4; /* more than the caller has room for */
	assert_false(pr_scan_cache_get(f.sub, &key, &b));
	pr_buf_release(&b);
	folder_remove(&f);
}

/* ---- the child ---- */

static int
say(void *ctx, struct pr_buf *out)
{
	return pr_buf_add_c(out, ctx);
}

static int
say_much(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	out->max = (size_t)1 << 20;
	for (int i = 0; i < 10000; i++)
		pr_buf_add_c(out, "0123456789");
	return 0;
}

static int
refuse(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	(void)out;
	return -1;
}

static int
die(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	(void)out;
	_exit(0); /* well, but without what it owes: the reader of the answer sees that */
}

static int
crash(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	(void)out;
	kill(getpid(), SIGKILL);
	return 0;
}

static int
spin(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	(void)out;
	for (volatile unsigned i = 0;; i++)
		;
	return 0;
}

static int
doze(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	(void)out;
	sleep(60);
	return 0;
}

static int
eat(void *ctx, struct pr_buf *out)
{
	(void)ctx;
	(void)out;
	return malloc((size_t)3 << 30) ? 0 : -1;
}

static void
test_child(void **state)
{
	static const struct {
		const char *name;
		int (*work)(void *ctx, struct pr_buf *out);
		int rc;
		struct pr_scan_limits limits;
	} table[] = {
		{"says", say, 0, {5, 5000, (size_t)1 << 40}},
		{"says much", say_much, -1, {5, 5000, (size_t)1 << 40}},
		{"refuses", refuse, -1, {5, 5000, (size_t)1 << 40}},
		{"dies", die, 0, {5, 5000, (size_t)1 << 40}},
		{"crashes", crash, -1, {5, 5000, (size_t)1 << 40}},
		{"spins", spin, -1, {1, 20000, (size_t)1 << 40}},
		{"dozes", doze, -1, {5, 200, (size_t)1 << 40}},
#if !defined(__SANITIZE_ADDRESS__)
		{"eats", eat, -1, {5, 5000, (size_t)1 << 30}},
#endif
	};
	char words[] = "hello";

	(void)state;
	(void)eat;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pr_err err = {0};
		struct pr_buf out;
		int rc;

		pr_buf_init(&out, 65536);
		rc = pr_scan_child(table[i].work, words, &table[i].limits, &out, &err);
		if (rc != table[i].rc || (rc < 0 && err.fault != PR_REJECT))
			fail_msg("%s: %d %s", table[i].name, rc, err.msg);
		assert_true(pr_str_eq_c(pr_buf_str(&out), i ? "" : "hello") || i == 1);
		pr_buf_release(&out);
	}
}

/* ---- syntax ---- */

static void
test_syntax(void **state)
{
	static const char *const known[] = {
	    "",        "a",        "\\bbin\\b", "[a-z]", "[]a]",   "[^]a]",  "[\\]]",
	    "(a)",     "(?:a)",    "(?>a)",     "(?=a)", "(?!a)",  "(?<=a)", "(?<!a)",
	    "(?i)a",   "(?ims:a)", "a{2}",      "a{2,}", "a{2,3}", "a\\{",   "\\x41",
	    "[\\x7f]", "\\(?",     "a++",       "a{2}+", "a|",     "[(?R)]", "\\\\b",
	};
	static const char *const unknown[] = {
	    "\\",       "\\p{L}",     "\\P{L}",      "\\R",     "\\X",   "\\h",
	    "\\N",      "\\K",        "\\G",         "\\Qa\\E", "\\x4",  "\\x{41}",
	    "\\x80",    "\\xff",      "\\1",         "\\0",     "\\cA",  "\\e",
	    "[\\b]",    "[\\p{L}]",   "[[:alpha:]]", "[[.a.]]", "[a",    "[",
	    "(?<n>a)",  "(?P<n>a)",   "(?'n'a)",     "(?|a)",   "(?#c)", "(?x)a",
	    "(?-i)a",   "(?i-m:a)",   "(?^)a",       "(?",      "(?i",   "(*UCP)",
	    "a{,3}",    "{",          "a{ 2}",       "a{2",     "a{x}",  "a{2,x}",
	    "\xc3\xa9", "[\xc3\xa9]", "\\\xc3\xa9",  "(?n)a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!pr_scan_syntax_ok(pr_str_c(known[i])))
			fail_msg("'%s' is not known", known[i]);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (pr_scan_syntax_ok(pr_str_c(unknown[i])))
			fail_msg("'%s' is known", unknown[i]);
	assert_false(pr_scan_syntax_ok(PR_STR("a\0b")));
	assert_false(pr_scan_syntax_ok(PR_STR("\\\0b")));
	assert_false(pr_scan_syntax_ok(PR_STR("[[\0]")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reuse),     cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_foreign),   cmocka_unit_test(test_newest_are_kept),
	    cmocka_unit_test(test_no_folder), cmocka_unit_test(test_prune),
	    cmocka_unit_test(test_child),     cmocka_unit_test(test_syntax),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
