/* service: a tiny daemon is run for real, in a child, and watched from outside. */
#include "postroom/cleanup.h"
#include "postroom/council.h"
#include "postroom/file.h"
#include "postroom/service.h"
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- the daemon: `--do WORD` says how it behaves, standard output what happened ---- */

static const char *deed = "done";
static int steps, wake[2];

static int
tiny_do(struct pr_service_ctx *ctx, const char *word)
{
	(void)ctx;
	deed = word;
	return strcmp(word, "wrong") == 0 ? -1 : 0;
}

static bool
does(const char *word)
{
	return strcmp(deed, word) == 0;
}

static int64_t
claim_after(const struct pr_service_ctx *ctx)
{
	const struct pr_queue_conf *conf = pr_config_get(ctx->config, &pr_queue_section);
	return conf->claim_after;
}

static int
tiny_before_threads(struct pr_service_ctx *ctx, struct pr_err *err)
{
	(void)ctx, (void)err;
	dprintf(1, "before ");
	return 0;
}

static int
tiny_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	dprintf(1, "open:%s:%lld%s ", ctx->consumer, (long long)claim_after(ctx),
		ctx->shadow ? ":shadow" : "");
	if (does("open-retry"))
		return pr_fail(err, PR_RETRY, 0, "the database is not there yet");
	if (does("open-fatal"))
		return pr_fail(err, PR_FATAL, 0, "the settings do not fit");
	ctx->self = &steps;
	ctx->idle_ms = 10000;
	if (pipe(wake) < 0)
		return -1;
	ctx->wake_fd = does("wake") ? wake[0] : -1;
	return 0;
}

static enum pr_step
tiny_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	char *fresh = pr_arena_alloc(&ctx->arena, 1 << 20);
	steps++;
	dprintf(1, "step%s ", *fresh ? "-dirty" : "");
	if (does("retry"))
		pr_fail(err, PR_RETRY, 0, "redis is away");
	else if (does("fatal"))
		pr_fail(err, PR_FATAL, 0, "the zygote is gone");
	else if (does("done"))
		return PR_STEP_DONE;
	else if (does("work"))
		return steps < 2000 ? PR_STEP_WORKED : PR_STEP_DONE;
	else if (does("slow"))
		usleep(200 * 1000), dprintf(1, "finished ");
	else if (does("wake") && steps < 3)
		dprintf(wake[1], "x");
	return err->fault ? PR_STEP_ERROR : PR_STEP_IDLE;
}

static int
tiny_reload(struct pr_service_ctx *ctx, struct pr_err *err)
{
	if (claim_after(ctx) == 13000)
		return pr_fail(err, PR_FATAL, 0, "thirteen is not accepted");
	dprintf(1, "reload:%lld ", (long long)claim_after(ctx));
	return 0;
}

static void
tiny_close(struct pr_service_ctx *ctx)
{
	dprintf(1, "close:%lld%s", (long long)claim_after(ctx),
		ctx->stopping ? "" : ":not-stopping");
}

static const struct pr_section *const sections[] = {&pr_queue_section, NULL};

static int
stdin_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	(void)ctx, (void)err;
	if (does("term"))
		raise(SIGTERM);
	return 0;
}

static const struct pr_service stdin_service = {.name = "postroom-tiny",
						.summary = "takes one",
						.sections = sections,
						.quick = true,
						.open = stdin_open,
						.step = tiny_step};

static int
tiny_stdin(struct pr_service_ctx *ctx, const char *arg)
{
	(void)arg;
	ctx->service = &stdin_service;
	return 0;
}

static const struct pr_service_flag flags[] = {
    {"--do", "WORD", "how to behave", tiny_do},
    {"--stdin", NULL, "read one message from standard input", tiny_stdin},
    {NULL, NULL, NULL, NULL},
};

static const struct pr_service tiny = {
    .name = "postroom-tiny",
    .summary = "a daemon for a test",
    .sections = sections,
    .flags = flags,
    .before_threads = tiny_before_threads,
    .open = tiny_open,
    .step = tiny_step,
    .reload = tiny_reload,
    .close = tiny_close,
};

/* ---- running it ---- */

struct daemon {
	pid_t pid;
	int out; /* its standard output and error */
	struct pr_buf said;
};

#define WORDS_MAX 10

