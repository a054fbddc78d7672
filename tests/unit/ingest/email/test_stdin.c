/* stdin: one message from a pipe; success means that it is in the spool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ingest/email/spool_fixture.h"

#include "postroom/cleanup.h"

static const struct pr_stdin_conf conf = {"stdin", "someone@example.org",
					  "post@council.example.org"};

static int
take(struct fixture *f, struct pr_str text, struct pr_err *err)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/message", f->dir);
	PR_AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return pr_stdin_take(fd, &conf, &f->submit, err);
}

static void
test_taken(void **state)
{
	const struct pr_str text = PR_STR("Subject: x\r\n\r\nNUL \0 and 8-bit \xff\r\n");
	struct pr_cid cid = pr_cid_email(PR_STR("stdin"), text);
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_contact receipt;
	struct pr_bundle b;
	struct pr_err err = {0};
	struct fixture f;

	(void)state;
	pr_arena_init(&a, 1 << 20);
	fixture_init(&f);
	assert_int_equal(take(&f, text, &err), 0);
	assert_int_equal(take(&f, text, &err), 0); /* the MTA tries again: the same contact */
	assert_int_equal(fixture_contacts(&f), 1);
	assert_int_equal(pr_spool_bundle(f.spool, &cid, &b, &err), 0);
	assert_true(pr_str_eq(pr_bundle_find(&b, PR_PART_RAW, PR_STR_NONE)->bytes, text));
	assert_int_equal(pr_bundle_receipt(&b, &a, &receipt, &err), 0);
	assert_true(pr_str_eq_c(receipt.peer, conf.sender));
	assert_true(pr_str_eq_c(receipt.local, conf.recipient));
	pr_bundle_close(&b);
	fixture_release(&f);
}

static void
test_refused(void **state)
{
	struct pr_err err = {0};
	struct fixture f;
	char path[80];

	(void)state;
	fixture_init(&f);
	assert_int_equal(take(&f, PR_STR(""), &err), -1);
	assert_non_null(strstr(err.msg, "empty"));
	snprintf(path, sizeof(path), "%s/huge", f.dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)PR_MAIL_BYTES_MAX + 1), 0);
	assert_int_equal(pr_stdin_take(fd, &conf, &f.submit, &err), -1);
	close(fd);
	assert_int_equal(pr_stdin_take(-1, &conf, &f.submit, &err), -1);
	assert_int_equal(fixture_contacts(&f), 0);
	fixture_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken),
					   cmocka_unit_test(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
