/* queue: the promises of queue.h against a real Redis that is restarted, emptied, filled and
 * misconfigured. */
#include "postroom/clock.h"
#include "postroom/queue.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/redis_server.h"

static struct redis_server server;
static struct pr_queue *queue;
static struct pr_err err;

#define OK(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

static struct pr_queue *
consumer(const char *name)
{
	struct pr_queue *q = pr_queue_open(server.socket, name, &err);
	assert_non_null(q);
	return q;
}

static void
tell(const char *command)
{
	char text[256];
	assert_int_equal(redis_server_ask(&server, command, text, sizeof(text)), 0);
	if (*text == '-')
		fail_msg("%s: %s", command, text);
}

static int
before(void **state)
{
	(void)state;
	tell("FLUSHALL");
	queue = consumer("test-1");
	return 0;
}

static int
after(void **state)
{
	(void)state;
	pr_queue_close(&queue);
	return 0;
}

static int
start(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return redis_server_start(&server) ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	redis_server_stop(&server);
	return 0;
}

static struct pr_cid
cid_of(int i)
{
	struct pr_cid cid;
	snprintf(cid.hex, sizeof(cid.hex), "%032x", (unsigned)i);
	return cid;
}

/* Put n contacts numbered from `from`; returns how many were added. */
static size_t
put(int from, int n, enum pr_channel channel)
{
	struct pr_queue_item items[1100];
	size_t added = 0;
	assert_true(n <= 1100);
	for (int i = 0; i < n; i++)
		items[i] = (struct pr_queue_item){cid_of(from + i), channel};
	OK(pr_queue_put(queue, items, (size_t)n, &added, &err));
	return added;
}

static int
take(struct pr_queue *q, enum pr_queue_stage stage, struct pr_ticket *tickets, size_t max)
{
	int n = pr_queue_take(q, stage, tickets, max, 0, &err);
	OK(n);
	return n;
}

static struct pr_queue_counts
counts(void)
{
	struct pr_queue_counts c;
	OK(pr_queue_count(queue, &c, &err));
	return c;
}

static void
put_is_idempotent_while_live(void **state)
{
	struct pr_ticket t[8];
	(void)state;
	assert_int_equal(put(1, 3, PR_CHANNEL_EMAIL), 3);
	assert_int_equal(put(1, 4, PR_CHANNEL_EMAIL), 1);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 4);
	assert_int_equal(put(1, 4, PR_CHANNEL_EMAIL), 0);
	OK(pr_queue_move(queue, t, NULL, 4, &err));
	assert_int_equal(put(1, 4, PR_CHANNEL_EMAIL), 0);
	assert_int_equal(take(queue, PR_QUEUE_CLASSIFIED, t, 8), 4);
	assert_int_equal(put(1, 4, PR_CHANNEL_EMAIL), 0);
	OK(pr_queue_done(queue, t, 4, &err));
	assert_int_equal(put(1, 4, PR_CHANNEL_EMAIL), 4);
}

static void
every_hop_may_be_repeated(void **state)
{
	struct pr_ticket t[8], second[8];
	(void)state;
	put(1, 3, PR_CHANNEL_SMS);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 3);
	assert_int_equal(t[0].channel, PR_CHANNEL_SMS);
	assert_string_equal(t[0].cid.hex, cid_of(1).hex);
	assert_int_equal(t[0].deliveries, 1);
	for (int i = 0; i < 3; i++) {
		OK(pr_queue_move(queue, t, NULL, 2, &err));
		OK(pr_queue_bury(queue, &t[2], &err));
		assert_int_equal(counts().contacts[PR_CHANNEL_SMS], 0);
		assert_int_equal(counts().classified[PR_CHANNEL_SMS], 2);
		assert_int_equal(counts().buried, 1);
		assert_int_equal(counts().live, 3);
	}
	assert_int_equal(take(queue, PR_QUEUE_CLASSIFIED, t, 8), 2);
	assert_int_equal(take(queue, PR_QUEUE_BURIED, second, 8), 1);
	assert_int_equal(counts().pending, 3);
	for (int i = 0; i < 3; i++) {
		OK(pr_queue_done(queue, t, 2, &err));
		OK(pr_queue_done(queue, second, 1, &err));
		assert_int_equal(counts().live, 0);
		assert_int_equal(counts().pending, 0);
	}
	/* put again is what `postroom kick` does */
	assert_int_equal(put(3, 1, PR_CHANNEL_SMS), 1);
}

