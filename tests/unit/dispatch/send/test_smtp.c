/*
 * smtp: F16, the fault matrix. A server that refuses, closes, resets or stalls at every step of a
 * delivery; each cell's outcome is declared here, and what the server took is counted against it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatch/send/send.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "postroom/mail.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/send-smtp-XXXXXX";
static int sink_stdin;
static char url[64];
static const struct pr_council_conf council = {.name = "Example Borough Council",
					       .name_cy = "Cyngor Enghraifft",
					       .email = "post@council.example.org"};
static struct pr_send_conf conf = {.smtp_url = url,
				   .smtp_ca_file = "",
				   .smtp_username = "",
				   .smtp_password = "",
				   .smtp_connect = 1000,
				   .smtp_timeout = 5000,
				   .lease = 900000};
static void *carrier;

/* With dots to be doubled curl asks once more after the last byte, without it does not: both must
 * be known as the end. */
#define DOTS  "Thank you.\n.\n..two dots\nYour reference is EXA-7K4D9-2QMHW-C.\n"
#define PLAIN "Thank you.\nYour reference is EXA-7K4D9-2QMHW-C.\n"
static const char *body = DOTS;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
script(const char *stage, const char *action)
{
	char path[80], tmp[80];

	snprintf(path, sizeof(path), "%s/script", dir);
	snprintf(tmp, sizeof(tmp), "%s/script.tmp", dir);
	FILE *f = fopen(tmp, "w");
	assert_non_null(f);
	fprintf(f, "%s %s", stage, action);
	fclose(f);
	assert_int_equal(rename(tmp, path), 0);
}

/* How many messages the server said 250 to; how many it had as a whole. */
static int
accepted(void)
{
	int n = 0;

	for (char path[80];; n++) {
		snprintf(path, sizeof(path), "%s/accepted.%d", dir, n);
		if (access(path, F_OK) < 0)
			return n;
	}
}

static int
whole(void)
{
	struct stat st;
	char path[80];

	snprintf(path, sizeof(path), "%s/whole", dir);
	return stat(path, &st) == 0 ? (int)st.st_size / 2 : 0;
}

static enum pr_outbox_state
send_one(const char *to, struct pr_err *err)
{
	struct pr_store_outbox row = {
	    .id = 1,
	    .created_at = INT64_C(1795344490000),
	    .kind = PR_STR("acknowledgement"),
	    .channel = PR_STR("email"),
	    .lang = PR_STR("en"),
	    .subject = PR_STR("We have your message"),
	    .body = pr_str_c(body),
	    .message_id = PR_STR("1.1@council.example.org"),
	    .references_text = PR_STR("a@example.org\nb@example.org"),
	};
	struct pr_carrier_message m = {&row, PR_STR_NONE};

	row.address = pr_str_c(to);
	*err = (struct pr_err){0};
	return pr_carrier_smtp.send(carrier, &m, err);
}

/* Patience where the server is to work, none where it is to stall: quick, and no flake on a slow
 * machine. */
static void
patience(size_t ms)
{
	conf.smtp_timeout = (int64_t)ms;
}

static int
open_carrier(void **state)
{
	const struct pr_carrier_conf c = {&conf, &council, NULL};
	struct pr_err err = {0};

	(void)state;
	script("none", "none");
	return pr_carrier_smtp.open(&c, &carrier, &err);
}

static int
close_carrier(void **state)
{
	(void)state;
	pr_carrier_smtp.close(&carrier);
	return 0;
}

#define SENT     PR_OUTBOX_SENT
#define DEFERRED PR_OUTBOX_DEFERRED
#define DEAD     PR_OUTBOX_DEAD
#define UNKNOWN  PR_OUTBOX_UNKNOWN

