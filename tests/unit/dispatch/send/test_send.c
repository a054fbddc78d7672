/*
 * send: the state machine over a real store, with a carrier that does as it is told, dying
 * included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatch/send/send.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/log.h"

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE INT64_C(60000)
#define DAY    (24 * 60 * MINUTE)

/* ---- the carrier of the test ---- */

static struct {
	enum pr_outbox_state answer;
	bool dies;
	int64_t takes; /* ms */
	int calls;
	char order[200], account[64];
} told;

static void move_clock(int64_t ms);

static int
told_open(const struct pr_carrier_conf *conf, void **self, struct pr_err *err)
{
	(void)conf;
	(void)err;
	*self = &told;
	return 0;
}

static enum pr_outbox_state
told_send(void *self, const struct pr_carrier_message *m, struct pr_err *err)
{
	size_t n = strlen(told.order);

	(void)self;
	if (told.dies)
		raise(SIGKILL);
	told.calls++;
	if (told.takes)
		move_clock(told.takes);
	snprintf(told.order + n, sizeof(told.order) - n, PR_S_FMT " ", PR_S(m->row->kind));
	snprintf(told.account, sizeof(told.account), PR_S_FMT, PR_S(m->account));
	if (told.answer != PR_OUTBOX_SENT)
		pr_fail(err, PR_RETRY, 0, "as told");
	return told.answer;
}

static void
told_close(void **self)
{
	*self = NULL;
}

static const struct pr_carrier told_carrier = {"email", told_open, told_send, told_close};
static const struct pr_carrier *const told_carriers[] = {&told_carrier, NULL};

/* ---- the outbox of the test ---- */

static char dir[64], url[100], clock_file[80];
static struct pr_send_conf conf;
static struct pr_send s;
static struct pr_arena arena;
static int64_t moved;

#define CID "0123456789abcdef0123456789abcdef"

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
move_clock(int64_t ms)
{
	char tmp[90];

	moved += ms;
	snprintf(tmp, sizeof(tmp), "%s.tmp", clock_file);
	FILE *f = fopen(tmp, "w");
	assert_non_null(f);
	fprintf(f, "%lld", (long long)moved);
	fclose(f);
	assert_int_equal(rename(tmp, clock_file), 0);
}

static void
open_send(void)
{
	const struct pr_carrier_conf c = {.send = &conf};
	struct pr_err err = {0};
	struct pr_store *store = pr_store_open(url, true, &err);

	s = (struct pr_send){.carriers = told_carriers};
	if (!store || pr_send_open(&s, &c, store, &err) < 0)
		fail_msg("%s", err.msg);
}

static void
close_send(void)
{
	pr_send_close(&s);
	pr_store_close(&s.store);
}

static int
setup(void **state)
{
	const struct pr_store_contact contact = {.cid = PR_STR(CID),
						 .reference = PR_STR("EXA-23456-789AB-C"),
						 .channel = PR_STR("email"),
						 .account = PR_STR("post"),
						 .kind = PR_STR("request"),
						 .lang = PR_STR("en"),
						 .risk = PR_STR("none"),
						 .rules_version = PR_STR("0"),
						 .how = PR_STR("opened")};
	struct pr_err err = {0};
	bool added;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/send-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof(url), "sqlite:%s/postroom.db", dir);
	snprintf(clock_file, sizeof(clock_file), "%s/clock", dir);
	setenv("POSTROOM_CLOCK", clock_file, 1);
	moved = 0;
	move_clock(0);
	memset(&told, 0, sizeof(told));
	told.answer = PR_OUTBOX_SENT;
	conf = (struct pr_send_conf){
	    .smtp_timeout = 2 * MINUTE, .lease = 15 * MINUTE, .give_up = 3 * DAY, .batch = 16};
	pr_arena_init(&arena, 1 << 24);
	open_send();
	if (pr_store_contact_add(s.store, &contact, &added, &err) < 0)
		fail_msg("%s", err.msg);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close_send();
	pr_arena_release(&arena);
	unsetenv("POSTROOM_CLOCK");
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static void
add(const char *kind, const char *lane, const char *channel)
{
	struct pr_store_outbox o = {.created_at = pr_now(),
				    .cid = PR_STR(CID),
				    .kind = pr_str_c(kind),
				    .lane = pr_str_c(lane),
				    .channel = pr_str_c(channel),
				    .address = PR_STR("someone@example.org"),
				    .lang = PR_STR("en"),
				    .subject = PR_STR("s"),
				    .body = PR_STR("b"),
				    .message_id = pr_str_c(kind),
				    .state = PR_OUTBOX_PENDING};
	struct pr_err err = {0};
	bool added = false;

	if (pr_store_outbox_add(s.store, &o, &added, &err) < 0 || !added)
		fail_msg("%s", err.msg);
}