static void
kill_of_redis_keeps_all(void **state)
{
	struct pr_ticket t[64];
	bool urgent[64] = {true};
	(void)state;
	put(1, 200, PR_CHANNEL_WEB);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 64), 64);
	OK(pr_queue_move(queue, t, urgent, 32, &err));
	redis_server_kill(&server);
	assert_int_equal(pr_queue_move(queue, t, urgent, 32, &err), -1);
	assert_int_equal(err.fault, PR_RETRY);
	assert_true(redis_server_start_again(&server));
	OK(pr_queue_move(queue, t, urgent, 32, &err));
	assert_int_equal(counts().contacts[PR_CHANNEL_WEB], 168);
	assert_int_equal(counts().classified[PR_CHANNEL_WEB], 31);
	assert_int_equal(counts().urgent, 1);
	assert_int_equal(counts().live, 200);
	assert_int_equal(counts().pending, 32);
	pr_queue_close(&queue);
	queue = consumer("test-1");
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 64), 32);
	assert_int_equal(t[0].deliveries, 2);
}

/* The call after a restart mends its connection by itself. */
static void
restart_is_not_noticed(void **state)
{
	struct pr_ticket t[4];
	(void)state;
	put(1, 2, PR_CHANNEL_EMAIL);
	redis_server_kill(&server);
	assert_true(redis_server_start_again(&server));
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 4), 2);
	redis_server_kill(&server);
	assert_true(redis_server_start_again(&server));
	OK(pr_queue_move(queue, t, NULL, 2, &err));
	assert_int_equal(counts().classified[PR_CHANNEL_EMAIL], 2);
}

static void
an_emptied_server_is_filled_again(void **state)
{
	static const char *const empties[] = {"FLUSHALL", "FUNCTION FLUSH",
					      "XGROUP DESTROY pr:contacts:email pr"};
	struct pr_ticket t[8];
	bool live[4];
	struct pr_cid cids[] = {cid_of(1), cid_of(2), cid_of(3), cid_of(9)};
	(void)state;
	for (size_t i = 0; i < PR_COUNT(empties); i++) {
		tell("FLUSHALL");
		put(1, 3, PR_CHANNEL_EMAIL);
		assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 2), 2);
		tell(empties[i]);
		OK(pr_queue_move(queue, t, NULL, 2, &err));
		tell(empties[i][0] == 'X' ? "PING" : empties[i]);
		OK(pr_queue_done(queue, t, 2, &err));
		OK(pr_queue_bury(queue, t, &err));
		OK(pr_queue_live(queue, cids, live, 4, &err));
		tell(empties[i][0] == 'X' ? "PING" : empties[i]);
		put(1, 3, PR_CHANNEL_EMAIL);
		assert_true(take(queue, PR_QUEUE_CONTACTS, t, 8) > 0);
		tell("FLUSHALL");
		assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 0);
		assert_int_equal(take(queue, PR_QUEUE_CLASSIFIED, t, 8), 0);
		assert_int_equal(take(queue, PR_QUEUE_BURIED, t, 8), 0);
		tell("FUNCTION FLUSH");
		assert_int_equal(counts().live, 0);
	}
}

static void
what_a_dead_consumer_held_is_claimed(void **state)
{
	struct pr_ticket t[8];
	struct pr_queue *other = consumer("test-2");
	(void)state;
	put(1, 4, PR_CHANNEL_EMAIL);
	assert_int_equal(take(other, PR_QUEUE_CONTACTS, t, 3), 3);
	pr_queue_close(&other);
	tell("XDEL pr:contacts:email 0-0"); /* of none; the next deletes the second in hand */
	char command[100];
	snprintf(command, sizeof(command), "XDEL pr:contacts:email %s", t[1].id);
	tell(command);
	pr_queue_claim_after(queue, 250);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8),
			 1); /* the fresh one: the others are not idle yet */
	usleep(260 * 1000);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(t[i].deliveries, 2);
	assert_int_equal(counts().pending, 3);
}

static void
own_entries_come_first_and_are_counted(void **state)
{
	struct pr_ticket t[8];
	(void)state;
	put(1, 5, PR_CHANNEL_EMAIL);
	put(6, 1, PR_CHANNEL_WEB);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 3), 3);
	for (unsigned life = 2; life < 8; life++) {
		pr_queue_close(&queue);
		queue = consumer("test-1");
		if (life == 5) { /* Redis remembers how often, too */
			redis_server_kill(&server);
			assert_true(redis_server_start_again(&server));
		}
		/* page by page */
		assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 2), 2);
		assert_int_equal(t[0].deliveries, life);
		assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t + 2, 2), 1);
		assert_int_equal(t[2].deliveries, life);
	}
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t + 3, 8), 3);
	assert_int_equal(t[3].deliveries, 1);
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(t[i].cid.hex, t[k].cid.hex);
}