/* clang-format off */
static const struct {
	const char *stage, *action;
	enum pr_outbox_state state;
	const char *words; /* of the detail that staff see */
} cells[] = {
    {"none",   "none",  SENT,     ""},
    {"banner", "4xx",   DEFERRED, "451 4.3.0 to connecting"},
    {"banner", "5xx",   DEFERRED, "550 5.1.1 to connecting"},
    {"banner", "close", DEFERRED, "connecting"},
    {"banner", "reset", DEFERRED, "connecting"},
    {"banner", "stall", DEFERRED, "connecting"},
    {"ehlo",   "4xx",   DEFERRED, "451 4.3.0 to EHLO"},
    {"ehlo",   "5xx",   DEFERRED, "550 5.1.1 to EHLO"},
    {"ehlo",   "close", DEFERRED, "EHLO"},
    {"ehlo",   "reset", DEFERRED, "EHLO"},
    {"ehlo",   "stall", DEFERRED, "EHLO"},
    {"mail",   "4xx",   DEFERRED, "451 4.3.0 to MAIL FROM"},
    {"mail",   "5xx",   DEFERRED, "550 5.1.1 to MAIL FROM"},
    {"mail",   "close", DEFERRED, "MAIL FROM"},
    {"mail",   "reset", DEFERRED, "MAIL FROM"},
    {"mail",   "stall", DEFERRED, "MAIL FROM"},
    {"rcpt",   "4xx",   DEFERRED, "451 4.3.0 to RCPT TO"},
    {"rcpt",   "5xx",   DEAD,     "550 5.1.1 to RCPT TO"},
    {"rcpt",   "close", DEFERRED, "RCPT TO"},
    {"rcpt",   "reset", DEFERRED, "RCPT TO"},
    {"rcpt",   "stall", DEFERRED, "RCPT TO"},
    {"data",   "4xx",   DEFERRED, "451 4.3.0 to DATA"},
    {"data",   "5xx",   DEAD,     "550 5.1.1 to DATA"},
    {"data",   "close", DEFERRED, "DATA"},
    {"data",   "reset", DEFERRED, "DATA"},
    {"data",   "stall", DEFERRED, "DATA"},
    {"dot",    "4xx",   DEFERRED, "451 4.3.0 to the message"},
    {"dot",    "5xx",   DEAD,     "550 5.1.1 to the message"},
    {"dot",    "close", UNKNOWN,  "no answer after the last byte"},
    {"dot",    "reset", UNKNOWN,  "no answer after the last byte"},
    {"dot",    "stall", UNKNOWN,  "no answer after the last byte"},
    {"end",    "close", SENT,     ""},
    {"end",    "reset", SENT,     ""},
    {"end",    "stall", SENT,     ""},
};
/* clang-format on */

static void
one_cell(size_t i)
{
	int taken = accepted(), seen = whole();
	struct pr_err err;

	script(cells[i].stage, cells[i].action);
	enum pr_outbox_state state = send_one("someone@example.org", &err);
	if (state != cells[i].state || !strstr(err.msg, cells[i].words))
		fail_msg("%s %s: %s '%s'", cells[i].stage, cells[i].action,
			 pr_outbox_state_name(state), err.msg);
	assert_null(strstr(err.msg, "someone")); /* whatever the server quotes */
	for (int wait = 0; wait < 100 && cells[i].state == SENT && accepted() == taken; wait++)
		usleep(5000);
	assert_int_equal(accepted() - taken, cells[i].state == SENT);
	/* no attempt ever hands a message over twice */
	assert_true(whole() - seen <= 1);
	if (cells[i].state == DEFERRED && strcmp(cells[i].stage, "dot"))
		assert_int_equal(whole(), seen);
}

static void
test_matrix(void **state)
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		close_carrier(state);
		patience(strcmp(cells[i].action, "stall") ? 5000 : 100);
		assert_int_equal(open_carrier(state), 0);
		one_cell(i);
	}
	patience(5000);
}

/* The same on a connection that has just delivered another message. */
static void
test_matrix_reused(void **state)
{
	struct pr_err err;

	body = PLAIN;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		if (!strcmp(cells[i].stage, "banner") || !strcmp(cells[i].stage, "ehlo"))
			continue; /* they do not come again */
		if (!strcmp(cells[i].action, "stall"))
			continue; /* as on a new one */
		close_carrier(state);
		assert_int_equal(open_carrier(state), 0);
		assert_int_equal(send_one("other@example.org", &err), SENT);
		usleep(20000);
		one_cell(i);
	}
	body = DOTS;
}

/* A kept connection that the server closed while it was idle costs nothing. */
static void
test_idle_close(void **state)
{
	struct pr_err err;

	(void)state;
	script("end", "close");
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_one("someone@example.org", &err), SENT);
}

