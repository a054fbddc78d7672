/* imap: against a real Dovecot over verified TLS, and against servers that lie, stall or drip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ingest/email/dovecot.h"

#include "postroom/clock.h"

#include <pthread.h>

/* libetpan 1.9.4 loses 49 bytes when a server greets with BYE. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:mailimap_greeting_new\n";
}

static struct dovecot server;
static struct fixture f;
static struct pr_mailbox_conf conf;
static struct pr_mailbox box;
static char ca_file[80];

static int
setup(void **state)
{
	char out[200];

	(void)state;
	fixture_init(&f);
	snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", server.dir);
	conf = (struct pr_mailbox_conf){
	    .name = "post",
	    .type = 1,
	    .path = "",
	    .host = "localhost",
	    .port = server.imaps,
	    .ca_file = ca_file,
	    .username = "post",
	    .password = "opensesame",
	    .folder = "INBOX",
	    .done_folder = "",
	    .poll = 1000,
	    .timeout = 5000,
	    .deadline = 10000,
	    .size_max = 1 << 20,
	};
	box = (struct pr_mailbox){
	    .conf = &conf, .driver = &pr_mailbox_imap, .state_dir = f.state_dir, .wake_fd = -1};
	doveadm(&server, out, sizeof(out),
		(const char *const[]){"expunge", "-u", "post", "mailbox", "*", "all", NULL});
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (box.self)
		box.driver->close(&box);
	pr_uid_state_release(&box.trouble.left);
	fixture_release(&f);
	return 0;
}

static void
deliver(const char *name)
{
	static int serial; /* a Maildir's names are used once */
	char text[200], file[64];

	snprintf(file, sizeof(file), "%lld.M%d.%s", (long long)time(NULL), serial++, name);
	snprintf(text, sizeof(text), "From: someone@example.org\r\nSubject: %s\r\n\r\nHello\r\n",
		 name);
	dovecot_deliver(&server, file, text, strlen(text));
}

static int
round_of(void)
{
	struct pr_err err = {0};
	int n = fixture_round(&f, &box, &err);

	if (n < 0)
		fail_msg("%s", err.msg);
	return n;
}

static int
taken(void)
{
	int all = 0;

	for (int n; (n = round_of());)
		all += n;
	return all;
}

/* How often `flag` stands in the folder's flags. */
static int
marked(const char *flag, const char *folder)
{
	char out[8192];
	int n = 0;

	doveadm(
	    &server, out, sizeof(out),
	    (const char *const[]){"fetch", "-u", "post", "flags", "mailbox", folder, "all", NULL});
	for (const char *at = out; (at = strstr(at, flag)); at++)
		n++;
	return n;
}

static void
test_fetch_and_mark(void **state)
{
	struct pr_err err = {0};

	(void)state;
	deliver("one");
	deliver("two");
	assert_int_equal(box.driver->open(&box, &err), 0);
	assert_int_equal(box.driver->fetch(&box, &f.batch, &err), 2);
	assert_int_equal(marked("$PostroomDone", "INBOX"),
			 0); /* nothing is told before it is safe */
	assert_int_equal(marked("\\Seen", "INBOX"), 0);
	assert_int_equal(pr_mailbox_submit(&f.submit, PR_STR("post"), &f.batch, &err), 0);
	assert_int_equal(marked("$PostroomDone", "INBOX"), 0);
	assert_int_equal(box.driver->done(&box, &f.batch, &err), 0);
	assert_int_equal(marked("$PostroomDone", "INBOX"), 2);
	assert_int_equal(marked("\\Seen", "INBOX"), 0);
	pr_mail_batch_reset(&f.batch);
	assert_int_equal(round_of(), 0);
	deliver("three"); /* on the open connection */
	assert_int_equal(round_of(), 1);
	assert_int_equal(fixture_contacts(&f), 3);
	box.driver->close(&box); /* and after a new one nothing comes back */
	assert_int_equal(round_of(), 0);
}

/* Every byte arrives as it is, whatever it is, and long messages do too. */
static void
test_bytes(void **state)
{
	static char text[3 << 20];
	const char head[] = "Subject: bytes\r\n\r\n";
	unsigned seed = 7;

	(void)state;
	memcpy(text, head, sizeof(head) - 1);
	for (size_t i = sizeof(head) - 1; i < sizeof(text); i++) {
		seed = seed * 1103515245u + 12345u;
		text[i] = (char)(i % 70 == 0 ? '\n' : (char)(128 + (seed >> 16) % 127));
	}
	dovecot_deliver(&server, "bytes", text, sizeof(text));
	struct pr_err err = {0};
	assert_int_equal(box.driver->open(&box, &err), 0);
	assert_int_equal(box.driver->fetch(&box, &f.batch, &err), 1);
	/* the server turns LF into CRLF */
	struct pr_str raw = pr_buf_str(&f.batch.v[0].raw);
	size_t at = 0;
	for (size_t i = 0; i < sizeof(text); i++) {
		if (text[i] == '\n' && raw.p[at] == '\r' && (i == 0 || text[i - 1] != '\r'))
			at++;
		if (at >= raw.n || raw.p[at++] != text[i])
			fail_msg("byte %zu differs", i);
	}
	assert_int_equal(at, raw.n);
}

