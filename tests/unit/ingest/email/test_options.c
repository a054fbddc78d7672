/* options: what the section `mailboxes` refuses; the names of its types are those of the drivers.
 */
#include "tests/unit/cmocka_all.h"

#include "ingest/email/mailbox.h"
#include "postroom/sections.h"

static const struct {
	struct pr_mailbox_conf conf;
	const char *words; /* NULL: it is good */
} cases[] = {
    {{.type = 0, .path = "mail"}, NULL},
    {{.type = 0}, "needs 'path'"},
    {{.type = 1, .host = "mail.example.org", .username = "post", .password = "x"}, NULL},
    {{.type = 1, .username = "post", .password = "x"}, "needs 'host'"},
    {{.type = 1, .host = "mail.example.org", .password = "x"}, "'username' and 'password'"},
    {{.type = 1, .host = "mail.example.org", .username = "post"}, "'username' and 'password'"},
    {{.type = 0, .path = "mail", .done = PR_MAILBOX_DONE_MOVE}, "needs 'done_folder'"},
    {{.type = 0, .path = "mail", .done = PR_MAILBOX_DONE_MOVE, .done_folder = "Done"}, NULL},
};

static void
test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		struct pr_mailbox_conf conf = cases[i].conf;
		const char **const texts[] = {&conf.path, &conf.host, &conf.username,
					      &conf.password, &conf.done_folder};
		struct pr_diag diag;
		struct pr_arena a;

		for (size_t t = 0; t < PR_COUNT(texts); t++)
			if (!*texts[t])
				*texts[t] = "";
		conf.name = "post";
		pr_arena_init(&a, 1 << 16);
		pr_diag_init(&diag, &a);
		pr_mailboxes_section.check(&conf, (struct pr_mark){"postroom.yaml", 1, 1}, &diag);
		bool as_wanted =
		    cases[i].words
			? diag.n == 1 &&
			      pr_str_find(diag.first->words, pr_str_c(cases[i].words)) != (size_t)-1
			: diag.n == 0;
		if (!as_wanted)
			fail_msg("case %zu: %zu errors", i, diag.n);
		pr_arena_release(&a);
	}
}

static void
test_driver_names(void **state)
{
	const struct pr_option *type = pr_mailboxes_section.options;
	char names[100] = "";

	(void)state;
	while (strcmp(type->name, "type"))
		type++;
	for (size_t i = 0, n = 0; pr_mailbox_drivers[i]; i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? "|" : "",
				      pr_mailbox_drivers[i]->name);
	assert_string_equal(type->choices, names);
}

/* An entry that is pointed elsewhere has another memory; its name cannot lead out of the folder. */
static void
test_state_name(void **state)
{
	struct pr_mailbox_conf conf = {.name = "../post",
				       .path = "",
				       .host = "a.example.org",
				       .username = "post",
				       .folder = "INBOX"};
	struct pr_mailbox m = {.conf = &conf, .driver = &pr_mailbox_imap};
	char first[160], second[160];

	(void)state;
	pr_mailbox_state_name(&m, "uids", first);
	conf.host = "b.example.org";
	pr_mailbox_state_name(&m, "uids", second);
	assert_string_not_equal(first, second);
	assert_null(strchr(first, '/'));
	assert_int_not_equal(first[0], '.');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_driver_names),
	    cmocka_unit_test(test_state_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
