/*
 * The daemon's half of the zygote: hands jobs over, reads what comes back, judges it. Whatever
 * stands in a pipe was written within reach of a stranger.
 */
#include "lib/service/zygote_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GRACE_MS = 5000, /* what the zygote may take longer than its limits before it is given up */
	START_MS = 30000, /* for the libraries to be loaded */
};

struct pr_zygote {
	pid_t pid;
	int socket;
	uint32_t last_id;
	struct pr_zygote_work work;
};

static void
bury_zygote(struct pr_zygote *z)
{
	if (z->socket >= 0)
		close(z->socket);
	z->socket = -1;
	if (z->pid > 0) {
		kill(z->pid, SIGKILL);
		while (waitpid(z->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	z->pid = 0;
}

static int
zygote_gone(struct pr_zygote *z, const char *why, struct pr_err *err)
{
	bury_zygote(z);
	return pr_fail(err, PR_FATAL, 0, "the zygote of '%s' %s: start the daemon again",
		       z->work.name, why);
}

static int
wait_ready(struct pr_zygote *z, struct pr_err *err)
{
	struct pr_err first;
	struct pollfd p = {z->socket, POLLIN, 0};
	int n;
	do
		n = poll(&p, 1, START_MS);
	while (n < 0 && errno == EINTR);
	if (n != 1 || recv(z->socket, &first, sizeof(first), 0) != (ssize_t)sizeof(first))
		return zygote_gone(z, "did not start", err);
	if (!first.fault)
		return 0;
	*err = first;
	bury_zygote(z);
	return -1;
}

struct pr_zygote *
pr_zygote_start(const struct pr_zygote_work *work, struct pr_err *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		pr_fail(err, PR_FATAL, errno, "cannot make the zygote's socket");
		return NULL;
	}
	struct pr_zygote *z = pr_calloc(1, sizeof(*z));
	z->work = *work;
	z->socket = pair[0];
	pid_t daemon = getpid();
	fflush(NULL);
	z->pid = fork();
	if (z->pid == 0)
		pr_zygote_nest(&z->work, pair[1], daemon);
	close(pair[1]);
	if (z->pid < 0)
		pr_fail(err, PR_FATAL, errno, "cannot fork the zygote");
	if (z->pid < 0 || wait_ready(z, err) < 0)
		pr_zygote_stop(&z);
	return z;
}

void
pr_zygote_stop(struct pr_zygote **z)
{
	if (!*z)
		return;
	bury_zygote(*z);
	free(*z);
	*z = NULL;
}

struct job {
	uint32_t id; /* 0: no job in this place */
	size_t item; /* its place in the batch */
	int pipe;    /* -1: read to its end, or to where it stopped to make sense */
	bool reported;
	struct pr_zygote_report report;
	struct pr_zygote_answer_head head;
	size_t head_got;
	uint64_t body_got;
	bool broken;
	struct pr_buf *out;
	size_t out_before;
};

static int
send_request(struct pr_zygote *z, uint32_t id, int fd, int pipe)
{
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control = {.room = {0}};
	struct pr_zygote_request request = {id};
	struct iovec part = {&request, sizeof(request)};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), (int[]){fd, pipe}, 2 * sizeof(int));
	ssize_t n;
	do
		n = sendmsg(z->socket, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(request) ? 0 : -1;
}

static int
job_start(struct pr_zygote *z, struct job *job, size_t item, int fd, struct pr_buf *out,
	  struct pr_err *err)
{
	int ends[2];
	if (z->socket < 0)
		return zygote_gone(z, "has ended", err);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot make a pipe");
	if (++z->last_id == 0)
		z->last_id = 1;
	*job = (struct job){
	    .id = z->last_id, .item = item, .pipe = ends[0], .out = out, .out_before = out->n};
	int rc = send_request(z, job->id, fd, ends[1]);
	close(ends[1]);
	if (rc == 0)
		return 0;
	if (errno == EBADF)
		return pr_fail(err, PR_RETRY, errno, "the zygote was given no file");
	return zygote_gone(z, "has ended", err);
}

static void
job_close(struct job *job)
{
	if (job->pipe >= 0)
		close(job->pipe);
	job->pipe = -1;
}

static bool
head_makes_sense(const struct job *job, size_t answer_max)
{
	return job->head.magic == PR_ZYGOTE_MAGIC && job->head.length <= answer_max;
}

/* Where the next bytes of the pipe go, and how many at most; NULL when there should be none. */
static char *
job_room(struct job *job, size_t *room)
{
	if (job->head_got < sizeof(job->head)) {
		*room = sizeof(job->head) - job->head_got;
		return (char *)&job->head + job->head_got;
	}
	uint64_t left = job->head.length - job->body_got;
	*room = left < 65536 ? (size_t)left : 65536;
	return left ? pr_buf_reserve(job->out, *room) : NULL;
}

/* One read of the pipe; a child that says too much, or nonsense, is not read any further. */
static void
job_read(struct job *job, size_t answer_max)
{
	char extra;
	size_t room = 1;
	char *to = job_room(job, &room);
	ssize_t n = read(job->pipe, to ? to : &extra, to ? room : 1);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && !to) {
		job->broken = true;
	} else if (n > 0 && job->head_got < sizeof(job->head)) {
		job->head_got += (size_t)n;
		job->broken =
		    job->head_got == sizeof(job->head) && !head_makes_sense(job, answer_max);
	} else if (n > 0) {
		pr_buf_grew(job->out, (size_t)n);
		job->body_got += (uint64_t)n;
	}
	if (n <= 0 || job->broken)
		job_close(job);
}

