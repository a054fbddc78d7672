/* clock, err and log: time as text, moved time, words of an error, a line without a break in it. */
#include "postroom/clock.h"
#include "postroom/log.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void
time_as_text(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t ms;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", true, 0},
	    {"2026-11-22T10:15:02Z", true, 1795342502000},
	    {"2028-02-29T23:59:59Z", true, 1835481599000},
	    {"2027-02-29T00:00:00Z", false, 0},
	    {"2026-13-01T00:00:00Z", false, 0},
	    {"2026-11-22T24:00:00Z", false, 0},
	    {"2026-11-22 10:15:02Z", false, 0},
	    {"2026-11-22T10:15:02", false, 0},
	    {"", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		int64_t ms = -1;
		char text[21];
		assert_int_equal(pr_time_parse(pr_str_c(cases[i].text), &ms), cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_true(ms == cases[i].ms);
		assert_string_equal(pr_time_text(ms, text), cases[i].text);
	}
}

static void
a_file_moves_time(void **state)
{
	char path[] = "/tmp/postroom-clock-XXXXXX";
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	int64_t wall = pr_now(), mono = pr_mono();
	assert_int_equal(write(fd, "3600000\n", 8), 8);
	setenv("POSTROOM_CLOCK", path, 1);
	assert_true(pr_now() - wall >= 3600000 && pr_now() - wall < 3610000);
	assert_true(pr_mono() - mono >= 3600000 && pr_mono() - mono < 3610000);
	unsetenv("POSTROOM_CLOCK");
	assert_true(pr_now() - wall < 10000);
	close(fd);
	unlink(path);
}

static void
errors_have_words(void **state)
{
	struct pr_err err = {0};
	(void)state;
	assert_int_equal(pr_fail(&err, PR_RETRY, ENOENT, "cannot open '%s'", "x"), -1);
	assert_string_equal(err.msg, "cannot open 'x': No such file or directory");
	assert_int_equal(pr_fail_in(&err, "mailbox '%s'", "m"), -1);
	assert_string_equal(err.msg, "mailbox 'm': cannot open 'x': No such file or directory");
	assert_int_equal(err.fault, PR_RETRY);
	assert_int_equal(pr_fail(NULL, PR_FATAL, 0, "nobody listens"), -1);
	char longer[600];
	memset(longer, 'y', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	pr_fail(&err, PR_REJECT, EIO, "%s", longer);
	assert_true(strlen(err.msg) < sizeof err.msg);
	assert_non_null(strstr(err.msg, strerror(EIO))); /* what the system said is never cut off */
}

static void
a_log_line_is_one_line(void **state)
{
	int ends[2], saved = dup(STDERR_FILENO);
	char line[2000];
	(void)state;
	assert_int_equal(pipe(ends), 0);
	pr_log_open("test", PR_INFO);
	dup2(ends[1], STDERR_FILENO);
	pr_log(PR_DEBUG, "abc", "unseen", "n=%d", 1);
	pr_log(PR_INFO, "abc", "seen", "words=\"%s\"", "two\nlines\x1b[31m");
	char longer[1500];
	memset(longer, 'y', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	pr_log(PR_WARN, NULL, "long", "%s", longer);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	size_t n = 0;
	for (ssize_t got; (got = read(ends[0], line + n, sizeof line - n)) > 0; n += (size_t)got)
		;
	close(ends[0]);
	struct pr_str rest = pr_str_n(line, n), head;
	assert_true(pr_str_cut(&rest, '\n', &head));
	assert_true(
	    pr_str_find(head, PR_STR("info contact=abc event=seen words=\"two lines [31m\"")) !=
	    (size_t)-1);
	assert_true(pr_str_cut(&rest, '\n', &head));
	assert_true(head.n < 1000);
	assert_false(pr_str_cut(&rest, '\n', &head));
}

static void
masks_tell_senders_apart(void **state)
{
	(void)state;
	struct pr_log_masked a = pr_log_mask(PR_STR("a@example.org")),
			     b = pr_log_mask(PR_STR("b@example.org")),
			     again = pr_log_mask(PR_STR("a@example.org"));
	assert_string_equal(a.hex, again.hex);
	assert_string_not_equal(a.hex, b.hex);
	assert_int_equal(strlen(a.hex), 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(time_as_text),
	    cmocka_unit_test(a_file_moves_time),
	    cmocka_unit_test(errors_have_words),
	    cmocka_unit_test(a_log_line_is_one_line),
	    cmocka_unit_test(masks_tell_senders_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