static void
test_many(void **state)
{
	(void)state;
	for (int i = 0; i < 150; i++) {
		char name[20];
		snprintf(name, sizeof(name), "many%d", i);
		deliver(name);
	}
	assert_int_equal(taken(), 150);
	assert_int_equal(fixture_contacts(&f), 150);
	assert_int_equal(marked("$PostroomDone", "INBOX"), 150);
}

/* F12: the server forgets its numbers; every message is looked at again, none becomes a second
 * contact. */
static void
test_uidvalidity(void **state)
{
	char out[200];

	(void)state;
	deliver("one");
	deliver("two");
	assert_int_equal(taken(), 2);
	doveadm(&server, out, sizeof(out),
		(const char *const[]){"mailbox", "update", "-u", "post", "--uid-validity",
				      "1234567", "INBOX", NULL});
	deliver("three");
	/* the open connection may be told goodbye; the next one sees the new numbers */
	struct pr_err err = {0};
	int again = fixture_round(&f, &box, &err);
	if (again < 0) {
		box.driver->close(&box);
		again = 0;
	}
	again += taken();
	assert_int_equal(again, 3);
	assert_int_equal(fixture_contacts(&f), 3);
	assert_int_equal(taken(), 0);
	box.driver->close(&box);
	assert_int_equal(taken(), 0);
}

static void
test_move(void **state)
{
	char out[200];

	(void)state;
	conf.done = PR_MAILBOX_DONE_MOVE;
	conf.done_folder = "Processed";
	deliver("one");
	assert_int_equal(
	    taken(), 1); /* there is no such folder: told once, nothing is lost or taken again */
	assert_int_equal(marked("FLAGS", "INBOX") + marked("flags", "INBOX"), 1);
	assert_true(box.trouble.noted);
	doveadm(&server, out, sizeof(out),
		(const char *const[]){"mailbox", "create", "-u", "post", "Processed", NULL});
	deliver("two");
	assert_int_equal(taken(), 1);
	assert_int_equal(marked("flags", "Processed"), 1);
	box.driver->close(&box); /* the next connection catches up with the first one */
	assert_int_equal(taken(), 0);
	assert_int_equal(marked("flags", "Processed"), 2);
	assert_int_equal(marked("flags", "INBOX"), 0);
	assert_int_equal(fixture_contacts(&f), 2);
}

static void
test_shadow(void **state)
{
	(void)state;
	box.shadow = true;
	deliver("one");
	deliver("two");
	assert_int_equal(taken(), 2);
	box.driver->close(&box);
	assert_int_equal(taken(), 0);
	assert_int_equal(marked("$PostroomDone", "INBOX"), 0);
	assert_int_equal(marked("\\Seen", "INBOX"), 0);
	box.driver->close(&box);
	box.shadow = false; /* the real thing has a memory of its own, and the bytes are known */
	assert_int_equal(taken(), 2);
	assert_int_equal(fixture_contacts(&f), 2);
}

enum kill_at { AFTER_FETCH, AFTER_SUBMIT, AFTER_STATE, AFTER_ALL, KILLS };

/* kill -9 between any two steps: the next life ends where an unharmed one would have. */
static void
life(enum kill_at at)
{
	struct pr_err err = {0};

	if (box.driver->open(&box, &err) < 0 || box.driver->fetch(&box, &f.batch, &err) != 2) {
		_exit(1);
	}
	if (at >= AFTER_SUBMIT && pr_mailbox_submit(&f.submit, PR_STR("post"), &f.batch, &err) < 0)
		_exit(2);
	if (at == AFTER_STATE)
		conf.done = PR_MAILBOX_DONE_NONE; /* the state is saved, the flag is not set */
	if (at >= AFTER_STATE && box.driver->done(&box, &f.batch, &err) < 0)
		_exit(3);
	raise(SIGKILL);
}

static void
test_killed(void **state)
{
	for (int at = 0; at < KILLS; at++) {
		int status;

		if (at) {
			teardown(state);
			setup(state);
		}
		deliver("one");
		deliver("two");
		pid_t pid = fork();
		if (pid == 0)
			life((enum kill_at)at);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(taken(), at < AFTER_STATE ? 2 : 0);
		assert_int_equal(fixture_contacts(&f), 2);
		assert_int_equal(marked("$PostroomDone", "INBOX"), 2);
	}
}

static const struct {
	const char *host, *password, *folder;
	int tls;
	bool own_ca, wrong_port;
	const char *words;
} refusals[] = {
    {"127.0.0.1", "opensesame", "INBOX", 0, true, false, "is for another host"},
    {"localhost", "opensesame", "INBOX", 0, false, false, "tr"}, /* not trusted, or nothing is */
    {"127.0.0.1", "opensesame", "INBOX", 1, true, false, "is for another host"},
    {"localhost", "opensesame", "INBOX", 1, false, false, "tr"},
    {"localhost", "wrong", "INBOX", 0, true, false, "refused the login"},
    {"localhost", "opensesame", "Nowhere", 0, true, false, "folder cannot be opened"},
    {"localhost", "opensesame", "INBOX", 0, true, true, "implicit TLS"},
    {"nowhere.invalid", "opensesame", "INBOX", 0, true, false, "cannot be found"},
};

