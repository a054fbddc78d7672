/*
 * scan child: work that may eat seconds and gigabytes, in a process that may not.
 */
#include "classify/match_scan_parts.h"

#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define PIPE 3 /* in the child */

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static bool
limit(const struct pr_scan_limits *limits)
{
	struct rlimit cpu = {limits->cpu_seconds, limits->cpu_seconds};
	struct rlimit memory = {limits->memory, limits->memory}, none = {0, 0};

	return setrlimit(RLIMIT_CPU, &cpu) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       (SANITIZED || setrlimit(RLIMIT_AS, &memory) == 0);
}

/* Nothing of the daemon stays open in the child: no queue, no spool, no socket of the zygote. */
static bool
keep_only(int pipe)
{
	return (pipe == PIPE || dup2(pipe, PIPE) == PIPE) &&
	       close_range(PIPE + 1, UINT_MAX, 0) == 0;
}

static _Noreturn void
child(int (*work)(void *ctx, struct pr_buf *out), void *ctx, const struct pr_scan_limits *limits,
      pid_t parent, int pipe, size_t max)
{
	struct pr_buf out;
	struct pr_err err;
	sigset_t none;

	sigemptyset(&none);
	signal(SIGXCPU, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !keep_only(pipe) || sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
	    !limit(limits))
		_exit(112);
	pr_buf_init(&out, max);
	if (work(ctx, &out) < 0 || out.failed || pr_write_all(PIPE, out.p, out.n, &err) < 0)
		_exit(113);
	_exit(0);
}

/* Everything up to the end, or -1 when it comes too late or is too long. */
static int
read_until(int fd, int64_t until, struct pr_buf *out)
{
	char some[16384];

	for (;;) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left = until - now_ms();
		int ready = left > 0 ? poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX) : 0;
		ssize_t n = ready > 0 ? read(fd, some, sizeof(some)) : ready;

		if (n < 0 && errno == EINTR)
			continue;
		if (ready > 0 && n == 0)
			return 0;
		if (n <= 0 || pr_buf_add(out, some, (size_t)n) < 0)
			return -1;
	}
}

int
pr_scan_child(int (*work)(void *ctx, struct pr_buf *out), void *ctx,
	      const struct pr_scan_limits *limits, struct pr_buf *out, struct pr_err *err)
{
	int fds[2], status = 0;
	pid_t parent = getpid(), pid;
	bool whole;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		child(work, ctx, limits, parent, fds[1], out->max);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return pr_fail(err, PR_RETRY, errno, "cannot fork");
	}
	whole = read_until(fds[0], now_ms() + limits->wall_ms, out) == 0;
	close(fds[0]);
	if (!whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return pr_fail(err, PR_REJECT, errno, "lost sight of a child");
	if (!whole)
		return pr_fail(err, PR_REJECT, 0, "the child said too much or was too slow");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return pr_fail(err, PR_REJECT, 0, "the child ended with %s %d",
			       WIFSIGNALED(status) ? "signal" : "status",
			       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}
