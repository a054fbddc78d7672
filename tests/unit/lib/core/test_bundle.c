/* bundle: what is written is read; what is cut or changed anywhere does not exist. */
#include "tests/unit/cmocka_all.h"

#include "postroom/bundle.h"
#include "postroom/cleanup.h"
#include "postroom/digest.h"

#include <fcntl.h>
#include <sys/mman.h>

#define BYTES(literal)                                                                             \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static const struct pr_part parts[] = {
    {PR_PART_RECEIPT, BYTES("-"),
     BYTES("version 1\n1\ncid 1\nc\nchannel 3\nweb\naccount 4\nform\nreceived_at 1\n5\n")},
    {PR_PART_FIELD, BYTES("text"), BYTES("bin\nEND 1\n")},
    {PR_PART_RAW, BYTES("-"), BYTES("\0\xff raw")},
    {PR_PART_FIELD, BYTES("photo.filename"), BYTES("a b.jpg")},
    {PR_PART_FILE, BYTES("photo"), BYTES("")},
};

static int
memory_file(struct pr_str bytes)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	return fd;
}

static int
open_bytes(struct pr_str bytes, struct pr_bundle *b, struct pr_err *err)
{
	PR_AUTO_FD int fd = memory_file(bytes);

	return pr_bundle_open(fd, b, err);
}

static void
refused(struct pr_str bytes, const char *what, size_t at)
{
	struct pr_err err = {0};
	struct pr_bundle b;

	if (open_bytes(bytes, &b, &err) != -1 || err.fault != PR_REJECT)
		fail_msg("%s %zu: taken", what, at);
	assert_null(b.map);
}

/* The bytes of the bundle above. */
static size_t
sample(char *out, size_t room)
{
	PR_AUTO_FD int fd = memory_file(PR_STR_NONE);
	struct pr_err err;

	assert_int_equal(pr_bundle_write(fd, parts, PR_COUNT(parts), &err), 0);
	ssize_t n = pread(fd, out, room, 0);
	assert_in_range(n, 1, room - 1);
	return (size_t)n;
}

static void
test_round_trip(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_contact c;
	struct pr_err err;
	struct pr_bundle b;
	char bytes[4096];

	(void)state;
	pr_arena_init(&a, 1 << 20);
	assert_int_equal(open_bytes(pr_str_n(bytes, sample(bytes, sizeof(bytes))), &b, &err), 0);
	assert_int_equal(b.nparts, PR_COUNT(parts));
	for (size_t i = 0; i < b.nparts; i++) {
		assert_int_equal(b.parts[i].kind, parts[i].kind);
		assert_true(pr_str_eq(b.parts[i].name, parts[i].name));
		assert_true(pr_str_eq(b.parts[i].bytes, parts[i].bytes));
	}
	assert_ptr_equal(pr_bundle_find(&b, PR_PART_RAW, PR_STR_NONE), &b.parts[2]);
	assert_ptr_equal(pr_bundle_find(&b, PR_PART_FIELD, PR_STR("photo.filename")), &b.parts[3]);
	assert_null(pr_bundle_find(&b, PR_PART_FILE, PR_STR("text")));
	assert_int_equal(pr_bundle_receipt(&b, &a, &c, &err), 0);
	assert_true(pr_str_eq_c(c.account, "form"));
	assert_int_equal(c.received_at, 5);
	pr_bundle_close(&b);
	pr_bundle_close(&b);
}

static void
test_cut_at_every_byte(void **state)
{
	char bytes[4096];
	size_t n = sample(bytes, sizeof(bytes) - 1);

	(void)state;
	for (size_t i = 0; i < n; i++)
		refused(pr_str_n(bytes, i), "cut at", i);
	bytes[n] = '\n';
	refused(pr_str_n(bytes, n + 1), "one more at", n);
}

static void
test_every_flipped_bit(void **state)
{
	char bytes[4096];
	size_t n = sample(bytes, sizeof(bytes));

	(void)state;
	for (size_t i = 0; i < 8 * n; i++) {
		bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
		refused(pr_str_n(bytes, n), "flipped bit", i);
		bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
	}
}

