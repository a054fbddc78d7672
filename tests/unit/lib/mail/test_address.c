/* The one gate in front of an SMTP command. */
#include "mail_test.h"

static const struct {
	const char *in, *out; /* NULL: refused */
} rows[] = {
    {"ann@example.org", "ann@example.org"},
    {"Ann.Example+bins@EXAMPLE.Org", "Ann.Example+bins@example.org"},
    {"o'brien@example.org", "o'brien@example.org"},
    {"a@localhost", "a@localhost"},
    {"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
    {"", NULL},
    {"@", NULL},
    {"ann", NULL},
    {"@example.org", NULL},
    {"ann@", NULL},
    {"ann@example", NULL},
    {"ann@example.org.", NULL},
    {"ann@.example.org", NULL},
    {"ann@exa..mple.org", NULL},
    {"ann@-example.org", NULL},
    {"ann@example-.org", NULL},
    {"ann@exam_ple.org", NULL},
    {"ann@127.0.0.1", NULL},
    {"ann@[127.0.0.1]", NULL},
    {".ann@example.org", NULL},
    {"ann.@example.org", NULL},
    {"a..b@example.org", NULL},
    {"-ann@example.org", NULL},
    {"\"ann\"@example.org", NULL},
    {"ann(x)@example.org", NULL},
    {"a b@example.org", NULL},
    {"a@b@example.org", NULL},
    {"ann@example.org\r\nRCPT TO:<x@example.org>", NULL},
    {"<ann@example.org>", NULL},
    {"si\xc3\xa2n@example.org", NULL},
    {"a@ex\xc3\xa2mple.org", NULL},
};

static void
test_addresses(void **state)
{
	char out[256];

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		print_message("%s\n", rows[i].in);
		assert_int_equal(pr_mail_address_ok(pr_str_c(rows[i].in), out),
				 rows[i].out != NULL);
		if (rows[i].out)
			assert_string_equal(out, rows[i].out);
	}
	assert_false(pr_mail_address_ok(PR_STR("a\0b@example.org"), out));
}

static void
test_lengths(void **state)
{
	char in[400], out[256];

	(void)state;
	memset(in, 'a', sizeof(in));
	memcpy(in + 64, "@example.org", 12);
	assert_true(pr_mail_address_ok(pr_str_n(in, 76), out));
	memset(in, 'a', sizeof(in));
	memcpy(in + 65, "@example.org", 12);
	assert_false(pr_mail_address_ok(pr_str_n(in, 77), out));
	memset(in, 'a', sizeof(in));
	in[1] = '@';
	for (size_t i = 10; i < sizeof(in); i += 10)
		in[i] = '.';
	assert_true(pr_mail_address_ok(pr_str_n(in, 254), out));
	assert_false(pr_mail_address_ok(pr_str_n(in, 255), out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
