/* What a pattern costs is written down; one that hits its limits again and again is run no more. */
#include "classify_test.h"

#include "classify/ledger.h"
#include "scan_test.h"

/* Backtracks without end on a's that no b or c follows; libhs would know better, so it is not
 * asked. */
#define HOSTILE_PATTERN "(?:a+)+[bc]"

static struct pr_str
many_a(struct pr_arena *a)
{
	char *p = pr_arena_alloc(a, 2000);

	memset(p, 'a', 2000);
	return pr_str_n(p, 2000);
}

static void
test_quarantine(void **state)
{
	struct scan_set s;
	struct pr_ledger *l;
	struct pr_str hostile;
	uint64_t none[1] = {0}, all[1] = {3};

	(void)state;
	scan_set_init(&s);
	assert_true(scan_set_add(&s, PR_STR(HOSTILE_PATTERN)));
	assert_true(scan_set_add(&s, PR_STR("bin")));
	scan_set_end(&s);
	l = pr_pattern_ledger(s.condition[0]);
	hostile = many_a(&s.a);
	assert_int_equal(scan_set_ask(&s, 0, PR_STR("aaab"), all), PR_MATCH_YES);
	assert_int_equal(l->calls, 1);
	for (unsigned i = 1; i <= PR_QUARANTINE_AFTER; i++) {
		assert_false(l->quarantined);
		assert_int_equal(scan_set_ask(&s, 0, hostile, all), PR_MATCH_UNKNOWN);
		assert_int_equal(l->limit_hits, i);
	}
	assert_true(l->quarantined);
	assert_int_equal(l->calls, 1 + PR_QUARANTINE_AFTER);
	assert_true(l->ns >= l->worst_ns && l->worst_ns > 10000);
	/* not run any more: could-not-tell where it may match, no where it cannot */
	assert_int_equal(scan_set_ask(&s, 0, hostile, all), PR_MATCH_UNKNOWN);
	assert_int_equal(scan_set_ask(&s, 0, PR_STR("aaab"), NULL), PR_MATCH_UNKNOWN);
	assert_int_equal(scan_set_ask(&s, 0, PR_STR("aaab"), none), PR_MATCH_NO);
	assert_int_equal(l->calls, 1 + PR_QUARANTINE_AFTER);
	/* its neighbour is */
	assert_int_equal(scan_set_ask(&s, 1, PR_STR("the bin"), all), PR_MATCH_YES);
	assert_false(pr_pattern_ledger(s.condition[1])->quarantined);
	scan_set_release(&s);
}

/* One contact, however many fields it brings, puts no rule aside. */
static void
counts_contacts(void **state)
{
	struct pr_ledger l = {0};

	(void)state;
	for (int i = 0; i < 3 * PR_QUARANTINE_AFTER; i++)
		pr_ledger_note(&l, pr_ledger_now(), true, 1);
	assert_int_equal(l.limit_hits, 3 * PR_QUARANTINE_AFTER);
	assert_false(l.quarantined);
	for (uint64_t contact = 2; contact <= PR_QUARANTINE_AFTER; contact++)
		pr_ledger_note(&l, pr_ledger_now(), true, contact);
	assert_true(l.quarantined);
}

static struct pr_rules *
load_plain(const char *text)
{
	static const struct pr_rules_how plain = {NULL, true};
	struct test_folder f = test_folder(text, NULL);
	struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *rules;

	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
	rules = pr_rules_load(f.path, &plain, &diag);
	if (!rules)
		print_error(PR_S_FMT "\n", PR_S(diag.first->words));
	assert_non_null(rules);
	pr_arena_release(&a);
	test_remove(&f);
	return rules;
}

static void
test_costs(void **state)
{
	struct pr_rules *rules = load_plain("rules:\n"
					    "  - name: slow\n"
					    "    service: 524/17\n"
					    "    score: 3\n"
					    "    any:\n"
					    "      - pattern: '" HOSTILE_PATTERN "'\n"
					    "      - pattern: 'bin'\n"
					    "  - name: words-only\n"
					    "    service: 557/17\n"
					    "    score: 3\n"
					    "    any: [pothole]\n"
					    "  - name: quick\n"
					    "    service: 557/17\n"
					    "    score: 3\n"
					    "    any:\n"
					    "      - pattern: 'road'\n");
	struct pr_rule_cost *costs;
	struct pr_arena a;
	struct pr_str rule = PR_STR_NONE;
	char text[2001];
	struct pr_contact c;

	(void)state;
	pr_arena_init(&a, (size_t)64 << 20);
	assert_int_equal(pr_rules_costs(rules, &a, &costs), 2);
	assert_int_equal(costs[0].calls + costs[1].calls, 0);
	assert_str(costs[0].rule, "quick");
	assert_str(costs[1].rule, "slow");
	memset(text, 'a', 2000);
	text[2000] = '\0';
	for (int i = 0; i < PR_QUARANTINE_AFTER; i++) {
		c = test_contact("", text);
		test_classify(rules, &a, &c);
		assert_int_equal(c.incomplete, 1);
		assert_int_equal(c.certain, 0);
	}
	assert_int_equal(pr_rules_costs(rules, &a, &costs), 2);
	assert_str(costs[0].rule, "slow");
	assert_true(costs[0].quarantined);
	assert_true(costs[0].limit_hits >= PR_QUARANTINE_AFTER);
	assert_true(costs[0].calls > costs[0].limit_hits);
	assert_true(costs[0].ns >= costs[0].worst_ns && costs[0].ns > costs[1].ns);
	assert_str(costs[1].rule, "quick");
	assert_false(costs[1].quarantined);
	assert_true(costs[1].calls && !costs[1].limit_hits);
	/* told once */
	assert_true(pr_rules_quarantined(rules, &rule));
	assert_str(rule, "slow");
	assert_false(pr_rules_quarantined(rules, &rule));
	/* never a no: what it may concern goes to a person */
	c = test_contact("", "nothing to see here");
	test_classify(rules, &a, &c);
	assert_int_equal(c.incomplete, 1);
	pr_arena_release(&a);
	pr_rules_free(&rules);
}

/* With the fast pass, a text that it rules out costs nothing and is known for a no. */
static void
test_scan_spares(void **state)
{
	struct pr_rules *rules = test_load("rules:\n"
					   "  - name: slow\n"
					   "    service: 524/17\n"
					   "    score: 3\n"
					   "    any:\n"
					   "      - pattern: '" HOSTILE_PATTERN "'\n",
					   NULL, NULL);
	struct pr_rule_cost *costs;
	struct pr_arena a;
	char text[2001];
	struct pr_contact c;

	(void)state;
	assert_non_null(rules);
	if (!rules->scan || !strstr(pr_scan_name(rules->scan), " 0 always")) {
		pr_rules_free(&rules);
		skip();
	}
	pr_arena_init(&a, (size_t)64 << 20);
	memset(text, 'a', 2000);
	text[2000] = '\0';
	c = test_contact("", text);
	test_classify(rules, &a, &c);
	assert_int_equal(c.incomplete, 0);
	assert_int_equal(pr_rules_costs(rules, &a, &costs), 1);
	assert_int_equal(costs[0].calls, 0);
	pr_arena_release(&a);
	pr_rules_free(&rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_contacts),
	    cmocka_unit_test(test_quarantine),
	    cmocka_unit_test(test_costs),
	    cmocka_unit_test(test_scan_spares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
