/*
 * postroom rules backtest OLD NEW [--file FILE | -c FILE [--since DAYS]] [--json] [--jobs N]: run
 * both rule sets over the contacts and say what would have been another verdict. Changes nothing.
 *
 * The rules are loaded once; then each processor has a process of its own, which reads its part of
 * the contacts and sends a record for each through a pipe.
 */
#include "tools/backtest.h"

#include "postroom/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

#define JOBS_MAX    64
#define COSTS_SENT  8 /* dearest rules of each worker */
#define WORKER_ROOM ((size_t)64 << 20)

struct worker {
	pid_t pid;
	int fd; /* -1: its end was reached */
	size_t n;
	char bytes[256 * sizeof(struct backtest_record)];
};

/* ---- in the worker ---- */

struct working {
	struct backtest *b;
	struct pr_arena arena;
	FILE *out;
	struct pr_err err;
};

static void
copy_word(char *out, size_t room, struct pr_str word)
{
	size_t n = word.n < room - 1 ? word.n : room - 1;

	memset(out, 0, room);
	if (n)
		memcpy(out, word.p, n);
}

static int
verdict(struct working *w, struct pr_rules *rules, const struct pr_judged *j,
	struct backtest_verdict *v)
{
	const struct pr_classify_world world = {.reference_prefix = w->b->source.prefix};
	struct pr_contact c = j->contact;

	pr_arena_reset(&w->arena);
	c.problems = (struct pr_list){NULL, 0}; /* both add to it */
	if (pr_classify(rules, &world, &w->arena, &c, &w->err) < 0)
		return -1;
	v->lgsl = (int32_t)c.lgsl;
	v->lgil = (int32_t)c.lgil;
	v->certain = c.certain;
	v->incomplete = c.incomplete;
	v->right = pr_judged_agrees(j, c.lgsl, c.lgil);
	copy_word(v->kind, sizeof(v->kind), c.kind);
	copy_word(v->risk, sizeof(v->risk), c.risk);
	return 0;
}

static int
work_one(void *ctx, const struct pr_judged *j)
{
	struct working *w = ctx;
	struct backtest_record r = {.type = BACKTEST_CONTACT};

	copy_word(r.contact.cid, sizeof(r.contact.cid), j->contact.cid);
	r.contact.judged = j->right.n > 0;
	if (verdict(w, w->b->was.rules, j, &r.contact.was) < 0 ||
	    verdict(w, w->b->is.rules, j, &r.contact.is) < 0)
		return -1;
	if (fwrite(&r, sizeof(r), 1, w->out) != 1)
		return pr_fail(&w->err, PR_RETRY, errno, "cannot send a verdict");
	return 0;
}

static void
send_costs(struct working *w)
{
	struct pr_rule_cost *costs;
	size_t n = pr_rules_costs(w->b->is.rules, &w->arena, &costs);

	for (size_t i = 0; i < n && i < COSTS_SENT; i++) {
		struct backtest_record r = {.type = BACKTEST_COST};

		if (!costs[i].calls)
			continue;
		copy_word(r.cost.rule, sizeof(r.cost.rule), costs[i].rule);
		r.cost.calls = costs[i].calls;
		r.cost.ns = costs[i].ns;
		r.cost.limit_hits = costs[i].limit_hits;
		fwrite(&r, sizeof(r), 1, w->out);
	}
}

/* Leaves with _exit: what the parent has open is the parent's to close. */
static _Noreturn void
work(struct backtest *b, int part, int parts, int fd)
{
	struct working w = {.b = b, .out = fdopen(fd, "we")};
	int rc;

	if (!w.out)
		_exit(PR_EXIT_TEMPORARY);
	pr_arena_init(&w.arena, WORKER_ROOM);
	rc = pr_judged_each(&b->source, part, parts, work_one, &w, &w.err);
	if (rc == 0) {
		send_costs(&w);
	} else {
		struct backtest_record r = {.type = BACKTEST_FAILED};

		r.failed = w.err;
		fwrite(&r, sizeof(r), 1, w.out);
	}
	_exit(fflush(w.out) == 0 && rc == 0 ? PR_EXIT_OK : PR_EXIT_TEMPORARY);
}

/* ---- in the parent ---- */

static int
start(struct backtest *b, struct worker *workers, int part, int parts)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	workers[part].pid = fork();
	if (workers[part].pid == 0) {
		close(ends[0]);
		for (int i = 0; i < part; i++)
			close(workers[i].fd);
		work(b, part, parts, ends[1]);
	}
	close(ends[1]);
	workers[part].fd = ends[0];
	return workers[part].pid < 0 ? -1 : 0;
}

