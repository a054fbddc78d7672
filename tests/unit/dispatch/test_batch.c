/*
 * dispatch's work over a real Redis, spool and store: what a round, the sweep and the grave do, and
 * that nothing is done before COMMIT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatch/cases/cases.h"
#include "dispatch/dispatch.h"
#include "lib/store/db.h"
#include "postroom/clock.h"
#include "postroom/log.h"
#include "tests/unit/redis_server.h"

#define S PR_STR

static struct redis_server redis;
static struct pr_arena arena;
static struct pr_err err;
static struct pr_dispatch *d;
static struct pr_queue *classify;
static struct pr_dispatch_conf conf;
static char folder[32];
static unsigned serial;

#define ok(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

static struct pr_council_conf council = {.name = "Example Council",
					 .name_cy = "",
					 .prefix = "EXA",
					 .instance_key = "key",
					 .phone = "",
					 .web = "",
					 .email = "post@example.org",
					 .duty_email = "",
					 .out_of_hours = "",
					 .targets_confirmed_by = "",
					 .targets_confirmed_on = ""};

static void
ask_redis(const char *command)
{
	char answer[256];

	ok(redis_server_ask(&redis, command, answer, sizeof(answer)));
}

static int
begin(void **state)
{
	const char *top = getenv("POSTROOM_SOURCE");
	struct pr_diag diag;

	(void)state;
	ask_redis("FLUSHALL");
	snprintf(folder, sizeof(folder), "/tmp/pr-dispatch-XXXXXX");
	assert_non_null(mkdtemp(folder));
	pr_arena_init(&arena, (size_t)8 << 20);
	d = calloc(1, sizeof(*d));
	assert_non_null(d);
	conf = (struct pr_dispatch_conf){.batch = 64, .attempts = 2, .acks_per_day = 5, .wait = 1};
	d->conf = &conf;
	pr_arena_init(&d->arena, (size_t)16 << 20);
	pr_arena_init(&d->work, (size_t)64 << 20);
	pr_diag_init(&diag, &d->arena);
	const char *rules = pr_arena_printf(&arena, "%s/rules", top ? top : ".").p;
	d->policy = pr_case_policy_load(&council, rules, 5, &d->arena, &diag);
	pr_diag_print(&diag, stderr);
	assert_non_null(d->policy);
	assert_non_null(d->spool =
			    pr_spool_open(pr_arena_printf(&arena, "%s/spool", folder).p, 0, &err));
	assert_non_null(d->queue = pr_queue_open(redis.socket, "dispatch-1", &err));
	assert_non_null(classify = pr_queue_open(redis.socket, "classify-1", &err));
	d->store = pr_store_open(pr_arena_printf(&arena, "sqlite:%s/db", folder).p, true, &err);
	assert_non_null(d->store);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	ok(pr_store_verify(d->store, &err));
	pr_store_close(&d->store);
	pr_queue_close(&d->queue);
	pr_queue_close(&classify);
	pr_spool_close(&d->spool);
	pr_case_policy_release(&d->policy);
	pr_arena_release(&d->arena);
	pr_arena_release(&d->work);
	pr_arena_release(&arena);
	free(d);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static struct pr_contact
contact(struct pr_cid *cid)
{
	struct pr_str text = pr_arena_printf(&arena, "text %u", ++serial);

	*cid = pr_cid_sms(S("gateway"), S("id"), text);
	return (struct pr_contact){.cid = pr_arena_dup(&arena, pr_str_c(cid->hex)),
				   .channel = S("sms"),
				   .account = S("gateway"),
				   .received_at = pr_now(),
				   .from_phone = S("+447700900123"),
				   .text = text,
				   .risk = S("none"),
				   .lang = S("en"),
				   .lgsl = 557,
				   .lgil = 17,
				   .certain = 1};
}

static void
spool_it(const struct pr_contact *c, const struct pr_cid *cid)
{
	struct pr_buf receipt;

	pr_buf_init(&receipt, 65536);
	pr_contact_encode(c, PR_STAGE_INGEST, &receipt);
	const struct pr_part part = {PR_PART_RECEIPT, S("-"), pr_buf_str(&receipt)};
	struct pr_spool_item item = {.cid = *cid, .parts = &part, .nparts = 1};
	ok(pr_spool_put(d->spool, &item, 1, &err));
	pr_buf_release(&receipt);
}

static void
classified(const struct pr_contact *c, const struct pr_cid *cid)
{
	const struct pr_queue_item item = {*cid, PR_CHANNEL_SMS};
	struct pr_ticket ticket;
	struct pr_buf b;

	pr_buf_init(&b, 65536);
	pr_contact_encode(c, PR_STAGE_CLASSIFY, &b);
	ok(pr_spool_contact_write(d->spool, cid, pr_buf_str(&b), &err));
	pr_buf_release(&b);
	ok(pr_queue_put(classify, &item, 1, NULL, &err));
	assert_int_equal(1, pr_queue_take(classify, PR_QUEUE_CONTACTS, &ticket, 1, 100, &err));
	ok(pr_queue_move(classify, &ticket, NULL, 1, &err));
}

static struct pr_cid
arrive(void)
{
	struct pr_cid cid;
	struct pr_contact c = contact(&cid);

	spool_it(&c, &cid);
	classified(&c, &cid);
	return cid;
}

static bool
has_row(const struct pr_cid *cid)
{
	struct pr_store_contact row;

	return pr_store_contact_find(d->store, pr_str_c(cid->hex), &arena, &row, &err) == 1;
}

static bool
is_live(const struct pr_cid *cid)
{
	bool live;

	ok(pr_queue_live(d->queue, cid, &live, 1, &err));
	return live;
}

static void
a_batch_becomes_cases(void **state)
{
	struct pr_cid cids[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		cids[i] = arrive();
	assert_int_equal(20, pr_dispatch_round(d, &err));
	for (size_t i = 0; i < 20; i++)
		assert_true(has_row(&cids[i]) && !is_live(&cids[i]) &&
			    !pr_spool_is_new(d->spool, &cids[i]) &&
			    pr_spool_has(d->spool, &cids[i]));
	assert_int_equal(0, pr_dispatch_round(d, &err));
}

/* The first COMMIT fails: nothing is done, and all of it is done one by one when the store is back.
 */