/* Each wrong thing has its own words; a wrong certificate comes before any login. */
static void
test_refusals(void **state)
{
	char log_path[100], log[16384];

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct pr_err err = {0};
		conf.host = refusals[i].host;
		conf.password = refusals[i].password;
		conf.folder = refusals[i].folder;
		conf.tls = refusals[i].tls;
		conf.ca_file = refusals[i].own_ca ? ca_file : "";
		conf.port = conf.tls || refusals[i].wrong_port ? server.imap : server.imaps;
		int r = fixture_round(&f, &box, &err);
		if (r != -1 || !strstr(err.msg, refusals[i].words))
			fail_msg("case %zu: %d %s", i, r, err.msg);
		assert_int_equal(err.fault, PR_RETRY);
		assert_null(strstr(err.msg, refusals[i].password));
		if (box.self)
			box.driver->close(&box);
		if (i != 3)
			continue;
		/* four bad certificates so far, and the server has heard of no login */
		snprintf(log_path, sizeof(log_path), "%s/dovecot.log", server.dir);
		FILE *in = fopen(log_path, "r");
		assert_non_null(in);
		log[fread(log, 1, sizeof(log) - 1, in)] = '\0';
		fclose(in);
		assert_non_null(strstr(log, "no auth attempts"));
	}
}

static void
test_starttls(void **state)
{
	(void)state;
	conf.tls = PR_MAILBOX_TLS_STARTTLS;
	conf.port = server.imap;
	deliver("one");
	assert_int_equal(taken(), 1);
	assert_int_equal(marked("$PostroomDone", "INBOX"), 1);
}

/* ---- a server of a few lines that does not behave ---- */

struct liar {
	int listener;
	const char *says; /* at once */
	bool drips;       /* then a byte each 50 ms for ever */
	char heard[512];
};

static void *
liar_run(void *ctx)
{
	struct liar *l = ctx;
	int fd = accept(l->listener, NULL, NULL);
	size_t n = 0;

	if (fd < 0)
		return NULL;
	(void)!write(fd, l->says, strlen(l->says));
	for (int i = 0; i < 400; i++) {
		ssize_t got = recv(fd, l->heard + n, sizeof(l->heard) - 1 - n, MSG_DONTWAIT);
		n += got > 0 ? (size_t)got : 0;
		if (got == 0 || (l->drips && send(fd, "x", 1, MSG_NOSIGNAL) < 0))
			break;
		usleep(50000);
	}
	close(fd);
	return NULL;
}

static const struct {
	const char *says;
	bool drips;
	int tls;
	const char *words;
} liars[] = {
    {"", false, 1, "fell silent"},         /* silent: the limit of a read */
    {"* OK wait", true, 1, "fell silent"}, /* drips: the deadline */
    {"* OK wait", true, 0, "TLS"},
    {"* PREAUTH welcome\r\n", false, 1, "PREAUTH"},
    {"* BYE too busy\r\n", false, 1, "greeting"},
    {"nonsense\r\n", false, 1, "greeting"},
    {"* OK [CAPABILITY IMAP4rev1] ready\r\n1 BAD no\r\n2 BAD no\r\n", false, 1, "STARTTLS"},
};

static void
test_liars(void **state)
{
	(void)state;
	conf.timeout = 1000;
	conf.deadline = 1500;
	for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
		struct sockaddr_in at = {.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		struct liar l = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), liars[i].says,
				 liars[i].drips, ""};
		socklen_t n = sizeof(at);
		struct pr_err err = {0};
		pthread_t thread;

		assert_int_equal(bind(l.listener, (struct sockaddr *)&at, n), 0);
		assert_int_equal(listen(l.listener, 1), 0);
		assert_int_equal(getsockname(l.listener, (struct sockaddr *)&at, &n), 0);
		pthread_create(&thread, NULL, liar_run, &l);
		conf.port = ntohs(at.sin_port);
		conf.host = "127.0.0.1";
		conf.tls = liars[i].tls;
		int64_t start = pr_mono();
		int r = box.driver->open(&box, &err);
		if (r != -1 || !strstr(err.msg, liars[i].words))
			fail_msg("case %zu: %d %s", i, r, err.msg);
		assert_true(pr_mono() - start < 4000);
		pthread_join(thread, NULL);
		close(l.listener);
		assert_null(strstr(l.heard, "opensesame"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fetch_and_mark, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_uidvalidity, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_move, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shadow, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_starttls, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_liars, setup, teardown),
	};
	signal(SIGPIPE, SIG_IGN);
	dovecot_start(&server, "localhost");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	dovecot_stop(&server);
	return failed;
}