/* What the child wrote about its refusal comes from a stranger's reach: a known fault, plain words.
 */
static void
copy_refusal(const struct job *job, struct pr_err *err)
{
	const struct pr_err *said = &job->head.err;
	char words[sizeof(said->msg)];
	size_t n = strnlen(said->msg, sizeof(words) - 1);
	for (size_t i = 0; i < n; i++)
		words[i] = said->msg[i] >= ' ' && said->msg[i] <= '~' ? said->msg[i] : '?';
	words[n] = 0;
	pr_fail(err, said->fault == PR_RETRY ? PR_RETRY : PR_REJECT, 0, "%s", words);
}

static enum pr_zygote_outcome
job_failed(const struct job *job, const struct pr_zygote_work *work, struct pr_err *err)
{
	int status = job->report.status, sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (job->report.late) {
		pr_fail(err, PR_REJECT, 0, "%s took longer than %lld ms", work->name,
			(long long)work->wall_ms);
		return PR_ZYGOTE_TIMEOUT;
	}
	if (sig == SIGXCPU) {
		pr_fail(err, PR_REJECT, 0, "%s took more than %d s of CPU time", work->name,
			work->cpu_seconds);
		return PR_ZYGOTE_TIMEOUT;
	}
	if (sig == SIGSYS)
		pr_fail(err, PR_REJECT, 0, "%s tried what its sandbox forbids", work->name);
	else if (sig)
		pr_fail(err, PR_REJECT, 0, "%s was ended by signal %d (%s)", work->name, sig,
			strsignal(sig));
	else if (WEXITSTATUS(status) == 111)
		pr_fail(err, PR_REJECT, 0, "%s ran out of memory", work->name);
	else
		pr_fail(err, PR_REJECT, 0, "%s ended without an answer (status %d)", work->name,
			WEXITSTATUS(status));
	return PR_ZYGOTE_CRASHED;
}