static bool fail_commit;
static int (*real_script)(struct pr_db *, const char *, struct pr_err *);

static int
failing_script(struct pr_db *db, const char *sql, struct pr_err *e)
{
	if (fail_commit && strcmp(sql, "COMMIT") == 0)
		return pr_fail(e, PR_RETRY, 0, "the disk is full");
	return real_script(db, sql, e);
}

static void
nothing_before_commit(void **state)
{
	struct pr_db_driver driver = *d->store->driver;
	struct pr_cid cids[] = {arrive(), arrive(), arrive()};

	(void)state;
	real_script = driver.script;
	driver.script = failing_script;
	d->store->driver = &driver;
	fail_commit = true;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(-1, pr_dispatch_round(d, &err));
		assert_int_equal(PR_RETRY, err.fault);
		for (size_t k = 0; k < 3; k++)
			assert_true(!has_row(&cids[k]) && is_live(&cids[k]) &&
				    pr_spool_is_new(d->spool, &cids[k]));
	}
	fail_commit = false;
	for (int i = 0; i < 3; i++)
		assert_int_equal(1, pr_dispatch_round(d, &err)); /* five failures bury nobody */
	for (size_t k = 0; k < 3; k++)
		assert_true(has_row(&cids[k]) && !is_live(&cids[k]));
	d->store->driver = &pr_db_sqlite;
}

static void
a_lost_sidecar_comes_back(void **state)
{
	struct pr_cid lost = arrive(), fine = arrive(), spoiled = arrive();
	struct pr_sweep_counts counts;

	(void)state;
	ok(pr_spool_contact_drop(d->spool, &lost, &err));
	ok(pr_spool_contact_write(d->spool, &spoiled, S("no record"), &err));
	assert_int_equal(3, pr_dispatch_round(d, &err));
	assert_true(has_row(&fine) && !has_row(&lost) && !has_row(&spoiled));
	assert_true(pr_spool_is_new(d->spool, &lost) && !is_live(&lost));
	ok(pr_dispatch_sweep(d, &counts, &err));
	assert_int_equal(2, counts.put);
	assert_true(is_live(&lost) && is_live(&spoiled));
}

/* What classify writes and dispatch cannot read must not go round for ever, unseen by staff. */
static void
a_sidecar_that_stays_unusable_is_buried(void **state)
{
	struct pr_cid cid = arrive();
	struct pr_sweep_counts counts;
	struct pr_ticket ticket;
	bool present, buried;

	(void)state;
	for (int64_t i = 0; i <= conf.attempts; i++) {
		if (i > 0) {
			ok(pr_dispatch_sweep(d, &counts, &err));
			assert_int_equal(
			    1, pr_queue_take(classify, PR_QUEUE_CONTACTS, &ticket, 1, 100, &err));
			ok(pr_queue_move(classify, &ticket, NULL, 1, &err));
		}
		ok(pr_store_contact_present(d->store, &cid, &present, &buried, 1, &err));
		assert_false(buried);
		ok(pr_spool_contact_write(d->spool, &cid, S("no record"), &err));
		assert_int_equal(1, pr_dispatch_round(d, &err));
	}
	ok(pr_store_contact_present(d->store, &cid, &present, &buried, 1, &err));
	assert_true(buried && !present && !is_live(&cid) && pr_spool_is_new(d->spool, &cid));
}