static void
channels_share_fairly(void **state)
{
	struct pr_ticket t[64];
	int of[PR_CHANNELS] = {0};
	(void)state;
	put(1, 1000, PR_CHANNEL_EMAIL);
	put(2001, 1, PR_CHANNEL_SMS);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 64), 64);
	for (int i = 0; i < 64; i++)
		of[t[i].channel]++;
	assert_int_equal(of[PR_CHANNEL_SMS], 1);
	assert_int_equal(of[PR_CHANNEL_EMAIL], 63);
	/* one at a time each channel has its turn */
	put(3001, 1, PR_CHANNEL_SMS);
	put(4001, 1, PR_CHANNEL_WEB);
	memset(of, 0, sizeof(of));
	for (int i = 0; i < 4; i++) {
		assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 1), 1);
		of[t[0].channel]++;
	}
	assert_int_equal(of[PR_CHANNEL_SMS], 1);
	assert_int_equal(of[PR_CHANNEL_WEB], 1);
}

static void
urgent_is_first(void **state)
{
	struct pr_ticket t[64];
	bool urgent[64] = {false};
	(void)state;
	put(1, 1000, PR_CHANNEL_EMAIL);
	for (int n = 0; n < 1000;) {
		int got = take(queue, PR_QUEUE_CONTACTS, t, 64);
		OK(pr_queue_move(queue, t, urgent, (size_t)got, &err));
		n += got;
	}
	put(5001, 3, PR_CHANNEL_SMS);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 64), 3);
	urgent[2] = true;
	OK(pr_queue_move(queue, t, urgent, 3, &err));
	assert_int_equal(take(queue, PR_QUEUE_CLASSIFIED, t, 64), 1);
	assert_string_equal(t[0].cid.hex, cid_of(5003).hex);
	assert_int_equal(t[0].channel, PR_CHANNEL_SMS);
	assert_int_equal(take(queue, PR_QUEUE_CLASSIFIED, t + 1, 63), 63);
	OK(pr_queue_done(queue, t, 64, &err));
	assert_int_equal(counts().live, 939);
}

static void
take_waits_and_wakes(void **state)
{
	struct pr_ticket t[4];
	(void)state;
	int64_t began = pr_mono();
	assert_int_equal(pr_queue_take(queue, PR_QUEUE_CLASSIFIED, t, 4, 60, &err), 0);
	assert_true(pr_mono() - began >= 60);
	pid_t pid = fork();
	if (pid == 0) {
		struct pr_queue *q = pr_queue_open(server.socket, "test-2", NULL);
		usleep(100 * 1000);
		_exit(pr_queue_put(q, &(struct pr_queue_item){cid_of(7), PR_CHANNEL_WEB}, 1, NULL,
				   NULL) < 0);
	}
	began = pr_mono();
	assert_int_equal(pr_queue_take(queue, PR_QUEUE_CONTACTS, t, 4, 5000, &err), 1);
	assert_true(pr_mono() - began < 2000);
	assert_int_equal(t[0].deliveries, 1);
	int status;
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void
the_set_heals(void **state)
{
	struct pr_cid cids[3] = {cid_of(1), cid_of(2), cid_of(3)};
	bool live[3];
	(void)state;
	put(1, 1, PR_CHANNEL_EMAIL);
	put(2, 1, PR_CHANNEL_WEB);
	tell("DEL pr:live");
	OK(pr_queue_live(queue, cids, live, 3, &err));
	assert_true(live[0] && live[1] && !live[2]);
	assert_int_equal(put(1, 1, PR_CHANNEL_EMAIL), 0);
	tell("DEL pr:contacts:web");
	OK(pr_queue_live(queue, cids, live, 3, &err));
	assert_true(live[0] && !live[1] && !live[2]);
}

/* What the group passed over and nobody holds: a Redis that died within an EXEC leaves such. */
static void
stranded_entries_are_taken_out(void **state)
{
	const struct pr_cid cid = cid_of(1);
	struct pr_ticket t[8];
	bool live;
	(void)state;
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 0); /* makes the group */
	put(1, 2, PR_CHANNEL_EMAIL);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 1), 1);
	assert_string_equal(t[0].cid.hex, cid.hex);
	tell("XGROUP SETID pr:contacts:email pr $");
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 0);
	assert_int_equal(counts().contacts[PR_CHANNEL_EMAIL], 1); /* the one in hand */
	OK(pr_queue_live(queue, &cid, &live, 1, &err));
	assert_true(live);
	assert_int_equal(put(2, 1, PR_CHANNEL_EMAIL), 1); /* the sweep puts the other again */
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 1);
}

