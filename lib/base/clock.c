/* clock: the system's clocks, moved by a file that a test writes. */
#include "postroom/clock.h"

#include <fcntl.h>
#include <unistd.h>

static int64_t
moved_by(void)
{
	const char *path = getenv("POSTROOM_CLOCK");
	if (!path)
		return 0;
	char text[32];
	int64_t ms = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof text);
	close(fd);
	if (n > 0)
		pr_str_int(pr_str_trim(pr_str_n(text, (size_t)n)), INT64_MIN / 2, INT64_MAX / 2,
			   &ms);
	return ms;
}

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + moved_by();
}

int64_t
pr_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
pr_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

char *
pr_time_text(int64_t ms, char out[21])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	if (ms < 0 || ms > 253402300799999 || !gmtime_r(&seconds, &tm) ||
	    strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(out, "0000-00-00T00:00:00Z", 21);
	return out;
}

bool
pr_time_parse(struct pr_str text, int64_t *ms)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	static const struct {
		size_t at, digits;
		int min, max;
	} parts[6] = {{0, 4, 1970, 9999}, {5, 2, 1, 12},  {8, 2, 1, 31},
		      {11, 2, 0, 23},     {14, 2, 0, 59}, {17, 2, 0, 59}};
	int v[6];
	if (text.n != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (shape[i] != '0' && text.p[i] != shape[i])
			return false;
	for (size_t i = 0; i < 6; i++) {
		int64_t value;
		if (!pr_str_int(pr_str_sub(text, parts[i].at, parts[i].digits), parts[i].min,
				parts[i].max, &value))
			return false;
		v[i] = (int)value;
	}
	struct tm tm = {.tm_year = v[0] - 1900,
			.tm_mon = v[1] - 1,
			.tm_mday = v[2],
			.tm_hour = v[3],
			.tm_min = v[4],
			.tm_sec = v[5]};
	time_t seconds = timegm(&tm);
	if (tm.tm_mday != v[2]) /* 31 April became 1 May */
		return false;
	*ms = (int64_t)seconds * 1000;
	return true;
}
