/* tls_verify: each way a certificate can be wrong is refused, in words that say what to do. */
#include "ingest/email/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/ingest/email/certs.h"

#include <unistd.h>

enum which { GOOD, OTHER_CA, EXPIRED, FUTURE, SELF_SIGNED, WHICH };

static struct cert authority, other_authority, server[WHICH];
static char ca_file[] = "/tmp/tls-verify-XXXXXX";

static const struct {
	enum which cert;
	const char *host;
	const char *ca_file; /* NULL: the authority's */
	const char *words;   /* NULL: it is good */
} cases[] = {
    {GOOD, "mail.example.org", NULL, NULL},
    {GOOD, "MAIL.example.org", NULL, NULL},
    {GOOD, "mail.example.com", NULL, "is for another host"},
    {GOOD, "example.org", NULL, "is for another host"},
    {GOOD, "127.0.0.1", NULL, "is for another host"},
    {GOOD, "", NULL, "is for another host"},
    {OTHER_CA, "mail.example.org", NULL, "not trusted here"},
    {SELF_SIGNED, "mail.example.org", NULL, "not trusted here"},
    {GOOD, "mail.example.org", "",
     "t"}, /* the system's authorities: none of them signed it, or there are none */
    {EXPIRED, "mail.example.org", NULL, "has expired"},
    {FUTURE, "mail.example.org", NULL, "not valid yet"},
    {GOOD, "mail.example.org", "/nonexistent/ca.pem", "holds no certificate"},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pr_err err = {0};
		gnutls_datum_t der;

		cert_ok(
		    gnutls_x509_crt_export2(server[cases[i].cert].crt, GNUTLS_X509_FMT_DER, &der));
		struct pr_str chain = pr_str_n(der.data, der.size);
		int r = pr_tls_verify(&chain, 1, cases[i].host,
				      cases[i].ca_file ? cases[i].ca_file : ca_file, &err);
		gnutls_free(der.data);
		if (!cases[i].words && r == 0)
			continue;
		if (r == 0 || !cases[i].words || !strstr(err.msg, cases[i].words))
			fail_msg("case %zu: %d %s", i, r, err.msg);
		assert_int_equal(err.fault, PR_RETRY);
	}
}

static void
test_bad_chains(void **state)
{
	struct pr_str garbage[17];
	struct pr_err err = {0};

	(void)state;
	for (size_t i = 0; i < 17; i++)
		garbage[i] = PR_STR("\x30\x82\x01 no certificate");
	assert_int_equal(pr_tls_verify(garbage, 0, "mail.example.org", ca_file, &err), -1);
	assert_int_equal(pr_tls_verify(garbage, 1, "mail.example.org", ca_file, &err), -1);
	assert_int_equal(pr_tls_verify(garbage, 16, "mail.example.org", ca_file, &err), -1);
	assert_int_equal(pr_tls_verify(garbage, 17, "mail.example.org", ca_file, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
					   cmocka_unit_test(test_bad_chains)};
	int fd = mkstemp(ca_file);

	if (fd < 0)
		return 1;
	close(fd);
	cert_make(&authority, NULL, NULL, -10, 100);
	cert_make(&other_authority, NULL, NULL, -10, 100);
	cert_make(&server[GOOD], "mail.example.org", &authority, -1, 10);
	cert_make(&server[OTHER_CA], "mail.example.org", &other_authority, -1, 10);
	cert_make(&server[EXPIRED], "mail.example.org", &authority, -5, -1);
	cert_make(&server[FUTURE], "mail.example.org", &authority, 1, 10);
	cert_make(&server[SELF_SIGNED], "mail.example.org", NULL, -1, 10);
	cert_write(&authority, ca_file, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < WHICH; i++)
		cert_free(&server[i]);
	cert_free(&authority);
	cert_free(&other_authority);
	unlink(ca_file);
	return failed;
}