static void
strange_entries_are_taken_out(void **state)
{
	static const char *const strange[] = {
	    "XADD pr:contacts:email * cid 12 channel email",
	    "XADD pr:contacts:email * name Alice channel email",
	    "XADD pr:contacts:email * cid 0123456789abcdef0123456789abcdeg channel email",
	    "XADD pr:contacts:email * cid 0123456789abcdef0123456789abcdef channel fax",
	};
	struct pr_ticket t[8];
	(void)state;
	for (size_t i = 0; i < PR_COUNT(strange); i++)
		tell(strange[i]);
	put(1, 1, PR_CHANNEL_EMAIL);
	assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, 8), 1);
	assert_int_equal(counts().contacts[PR_CHANNEL_EMAIL], 1);
	assert_int_equal(counts().pending, 1);
}

/* Every key, every entry and every field in the server, as one text. */
static void
nothing_but_ids_is_there(void **state)
{
	static char text[65536];
	struct pr_ticket t[8];
	(void)state;
	put(1, 3, PR_CHANNEL_EMAIL);
	take(queue, PR_QUEUE_CONTACTS, t, 2);
	OK(pr_queue_move(queue, t, (bool[]){true}, 1, &err));
	OK(pr_queue_bury(queue, &t[1], &err));
	assert_int_equal(
	    redis_server_ask(&server,
			     "EVAL \"local out = {} for _, k in ipairs(redis.call('KEYS', '*')) do "
			     "out[#out+1] = k "
			     "if redis.call('TYPE', k).ok == 'set' then for _, m in "
			     "ipairs(redis.call('SMEMBERS', k)) "
			     "do out[#out+1] = m end else for _, e in ipairs(redis.call('XRANGE', "
			     "k, '-', '+')) do "
			     "for _, f in ipairs(e[2]) do out[#out+1] = f end end end end "
			     "return table.concat(out, ' ')\" 0",
			     text, sizeof(text)),
	    0);
	int words = 0;
	struct pr_str rest = pr_str_trim(pr_str_c(strchr(text, '\n'))), word;
	while (pr_str_cut(&rest, ' ', &word)) {
		struct pr_cid cid;
		words++;
		if (!pr_cid_parse(word, &cid) && !pr_str_starts(word, PR_STR("pr:")) &&
		    !pr_str_eq_c(word, "cid") && !pr_str_eq_c(word, "channel") &&
		    !pr_str_eq_c(word, "email"))
			fail_msg("redis holds '" PR_S_FMT "'", PR_S(word));
	}
	assert_true(words > 15);
}

static void
refusals_are_told_in_the_servers_words(void **state)
{
	(void)state;
	put(1, 1, PR_CHANNEL_EMAIL);
	tell("CONFIG SET maxmemory 1");
	struct pr_queue_item item = {cid_of(2), PR_CHANNEL_EMAIL};
	assert_int_equal(pr_queue_put(queue, &item, 1, NULL, &err), -1);
	tell("CONFIG SET maxmemory 0");
	assert_int_equal(err.fault, PR_RETRY);
	assert_non_null(strstr(err.msg, "OOM"));
	assert_non_null(strstr(err.msg, "pr1_put"));
	tell("SET pr:contacts:web x");
	item.channel = PR_CHANNEL_WEB;
	assert_int_equal(pr_queue_put(queue, &item, 1, NULL, &err), -1);
	assert_non_null(strstr(err.msg, "WRONGTYPE"));
	assert_int_equal(put(2, 1, PR_CHANNEL_EMAIL), 1);
}

static void
settings_are_checked(void **state)
{
	static const struct {
		const char *set, *back, *words;
	} cases[] = {
	    {"CONFIG SET appendonly no", "CONFIG SET appendonly yes", "'appendonly yes' (is 'no')"},
	    {"CONFIG SET appendfsync everysec", "CONFIG SET appendfsync always",
	     "'appendfsync always' (is 'everysec')"},
	    {"CONFIG SET no-appendfsync-on-rewrite yes", "CONFIG SET no-appendfsync-on-rewrite no",
	     "'no-appendfsync-on-rewrite no' (is 'yes')"},
	    {"CONFIG SET maxmemory-policy allkeys-lru", "CONFIG SET maxmemory-policy noeviction",
	     "'maxmemory-policy noeviction' (is 'allkeys-lru')"},
	};
	(void)state;
	OK(pr_queue_check(queue, &err));
	for (size_t i = 0; i < PR_COUNT(cases); i++)
		tell(cases[i].set);
	assert_int_equal(pr_queue_check(queue, &err), -1);
	assert_int_equal(err.fault, PR_FATAL);
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		assert_non_null(strstr(err.msg, cases[i].words));
		tell(cases[i].back);
	}
	OK(pr_queue_check(queue, &err));
}

