/* log: one write(2) a line, so that lines of several threads and processes never mix. */
#include "postroom/log.h"
#include "postroom/clock.h"

#include <stdarg.h>
#include <sys/random.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1000 };

static const char *program = "postroom";
static enum pr_log_level threshold = PR_INFO;
static bool journal;
static uint64_t mask_key[2];

/* Priorities of the journal: <7> debug, <6> info, <4> warning, <3> error (sd-daemon(3)). */
static const struct {
	const char *name, *priority;
} levels[] = {[PR_DEBUG] = {"debug", "<7>"},
	      [PR_INFO] = {"info", "<6>"},
	      [PR_WARN] = {"warn", "<4>"},
	      [PR_ERROR] = {"error", "<3>"}};

void
pr_log_open(const char *name, enum pr_log_level least)
{
	program = name;
	threshold = least;
	journal = getenv("JOURNAL_STREAM") != NULL;
	if (getrandom(mask_key, sizeof mask_key, 0) != (ssize_t)sizeof mask_key)
		pr_bug("the kernel gives no random bytes");
}

void
pr_log_level(enum pr_log_level least)
{
	threshold = least;
}

static size_t add(char *line, size_t n, const char *fmt, ...) PR_PRINTF(3, 4);

static size_t
add(char *line, size_t n, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int more = vsnprintf(line + n, LINE_MAX_BYTES - n, fmt, args);
	va_end(args);
	if (more < 0)
		return n;
	return n + (size_t)more < LINE_MAX_BYTES ? n + (size_t)more : LINE_MAX_BYTES - 1;
}

static size_t
add_head(char *line, enum pr_log_level level)
{
	if (journal)
		return add(line, 0, "%s", levels[level].priority);
	char when[21];
	int64_t now = pr_now();
	pr_time_text(now, when);
	return add(line, 0, "%.19s.%03dZ %s[%d] %s ", when, (int)(now % 1000), program,
		   (int)getpid(), levels[level].name);
}

void
pr_log(enum pr_log_level level, const char *cid, const char *event, const char *fmt, ...)
{
	if (level < threshold)
		return;
	char line[LINE_MAX_BYTES + 1];
	size_t n = add_head(line, level);
	if (cid && cid[0])
		n = add(line, n, "contact=%s ", cid);
	n = add(line, n, "event=%s ", event);
	va_list args;
	va_start(args, fmt);
	int more = vsnprintf(line + n, LINE_MAX_BYTES - n, fmt, args);
	va_end(args);
	if (more > 0)
		n = n + (size_t)more < LINE_MAX_BYTES ? n + (size_t)more : LINE_MAX_BYTES - 1;
	for (size_t i = 0; i < n; i++) /* an error text of a library must not break the line */
		if ((unsigned char)line[i] < ' ')
			line[i] = ' ';
	line[n++] = '\n';
	ssize_t ignored = write(STDERR_FILENO, line, n);
	(void)ignored;
}

void
pr_log_err(enum pr_log_level level, const char *cid, const char *event, const struct pr_err *err)
{
	pr_log(level, cid, event, "fault=%s error=\"%s\"", pr_fault_name(err->fault), err->msg);
}

static uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012): base has no libraries, and this is all it needs of
 * cryptography. */
static uint64_t
siphash(const uint64_t key[2], struct pr_str s)
{
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU,
			 key[0] ^ 0x6c7967656e657261U, key[1] ^ 0x7465646279746573U};
	size_t n = s.n;
	for (bool last = false; !last; s = pr_str_sub(s, 8, s.n)) {
		uint64_t m = 0;
		last = s.n < 8;
		for (size_t i = 0; i < (last ? s.n : 8); i++)
			m |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
		if (last)
			m |= (uint64_t)(n & 0xFF) << 56;
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	v[2] ^= 0xFF;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct pr_log_masked
pr_log_mask(struct pr_str address)
{
	struct pr_log_masked masked;
	snprintf(masked.hex, sizeof masked.hex, "%016llx",
		 (unsigned long long)siphash(mask_key, address));
	return masked;
}
