/* calendar: working days of one division, and the local days of Europe/London. */
#include "postroom/calendar.h"

#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <fcntl.h>

enum { FILE_MAX = 1 << 20, LINES_MAX = 20000 };

#define DAY_MS  INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

struct pr_calendar {
	int64_t *day; /* the division's holidays, sorted */
	size_t n;
};

static const char *const divisions[] = {"england-and-wales", "scotland", "northern-ireland"};

/* ---- days and dates ---- */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * The year is counted from March, so that the leap day is its last; 400 years (an era) have 146,097
 * days.
 */
int64_t
pr_day_from_civil(int year, int month, int mday)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + mday - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

void
pr_day_civil(int64_t day, int *year, int *month, int *mday, int *weekday)
{
	int64_t z = day + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t from_march = (5 * doy + 2) / 153;

	*mday = (int)(doy - (153 * from_march + 2) / 5 + 1);
	*month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
	*weekday = (int)(day + 4 - floor_div(day + 4, 7) * 7);
}

static int64_t
last_sunday(int year, int month)
{
	int64_t last = pr_day_from_civil(year, month, 31);

	return last - (last + 4 - floor_div(last + 4, 7) * 7);
}

/* Summer time runs from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last one of
 * October. */
static int64_t
offset_at(int64_t ms)
{
	int year, month, mday, weekday;

	pr_day_civil(floor_div(ms, DAY_MS), &year, &month, &mday, &weekday);
	if (ms < last_sunday(year, 3) * DAY_MS + HOUR_MS)
		return 0;
	return ms < last_sunday(year, 10) * DAY_MS + HOUR_MS ? HOUR_MS : 0;
}

int64_t
pr_day_of(int64_t ms)
{
	return floor_div(ms + offset_at(ms), DAY_MS);
}

int64_t
pr_day_end(int64_t day)
{
	int64_t midnight = (day + 1) * DAY_MS;

	/* The clocks never change at midnight; an hour earlier in UTC has the offset of that local
	 * midnight. */
	return midnight - offset_at(midnight - HOUR_MS) - 1;
}

struct pr_str
pr_day_text(int64_t day, bool welsh, struct pr_arena *a)
{
	static const char *const weekdays[2][7] = {
	    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	    {"dydd Sul", "dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau", "dydd Gwener",
	     "dydd Sadwrn"}};
	static const char *const months[2][12] = {
	    {"January", "February", "March", "April", "May", "June", "July", "August", "September",
	     "October", "November", "December"},
	    {"Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst",
	     "Medi", "Hydref", "Tachwedd", "Rhagfyr"}};
	int year, month, mday, weekday;

	pr_day_civil(day, &year, &month, &mday, &weekday);
	return pr_arena_printf(a, "%s %d %s %d", weekdays[welsh][weekday], mday,
			       months[welsh][month - 1], year);
}

/* ---- the file ---- */

static bool
parse_date(struct pr_str s, int64_t *day)
{
	int64_t y, m, d;
	int year, month, mday, weekday;

	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    !pr_str_int(pr_str_sub(s, 0, 4), 1970, 9999, &y) ||
	    !pr_str_int(pr_str_sub(s, 5, 2), 1, 12, &m) ||
	    !pr_str_int(pr_str_sub(s, 8, 2), 1, 31, &d))
		return false;
	*day = pr_day_from_civil((int)y, (int)m, (int)d);
	/* 30 February comes back as 2 March. */
	pr_day_civil(*day, &year, &month, &mday, &weekday);
	return month == m && mday == d;
}

static bool
known_division(struct pr_str s)
{
	for (size_t i = 0; i < sizeof(divisions) / sizeof(divisions[0]); i++)
		if (pr_str_eq_c(s, divisions[i]))
			return true;
	return false;
}

static int
read_line(struct pr_calendar *cal, struct pr_str line, struct pr_str division, struct pr_err *err)
{
	struct pr_str date = PR_STR_NONE, of = PR_STR_NONE;
	int64_t day;

	if (!line.n || line.p[0] == '#' || pr_str_starts(line, PR_STR("date,")))
		return 0;
	pr_str_cut(&line, ',', &date);
	pr_str_cut(&line, ',', &of);
	if (!parse_date(date, &day))
		return pr_fail(err, PR_FATAL, 0, "a line begins with a date such as 2026-12-25");
	if (!known_division(of))
		return pr_fail(
		    err, PR_FATAL, 0,
		    "after the date comes england-and-wales, scotland or northern-ireland");
	if (!pr_str_trim(line).n)
		return pr_fail(err, PR_FATAL, 0, "the holiday has no name");
	if (pr_str_eq(of, division))
		cal->day[cal->n++] = day;
	return 0;
}

static int
compare_days(const void *pa, const void *pb)
{
	int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return (a > b) - (a < b);
}

static int
read_lines(struct pr_calendar *cal, const char *path, struct pr_str text, struct pr_str division,
	   struct pr_err *err)
{
	struct pr_str line;
	int number = 0;

	while (pr_str_cut(&text, '\n', &line)) {
		if (++number > LINES_MAX)
			return pr_fail(err, PR_FATAL, 0, "%s has more than %d lines", path,
				       LINES_MAX);
		if (read_line(cal, pr_str_trim(line), division, err) < 0)
			return pr_fail_in(err, "%s:%d", path, number);
	}
	if (!cal->n)
		return pr_fail(err, PR_FATAL, 0, "%s has no holiday of " PR_S_FMT, path,
			       PR_S(division));
	qsort(cal->day, cal->n, sizeof(int64_t), compare_days);
	return 0;
}

int
pr_calendar_load(const char *path, struct pr_str division, struct pr_arena *a,
		 struct pr_calendar **out, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf bytes;
	struct pr_calendar *cal;
	struct pr_str text;
	size_t lines = 1;

	pr_buf_init(&bytes, FILE_MAX);
	if (!known_division(division))
		return pr_fail(err, PR_FATAL, 0,
			       "a calendar's division is england-and-wales, scotland or "
			       "northern-ireland");
	if (pr_file_read(AT_FDCWD, path, &bytes, err) < 0)
		return -1;
	text = pr_buf_str(&bytes);
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	cal = PR_ARENA_NEW(a, struct pr_calendar);
	cal->day = pr_arena_array(a, lines < LINES_MAX ? lines : LINES_MAX, sizeof(int64_t));
	if (read_lines(cal, path, text, division, err) < 0)
		return -1;
	*out = cal;
	return 0;
}

/* ---- counting ---- */

int64_t
pr_calendar_last(const struct pr_calendar *cal)
{
	return cal->day[cal->n - 1];
}

bool
pr_calendar_is_working(const struct pr_calendar *cal, int64_t day)
{
	int64_t weekday = day + 4 - floor_div(day + 4, 7) * 7;

	if (weekday == 0 || weekday == 6)
		return false;
	return !bsearch(&day, cal->day, cal->n, sizeof(int64_t), compare_days);
}

int64_t
pr_calendar_add(const struct pr_calendar *cal, int64_t day, int n)
{
	if (n <= 0)
		while (!pr_calendar_is_working(cal, day))
			day++;
	while (n > 0)
		n -= pr_calendar_is_working(cal, ++day);
	return day;
}

int
pr_calendar_between(const struct pr_calendar *cal, int64_t from, int64_t to)
{
	int n = 0;

	if (to < from)
		return -pr_calendar_between(cal, to, from);
	while (from < to)
		n += pr_calendar_is_working(cal, ++from);
	return n;
}
