/* Tests of calendar: the real bank holidays, the days on which the clocks change, and the words for
 * a day. */
#include "postroom/calendar.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "tests/unit/cmocka_all.h"
#include <fcntl.h>

#define HOUR INT64_C(3600000)
#define DAY  INT64_C(86400000)

static struct pr_arena arena;

static struct pr_calendar *
load(const char *division)
{
	const char *source = getenv("POSTROOM_SOURCE");
	struct pr_calendar *cal = NULL;
	struct pr_err err;
	struct pr_str path =
	    pr_arena_printf(&arena, "%s/rules/calendars/bank-holidays.csv", source ? source : ".");

	if (pr_calendar_load(path.p, pr_str_c(division), &arena, &cal, &err) < 0)
		fail_msg("%s", err.msg);
	return cal;
}

static int64_t
date(const char *text)
{
	int64_t y = 0, m = 0, d = 0;

	assert_true(pr_str_int(pr_str_n(text, 4), 0, 9999, &y) &&
		    pr_str_int(pr_str_n(text + 5, 2), 1, 12, &m) &&
		    pr_str_int(pr_str_n(text + 8, 2), 1, 31, &d));
	return pr_day_from_civil((int)y, (int)m, (int)d);
}

static void
test_working(void **state)
{
	static const struct {
		const char *division, *day;
		bool working;
	} cases[] = {
	    /* Boxing Day 2026 is a Saturday, Christmas 2027 too: both have substitutes. */
	    {"england-and-wales", "2026-12-24", true},  {"england-and-wales", "2026-12-25", false},
	    {"england-and-wales", "2026-12-28", false}, {"england-and-wales", "2026-12-29", true},
	    {"england-and-wales", "2027-12-27", false}, {"england-and-wales", "2027-12-28", false},
	    {"england-and-wales", "2027-12-29", true},  {"england-and-wales", "2028-01-03", false},
	    {"england-and-wales", "2026-04-06", false}, {"scotland", "2026-04-06", true},
	    {"northern-ireland", "2026-04-06", false},  {"scotland", "2026-01-02", false},
	    {"england-and-wales", "2026-01-02", true},  {"scotland", "2026-11-30", false},
	    {"england-and-wales", "2026-11-30", true},  {"scotland", "2026-08-03", false},
	    {"scotland", "2026-08-31", true},           {"northern-ireland", "2026-03-17", false},
	    {"northern-ireland", "2026-07-13", false},  {"england-and-wales", "2026-07-13", true},
	    {"england-and-wales", "2026-11-21", false}, {"england-and-wales", "2026-11-22", false},
	    {"england-and-wales", "2026-11-23", true},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++)
		if (pr_calendar_is_working(load(cases[i].division), date(cases[i].day)) !=
		    cases[i].working)
			fail_msg("%s %s", cases[i].division, cases[i].day);
}

static void
test_add(void **state)
{
	static const struct {
		const char *from;
		int n;
		const char *due;
	} cases[] = {
	    {"2026-11-22", 0, "2026-11-23"}, {"2026-11-23", 0, "2026-11-23"},
	    {"2026-11-23", 1, "2026-11-24"}, {"2026-11-20", 1, "2026-11-23"},
	    {"2026-12-24", 1, "2026-12-29"}, {"2026-12-23", 5, "2027-01-04"},
	    {"2027-12-24", 1, "2027-12-29"}, {"2026-11-22", 20, "2026-12-18"},
	};
	const struct pr_calendar *cal = load("england-and-wales");

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		int64_t from = date(cases[i].from), due = date(cases[i].due);

		assert_int_equal(pr_calendar_add(cal, from, cases[i].n), due);
		if (cases[i].n) {
			assert_int_equal(pr_calendar_between(cal, from, due), cases[i].n);
			assert_int_equal(pr_calendar_between(cal, due, from), -cases[i].n);
		}
	}
	assert_int_equal(pr_calendar_between(cal, 20000, 20000), 0);
	assert_int_equal(pr_calendar_last(cal), date("2028-12-26"));
}

