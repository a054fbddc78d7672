/*
 * sms: a text goes out by the gateway of the account it answers, once, and the gateway's fate is
 * the row's. The gateway is Kannel's sendsms interface, played by a few lines of HTTP.
 */
#include "tests/unit/cmocka_all.h"

#include "dispatch/send/send.h"
#include "postroom/gateway.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
	int listener, port;
	const char *answer; /* NULL: none, the connection is cut */
	int requests;
	char heard[4096];
} gateway;

static void *
gateway_run(void *ctx)
{
	(void)ctx;
	for (int fd; (fd = accept(gateway.listener, NULL, NULL)) >= 0; close(fd)) {
		ssize_t n = read(fd, gateway.heard, sizeof(gateway.heard) - 1);
		gateway.heard[n > 0 ? n : 0] = '\0';
		gateway.requests++;
		if (gateway.answer)
			(void)!write(fd, gateway.answer, strlen(gateway.answer));
	}
	return NULL;
}

static void
gateway_start(pthread_t *thread)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);

	gateway.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(gateway.listener, (struct sockaddr *)&at, n) < 0 ||
	    listen(gateway.listener, 5) < 0 ||
	    getsockname(gateway.listener, (struct sockaddr *)&at, &n) < 0)
		abort();
	gateway.port = ntohs(at.sin_port);
	pthread_create(thread, NULL, gateway_run, NULL);
}

/* The configuration with these entries under `sms:`. */
static struct pr_config *
config_of(const char *entries)
{
	static const struct pr_section *const sections[] = {&pr_sms_section, NULL};
	char path[] = "/tmp/send-sms-XXXXXX";
	struct pr_arena a;
	struct pr_diag diag;
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	assert_non_null(f);
	fprintf(f, "sms:\n%s", entries);
	fclose(f);
	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&diag, &a);
	struct pr_config *config = pr_config_load(path, sections, pr_section_names, NULL, &diag);
	if (!config)
		pr_diag_print(&diag, stderr);
	assert_non_null(config);
	unlink(path);
	pr_arena_release(&a);
	return config;
}

static enum pr_outbox_state
send_through(const struct pr_config *config, const char *account)
{
	const struct pr_store_outbox row = {
	    .channel = PR_STR("sms"),
	    .address = PR_STR("+447700900123"),
	    .body = PR_STR("Thank you. Your reference is EXA-7K4D9-2QMHW-C."),
	    .message_id = PR_STR("1.1"),
	};
	const struct pr_carrier_message m = {&row, pr_str_c(account)};
	const struct pr_carrier_conf conf = {.config = config};
	struct pr_err err = {0};
	void *self = NULL;

	assert_int_equal(pr_carrier_sms.open(&conf, &self, &err), 0);
	enum pr_outbox_state state = pr_carrier_sms.send(self, &m, &err);
	assert_int_equal(state == PR_OUTBOX_SENT, err.msg[0] == '\0');
	assert_null(strstr(err.msg, "7700900123"));
	pr_carrier_sms.close(&self);
	assert_null(self);
	return state;
}

#define HTTP(status, body)                                                                         \
	"HTTP/1.1 " status "\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n" body

static const struct {
	const char *answer;
	enum pr_outbox_state state;
} fates[] = {
    {HTTP("202 Accepted", "0: Accepted for delivery"), PR_OUTBOX_SENT},
    {HTTP("503 Service Unavailable", "Temporal failure, try again later."), PR_OUTBOX_DEFERRED},
    {HTTP("400 Bad Request", "no"), PR_OUTBOX_DEAD},
    {NULL, PR_OUTBOX_UNKNOWN},
};

static void
test_fates(void **state)
{
	char entries[300];

	(void)state;
	snprintf(
	    entries, sizeof(entries),
	    "  - {name: text, provider: kannel, send_url: 'http://127.0.0.1:%d/cgi-bin/sendsms'}\n",
	    gateway.port);
	struct pr_config *config = config_of(entries);
	for (size_t i = 0; i < PR_COUNT(fates); i++) {
		gateway.answer = fates[i].answer;
		gateway.requests = 0;
		enum pr_outbox_state got = send_through(config, "text");
		if (got != fates[i].state)
			fail_msg("case %zu: %s", i, pr_outbox_state_name(got));
		assert_int_equal(gateway.requests, 1); /* and never a second time */
	}
	pr_config_free(&config);
}

static const struct {
	const char *account, *sender;
} accounts[] = {{"two", "60002"}, {"one", "60001"}, {"", "60001"}, {"gone", "60001"}};

static void
test_account(void **state)
{
	char entries[600], wanted[40];

	(void)state;
	snprintf(entries, sizeof(entries),
		 "  - {name: one, provider: kannel, sender: '60001', send_url: "
		 "'http://127.0.0.1:%d/cgi-bin/sendsms'}\n"
		 "  - {name: two, provider: kannel, sender: '60002', send_url: "
		 "'http://127.0.0.1:%d/cgi-bin/sendsms'}\n",
		 gateway.port, gateway.port);
	struct pr_config *config = config_of(entries);
	gateway.answer = fates[0].answer;
	for (size_t i = 0; i < PR_COUNT(accounts); i++) {
		assert_int_equal(send_through(config, accounts[i].account), PR_OUTBOX_SENT);
		snprintf(wanted, sizeof(wanted), "from=%s", accounts[i].sender);
		assert_non_null(strstr(gateway.heard, wanted));
	}
	pr_config_free(&config);
}

/* No gateway yet is a state of affairs that somebody will mend: the text waits. */
static void
test_none(void **state)
{
	struct pr_config *config = config_of("  []\n");

	(void)state;
	assert_int_equal(send_through(config, "text"), PR_OUTBOX_DEFERRED);
	assert_int_equal(send_through(NULL, "text"), PR_OUTBOX_DEFERRED);
	pr_config_free(&config);
	config = config_of("  - {name: text, provider: null}\n");
	assert_int_equal(send_through(config, "text"), PR_OUTBOX_SENT);
	pr_config_free(&config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fates),
	    cmocka_unit_test(test_account),
	    cmocka_unit_test(test_none),
	};
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	gateway_start(&thread);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	shutdown(gateway.listener, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(gateway.listener);
	return failed;
}
