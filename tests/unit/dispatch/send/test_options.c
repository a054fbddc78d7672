/* options: what the section `send` refuses, before anything is sent in the clear. */
#include "tests/unit/cmocka_all.h"

#include "dispatch/send/send.h"

static const struct {
	const char *url;
	int tls;
	const char *username, *password;
	const char *words; /* NULL: it is good */
} cases[] = {
    {"smtp://127.0.0.1:25", PR_SMTP_TLS_NONE, "", "", NULL},
    {"smtp://localhost/name.example.org", PR_SMTP_TLS_NONE, "", "", NULL},
    {"smtp://[::1]:2525/x", PR_SMTP_TLS_NONE, "", "", NULL},
    {"smtp://mail.example.org:587", PR_SMTP_TLS_REQUIRED, "", "", NULL},
    {"smtps://mail.example.org", PR_SMTP_TLS_NONE, "", "", NULL},
    {"smtp://mail.example.org:25", PR_SMTP_TLS_NONE, "", "", "leaves this machine"},
    {"smtp://127.0.0.1.example.org", PR_SMTP_TLS_NONE, "", "", "leaves this machine"},
    {"smtp://localhost.example.org", PR_SMTP_TLS_NONE, "", "", "leaves this machine"},
    {"smtp://localhost@mail.example.org", PR_SMTP_TLS_NONE, "", "", "leaves this machine"},
    {"smtp://127.0.0.1:25@mail.example.org", PR_SMTP_TLS_NONE, "", "", "leaves this machine"},
    {"http://127.0.0.1:25", PR_SMTP_TLS_NONE, "", "", "must begin with"},
    {"", PR_SMTP_TLS_NONE, "", "", "must begin with"},
    {"smtp://127.0.0.1:25", PR_SMTP_TLS_NONE, "post", "", "belong together"},
    {"smtp://127.0.0.1:25", PR_SMTP_TLS_NONE, "", "secret", "belong together"},
    {"smtp://127.0.0.1:25", PR_SMTP_TLS_NONE, "post", "secret", NULL},
};

static void
test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		const struct pr_send_conf conf = {.smtp_url = cases[i].url,
						  .smtp_tls = cases[i].tls,
						  .smtp_username = cases[i].username,
						  .smtp_password = cases[i].password,
						  .smtp_timeout = 120000,
						  .lease = 900000};
		struct pr_diag diag;
		struct pr_arena a;

		pr_arena_init(&a, 1 << 16);
		pr_diag_init(&diag, &a);
		pr_send_section.check(&conf, (struct pr_mark){"postroom.yaml", 1, 1}, &diag);
		bool as_wanted =
		    cases[i].words
			? diag.n == 1 &&
			      pr_str_find(diag.first->words, pr_str_c(cases[i].words)) != (size_t)-1
			: diag.n == 0;
		if (!as_wanted)
			fail_msg("case %zu '%s': %zu errors", i, cases[i].url, diag.n);
		pr_arena_release(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_check)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
