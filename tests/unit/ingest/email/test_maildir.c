/* maildir: what is taken, what is left, what a file is called afterwards; nothing is told before it
 * is safe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ingest/email/spool_fixture.h"

#include "postroom/clock.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>

static struct fixture f;
static struct pr_mailbox_conf conf;
static struct pr_mailbox box;
static char maildir[80];

static void
put(const char *sub, const char *name, const char *text)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s/%s", maildir, sub, name);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static bool
there(const char *sub, const char *name)
{
	char path[400];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s/%s", maildir, sub, name);
	return lstat(path, &st) == 0;
}

static int
setup(void **state)
{
	(void)state;
	fixture_init(&f);
	snprintf(maildir, sizeof(maildir), "%s/mail", f.dir);
	const char *const subs[] = {"", "/new", "/cur", "/tmp"};
	for (int i = 0; i < 4; i++) {
		char path[100];
		snprintf(path, sizeof(path), "%s%s", maildir, subs[i]);
		mkdir(path, 0700);
	}
	conf = (struct pr_mailbox_conf){.name = "post",
					.path = maildir,
					.host = "",
					.username = "",
					.folder = "",
					.poll = 60000,
					.size_max = 1000};
	box = (struct pr_mailbox){&conf, &pr_mailbox_maildir, f.state_dir, .wake_fd = -1};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (box.self)
		box.driver->close(&box);
	fixture_release(&f);
	return 0;
}

static int
round_of(void)
{
	struct pr_err err = {0};
	int n = fixture_round(&f, &box, &err);

	if (n < 0)
		fail_msg("%s", err.msg);
	return n;
}

static const struct {
	const char *sub, *name, *after; /* NULL: it stays as it is, untaken */
} names[] = {
    {"new", "1.a", "1.a:2,S"},        {"new", "1.b:2,", "1.b:2,S"},
    {"new", "1.c:2,FT", "1.c:2,FST"}, {"new", "1.d,S=12:2,F", "1.d,S=12:2,FS"},
    {"cur", "1.e:2,", "1.e:2,S"},     {"cur", "1.f:2,R", "1.f:2,RS"},
    {"cur", "1.g", "1.g:2,S"},        {"cur", "1.h:2,S", NULL}, /* taken before */
    {"new", ".hidden", NULL},
};

static void
test_names(void **state)
{
	int taken = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put(names[i].sub, names[i].name, names[i].name);
		taken += names[i].after != NULL;
	}
	for (int n; (n = round_of());)
		taken -= n;
	assert_int_equal(taken, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_true(there(names[i].after ? "cur" : names[i].sub,
				  names[i].after ? names[i].after : names[i].name));
		if (names[i].after)
			assert_false(there(names[i].sub, names[i].name));
	}
	assert_int_equal(fixture_contacts(&f), 7);
	assert_int_equal(round_of(), 0);
}

/* What is no readable file of bearable length is left where it is, and its neighbours are taken. */
static void
test_left(void **state)
{
	char path[200];

	(void)state;
	put("new", "1.good", "Subject: one\n\nx\n");
	put("new", "2.empty", "");
	put("new", "3.huge", "");
	snprintf(path, sizeof(path), "%s/new/3.huge", maildir);
	assert_int_equal(truncate(path, (off_t)PR_BUNDLE_MAX), 0);
	snprintf(path, sizeof(path), "%s/new/4.fifo", maildir);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/new/5.link", maildir);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	snprintf(path, sizeof(path), "%s/new/6.dir", maildir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(round_of(), 1);
	assert_int_equal(round_of(), 0); /* an empty file may still be written */
	snprintf(path, sizeof(path), "%s/new/2.empty", maildir);
	const struct timespec old[2] = {{1, 0}, {1, 0}};
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(round_of(), 1);
	assert_int_equal(round_of(), 0);
	assert_true(there("new", "3.huge"));
	assert_true(there("new", "4.fifo"));
	assert_true(there("new", "5.link"));
	assert_true(there("new", "6.dir"));
	assert_int_equal(fixture_contacts(&f), 2);
}