static void
test_bytes(void **state)
{
	struct pr_str refs[] = {PR_STR("a@example.org"), PR_STR("b@example.org")};
	const struct pr_mail_out mail = {
	    .from_name = PR_STR("Example Borough Council"),
	    .from_email = PR_STR("post@council.example.org"),
	    .to_email = PR_STR("someone@example.org"),
	    .subject = PR_STR("We have your message"),
	    .body = pr_str_c(body),
	    .message_id = PR_STR("1.1@council.example.org"),
	    .references = {refs, 2},
	    .automatic = true,
	    .date = INT64_C(1795344490000),
	};
	PR_AUTO_BUF struct pr_buf wanted, got;
	struct pr_err err;
	char path[80];
	int n = accepted();

	(void)state;
	pr_buf_init(&wanted, 1 << 20);
	pr_buf_init(&got, 1 << 20);
	assert_int_equal(send_one("someone@example.org", &err), SENT);
	for (int wait = 0; wait < 100 && accepted() == n; wait++)
		usleep(5000);
	snprintf(path, sizeof(path), "%s/accepted.%d", dir, n);
	assert_int_equal(pr_file_read(AT_FDCWD, path, &got, &err), 0);
	assert_int_equal(pr_mail_build(&mail, &wanted, &err), 0);
	assert_string_equal(got.p, wanted.p);
}

static const char *const bad_addresses[] = {
    "",
    "nobody",
    "a@b@example.org",
    "someone@example.org>\r\nRCPT TO:<other@example.org",
    "someone@example.org\nX: y",
    "some one@example.org",
    "<someone@example.org>",
};

static void
test_addresses(void **state)
{
	struct pr_err err;
	int n = accepted();

	(void)state;
	for (size_t i = 0; i < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++)
		assert_int_equal(send_one(bad_addresses[i], &err), DEAD);
	assert_int_equal(accepted(), n);
}

static void
test_nobody_there(void **state)
{
	struct pr_err err;

	close_carrier(state);
	conf.smtp_url = "smtp://127.0.0.1:1";
	assert_int_equal(open_carrier(state), 0);
	assert_int_equal(send_one("someone@example.org", &err), DEFERRED);
	close_carrier(state);
	conf.smtp_url = url; /* TLS is required, the sink has none: nothing is said in the clear */
	conf.smtp_tls = PR_SMTP_TLS_REQUIRED;
	int n = whole();
	assert_int_equal(open_carrier(state), 0);
	assert_int_equal(send_one("someone@example.org", &err), DEFERRED);
	assert_int_equal(whole(), n);
	conf.smtp_tls = PR_SMTP_TLS_NONE;
}

static pid_t
sink_start(void)
{
	const char *source = getenv("POSTROOM_SOURCE");
	char program[300], port[80];
	int fds[2];

	snprintf(program, sizeof(program), "%.200s/tests/support/smtp_sink.py",
		 source ? source : ".");
	snprintf(port, sizeof(port), "%s/port", dir);
	if (!mkdtemp(dir) || pipe(fds) < 0)
		abort();
	snprintf(port, sizeof(port), "%s/port", dir);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fds[0], STDIN_FILENO);
		close(fds[1]);
		execlp("python3", "python3", program, dir, (char *)NULL);
		_exit(127);
	}
	close(fds[0]);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	sink_stdin = fds[1];
	for (int i = 0; i < 1000 && access(port, R_OK) < 0; i++)
		usleep(5000);
	FILE *f = fopen(port, "r");
	if (!f || !fgets(program, sizeof(program), f))
		abort();
	fclose(f);
	snprintf(url, sizeof(url), "smtp://127.0.0.1:%.6s/postroom.example.org", program);
	return pid;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_bytes, open_carrier, close_carrier),
	    cmocka_unit_test_setup_teardown(test_matrix, open_carrier, close_carrier),
	    cmocka_unit_test_setup_teardown(test_matrix_reused, open_carrier, close_carrier),
	    cmocka_unit_test_setup_teardown(test_idle_close, open_carrier, close_carrier),
	    cmocka_unit_test_setup_teardown(test_addresses, open_carrier, close_carrier),
	    cmocka_unit_test_setup_teardown(test_nobody_there, open_carrier, close_carrier),
	};
	signal(SIGPIPE, SIG_IGN);
	pid_t sink = sink_start();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	close(sink_stdin);
	waitpid(sink, NULL, 0);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return failed;
}