static enum pr_zygote_outcome
job_outcome(struct job *job, const struct pr_zygote_work *work, struct pr_err *err)
{
	bool ended_well = WIFEXITED(job->report.status) && WEXITSTATUS(job->report.status) == 0;
	bool whole = ended_well && !job->report.late && !job->broken &&
		     job->head_got == sizeof(job->head) && job->body_got == job->head.length;
	if (whole && !job->head.refused)
		return PR_ZYGOTE_OK;
	if (job->out->p)
		job->out->p[job->out_before] = 0;
	job->out->n = job->out_before;
	if (job->out->failed) {
		job->out->failed = false;
		pr_fail(err, PR_REJECT, 0,
			"%s: the answer is longer than the %zu bytes there is room for", work->name,
			job->out->max);
		return PR_ZYGOTE_REFUSED;
	}
	if (!whole)
		return job_failed(job, work, err);
	copy_refusal(job, err);
	return PR_ZYGOTE_REFUSED;
}

static int
take_report(struct pr_zygote *z, struct job *jobs, struct pr_err *err)
{
	struct pr_zygote_report r;
	ssize_t n = recv(z->socket, &r, sizeof(r), MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n != (ssize_t)sizeof(r))
		return zygote_gone(z, "has ended", err);
	if (r.failed)
		return pr_fail(err, PR_RETRY, r.failed, "the zygote of '%s' cannot fork",
			       z->work.name);
	for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++)
		if (jobs[i].id == r.id) {
			jobs[i].reported = true;
			jobs[i].report = r;
		}
	return 0;
}

/* Wait for the zygote or any pipe and take what came. */
static int
batch_wait(struct pr_zygote *z, struct job *jobs, struct pr_err *err)
{
	struct pollfd fds[PR_ZYGOTE_RUNNING + 1] = {{z->socket, POLLIN, 0}};
	for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++)
		fds[i + 1] = (struct pollfd){jobs[i].id ? jobs[i].pipe : -1, POLLIN, 0};
	int n = poll(fds, PR_ZYGOTE_RUNNING + 1, (int)(z->work.wall_ms + GRACE_MS));
	if (n < 0)
		return errno == EINTR ? 0
				      : pr_fail(err, PR_RETRY, errno, "cannot wait for the zygote");
	if (n == 0)
		return zygote_gone(z, "hangs", err);
	for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++)
		if (fds[i + 1].revents)
			job_read(&jobs[i], z->work.answer_max);
	return fds[0].revents ? take_report(z, jobs, err) : 0;
}

int
pr_zygote_run_batch(struct pr_zygote *z, const int *fds, size_t n, struct pr_buf *outs,
		    enum pr_zygote_outcome *outcomes, struct pr_err *errs, struct pr_err *err)
{
	struct job jobs[PR_ZYGOTE_RUNNING] = {{.pipe = -1}, {.pipe = -1}};
	size_t started = 0, finished = 0;
	int rc = 0;
	while (finished < n && rc == 0) {
		for (size_t i = 0; i < PR_ZYGOTE_RUNNING && started < n && rc == 0; i++)
			if (!jobs[i].id) {
				rc = job_start(z, &jobs[i], started, fds[started], &outs[started],
					       err);
				started++;
			}
		if (rc == 0)
			rc = batch_wait(z, jobs, err);
		for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++) {
			struct job *job = &jobs[i];
			if (!job->id || !job->reported || job->pipe >= 0)
				continue;
			errs[job->item] = (struct pr_err){0};
			outcomes[job->item] = job_outcome(job, &z->work, &errs[job->item]);
			job->id = 0;
			finished++;
		}
	}
	for (size_t i = 0; i < PR_ZYGOTE_RUNNING; i++)
		job_close(&jobs[i]);
	return rc;
}

int
pr_zygote_run(struct pr_zygote *z, int fd, struct pr_buf *out, enum pr_zygote_outcome *outcome,
	      struct pr_err *err)
{
	struct pr_err said = {0}, failed = {0};
	int rc = pr_zygote_run_batch(z, &fd, 1, out, outcome, &said, &failed);
	if (err && (rc < 0 || *outcome != PR_ZYGOTE_OK))
		*err = rc < 0 ? failed : said;
	return rc;
}
