/*
 * notify: what systemd wants to know. Without systemd every call does nothing.
 */
#ifndef LIB_SERVICE_NOTIFY_H
#define LIB_SERVICE_NOTIFY_H

#include <stdint.h>

/* All times in real monotonic ms (pr_notify_now): a test that moves the clock must not starve the
 * watchdog. */
struct pr_notify {
	int64_t every; /* of the watchdog's pings; 0: none wanted */
	int64_t next;
};

int64_t pr_notify_now(void);
void pr_notify_open(struct pr_notify *n);
void pr_notify_ready(void);
void pr_notify_reloading(void);
void pr_notify_stopping(void);
/* Ping the watchdog when it is time. Returns ms until the next ping, or most if that is sooner. */
int64_t pr_notify_tick(struct pr_notify *n, int64_t most);

#endif
