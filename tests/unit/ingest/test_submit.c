/* submit: every channel through the one door, and what stands in the spool then. */
#include "tests/unit/cmocka_all.h"

#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/log.h"
#include "postroom/submit.h"

#include <ftw.h>

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

struct fixture {
	char dir[64];
	struct pr_submit door;
	struct pr_arena a;
	struct pr_bundle b;
	struct pr_contact receipt;
	struct pr_err err;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	/* in memory where there is such a folder: flushes are counted here, not timed */
	snprintf(x->dir, sizeof(x->dir), "%s/pr-test-submit-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(x->dir));
	x->door.spool = pr_spool_open(x->dir, 0, &x->err);
	assert_non_null(x->door.spool);
	pr_arena_init(&x->a, 1 << 20);
	pr_log_open("test_submit", PR_ERROR);
	*state = x;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	pr_bundle_close(&x->b);
	pr_arena_release(&x->a);
	pr_spool_close(&x->door.spool);
	nftw(x->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(x);
	return 0;
}

static void
submit(struct fixture *x, struct pr_arrival *in, size_t n)
{
	if (pr_submit(&x->door, in, n, &x->err) != 0)
		fail_msg("%s", x->err.msg);
}

/* Submit one and open what became of it. */
static void
through(struct fixture *x, struct pr_arrival *in)
{
	submit(x, in, 1);
	pr_bundle_close(&x->b);
	assert_int_equal(pr_spool_bundle(x->door.spool, &in->cid, &x->b, &x->err), 0);
	assert_int_equal(pr_bundle_receipt(&x->b, &x->a, &x->receipt, &x->err), 0);
	assert_true(pr_str_eq_c(x->receipt.cid, in->cid.hex));
	assert_true(pr_str_eq(x->receipt.account, in->account));
	assert_true(x->receipt.received_at > 0);
}

static void
part_is(const struct fixture *x, size_t i, enum pr_part_kind kind, const char *name,
	struct pr_str bytes)
{
	assert_in_range(i, 0, x->b.nparts - 1);
	assert_int_equal(x->b.parts[i].kind, kind);
	assert_true(pr_str_eq_c(x->b.parts[i].name, name));
	assert_true(pr_str_eq(x->b.parts[i].bytes, bytes));
}

static struct pr_arrival
email(struct pr_str raw)
{
	return (struct pr_arrival){
	    .channel = PR_CHANNEL_EMAIL,
	    .account = PR_STR("inbox"),
	    .source_id = PR_STR("INBOX/17/4"),
	    .peer = PR_STR("a\xff@example.org"),
	    .source_time = 1795342502113,
	    .raw = raw,
	};
}

static void
test_email(void **state)
{
	struct fixture *x = *state;
	struct pr_arrival in = email(PR_STR("Subject: bin\r\n\r\n\0\xff"));
	struct pr_arrival none = email(PR_STR_NONE);

	through(x, &in);
	assert_false(in.known);
	assert_string_equal(in.cid.hex, pr_cid_email(in.account, in.raw).hex);
	assert_int_equal(x->b.nparts, 2);
	part_is(x, 1, PR_PART_RAW, "-", in.raw);
	assert_true(pr_str_eq_c(x->receipt.channel, "email"));
	assert_true(pr_str_eq_c(x->receipt.source_id, "INBOX/17/4"));
	assert_true(pr_str_eq_c(x->receipt.peer, "a\xef\xbf\xbd@example.org"));
	assert_int_equal(x->receipt.source_time, in.source_time);
	assert_int_equal(x->receipt.shadow, 0);
	through(x, &in);
	assert_true(in.known);
	through(x, &none); /* a mail of no bytes is a contact too */
	part_is(x, 1, PR_PART_RAW, "-", PR_STR_NONE);
}

static void
test_sms(void **state)
{
	struct fixture *x = *state;
	struct pr_field text = {BYTES("text"), BYTES("BIN missed \xe9")};
	struct pr_arrival in = {.channel = PR_CHANNEL_SMS,
				.account = PR_STR("kannel"),
				.peer = PR_STR("+447700900123"),
				.local = PR_STR("80010"),
				.fields = &text,
				.nfields = 1,
				.token = PR_STR("id-1")};
	struct pr_cid first;

	through(x, &in);
	part_is(x, 1, PR_PART_FIELD, "text", PR_STR("BIN missed \xef\xbf\xbd"));
	assert_true(pr_str_eq_c(x->receipt.source_id, "id-1"));
	assert_true(pr_str_eq_c(x->receipt.local, "80010"));
	/* the id can be derived again from what is stored */
	assert_string_equal(in.cid.hex,
			    pr_cid_sms(in.account, x->receipt.source_id, x->b.parts[1].bytes).hex);
	first = in.cid;
	text.value = PR_STR("other words");
	through(x, &in);
	assert_string_not_equal(in.cid.hex, first.hex);
	in.token = PR_STR_NONE; /* known again by sender and time */
	in.source_time = 1000;
	through(x, &in);
	first = in.cid;
	through(x, &in);
	assert_true(in.known);
	in.peer = PR_STR("+447700900124");
	through(x, &in);
	assert_string_not_equal(in.cid.hex, first.hex);
	in.source_time = 0; /* by nothing: two rather than none */
	through(x, &in);
	first = in.cid;
	through(x, &in);
	assert_false(in.known);
	assert_string_not_equal(in.cid.hex, first.hex);
}

static void
test_web_form(void **state)
{
	struct fixture *x = *state;
	static const struct pr_field fields[] = {
	    {BYTES("what happened?"), BYTES("bin\0left")},
	    {BYTES(""), BYTES("nameless")},
	    {BYTES("n12345678901234567890123456789012345678901234567890123456789012345"),
	     BYTES("long name")},
	};
	static const struct pr_field files[] = {
	    {BYTES("photo/1"), BYTES("\xff\xd8")},
	    {BYTES("n12345678901234567890123456789012345678901234567890123456789012345"),
	     BYTES("second")},
	    {BYTES("third"), BYTES("")},
	};
	static const struct pr_str filenames[] = {BYTES("bin \xff.jpg"), BYTES("b"), BYTES("")};
	struct pr_arrival in = {.channel = PR_CHANNEL_WEB,
				.account = PR_STR("contact"),
				.fields = fields,
				.nfields = 3,
				.files = files,
				.filenames = filenames,
				.nfiles = 3,
				.canary = true,
				.token = PR_STR("one-time"),
				.raw = PR_STR("body")};

	x->door.shadow = true;
	in.possible_duplicate = PR_STR("0123456789abcdef0123456789abcdef");
	through(x, &in);
	assert_int_equal(x->b.nparts, 10);
	part_is(x, 1, PR_PART_FIELD, "what_happened_", PR_STR("bin\xef\xbf\xbdleft"));
	part_is(x, 2, PR_PART_FIELD, "_", PR_STR("nameless"));
	part_is(x, 3, PR_PART_FIELD,
		"n123456789012345678901234567890123456789012345678901234567890123",
		PR_STR("long name"));
	part_is(x, 4, PR_PART_RAW, "-", PR_STR("body"));
	part_is(x, 5, PR_PART_FIELD, "photo_1.filename", PR_STR("bin \xef\xbf\xbd.jpg"));
	part_is(x, 6, PR_PART_FILE, "photo_1", files[0].value);
	part_is(x, 7, PR_PART_FIELD,
		"n123456789012345678901234567890123456789012345678901234.filename", PR_STR("b"));
	part_is(x, 9, PR_PART_FILE, "third", PR_STR_NONE);
	assert_int_equal(x->receipt.shadow, 1);
	assert_int_equal(x->receipt.canary, 1);
	assert_true(pr_str_eq_c(x->receipt.source_id, "one-time"));
	assert_true(pr_str_eq(x->receipt.possible_duplicate, in.possible_duplicate));
	through(x, &in);
	assert_true(in.known); /* a double click */
	in.nfields = 2;
	through(x, &in);
	assert_false(in.known); /* edited and sent again */
}

static void
test_web_body_only(void **state)
{
	struct fixture *x = *state;
	struct pr_arrival in = {.channel = PR_CHANNEL_WEB,
				.account = PR_STR("hook"),
				.token = PR_STR("t"),
				.raw = PR_STR("one body")};
	struct pr_cid first;

	through(x, &in);
	first = in.cid;
	in.raw = PR_STR("another body");
	through(x, &in);
	assert_string_not_equal(in.cid.hex, first.hex);
}

static void
test_hostile_lengths(void **state)
{
	struct fixture *x = *state;
	struct pr_field many[PR_BUNDLE_PARTS_MAX] = {{BYTES("a"), BYTES("b")}};
	struct pr_arrival in = {.channel = PR_CHANNEL_WEB, .account = PR_STR("form")};
	char *large = malloc(PR_BUNDLE_MAX + 1);

	memset(large, 'x', PR_BUNDLE_MAX + 1);
	in.peer = in.local = in.source_id = pr_str_n(large, 5000);
	in.source_time = INT64_MIN;
	through(x, &in);
	assert_int_equal(x->receipt.peer.n, 320);
	assert_int_equal(x->receipt.source_id.n, 512);
	assert_int_equal(x->receipt.source_time, 0);
	in.fields = many;
	in.nfields = PR_BUNDLE_PARTS_MAX - 2;
	through(x, &in);
	in.nfields = PR_BUNDLE_PARTS_MAX;
	assert_int_equal(pr_submit(&x->door, &in, 1, &x->err), -1);
	assert_int_equal(x->err.fault, PR_REJECT);
	in.nfields = SIZE_MAX;
	assert_int_equal(pr_submit(&x->door, &in, 1, &x->err), -1);
	in.nfields = 0;
	in.raw = pr_str_n(large, PR_BUNDLE_MAX + 1);
	assert_int_equal(pr_submit(&x->door, &in, 1, &x->err), -1);
	assert_int_equal(x->err.fault, PR_REJECT);
	free(large);
}

static void
test_batch(void **state)
{
	struct fixture *x = *state;
	struct pr_arrival in[PR_SUBMIT_BATCH];
	char raw[PR_SUBMIT_BATCH][16];

	for (size_t i = 0; i < PR_SUBMIT_BATCH; i++) {
		int n = snprintf(raw[i], sizeof(raw[i]), "mail %zu", i % 60);
		in[i] = email(pr_str_n(raw[i], (size_t)n));
	}
	submit(x, in, PR_SUBMIT_BATCH);
	for (size_t i = 0; i < PR_SUBMIT_BATCH; i++) {
		assert_int_equal(in[i].known, i >= 60); /* the same mail twice in one batch */
		assert_true(pr_spool_is_new(x->door.spool, &in[i].cid));
	}
	submit(x, in, 0);
}

/* Redis is dead: the source is told yes all the same. The disk is full: it is not. */
static void
test_dead_queue_and_full_disk(void **state)
{
	struct fixture *x = *state;
	struct pr_arrival in = email(PR_STR("x")), other = email(PR_STR("y"));
	struct pr_spool *roomy = x->door.spool;

	x->door.queue = pr_queue_open("/nonexistent/redis.sock", "test-1", &x->err);
	assert_non_null(x->door.queue);
	submit(x, &in, 1);
	assert_true(pr_spool_is_new(roomy, &in.cid));
	pr_queue_close(&x->door.queue);
	x->door.spool = pr_spool_open(x->dir, INT64_MAX / 2, &x->err);
	assert_int_equal(pr_submit(&x->door, &other, 1, &x->err), -1);
	assert_int_equal(x->err.fault, PR_RETRY);
	assert_false(pr_spool_has(roomy, &other.cid));
	pr_spool_close(&x->door.spool);
	x->door.spool = roomy;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_email),
	    TEST(test_sms),
	    TEST(test_web_form),
	    TEST(test_web_body_only),
	    TEST(test_hostile_lengths),
	    TEST(test_batch),
	    TEST(test_dead_queue_and_full_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