static struct pr_store_outbox
row_of(const char *kind)
{
	struct pr_store_outbox *rows;
	struct pr_err err = {0};
	size_t n;

	assert_int_equal(pr_store_outbox_of(s.store, PR_STR(CID), &arena, &rows, &n, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (pr_str_eq_c(rows[i].kind, kind))
			return rows[i];
	fail();
	return rows[0];
}

static int
round_of(void)
{
	struct pr_err err = {0};
	int n = pr_send_round(&s, &arena, &err);

	if (n < 0)
		fail_msg("%s", err.msg);
	return n;
}

static const enum pr_outbox_state answers[] = {PR_OUTBOX_SENT, PR_OUTBOX_UNKNOWN, PR_OUTBOX_DEAD};

/* A carrier's word stands, and none of these is ever tried again. */
static void
test_final(void **state)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (i) {
			teardown(state);
			setup(state);
		}
		told.answer = answers[i];
		add("acknowledgement", "normal", "email");
		assert_int_equal(round_of(), 1);
		struct pr_store_outbox row = row_of("acknowledgement");
		assert_int_equal(row.state, answers[i]);
		assert_int_equal(row.attempt, 1);
		move_clock(30 * DAY);
		assert_int_equal(round_of(), 0);
		assert_int_equal(told.calls, 1);
		assert_string_equal(told.account, "post");
	}
}

static const struct {
	int64_t wait; /* after the attempt before */
	bool tried;
} schedule[] = {
    {0, true},           {MINUTE - 5000, false}, {6000, true},
    {4 * MINUTE, false}, {2 * MINUTE, true},     {16 * MINUTE, true},
    {61 * MINUTE, true}, {241 * MINUTE, true},   {241 * MINUTE, true},
};

static void
test_deferred(void **state)
{
	int calls = 0;

	(void)state;
	told.answer = PR_OUTBOX_DEFERRED;
	add("acknowledgement", "normal", "email");
	for (size_t i = 0; i < sizeof(schedule) / sizeof(schedule[0]); i++) {
		move_clock(schedule[i].wait);
		round_of();
		calls += schedule[i].tried;
		if (told.calls != calls)
			fail_msg("step %zu: %d attempts instead of %d", i, told.calls, calls);
	}
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_DEFERRED);
	move_clock(3 * DAY);
	round_of();
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_DEAD);
}

/* Days of standstill do not kill what was tried once. */
static void
test_old_but_untried(void **state)
{
	(void)state;
	told.answer = PR_OUTBOX_DEFERRED;
	add("acknowledgement", "normal", "email");
	move_clock(10 * DAY);
	assert_int_equal(round_of(), 1);
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_DEFERRED);
}