static void
a_server_that_is_away_is_retry(void **state)
{
	struct pr_ticket t[1];
	struct pr_queue *q = pr_queue_open("/nonexistent/socket", "x-1", &err);
	(void)state;
	assert_non_null(q);
	int64_t began = pr_mono();
	for (int i = 0; i < 100; i++) /* the door never waits */
		assert_int_equal(
		    pr_queue_put(q, &(struct pr_queue_item){cid_of(1), 0}, 1, NULL, &err), -1);
	assert_true(pr_mono() - began < 1000);
	pr_queue_close(&q);
	q = pr_queue_open("/nonexistent/socket", "x-1", &err);
	began = pr_mono();
	for (int i = 0; i < 3; i++) /* who asks again and again is slowed down: 50, 100, 200 ms */
		assert_int_equal(pr_queue_take(q, PR_QUEUE_CONTACTS, t, 1, 0, &err), -1);
	assert_true(pr_mono() - began >= 340);
	assert_int_equal(err.fault, PR_RETRY);
	assert_non_null(strstr(err.msg, "/nonexistent/socket"));
	pr_queue_close(&q);
	assert_null(q);
	assert_null(pr_queue_open("", "x-1", &err));
	assert_int_equal(err.fault, PR_FATAL);
}

/* It takes connections and answers nothing: whoever stands at the door must not wait ten seconds.
 */
static void
a_server_that_hangs_does_not_hold_up_the_door(void **state)
{
	struct pr_ticket t[2];
	(void)state;
	put(1, 1, PR_CHANNEL_SMS);
	assert_int_equal(0, kill(server.pid, SIGSTOP));
	int64_t began = pr_mono();
	for (int i = 0; i < 50; i++)
		assert_int_equal(
		    pr_queue_put(queue, &(struct pr_queue_item){cid_of(2), 0}, 1, NULL, &err), -1);
	assert_true(pr_mono() - began < 2000);
	assert_int_equal(err.fault, PR_RETRY);
	assert_int_equal(0, kill(server.pid, SIGCONT));
	assert_in_range(take(queue, PR_QUEUE_CONTACTS, t, 2), 1, 2);
}

/* Not a test: POSTROOM_BENCH=1 prints what the queue does with every command fsynced. */
static void
bench(void **state)
{
	struct pr_ticket t[64];
	(void)state;
	if (!getenv("POSTROOM_BENCH"))
		skip();
	for (int batch = 1; batch <= 64; batch *= 8) {
		int cycles = batch == 1 ? 500 : 200;
		int64_t began = pr_mono();
		for (int i = 0; i < cycles; i++) {
			put(i * batch + 1, batch, PR_CHANNEL_EMAIL);
			assert_int_equal(take(queue, PR_QUEUE_CONTACTS, t, (size_t)batch), batch);
			OK(pr_queue_move(queue, t, NULL, (size_t)batch, &err));
			assert_int_equal(take(queue, PR_QUEUE_CLASSIFIED, t, (size_t)batch), batch);
			OK(pr_queue_done(queue, t, (size_t)batch, &err));
		}
		int64_t ms = pr_mono() - began;
		print_message("queue_cycles_batch_%d %.0f contacts/s\n", batch,
			      cycles * batch * 1000.0 / (double)ms);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, before, after)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(put_is_idempotent_while_live),
	    TEST(every_hop_may_be_repeated),
	    TEST(kill_of_redis_keeps_all),
	    TEST(restart_is_not_noticed),
	    TEST(an_emptied_server_is_filled_again),
	    TEST(what_a_dead_consumer_held_is_claimed),
	    TEST(own_entries_come_first_and_are_counted),
	    TEST(channels_share_fairly),
	    TEST(urgent_is_first),
	    TEST(take_waits_and_wakes),
	    TEST(the_set_heals),
	    TEST(stranded_entries_are_taken_out),
	    TEST(strange_entries_are_taken_out),
	    TEST(nothing_but_ids_is_there),
	    TEST(refusals_are_told_in_the_servers_words),
	    TEST(settings_are_checked),
	    TEST(a_server_that_is_away_is_retry),
	    TEST(a_server_that_hangs_does_not_hold_up_the_door),
	    TEST(bench),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