static void
launch(struct daemon *d, bool as_root, const char *const words[WORDS_MAX])
{
	int ends[2], argc = 1;
	char *argv[WORDS_MAX + 2] = {strdup("postroom-tiny")};
	for (; words[argc - 1]; argc++)
		argv[argc] = strdup(words[argc - 1]);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	d->pid = fork();
	if (d->pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		if (!as_root && getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		int status = pr_service_main(argc, argv, &tiny);
		fflush(NULL);
		_exit(status);
	}
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	close(ends[1]);
	d->out = ends[0];
	pr_buf_init(&d->said, 1 << 20);
}

/* Read what it says until the words are there, or it has closed its mouth, or five seconds are
 * over. */
static bool
hears(struct daemon *d, const char *words)
{
	for (;;) {
		if (words && d->said.n && strstr(d->said.p, words))
			return true;
		struct pollfd p = {d->out, POLLIN, 0};
		char *to = pr_buf_reserve(&d->said, 4096);
		ssize_t n = to && poll(&p, 1, 5000) == 1 ? read(d->out, to, 4096) : 0;
		if (n <= 0)
			return false;
		pr_buf_grew(&d->said, (size_t)n);
	}
}

static int
finish(struct daemon *d)
{
	int status;
	hears(d, NULL);
	close(d->out);
	waitpid(d->pid, &status, 0);
	if (!d->said.p)
		pr_buf_add_c(&d->said, "");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define EXPECT(d, words)                                                                           \
	do {                                                                                       \
		if (!hears(d, words))                                                              \
			fail_msg("no '%s' in: %s", words, (d)->said.p ? (d)->said.p : "");         \
	} while (0)

static const struct one_run {
	const char *words[WORDS_MAX];
	int status;
	const char *says[3];
} runs[] = {
    {{"--version"}, 0, {"postroom-tiny 0.1.0"}},
    {{"--help"}, 0, {"--config FILE", "--do WORD", "claim_after"}},
    {{"--bogus"}, 100, {"'--bogus' is not one of its flags"}},
    {{"word"}, 100, {"'word' is not one of its flags"}},
    {{"-o"}, 100, {"--option needs a value"}},
    {{"--instance", "0"}, 100, {"--instance needs a value that fits"}},
    {{"--instancex", "1"}, 100, {"not one of its flags"}},
    {{"--do", "wrong"}, 100, {"--do needs a value that fits"}},
    {{"-n"}, 0, {"the configuration is good"}},
    {{"-n", "-o", "queue.claim_after=5s"}, 0, {"the configuration is good"}},
    {{"-n", "-oqueue.claim_after=soon"}, 100, {"claim_after"}},
    {{"-n", "--option=queue.nonsense=1"}, 100, {"nonsense"}},
    {{"-c", "/nonexistent/postroom.yaml"}, 100, {"/nonexistent/postroom.yaml"}},
    {{"--do", "done"}, 0, {"before open:tiny-1:", "step ", "close:"}},
    {{"--do=work", "--instance=7", "--shadow"}, 0, {"open:tiny-7:", ":shadow", "close:"}},
    {{"--do", "retry", "-1"}, 111, {"redis is away", "close"}},
    {{"--do", "idle", "--once"}, 0, {"step ", "close:"}},
    {{"--do", "fatal"}, 111, {"the zygote is gone", "close"}},
    {{"--do", "open-retry"}, 111, {"the database is not there yet"}},
    {{"--do", "open-fatal"}, 100, {"the settings do not fit"}},
    {{"--stdin"}, 0, {"step"}},
    {{"--stdin", "--do", "retry"}, 75, {"redis is away"}},
    {{"--stdin", "--do", "term"}, 75, {"event=stopping"}},
    {{"--bogus", "--stdin"}, 75, {"not one of its flags"}},
    {{"--stdin", "-c", "/nonexistent/postroom.yaml"}, 75, {"nonexistent"}},
};

static void
every_way_out_has_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; i < PR_COUNT(runs); i++) {
		struct daemon d;
		launch(&d, false, runs[i].words);
		int status = finish(&d);
		if (status != runs[i].status)
			fail_msg("%s: status %d, not %d: %s", runs[i].words[0], status,
				 runs[i].status, d.said.p);
		for (size_t k = 0; k < 3 && runs[i].says[k]; k++)
			if (!strstr(d.said.p, runs[i].says[k]))
				fail_msg("%s: no '%s' in: %s", runs[i].words[0], runs[i].says[k],
					 d.said.p);
		if (strstr(d.said.p, "dirty") || strstr(d.said.p, "not-stopping"))
			fail_msg("%s", d.said.p);
		pr_buf_release(&d.said);
	}
}

static void
root_is_refused(void **state)
{
	struct daemon d;
	(void)state;
	if (getuid() != 0)
		skip();
	launch(&d, true, (const char *const[WORDS_MAX]){"--do", "done"});
	assert_int_equal(finish(&d), 100);
	assert_non_null(strstr(d.said.p, "setpriv"));
	assert_null(strstr(d.said.p, "before"));
	pr_buf_release(&d.said);
}

