/*
 * The zygote's half: a process that forks, and the children that it forks. It shares nothing with
 * the daemon but the socket; a child has nothing but a bundle to read and a pipe to answer.
 */
#include "lib/service/sandbox.h"
#include "lib/service/zygote_wire.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum {
	CHILD_FD = 3, /* the bundle, in the child */
	CHILD_PIPE = 4,
	ZYGOTE_SOCKET = 3, /* in the zygote */
};

/* Real time: a test that moves the clock must not make children late. */
static int64_t
now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* ---- the child ---- */

static int
answer(const struct pr_zygote_work *work, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf out;
	struct pr_zygote_answer_head head = {.magic = PR_ZYGOTE_MAGIC};
	pr_buf_init(&out, work->answer_max);
	lseek(CHILD_FD, 0, SEEK_SET);
	head.refused = work->run(CHILD_FD, &out, &head.err) < 0;
	if (!head.refused && out.failed)
		head.refused =
		    pr_fail(&head.err, PR_REJECT, 0, "%s: the answer is longer than %zu bytes",
			    work->name, work->answer_max) < 0;
	if (!head.refused)
		head.length = out.n;
	if (pr_write_all(CHILD_PIPE, &head, sizeof(head), err) < 0)
		return -1;
	return pr_write_all(CHILD_PIPE, out.p, (size_t)head.length, err);
}

/* Both descriptors to their places, everything else closed, the zygote's socket first of all. */
static bool
keep_only(int fd, int pipe)
{
	int high_fd = fcntl(fd, F_DUPFD, 10), high_pipe = fcntl(pipe, F_DUPFD, 10);
	return high_fd >= 0 && high_pipe >= 0 && dup2(high_fd, CHILD_FD) >= 0 &&
	       dup2(high_pipe, CHILD_PIPE) >= 0 && close_range(CHILD_PIPE + 1, UINT_MAX, 0) == 0;
}

static _Noreturn void
child(const struct pr_zygote_work *work, const struct pr_sandbox *sandbox, pid_t zygote, int fd,
      int pipe)
{
	struct pr_err err;
	sigset_t none;
	sigemptyset(&none);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != zygote || !keep_only(fd, pipe) ||
	    sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
	    pr_sandbox_enter(sandbox, work->cpu_seconds, work->memory) < 0)
		_exit(112);
	_exit(answer(work, &err) < 0 ? 113 : 0);
}

/* ---- the zygote ---- */

struct running {
	pid_t pid; /* 0: free */
	uint32_t id;
	int64_t until;
	bool late;
};

struct nest {
	const struct pr_zygote_work *work;
	struct pr_sandbox sandbox;
	pid_t pid;
	struct running running[PR_ZYGOTE_RUNNING];
};

static void
report(uint32_t id, int status, int failed, bool late)
{
	struct pr_zygote_report r = {id, status, failed, late};
	if (send(ZYGOTE_SOCKET, &r, sizeof(r), MSG_NOSIGNAL) != (ssize_t)sizeof(r))
		_exit(0); /* the daemon is gone; the children go with this process */
}

/* A request and its two descriptors; false when the daemon is gone. */
static bool
receive(struct pr_zygote_request *request, int fds[2])
{
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = {request, sizeof(*request)};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(ZYGOTE_SOCKET, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n == (ssize_t)sizeof(*request) ? CMSG_FIRSTHDR(&m) : NULL;
	if (!c || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return false;
	memcpy(fds, CMSG_DATA(c), 2 * sizeof(int));
	return true;
}

static void
start_child(struct nest *nest, struct running *place)
{
	struct pr_zygote_request request;
	int fds[2];
	if (!receive(&request, fds))
		_exit(0);
	pid_t pid = fork();
	if (pid == 0)
		child(nest->work, &nest->sandbox, nest->pid, fds[0], fds[1]);
	if (pid > 0)
		*place = (struct running){pid, request.id, now_ms() + nest->work->wall_ms, false};
	else
		report(request.id, 0, errno, false);
	close(fds[0]);
	close(fds[1]);
}

static void
reap(struct nest *nest)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++)
			if (nest->running[i].pid == pid) {
				nest->running[i].pid = 0;
				report(nest->running[i].id, status, 0, nest->running[i].late);
			}
}

/* Kills who is late. How long until the next one is; a place that is free in *place. */
static int
watch(struct nest *nest, struct running **place)
{
	int64_t now = now_ms(), next = INT64_MAX;
	*place = NULL;
	for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++) {
		struct running *r = &nest->running[i];
		if (!r->pid) {
			*place = r;
		} else if (r->late || now >= r->until) {
			r->late = true;
			kill(r->pid, SIGKILL);
		} else if (r->until - now < next) {
			next = r->until - now;
		}
	}
	return next > INT_MAX ? -1 : (int)next;
}

static _Noreturn void
serve(struct nest *nest, int signals)
{
	for (;;) {
		struct running *place;
		int wait = watch(nest, &place);
		struct pollfd fds[] = {{signals, POLLIN, 0},
				       {ZYGOTE_SOCKET, place ? POLLIN : 0, 0}};
		if (poll(fds, 2, wait) < 0 && errno != EINTR)
			_exit(111);
		if (fds[0].revents) {
			struct signalfd_siginfo info;
			if (read(signals, &info, sizeof(info)) > 0)
				reap(nest);
		}
		if (place && fds[1].revents)
			start_child(nest, place);
		else if (fds[1].revents & (POLLHUP | POLLERR))
			_exit(0);
	}
}

/*
 * The daemon ends its zygote by closing the socket. A signal that systemd or a terminal sends to
 * the whole group must not take the parser away from under a daemon that is finishing its work.
 */
static int
calm_signals(void)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
	sigset_t set;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

_Noreturn void
pr_zygote_nest(const struct pr_zygote_work *work, int socket, pid_t daemon)
{
	struct nest nest = {.work = work, .pid = getpid()};
	struct pr_err err = {0};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "postroom-zygote");
	/* What a library says on standard error may quote the message: it goes nowhere. */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (getppid() != daemon || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(socket, ZYGOTE_SOCKET) < 0 || close_range(ZYGOTE_SOCKET + 1, UINT_MAX, 0) < 0)
		_exit(111);
	if (work->warm)
		work->warm();
	int signals = calm_signals();
	if (signals < 0)
		pr_fail(&err, PR_FATAL, errno, "cannot watch the zygote's children");
	else if (pr_sandbox_prepare(&nest.sandbox, &err) == 0)
		err.fault = PR_NO_FAULT;
	if (!PR_SANITIZED && dup2(0, 2) < 0)
		_exit(111);
	/* The first message says that it is ready, or why not. */
	if (send(ZYGOTE_SOCKET, &err, sizeof(err), MSG_NOSIGNAL) < 0 || err.fault)
		_exit(111);
	serve(&nest, signals);
}
