/* file: whole or not at all, with limits. */
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int dir;
static char path[] = "/tmp/postroom-file-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(path) && (dir = open(path, O_RDONLY | O_DIRECTORY)) >= 0 ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlinkat(dir, "sub/f", 0);
	unlinkat(dir, "sub", AT_REMOVEDIR);
	unlinkat(dir, "f", 0);
	close(dir);
	return rmdir(path);
}

static void
replaces_and_reads(void **state)
{
	static const char *const texts[] = {"one", "", "a longer text than before"};
	struct pr_err err = {0};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(texts); i++)
		for (int durable = 0; durable < 2; durable++) {
			PR_AUTO_BUF struct pr_buf b;
			pr_buf_init(&b, 100);
			assert_int_equal(
			    pr_file_replace(dir, "f", pr_str_c(texts[i]), durable, &err), 0);
			assert_int_equal(pr_file_read(dir, "f", &b, &err), 0);
			assert_true(pr_str_eq_c(pr_buf_str(&b), texts[i]));
		}
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_int_equal(pr_file_replace(dir, "sub/f", PR_STR("x"), true, &err), 0);
}

static void
says_what_fails(void **state)
{
	struct pr_err err = {0};
	PR_AUTO_BUF struct pr_buf b;
	(void)state;
	pr_buf_init(&b, 3);
	assert_int_equal(pr_file_replace(dir, "f", PR_STR("abcd"), false, &err), 0);
	assert_int_equal(pr_file_read(dir, "f", &b, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	assert_string_equal(err.msg, "'f': longer than the limit of 3 bytes");
	assert_int_equal(pr_file_replace(dir, "f", PR_STR("abc"), false, &err), 0);
	pr_buf_reset(&b);
	assert_int_equal(pr_file_read(dir, "f", &b, &err), 0); /* exactly the limit */
	assert_int_equal(pr_file_read(dir, "absent", &b, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(pr_file_replace(dir, "absent/f", PR_STR(""), true, &err), -1);
	assert_int_equal(err.fault, PR_RETRY);
	assert_int_equal(pr_write_all(-1, "x", 1, &err), -1);
	assert_int_equal(err.sys, EBADF);
}

static void
makes_folders(void **state)
{
	struct pr_err err = {0};
	char deep[100];
	(void)state;
	snprintf(deep, sizeof deep, "%s/a/b", path);
	assert_int_equal(pr_dir_make(deep, &err), 0);
	assert_int_equal(pr_dir_make(deep, &err), 0);
	int fd = pr_dir_open(deep, &err);
	assert_true(fd >= 0);
	assert_int_equal(pr_dir_sync(fd, &err), 0);
	close(fd);
	unlinkat(dir, "a/b", AT_REMOVEDIR);
	unlinkat(dir, "a", AT_REMOVEDIR);
	assert_int_equal(pr_dir_open(deep, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replaces_and_reads),
	    cmocka_unit_test(says_what_fails),
	    cmocka_unit_test(makes_folders),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
