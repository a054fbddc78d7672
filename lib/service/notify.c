/* The watchdog is pinged from the loop and nowhere else: a step that hangs is seen as hanging. */
#include "lib/service/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

int64_t
pr_notify_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

void
pr_notify_open(struct pr_notify *n)
{
	uint64_t usec = 0;
	*n = (struct pr_notify){0};
	if (sd_watchdog_enabled(0, &usec) > 0)
		n->every = (int64_t)(usec / 2000) > 0 ? (int64_t)(usec / 2000) : 1;
}

void
pr_notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void
pr_notify_reloading(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

void
pr_notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

int64_t
pr_notify_tick(struct pr_notify *n, int64_t most)
{
	if (n->every == 0)
		return most;
	int64_t now = pr_notify_now();
	if (now >= n->next) {
		sd_notify(0, "WATCHDOG=1");
		n->next = now + n->every;
	}
	return n->next - now < most ? n->next - now : most;
}