/* More than one batch; every one of them once, and what arrives meanwhile as well. */
static void
test_many(void **state)
{
	int taken = 0;

	(void)state;
	for (int i = 0; i < 500; i++) {
		char name[40], text[40];
		snprintf(name, sizeof(name), "%d.M%d.host", 1700000000 + i, i);
		snprintf(text, sizeof(text), "Subject: %d\n\nx\n", i);
		put("new", name, text);
	}
	for (int n; (n = round_of());) {
		if (taken == 0)
			put("new", "1800000000.late", "Subject: late\n\nx\n");
		taken += n;
	}
	assert_int_equal(taken, 501);
	assert_int_equal(fixture_contacts(&f), 501);
}

/* Killed after the bundle is safe and before the rename: the file is found again, the contact is
 * the same. */
static void
test_killed_between(void **state)
{
	struct pr_err err = {0};

	(void)state;
	put("new", "1.a", "Subject: once\n\nx\n");
	assert_int_equal(box.driver->open(&box, &err), 0);
	assert_int_equal(box.driver->fetch(&box, &f.batch, &err), 1);
	assert_true(there("new", "1.a"));
	assert_int_equal(pr_mailbox_submit(&f.submit, PR_STR("post"), &f.batch, &err), 0);
	assert_true(there("new", "1.a"));
	box.driver->close(&box);
	assert_int_equal(round_of(), 1);
	assert_true(there("cur", "1.a:2,S"));
	assert_int_equal(fixture_contacts(&f), 1);
}

/* A file that somebody takes away between listing and reading, or between reading and renaming. */
static void
test_disappears(void **state)
{
	struct pr_err err = {0};
	char path[200];

	(void)state;
	put("new", "1.a", "Subject: gone\n\nx\n");
	assert_int_equal(box.driver->open(&box, &err), 0);
	assert_int_equal(box.driver->fetch(&box, &f.batch, &err), 1);
	snprintf(path, sizeof(path), "%s/new/1.a", maildir);
	unlink(path);
	assert_int_equal(pr_mailbox_submit(&f.submit, PR_STR("post"), &f.batch, &err), 0);
	assert_int_equal(box.driver->done(&box, &f.batch, &err), 0);
	assert_int_equal(fixture_contacts(&f), 1);
}

/* The source may say nothing when the spool could not: the folder of new bundles cannot be written.
 */
static void
test_not_durable_not_told(void **state)
{
	struct pr_err err = {0};
	char from[100], to[100];

	(void)state;
	put("new", "1.a", "Subject: wait\n\nx\n");
	snprintf(from, sizeof(from), "%s/spool/new", f.dir);
	snprintf(to, sizeof(to), "%s/spool/away", f.dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(fixture_round(&f, &box, &err), -1);
	assert_int_equal(err.fault, PR_RETRY);
	assert_true(there("new", "1.a"));
	assert_int_equal(rename(to, from), 0);
	box.driver->close(&box);
	assert_int_equal(round_of(), 1);
	assert_true(there("cur", "1.a:2,S"));
}

/* --shadow: nothing in the folder changes, nothing is taken twice, not even after a restart or a
 * rename. */
static void
test_shadow(void **state)
{
	char from[200], to[200];

	(void)state;
	box.shadow = f.submit.shadow = true;
	put("new", "1.a", "Subject: a\n\nx\n");
	put("cur", "1.b:2,S", "Subject: b\n\nx\n");
	int taken = round_of();
	taken += round_of();
	assert_int_equal(taken, 2);
	assert_int_equal(round_of(), 0);
	assert_true(there("new", "1.a"));
	assert_true(there("cur", "1.b:2,S"));
	box.driver->close(&box);
	snprintf(from, sizeof(from), "%s/new/1.a", maildir);
	snprintf(to, sizeof(to), "%s/cur/1.a:2,RS", maildir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(round_of(), 0);
}

static void
test_wake(void **state)
{
	struct pollfd p = {inotify_init1(IN_NONBLOCK | IN_CLOEXEC), POLLIN, 0};

	(void)state;
	box.wake_fd = p.fd;
	assert_int_equal(round_of(), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	put("new", "1.a", "Subject: a\n\nx\n");
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_int_equal(round_of(), 1);
	box.driver->close(&box);
	close(p.fd);
}

static void
test_no_maildir(void **state)
{
	struct pr_err err = {0};

	(void)state;
	conf.path = "/nonexistent";
	assert_int_equal(box.driver->open(&box, &err), -1);
	assert_int_equal(err.fault, PR_RETRY);
	assert_int_equal(err.sys, ENOENT);
	assert_null(box.self);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_left, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_between, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_disappears, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_durable_not_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shadow, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_wake, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_maildir, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