static void
test_civil(void **state)
{
	int year, month, mday, weekday;

	(void)state;
	assert_int_equal(pr_day_from_civil(1970, 1, 1), 0);
	assert_int_equal(pr_day_from_civil(2000, 3, 1), 11017);
	assert_int_equal(pr_day_from_civil(2026, 11, 22), 20779);
	for (int64_t day = -800000; day < 800000; day++) {
		pr_day_civil(day, &year, &month, &mday, &weekday);
		if (pr_day_from_civil(year, month, mday) != day || weekday < 0 || weekday > 6 ||
		    mday < 1 || mday > 31)
			fail_msg("day %lld", (long long)day);
	}
	pr_day_civil(pr_day_from_civil(2028, 2, 29), &year, &month, &mday, &weekday);
	assert_int_equal(month * 100 + mday, 229);
	assert_int_equal(weekday, 2);
}

static void
test_clock_changes(void **state)
{
	int64_t march = date("2026-03-29"), october = date("2026-10-25"), july = date("2026-07-01");

	(void)state;
	/* In summer the local day begins at 23:00 UTC. */
	assert_int_equal(pr_day_of(july * DAY - HOUR), july);
	assert_int_equal(pr_day_of(july * DAY - HOUR - 1), july - 1);
	assert_int_equal(pr_day_end(july), (july + 1) * DAY - HOUR - 1);
	/* The day of the change begins in winter time and lasts 23 hours. */
	assert_int_equal(pr_day_of(march * DAY - 1), march - 1);
	assert_int_equal(pr_day_end(march - 1), march * DAY - 1);
	assert_int_equal(pr_day_end(march) - pr_day_end(march - 1), 23 * HOUR);
	assert_int_equal(pr_day_end(october) - pr_day_end(october - 1), 25 * HOUR);
	assert_int_equal(pr_day_end(october), (october + 1) * DAY - 1);
	/* Every end belongs to its day and the next millisecond to the next. */
	for (int64_t day = 0; day < 30000; day++)
		if (pr_day_of(pr_day_end(day)) != day || pr_day_of(pr_day_end(day) + 1) != day + 1)
			fail_msg("day %lld", (long long)day);
	assert_int_equal(pr_day_of(-1), -1);
}

static void
test_text(void **state)
{
	(void)state;
	assert_string_equal(pr_day_text(date("2026-11-26"), false, &arena).p,
			    "Thursday 26 November 2026");
	assert_string_equal(pr_day_text(date("2026-11-26"), true, &arena).p,
			    "dydd Iau 26 Tachwedd 2026");
	assert_string_equal(pr_day_text(date("2027-03-01"), true, &arena).p,
			    "dydd Llun 1 Mawrth 2027");
	assert_string_equal(pr_day_text(date("2028-02-29"), false, &arena).p,
			    "Tuesday 29 February 2028");
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	    {"", "no holiday"},
	    {"date,division,name\n# x\n", "no holiday"},
	    {"2026-12-25,scotland,Christmas Day\n", "no holiday"},
	    {"2026-02-30,england-and-wales,x\n", ":1"},
	    {"\n25/12/2026,england-and-wales,x\n", ":2"},
	    {"2026-12-25,wales,x\n", "england-and-wales"},
	    {"2026-12-25\n", "england-and-wales"},
	    {"2026-12-25,england-and-wales,\n", "no name"},
	};
	char dir[] = "/tmp/pr-calendar-XXXXXX", path[64];
	struct pr_calendar *cal = NULL;
	struct pr_err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/h.csv", dir);
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		assert_int_equal(
		    pr_file_replace(AT_FDCWD, path, pr_str_c(cases[i].text), false, &err), 0);
		assert_int_equal(
		    pr_calendar_load(path, PR_STR("england-and-wales"), &arena, &cal, &err), -1);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("case %zu: %s", i, err.msg);
	}
	assert_int_equal(pr_calendar_load(path, PR_STR("wales"), &arena, &cal, &err), -1);
	unlink(path);
	assert_int_equal(pr_calendar_load(path, PR_STR("scotland"), &arena, &cal, &err), -1);
	rmdir(dir);
}

static int
setup(void **state)
{
	(void)state;
	pr_arena_init(&arena, 16 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pr_arena_release(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_working), cmocka_unit_test(test_add),
	    cmocka_unit_test(test_civil),   cmocka_unit_test(test_clock_changes),
	    cmocka_unit_test(test_text),    cmocka_unit_test(test_bad_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
