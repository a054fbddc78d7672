/* digest: known answers (FIPS 180-4, RFC 4231), framing of fields, hex, passwords. */
#include "tests/unit/cmocka_all.h"

#include "postroom/digest.h"

static void
hex_is(const unsigned char digest[PR_SHA256_BYTES], const char *want)
{
	char hex[2 * PR_SHA256_BYTES + 1];

	pr_hex(digest, PR_SHA256_BYTES, hex);
	assert_string_equal(hex, want);
}

static void
test_sha256_known_answers(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	unsigned char out[PR_SHA256_BYTES];

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_str text = pr_str_c(cases[i].text);
		struct pr_sha256 h;
		pr_sha256_of(text, out);
		hex_is(out, cases[i].hex);
		/* byte by byte comes to the same */
		pr_sha256_init(&h);
		for (size_t j = 0; j < text.n; j++)
			pr_sha256_add(&h, text.p + j, 1);
		pr_sha256_add(&h, NULL, 0);
		pr_sha256_end(&h, out);
		hex_is(out, cases[i].hex);
	}
	pr_sha256_of(PR_STR_NONE, out);
	hex_is(out, cases[0].hex);
}

static void
test_hmac_known_answers(void **state)
{
	unsigned char out[PR_SHA256_BYTES];
	char long_key[131];

	(void)state;
	pr_hmac_sha256(PR_STR("Jefe"), PR_STR("what do ya want for nothing?"), out);
	hex_is(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(long_key, 0xaa, sizeof(long_key)); /* longer than a block: hashed first */
	pr_hmac_sha256(pr_str_n(long_key, sizeof(long_key)),
		       PR_STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	hex_is(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void
test_fields_do_not_run_together(void **state)
{
	unsigned char a[PR_SHA256_BYTES], b[PR_SHA256_BYTES];
	struct pr_sha256 h;

	(void)state;
	pr_sha256_init(&h);
	pr_sha256_add_field(&h, PR_STR("ab"));
	pr_sha256_add_field(&h, PR_STR("c"));
	pr_sha256_end(&h, a);
	pr_sha256_init(&h);
	pr_sha256_add_field(&h, PR_STR("a"));
	pr_sha256_add_field(&h, PR_STR("bc"));
	pr_sha256_end(&h, b);
	assert_memory_not_equal(a, b, sizeof(a));
	/* the length is eight bytes, the most significant first */
	pr_sha256_init(&h);
	pr_sha256_add(&h, "\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\2bc", 19);
	pr_sha256_end(&h, a);
	assert_memory_equal(a, b, sizeof(a));
}

static void
test_hex(void **state)
{
	static const struct {
		struct pr_str hex;
		bool ok;
	} cases[] = {
	    {{"00ff", 4}, true},     {{"a9b0", 4}, true},   {{"A9b0", 4}, false},
	    {{"00f", 3}, false},     {{"00ff0", 5}, false}, {{"00fg", 4}, false},
	    {{"0\000ff", 4}, false}, {{" 0ff", 4}, false},  {{"", 0}, false},
	};
	unsigned char bytes[2];
	char back[5];

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		assert_int_equal(pr_unhex(cases[i].hex, bytes, 2), cases[i].ok);
		if (cases[i].ok) {
			pr_hex(bytes, 2, back);
			assert_string_equal(back, cases[i].hex.p);
		}
	}
}

static void
test_secrets(void **state)
{
	unsigned char a[32] = {0}, b[32] = {0};

	(void)state;
	assert_true(pr_secret_eq(PR_STR("key"), PR_STR("key")));
	assert_false(pr_secret_eq(PR_STR("key"), PR_STR("kez")));
	assert_false(pr_secret_eq(PR_STR("key"), PR_STR("key ")));
	assert_true(pr_secret_eq(PR_STR_NONE, PR_STR("")));
	pr_random(a, sizeof(a));
	pr_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	pr_wipe(a, sizeof(a));
	memset(b, 0, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
}

static void
test_passwords(void **state)
{
	char hash[PR_PASSWORD_HASH_BYTES], again[PR_PASSWORD_HASH_BYTES];

	(void)state;
	assert_int_equal(pr_password_hash(PR_STR("open sesame"), hash), 0);
	assert_int_equal(pr_password_hash(PR_STR("open sesame"), again), 0);
	assert_string_not_equal(hash, again); /* salted */
	assert_true(pr_password_ok(PR_STR("open sesame"), hash));
	assert_false(pr_password_ok(PR_STR("open sesamE"), hash));
	assert_false(pr_password_ok(PR_STR(""), hash));
	assert_false(pr_password_ok(PR_STR("open sesame"), "no hash"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256_known_answers),
	    cmocka_unit_test(test_hmac_known_answers),
	    cmocka_unit_test(test_fields_do_not_run_together),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_passwords),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
