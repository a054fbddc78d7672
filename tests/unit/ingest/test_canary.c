/* canary: when one is due, what it is, and that it becomes a bundle like any other. */
#include "tests/unit/cmocka_all.h"

#include "ingest/canary.h"
#include "postroom/log.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#define HOUR INT64_C(3600000)

static char clock_file[64];

/* The clock file is the only clock that a test moves. */
static void
move_clock(int64_t ms)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld", (long long)ms);
	int fd = open(clock_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, text, (size_t)n) == n);
	close(fd);
}

static int
setup_clock(void **state)
{
	int fd;

	(void)state;
	snprintf(clock_file, sizeof(clock_file), "/tmp/pr-test-clock-XXXXXX");
	fd = mkstemp(clock_file);
	if (fd < 0)
		return -1;
	close(fd);
	pr_log_open("test_canary", PR_ERROR);
	return setenv("POSTROOM_CLOCK", clock_file, 1);
}

static int
teardown_clock(void **state)
{
	(void)state;
	unsetenv("POSTROOM_CLOCK");
	return unlink(clock_file);
}

static void
first_at_once_then_one_an_hour(void **state)
{
	struct pr_canary c;
	struct pr_arrival a;

	(void)state;
	move_clock(0);
	pr_canary_init(&c, PR_CHANNEL_WEB, HOUR);
	assert_int_equal(1, pr_canary_wait(&c, 60000));
	assert_true(pr_canary_next(&c, &a));
	assert_false(pr_canary_next(&c, &a));
	assert_int_equal(60000, pr_canary_wait(&c, 60000));
	move_clock(HOUR - 1000);
	assert_false(pr_canary_next(&c, &a));
	assert_in_range(pr_canary_wait(&c, 60000), 1, 1000);
	move_clock(HOUR + 1);
	assert_true(pr_canary_next(&c, &a));
	assert_false(pr_canary_next(&c, &a));
}

static void
none_without_an_interval(void **state)
{
	struct pr_canary c;
	struct pr_arrival a;

	(void)state;
	pr_canary_init(&c, PR_CHANNEL_SMS, 0);
	assert_false(pr_canary_next(&c, &a));
	assert_int_equal(1234, pr_canary_wait(&c, 1234));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int
count(void *ctx, const struct pr_cid *cid)
{
	(void)cid;
	++*(int *)ctx;
	return 0;
}

static void
each_is_a_contact_of_its_own(void **state)
{
	char dir[] = "/tmp/pr-test-canary-XXXXXX";
	struct pr_err err = {0};
	int found = 0;

	(void)state;
	move_clock(0);
	assert_non_null(mkdtemp(dir));
	struct pr_submit door = {.spool = pr_spool_open(dir, 0, &err)};
	assert_non_null(door.spool);
	for (int channel = 0; channel < PR_CHANNELS; channel++) {
		struct pr_canary c;
		struct pr_arrival a;
		pr_canary_init(&c, (enum pr_channel)channel, 1);
		assert_true(pr_canary_next(&c, &a));
		assert_true(a.canary && pr_str_eq_c(a.account, "canary"));
		assert_int_equal(0, pr_submit(&door, &a, 1, &err));
		move_clock(2 + 2 * channel);
		pr_canary_submit(&c, &door);
	}
	assert_int_equal(0, pr_spool_each_new(door.spool, 0, count, &found, &err));
	assert_int_equal(2 * PR_CHANNELS, found);
	pr_spool_close(&door.spool);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_at_once_then_one_an_hour),
	    cmocka_unit_test(none_without_an_interval),
	    cmocka_unit_test(each_is_a_contact_of_its_own),
	};

	return cmocka_run_group_tests(tests, setup_clock, teardown_clock);
}