/* kill -9 while the other side may be saying yes: unknown after the lease, and never sent again. */
static void
test_killed(void **state)
{
	int status;

	(void)state;
	add("acknowledgement", "normal", "email");
	close_send();
	pid_t pid = fork();
	if (pid == 0) {
		open_send();
		told.dies = true;
		round_of();
		_exit(1);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	open_send();
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_SENDING);
	assert_int_equal(round_of(), 0); /* another process may still be at it */
	move_clock(16 * MINUTE);
	assert_int_equal(round_of(), 0);
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_UNKNOWN);
	move_clock(30 * DAY);
	assert_int_equal(round_of(), 0);
	assert_int_equal(told.calls, 0);
}

static void
test_urgent_first(void **state)
{
	(void)state;
	conf.batch = 2;
	add("a", "normal", "email");
	add("b", "normal", "email");
	add("c", "urgent", "email");
	add("d", "urgent", "email");
	while (round_of())
		;
	assert_string_equal(told.order, "c d a b ");
}

static void
test_suppressed(void **state)
{
	struct pr_err err = {0};

	(void)state;
	assert_int_equal(pr_store_suppress(s.store, PR_STR("someone@example.org"), PR_STR("STOP"),
					   pr_now(), &err),
			 0);
	add("acknowledgement", "normal", "email");
	assert_int_equal(round_of(), 1);
	struct pr_store_outbox row = row_of("acknowledgement");
	assert_int_equal(row.state, PR_OUTBOX_DEAD);
	assert_true(pr_str_eq_c(row.detail, "suppressed"));
	assert_int_equal(told.calls, 0);
}

static void
test_hold(void **state)
{
	(void)state;
	conf.hold = true;
	add("acknowledgement", "normal", "email");
	assert_int_equal(round_of(), 0);
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_PENDING);
	conf.hold = false;
	assert_int_equal(round_of(), 1);
}

/* The carrier took so long over the first that the second's lease might end during its call: given
 * back untried. */
static void
test_lease_runs_out(void **state)
{
	(void)state;
	conf.batch = 2;
	add("a", "normal", "email");
	add("b", "normal", "email");
	told.takes = 14 * MINUTE;
	assert_int_equal(round_of(), 2);
	assert_int_equal(told.calls, 1);
	assert_int_equal(row_of("a").state, PR_OUTBOX_SENT);
	assert_int_equal(row_of("b").state, PR_OUTBOX_DEFERRED);
	told.takes = 0;
	assert_int_equal(round_of(), 1);
	assert_int_equal(row_of("b").state, PR_OUTBOX_SENT);
}

static void
test_patience(void **state)
{
	(void)state;
	assert_int_equal(pr_send_patience(&conf), 2 * MINUTE);
	conf.lease = 5000;
	assert_int_equal(pr_send_patience(&conf), 2500);
}

static void
test_no_carrier(void **state)
{
	(void)state;
	add("acknowledgement", "normal", "sms");
	assert_int_equal(round_of(), 1);
	assert_int_equal(row_of("acknowledgement").state, PR_OUTBOX_DEAD);
	assert_int_equal(told.calls, 0);
}

/* Two processes over one outbox, both at full speed: every row once. */
static void
test_two_senders(void **state)
{
	int status, sent[2];

	(void)state;
	for (int i = 0; i < 40; i++) {
		char kind[16];
		snprintf(kind, sizeof(kind), "k%d", i);
		add(kind, "normal", "email");
	}
	close_send();
	conf.batch = 3;
	pid_t pid = fork();
	open_send();
	struct pr_err err = {0};
	for (int idle = 0; idle < 3;)
		idle += pr_send_round(&s, &arena, &err) == 0;
	if (pid == 0)
		_exit(told.calls);
	waitpid(pid, &status, 0);
	sent[0] = told.calls;
	sent[1] = WEXITSTATUS(status);
	assert_int_equal(sent[0] + sent[1], 40);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_final),      T(test_deferred),       T(test_old_but_untried),
	    T(test_killed),     T(test_urgent_first),   T(test_suppressed),
	    T(test_hold),       T(test_lease_runs_out), T(test_patience),
	    T(test_no_carrier), T(test_two_senders),
	};
	pr_log_level(PR_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
