/*
 * clock: the one place where time comes from, so that tests can move it.
 *
 * Wall time is for what people read and for due dates; it may jump. Monotonic time is for leases,
 * timers and sweeps. Both are milliseconds. When the environment names a file in POSTROOM_CLOCK,
 * its text (a decimal number of milliseconds, may be negative) is added to both on every call: a
 * test moves time for all daemons at once by writing that file, and no program has a test mode of
 * its own.
 */
#ifndef POSTROOM_CLOCK_H
#define POSTROOM_CLOCK_H

#include "postroom/str.h"

/* Milliseconds since 1970-01-01T00:00Z. */
int64_t pr_now(void);
/* Milliseconds since an arbitrary start; never goes back unless a test moves it. */
int64_t pr_mono(void);

/* "2026-11-22T10:15:02Z" into out[21]; valid for years 1970 to 9999. Returns out. */
char *pr_time_text(int64_t ms, char out[21]);
/* The inverse: "YYYY-MM-DDTHH:MM:SSZ". False when it is anything else or no date. */
bool pr_time_parse(struct pr_str text, int64_t *ms);

#endif