static void
one_refused_leaves_its_neighbours(void **state)
{
	struct pr_cid good = arrive(), bad, other = arrive();
	struct pr_contact c = contact(&bad);

	(void)state;
	c.cid = S("0123"); /* the record names another id than the ticket: refused each time */
	spool_it(&(struct pr_contact){.cid = pr_str_c(bad.hex),
				      .channel = S("sms"),
				      .account = S("gateway"),
				      .received_at = pr_now()},
		 &bad);
	classified(&c, &bad);
	assert_int_equal(3, pr_dispatch_round(d, &err));
	assert_true(has_row(&good) && has_row(&other) && !has_row(&bad));
	assert_true(is_live(&bad) && pr_spool_attempts(d->spool, &bad) == 1);
	pr_queue_close(&d->queue); /* handed out again to who comes back under the same name */
	assert_non_null(d->queue = pr_queue_open(redis.socket, "dispatch-1", &err));
	assert_int_equal(1, pr_dispatch_round(d, &err));
	bool present, buried;
	ok(pr_store_contact_present(d->store, &bad, &present, &buried, 1, &err));
	assert_true(buried && !present && !is_live(&bad) && pr_spool_is_new(d->spool, &bad));
	struct pr_sweep_counts counts;
	ok(pr_dispatch_sweep(d, &counts, &err));
	assert_int_equal(0, counts.put); /* it waits for a person */
}

static void
redis_forgets_everything(void **state)
{
	struct pr_cid waiting = arrive(), done = arrive(), gone;
	struct pr_contact c = contact(&gone);
	struct pr_sweep_counts counts;

	(void)state;
	spool_it(&c, &gone); /* never reached the queue */
	assert_int_equal(2, pr_dispatch_round(d, &err));
	ask_redis("FLUSHALL");
	ok(pr_dispatch_sweep(d, &counts, &err));
	assert_int_equal(1, counts.put);
	assert_true(has_row(&waiting) && has_row(&done) && is_live(&gone));
	ok(pr_dispatch_sweep(d, &counts, &err));
	assert_int_equal(0, counts.put); /* live already */
}

static void
a_link_left_behind_is_removed(void **state)
{
	struct pr_cid cid;
	struct pr_contact c = contact(&cid);
	struct pr_case_outcome out;
	struct pr_sweep_counts counts;

	(void)state;
	spool_it(&c, &cid);
	ok(pr_store_begin(d->store, &err));
	ok(pr_case_accept(d->store, d->policy, &c, pr_now(), &arena, &out, &err));
	ok(pr_store_commit(d->store, &err)); /* and then the process died */
	ok(pr_dispatch_sweep(d, &counts, &err));
	assert_int_equal(1, counts.released);
	assert_false(pr_spool_is_new(d->spool, &cid) || is_live(&cid));
}

static void
what_classify_gave_up_on(void **state)
{
	struct pr_cid cid;
	struct pr_contact c = contact(&cid);
	const struct pr_queue_item item = {pr_cid_sms(S("gateway"), S("id"), c.text),
					   PR_CHANNEL_SMS};
	struct pr_store_waiting *rows;
	struct pr_ticket ticket;
	size_t n;

	(void)state;
	spool_it(&c, &cid);
	ok(pr_queue_put(classify, &item, 1, NULL, &err));
	assert_int_equal(1, pr_queue_take(classify, PR_QUEUE_CONTACTS, &ticket, 1, 100, &err));
	ok(pr_queue_bury(classify, &ticket, &err));
	assert_int_equal(1, pr_dispatch_buried(d, &err));
	ok(pr_store_waiting(d->store, S("buried"), 10, &arena, &rows, &n, &err));
	assert_int_equal(1, n);
	assert_true(pr_str_eq_c(rows[0].cid, cid.hex) && pr_spool_is_new(d->spool, &cid));
}

static void
what_an_operator_buried(void **state)
{
	struct pr_cid cid = arrive(), neighbour = arrive();
	struct pr_store_buried b = {pr_str_c(cid.hex), S("sms"), S("an operator took it out"), 1};
	bool was;

	(void)state;
	ok(pr_store_buried_add(d->store, &b, &err));
	assert_int_equal(2, pr_dispatch_round(d, &err));
	assert_true(has_row(&neighbour));
	assert_true(!has_row(&cid) && !is_live(&cid) && pr_spool_is_new(d->spool, &cid));
	ok(pr_store_buried_remove(d->store, pr_str_c(cid.hex), &was, &err));
	assert_true(was);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    T(a_batch_becomes_cases),
	    T(nothing_before_commit),
	    T(a_lost_sidecar_comes_back),
	    T(a_sidecar_that_stays_unusable_is_buried),
	    T(one_refused_leaves_its_neighbours),
	    T(redis_forgets_everything),
	    T(a_link_left_behind_is_removed),
	    T(what_classify_gave_up_on),
	    T(what_an_operator_buried),
	};
	pr_log_open("test_batch", PR_ERROR);
	if (!redis_server_start(&redis))
		return 1;
	int failures = cmocka_run_group_tests(tests, NULL, NULL);
	redis_server_stop(&redis);
	return failures;
}
