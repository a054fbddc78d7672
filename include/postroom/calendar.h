/*
 * calendar: working days between the bank holidays of one division of the United Kingdom.
 *
 * The file (rules/calendars/bank-holidays.csv) has lines `YYYY-MM-DD,division,name`; divisions:
 * england-and-wales, scotland, northern-ireland. A day is a count of days since 1970-01-01, in the
 * council's local time (Europe/London; the offset is computed by the rule in force since 1996: last
 * Sundays of March and October, 01:00 UTC).
 */
#ifndef POSTROOM_CALENDAR_H
#define POSTROOM_CALENDAR_H

#include "postroom/arena.h"

struct pr_calendar;

int pr_calendar_load(const char *path, struct pr_str division, struct pr_arena *a,
		     struct pr_calendar **out, struct pr_err *err) PR_MUST_CHECK;
/* The last day the file says anything about; due dates after it are not to be promised. */
int64_t pr_calendar_last(const struct pr_calendar *cal);
bool pr_calendar_is_working(const struct pr_calendar *cal, int64_t day);
/* The day on which the n-th working day after `day` falls; n = 0: the first working day from `day`
 * on. */
int64_t pr_calendar_add(const struct pr_calendar *cal, int64_t day, int n);
/* Working days after `from` up to and including `to`; negative when `to` is before. */
int pr_calendar_between(const struct pr_calendar *cal, int64_t from, int64_t to);

/* The local day on which that instant falls; and the instant at which a local day ends (its last
 * millisecond). */
int64_t pr_day_of(int64_t ms);
int64_t pr_day_end(int64_t day);
void pr_day_civil(int64_t day, int *year, int *month, int *mday, int *weekday /* 0 = Sunday */);
int64_t pr_day_from_civil(int year, int month, int mday);
/* "Thursday 26 November 2026" / "dydd Iau 26 Tachwedd 2026" */
struct pr_str pr_day_text(int64_t day, bool welsh, struct pr_arena *a);

#endif