static void
term_finishes_the_step_in_hand(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(signals); i++) {
		struct daemon d;
		launch(&d, false, (const char *const[WORDS_MAX]){"--do", "slow"});
		EXPECT(&d, "step ");
		kill(d.pid, signals[i]);
		assert_int_equal(finish(&d), 0);
		assert_non_null(strstr(d.said.p, "step finished"));
		assert_non_null(strstr(d.said.p, "close:"));
		pr_buf_release(&d.said);
	}
}

static void
retry_backs_off(void **state)
{
	struct daemon d;
	int n = 0;
	(void)state;
	launch(&d, false, (const char *const[WORDS_MAX]){"--do", "retry"});
	EXPECT(&d, "step ");
	usleep(500 * 1000);
	kill(d.pid, SIGTERM);
	assert_int_equal(finish(&d), 0);
	for (const char *p = d.said.p; (p = strstr(p, "step ")); p++)
		n++;
	/* at 0, 100 and (unless the machine is busy) 300 ms; told by the step and, as event=step,
	 * by the log */
	if (n < 4 || n > 6)
		fail_msg("%d steps: %s", n, d.said.p);
	pr_buf_release(&d.said);
}

static void
a_readable_descriptor_wakes(void **state)
{
	struct daemon d;
	(void)state;
	launch(&d, false, (const char *const[WORDS_MAX]){"--do", "wake"});
	EXPECT(&d, "step step step ");
	kill(d.pid, SIGTERM);
	assert_int_equal(finish(&d), 0);
	pr_buf_release(&d.said);
}

static void
write_config(const char *path, const char *text)
{
	struct pr_err err;
	if (pr_file_replace(AT_FDCWD, path, pr_str_c(text), false, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(chmod(path, 0644), 0);
}

static void
hup_swaps_or_keeps(void **state)
{
	char dir[] = "/tmp/postroom-service-XXXXXX", path[64];
	struct daemon d;
	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	snprintf(path, sizeof(path), "%s/postroom.yaml", dir);
	write_config(path, "queue:\n  claim_after: 5s\n");
	launch(&d, false, (const char *const[WORDS_MAX]){"--do", "idle", "-c", path});
	EXPECT(&d, "open:tiny-1:5000 ");
	EXPECT(&d, "step ");
	write_config(path, "queue:\n  claim_after: 6s\n");
	kill(d.pid, SIGHUP);
	EXPECT(&d, "reload:6000 ");
	write_config(path, "queue:\n  claim_after: soon\n");
	kill(d.pid, SIGHUP);
	EXPECT(&d, "the configuration has errors");
	write_config(path, "queue:\n  claim_after: 13s\n");
	kill(d.pid, SIGHUP);
	EXPECT(&d, "thirteen is not accepted");
	kill(d.pid, SIGTERM);
	assert_int_equal(finish(&d), 0);
	assert_non_null(strstr(d.said.p, "close:6000"));
	pr_buf_release(&d.said);
	unlink(path);
	rmdir(dir);
}

static void
systemd_is_told(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(addr);
	char heard[4096] = "", *end = heard;
	struct daemon d;
	(void)state;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* an abstract address, which needs no file that another user could not reach */
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &length), 0);
	char name[sizeof(addr.sun_path) + 1];
	snprintf(name, sizeof(name), "@%.*s", (int)(length - sizeof(sa_family_t) - 1),
		 addr.sun_path + 1);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "60000", 1);
	launch(&d, false, (const char *const[WORDS_MAX]){"--do", "idle"});
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	EXPECT(&d, "step ");
	usleep(150 * 1000);
	kill(d.pid, SIGHUP);
	EXPECT(&d, "reload:");
	kill(d.pid, SIGTERM);
	assert_int_equal(finish(&d), 0);
	ssize_t n;
	while ((n = recv(fd, end, sizeof(heard) - 2 - (size_t)(end - heard), MSG_DONTWAIT)) > 0) {
		end += n;
		*end++ = ' ';
	}
	const char *pings = heard;
	for (int i = 0; i < 3; i++, pings++)
		assert_non_null(pings = strstr(pings, "WATCHDOG=1"));
	assert_int_equal(strncmp(heard, "READY=1 ", 8), 0);
	assert_non_null(strstr(heard, "RELOADING=1\nMONOTONIC_USEC="));
	assert_non_null(strstr(heard, "STOPPING=1"));
	pr_buf_release(&d.said);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_way_out_has_its_status),
	    cmocka_unit_test(root_is_refused),
	    cmocka_unit_test(term_finishes_the_step_in_hand),
	    cmocka_unit_test(retry_backs_off),
	    cmocka_unit_test(a_readable_descriptor_wakes),
	    cmocka_unit_test(hup_swaps_or_keeps),
	    cmocka_unit_test(systemd_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