/* 0, or the exit code that a worker's error asks for. */
static int
take_records(struct backtest *b, struct worker *w)
{
	int code = 0;
	size_t at = 0;

	for (; w->n - at >= sizeof(struct backtest_record); at += sizeof(struct backtest_record)) {
		struct backtest_record r;

		memcpy(&r, w->bytes + at, sizeof(r));
		if (r.type == BACKTEST_FAILED)
			code = pr_tool_failed(&r.failed);
		else
			backtest_add(b, &r);
	}
	memmove(w->bytes, w->bytes + at, w->n - at);
	w->n -= at;
	return code;
}

static int
read_worker(struct backtest *b, struct worker *w)
{
	ssize_t n = read(w->fd, w->bytes + w->n, sizeof(w->bytes) - w->n);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		close(w->fd);
		w->fd = -1;
		return 0;
	}
	w->n += (size_t)n;
	return take_records(b, w);
}

static int
gather(struct backtest *b, struct worker *workers, int jobs)
{
	struct pollfd fds[JOBS_MAX];
	int code = 0, open = jobs;

	while (open) {
		open = 0;
		for (int i = 0; i < jobs; i++) {
			fds[i] = (struct pollfd){workers[i].fd, POLLIN, 0};
			open += workers[i].fd >= 0;
		}
		if (!open || (poll(fds, (nfds_t)jobs, -1) < 0 && errno != EINTR))
			break;
		for (int i = 0; i < jobs; i++) {
			int failed = fds[i].revents ? read_worker(b, &workers[i]) : 0;

			code = code ? code : failed;
		}
		if (b->source.total)
			pr_judged_progress("backtest", (int)(b->contacts * 999 / b->source.total));
	}
	pr_judged_progress("backtest", 1000);
	return code;
}

static int
run(struct backtest *b, int jobs)
{
	struct worker *workers = pr_calloc((size_t)jobs, sizeof(*workers));
	int started = 0, code = 0;

	fflush(NULL);
	while (started < jobs && start(b, workers, started, jobs) == 0)
		started++;
	if (started < jobs) {
		fprintf(stderr, "postroom rules backtest: cannot start a process: %s\n",
			strerror(errno));
		code = PR_EXIT_TEMPORARY;
	}
	if (started) {
		int failed = gather(b, workers, started);

		code = code ? code : failed;
	}
	for (int i = 0; i < started; i++) {
		int status = 0;

		if (workers[i].fd >= 0)
			close(workers[i].fd);
		waitpid(workers[i].pid, &status, 0);
		if (status && !code) {
			fprintf(stderr, "postroom rules backtest: a process ended early\n");
			code = PR_EXIT_TEMPORARY;
		}
	}
	free(workers);
	return code;
}

/* ---- the command ---- */

static int
usage(const char *why)
{
	fprintf(stderr,
		"postroom rules backtest: %s\n"
		"usage: postroom rules backtest OLD NEW [--json] [--jobs N]\n"
		"                               [--file FILE | -c FILE [--since DAYS]]\n",
		why);
	return PR_EXIT_CONFIG;
}

/* What pr_judged_open left: the two folders and --jobs. */
static int
arguments(struct backtest *b, int *jobs)
{
	int argc = b->source.argc;
	char **argv = b->source.argv;
	double n = (double)sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--jobs") == 0) {
			if (!pr_judged_number(argc, argv, &i, 1, JOBS_MAX, &n))
				return PR_EXIT_CONFIG;
		} else if (argv[i][0] == '-') {
			return usage("an option that is not known, or one without its value");
		} else if (b->is.dir) {
			return usage("an argument too many");
		} else {
			*(b->was.dir ? &b->is.dir : &b->was.dir) = argv[i];
		}
	}
	*jobs = n < 1 ? 1 : n > JOBS_MAX ? JOBS_MAX : (int)n;
	return b->is.dir ? 0 : usage("two folders of rules are compared: OLD and NEW");
}

int
pr_tool_rules_backtest(int argc, char **argv)
{
	struct backtest b = {.contacts = 0};
	int64_t began = pr_mono();
	int jobs = 1;
	int code = pr_judged_arguments(&b.source, argc, argv);

	if (code == 0)
		code = arguments(&b, &jobs);
	if (code == 0)
		code = pr_judged_open(&b.source);
	if (code == 0) {
		b.was.rules = pr_judged_rules(b.was.dir);
		b.is.rules = pr_judged_rules(b.is.dir);
		code = b.was.rules && b.is.rules ? run(&b, jobs) : PR_EXIT_CONFIG;
	}
	b.seconds = (double)(pr_mono() - began) / 1000;
	if (code == 0)
		backtest_report(&b);
	pr_rules_free(&b.was.rules);
	pr_rules_free(&b.is.rules);
	pr_judged_close(&b.source);
	free(b.moves);
	free(b.risks);
	free(b.kinds);
	free(b.costs);
	return code;
}