/* A bundle whose hashes are right although its shape is wrong: what only a hostile writer makes. */
static size_t
forge(const char *const *headers, size_t n, const char *body, char *out, size_t room)
{
	unsigned char digest[PR_SHA256_BYTES];
	char hex[2 * PR_SHA256_BYTES + 1];
	size_t used = (size_t)snprintf(out, room, "postroom-bundle 1\n");

	pr_sha256_of(PR_STR("x"), digest);
	pr_hex(digest, sizeof(digest), hex);
	for (size_t i = 0; i < n; i++)
		used +=
		    (size_t)snprintf(out + used, room - used, "%s %s\n%s\n", headers[i], hex, body);
	pr_sha256_of(pr_str_n(out, used), digest);
	pr_hex(digest, sizeof(digest), hex);
	return used + (size_t)snprintf(out + used, room - used, "END %zu %s\n", n, hex);
}

static void
test_wrong_shapes(void **state)
{
	static const char *const good[] = {"receipt - 1", "field a 1"};
	static const char *const cases[][3] = {
	    {"field a 1", "receipt - 1", "raw - 1"},
	    {"receipt - 1", "receipt - 1", "raw - 1"},
	    {"receipt - 1", "raw - 1", "raw - 1"},
	    {"receipt - 1", "field a/b 1", "raw - 1"},
	    {"receipt - 1", "field  1", "raw - 1"},
	    {"receipt - 1", "field a -1", "raw - 1"},
	    {"receipt - 1", "field a 2", "raw - 1"},
	    {"receipt - 1", "field a 99999999999", "raw - 1"},
	    {"receipt - 1", "note a 1", "raw - 1"},
	    {"receipt - 1", "field a 1 ", "raw - 1"},
	};
	const char *many[PR_BUNDLE_PARTS_MAX + 1];
	static char bytes[32768];
	struct pr_bundle b;
	struct pr_err err;

	(void)state;
	assert_int_equal(
	    open_bytes(pr_str_n(bytes, forge(good, 2, "x", bytes, sizeof(bytes))), &b, &err), 0);
	pr_bundle_close(&b);
	for (size_t i = 0; i < PR_COUNT(cases); i++)
		refused(pr_str_n(bytes, forge(cases[i], 3, "x", bytes, sizeof(bytes))), "shape", i);
	refused(pr_str_n(bytes, forge(good, 2, "y", bytes, sizeof(bytes))), "hash of a part", 0);
	refused(pr_str_n(bytes, forge(NULL, 0, "x", bytes, sizeof(bytes))), "no parts", 0);
	for (size_t i = 0; i < PR_COUNT(many); i++)
		many[i] = i ? "field a 1" : "receipt - 1";
	size_t n = forge(many, PR_BUNDLE_PARTS_MAX, "x", bytes, sizeof(bytes));
	assert_int_equal(open_bytes(pr_str_n(bytes, n), &b, &err), 0);
	pr_bundle_close(&b);
	refused(pr_str_n(bytes, forge(many, PR_COUNT(many), "x", bytes, sizeof(bytes))), "too many",
		0);
}

static void
test_limits_of_write(void **state)
{
	static struct pr_part many[PR_BUNDLE_PARTS_MAX + 1];
	PR_AUTO_FD int fd = memory_file(PR_STR_NONE);
	struct pr_err err = {0};
	struct pr_bundle b;
	char *large = calloc(1, PR_BUNDLE_MAX);

	(void)state;
	for (size_t i = 0; i < PR_COUNT(many); i++)
		many[i] = parts[i ? 1 : 0];
	assert_int_equal(pr_bundle_write(fd, many, PR_COUNT(many), &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	many[1].bytes = pr_str_n(large, PR_BUNDLE_MAX);
	assert_int_equal(pr_bundle_write(fd, many, 2, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	many[1].bytes.n = 0;
	assert_int_equal(pr_bundle_write(fd, many, PR_BUNDLE_PARTS_MAX, &err), 0);
	assert_int_equal(pr_bundle_open(fd, &b, &err), 0);
	assert_int_equal(b.nparts, PR_BUNDLE_PARTS_MAX);
	pr_bundle_close(&b);
	free(large);
}

static void
test_not_a_file(void **state)
{
	PR_AUTO_FD int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pr_err err = {0};
	struct pr_bundle b;

	(void)state;
	assert_int_equal(pr_bundle_open(folder, &b, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	assert_int_equal(pr_bundle_open(-1, &b, &err), -1);
	assert_int_equal(err.fault, PR_RETRY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),        cmocka_unit_test(test_cut_at_every_byte),
	    cmocka_unit_test(test_every_flipped_bit), cmocka_unit_test(test_wrong_shapes),
	    cmocka_unit_test(test_limits_of_write),   cmocka_unit_test(test_not_a_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
