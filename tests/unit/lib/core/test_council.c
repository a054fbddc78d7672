/* Tests of council: the defaults stand, and what cannot be right is said. */
#include "postroom/cleanup.h"
#include "postroom/council.h"
#include "tests/unit/cmocka_all.h"

static const struct pr_section *const sections[] = {&pr_council_section, &pr_spool_section,
						    &pr_queue_section, &pr_store_section, NULL};

static struct pr_config *
load(const char *const *overrides, struct pr_diag *d)
{
	return pr_config_load(NULL, sections, pr_section_names, overrides, d);
}

static void
test_defaults(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag d;
	struct pr_config *config;
	const struct pr_council_conf *council;
	const struct pr_queue_conf *queue;
	const struct pr_spool_conf *spool;

	(void)state;
	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&d, &a);
	config = load(NULL, &d);
	assert_non_null(config);
	council = pr_config_get(config, &pr_council_section);
	assert_string_equal(council->name, "Example Council");
	assert_string_equal(council->prefix, "EXA");
	assert_string_equal(council->instance_key, "");
	assert_int_equal(council->division, 0);
	assert_int_equal(council->own_addresses.n, 0);
	queue = pr_config_get(config, &pr_queue_section);
	assert_string_equal(queue->socket, "/run/postroom/redis.sock");
	assert_int_equal(queue->claim_after, 300000);
	spool = pr_config_get(config, &pr_spool_section);
	assert_int_equal(spool->min_free, INT64_C(256) << 20);
	pr_config_free(&config);
}

/* Whoever parses a stranger's bytes must not have the key in memory: its file is not even opened.
 */
static void
test_keyless(void **state)
{
	static const struct pr_section *const keyless[] = {&pr_council_keyless_section, NULL};
	static const char *const overrides[] = {"council.instance_key=/nonexistent/key", NULL};
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag d;

	(void)state;
	pr_arena_init(&a, 1 << 20);
	pr_diag_init(&d, &a);
	assert_null(load(overrides, &d));
	pr_diag_init(&d, &a);
	struct pr_config *config = pr_config_load(NULL, keyless, pr_section_names, overrides, &d);
	assert_non_null(config);
	const struct pr_council_conf *council = pr_config_get(config, &pr_council_keyless_section);
	assert_string_equal(council->prefix, "EXA");
	assert_string_equal(council->instance_key, "/nonexistent/key");
	pr_config_free(&config);
}

static void
test_checks(void **state)
{
	static const struct {
		const char *override, *words; /* words NULL: fine */
	} cases[] = {
	    {"council.prefix=AB", NULL},
	    {"council.prefix=ABCD", NULL},
	    {"council.prefix=A", "2 to 4"},
	    {"council.prefix=ABCDE", "2 to 4"},
	    {"council.prefix=ab", "2 to 4"},
	    {"council.email=a@b.example", NULL},
	    {"council.email=contact", "e-mail address"},
	    {"council.email=a@b", "e-mail address"},
	    {"council.email=@b.example", "e-mail address"},
	    {"council.email=a@b@c.example", "e-mail address"},
	    {"council.email=a b@c.example", "e-mail address"},
	    {"council.duty_email=x", "'duty_email'"},
	    {"council.own_addresses=a@b.example, x@", "own_addresses"},
	    {"council.own_addresses=a@b.example,07700900123", NULL},
	    {"council.targets_confirmed_by=Head of Service", "say when"},
	    {"council.targets_confirmed_on=2026-02-30", "a date"},
	    {"council.targets_confirmed_on=2026-11-22", NULL},
	    {"store.url=postgresql:///postroom", NULL},
	    {"store.url=mysql://x", "sqlite:"},
	    {"queue.claim_after=500ms", "from 1s to 1d"},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		PR_AUTO_ARENA struct pr_arena a;
		const char *const overrides[] = {cases[i].override, NULL};
		struct pr_config *config;
		struct pr_diag d;

		pr_arena_init(&a, 1 << 20);
		pr_diag_init(&d, &a);
		config = load(overrides, &d);
		if (!config == !cases[i].words ||
		    (cases[i].words && !strstr(d.first->words.p, cases[i].words)))
			fail_msg("%s: %s", cases[i].override,
				 d.first ? d.first->words.p : "accepted");
		pr_config_free(&config);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_keyless),
	    cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
