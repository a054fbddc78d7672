/* err: see the header; every word of an error is written here, without allocating. */
#include "postroom/err.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

int
pr_fail(struct pr_err *err, enum pr_fault fault, int sys, const char *fmt, ...)
{
	if (!err)
		return -1;
	char words[sizeof err->msg];
	va_list args;
	va_start(args, fmt);
	vsnprintf(words, sizeof words, fmt, args);
	va_end(args);
	err->fault = fault;
	err->sys = sys;
	if (sys)
		snprintf(err->msg, sizeof err->msg, "%.*s: %s", (int)sizeof words - 64, words,
			 strerror(sys));
	else
		memcpy(err->msg, words, sizeof words);
	return -1;
}

int
pr_fail_in(struct pr_err *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	char place[128], old[sizeof err->msg];
	va_list args;
	va_start(args, fmt);
	vsnprintf(place, sizeof place, fmt, args);
	va_end(args);
	memcpy(old, err->msg, sizeof old);
	snprintf(err->msg, sizeof err->msg, "%s: %.*s", place,
		 (int)(sizeof err->msg - sizeof place - 3), old);
	return -1;
}

const char *
pr_fault_name(enum pr_fault fault)
{
	static const char *const names[] = {[PR_NO_FAULT] = "none",
					    [PR_RETRY] = "retry",
					    [PR_REJECT] = "reject",
					    [PR_FATAL] = "fatal"};
	return names[fault];
}

void
pr_bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list args;
	fprintf(stderr, "bug at %s:%d: ", file, line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

static int out_of_memory_status = 111;

void
pr_out_of_memory_exits(int status)
{
	out_of_memory_status = status;
}

void
pr_out_of_memory(void)
{
	static const char words[] = "out of memory: leaving, the queue keeps what was in hand\n";
	ssize_t ignored = write(STDERR_FILENO, words, sizeof words - 1);
	(void)ignored;
	_exit(out_of_memory_status);
}

void *
pr_calloc(size_t n, size_t size)
{
	void *p = calloc(n, size);
	if (!p)
		pr_out_of_memory();
	return p;
}
