/* Rule files: what is read, and that whatever is wrong is told with its place, all of it at once.
 */
#include "classify_test.h"

static void
wrong_rules(void **state)
{
	static const struct {
		const char *rules, *errors; /* errors: a part of what is said */
	} t[] = {
	    {"rules:\n  - name: a\n    service: 557/17\n    scoer: 2\n    any: [hole]\n",
	     "4:5: 'scoer' is not a setting of a rule; did you mean 'score'?"},
	    {"rules:\n  - name: a\n    service: 9/9\n    score: 2\n    any: [hole]\n",
	     "3:14: services.yaml has no service 9/9"},
	    {"rules:\n  - name: a\n    service: 557/17\n    score: two\n    any: [hole]\n",
	     "4:12: a score is a number"},
	    {"rules:\n  - name: a\n    service: 557/17\n    score: 2\n",
	     "2:5: a rule needs conditions"},
	    {"rules:\n  - service: 557/17\n    score: 2\n    any: [x1]\n", "a rule needs a name"},
	    {"rules:\n  - name: a\n    kind: complant\n    any: [hole]\n",
	     "did you mean 'complaint'?"},
	    {"rules:\n  - name: a\n    risk: p2\n    any: [hole]\n", "'p2' is not a risk"},
	    {"rules:\n  - name: a\n    risk: p1\n    flags: sucide\n    any: [hole]\n",
	     "did you mean 'suicide'?"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - pattern: 'a(b'\n",
	     "5:22: the pattern missing closing parenthesis"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - pattern: '(*LIMIT_MATCH=9)a'\n",
	     "5:19: the pattern may not set"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - pattern: 'a(?R)?b'\n",
	     "may not call itself"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - {words: hole, pattern: 'x'}\n",
	     "one condition asks one thing"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - {word: hole}\n",
	     "did you mean 'words'?"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - {words: hole, in: subjct}\n",
	     "did you mean 'subject'?"},
	    {"rules:\n  - name: a\n    kind: foi\n    any:\n      - {channel: fax}\n",
	     "'fax' is no channel"},
	    {"rules:\n  - name: a\n    kind: foi\n    any: [$hols]\nlists:\n  holes: [hole]\n",
	     "did you mean 'holes'?"},
	    {"rules:\n  - name: a\n    kind: foi\n    any: [$b]\nlists:\n  b: [$b]\n",
	     "names itself"},
	    {"rules:\n  - name: a\n    kind: foi\n    any: ['ho*']\n", "fewer than 3 letters"},
	    {"rules:\n  - name: a\n    kind: foi\n    any: ['!!']\n", "has no letters"},
	    {"rules:\n  - name: a\n    kind: foi\n    any: [hole]\n  - name: a\n    kind: sar\n    "
	     "any: [x]\n",
	     "there is a rule 'a' already"},
	    {"rules:\n  - name: a\n    kind: foi\n    any: [hole]\n    examples: text\n",
	     "a list of messages"},
	    {"rule: []\n", "did you mean 'rules'?"},
	    {"rules:\n  - {name: a, service: 557/17, hints: [hole]}\n",
	     "2:39: hints are points with phrases"},
	    {"rules:\n  - {name: a, service: 557/17, hints: {much: [hole]}}\n",
	     "2:40: a score is a number"},
	    {"rules:\n  - {name: a, service: 557/17, score: 2, hints: {1: hole}}\n",
	     "2:5: a rule with hints"},
	    {"rules:\n  - {name: a, service: 557/17, hints: {1: hole}, any: [x1]}\n",
	     "2:5: a rule with hints"},
	    {"rules:\n  - {name: a, kind: foi, hints: {1: hole}}\n",
	     "2:5: a rule with hints that speaks for no service"},
	    {"rules:\n  - {name: a, kind: foi, any: [x1], at_least: 2}\n",
	     "2:5: 'at_least' counts"},
	    {"rules:\n  - {name: a, service: 557/17, hints: {1: ['!!']}}\n", "has no letters"},
	    {"rules:\n  - {name: a, avoidable: chasing, any: [x1]}\n",
	     "2:26: 'chasing' is not a reason of avoidable contact"},
	    {"rules:\n  - {name: a, kind: foi, any: [x1]}\nscores: [a]\n",
	     "3:9: 'scores:' holds names"},
	    {"rules:\n  - {name: a, kind: foi, any: [x1]}\nscores: {b: 2}\n",
	     "3:10: there is no rule 'b'"},
	    {"rules:\n  - {name: a, kind: foi, any: [x1]}\nscores: {a: x}\n",
	     "3:13: a score is a number"},
	    {"rules:\n  - {name: a, service: 557/17, hints: {1: hole}}\nscores: {a: {pit: 2}}\n",
	     "3:14: the rule 'a' has no hint 'pit'"},
	    {"rules:\n  - {name: a, service: 557/17, hints: {1: hole}}\nscores: {a: 2}\n",
	     "3:13: this rule has hints"},
	};
	char errors[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_rules *r = test_load(t[i].rules, NULL, errors);

		if (r || !strstr(errors, t[i].errors))
			fail_msg("case %zu wanted '%s', got '%s'", i, t[i].errors, errors);
	}
}

static void
all_errors_at_once(void **state)
{
	char errors[8192];
	struct pr_rules *r;
	size_t lines = 0;

	(void)state;
	r = test_load("rules:\n  - name: A b\n    kind: x\n    any: [hole]\n  - name: c\n    "
		      "score: 200\n    service: 5\n    any:\n"
		      "      - pattern: '['\n      - {language: xx}\n",
		      NULL, errors);
	assert_null(r);
	for (const char *p = errors; (p = strchr(p, '\n')); p++)
		lines++;
	assert_true(lines >= 6);
}

static void
local_rules(void **state)
{
	struct pr_contact c = test_contact("", "a hole and a bin");
	struct pr_rules *r;
	struct pr_arena a;

	(void)state;
	pr_arena_init(&a, (size_t)4 << 20);
	r = test_load("rules:\n  - {name: hole, service: 557/17, score: 2, any: [hole]}\n"
		      "  - {name: bin, service: 524/17, score: 3, any: [bin]}\n",
		      "rules:\n  - {name: hole, service: 557/17, score: 9, any: [hole]}\n  - "
		      "{name: bin, disabled: yes}\n",
		      NULL);
	assert_non_null(r);
	assert_int_equal(pr_rules_count(r), 1);
	test_classify(r, &a, &c);
	assert_int_equal(c.score, 9000);
	assert_int_equal(c.lgsl, 557);
	assert_int_equal(strlen(pr_rules_version(r)), 16);
	pr_rules_free(&r);
	assert_null(r);
	pr_arena_release(&a);
}

/* `scores:` changes points and nothing else. */
static void
local_scores(void **state)
{
	struct pr_contact c = test_contact("", "a hole and a bin");
	struct pr_rules *r;
	struct pr_arena a;

	(void)state;
	pr_arena_init(&a, (size_t)4 << 20);
	r = test_load("rules:\n  - {name: hole, service: 557/17, score: 2, any: [hole]}\n"
		      "  - {name: bins, service: 524/17, hints: {1: [bin], 3: [lid]}}\n",
		      "scores:\n  hole: 2.5\n  bins: {bin: 4}\n", NULL);
	assert_non_null(r);
	test_classify(r, &a, &c);
	assert_int_equal(c.lgsl, 524);
	assert_int_equal(c.score, 4000);
	assert_str(c.runner_up, "557/17 2500");
	pr_rules_free(&r);
	pr_arena_release(&a);
}

/* Shipped < pack < local; only the packs that local/packs.yaml names. */
static void
packs(void **state)
{
	static const char pack[] = "about: {title: Coast, version: 1}\n"
				   "rules:\n"
				   "  - {name: hole, service: 557/17, score: 7, any: [hole]}\n"
				   "  - {name: bin, service: 524/17, score: 4, any: [bin]}\n";
	static const struct {
		const char *packs, *local;
		int64_t hole, bin;
		const char *errors;
	} t[] = {
	    {NULL, NULL, 2000, 0, NULL},
	    {"packs: [coast]\n", NULL, 7000, 4000, NULL},
	    {"packs: [coast]\n",
	     "rules:\n  - {name: hole, service: 557/17, score: 9, any: [hole]}\n", 9000, 4000,
	     NULL},
	    {"packs: [coats]\n", NULL, 0, 0, "cannot read the folder"},
	    {"packs: [../rules]\n", NULL, 0, 0, "1:9: a pack's name is that of its folder"},
	    {"coast\n", NULL, 0, 0, "packs.yaml holds 'packs:'"},
	};
	struct pr_arena a;
	char errors[8192];

	(void)state;
	pr_arena_init(&a, (size_t)4 << 20);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct test_folder f = test_folder(
		    "rules:\n  - {name: hole, service: 557/17, score: 2, any: [hole]}\n",
		    t[i].local ? t[i].local : "rules: []\n");
		struct pr_contact hole = test_contact("", "hole"), bin = test_contact("", "bin");
		struct pr_rules *r;

		test_pack(&f, "coast", pack);
		if (t[i].packs)
			test_write(f.path, "local/packs.yaml", t[i].packs);
		r = test_load_folder(&f, NULL, errors);
		if (t[i].errors && (r || !strstr(errors, t[i].errors)))
			fail_msg("case %zu: %s", i, errors);
		if (!t[i].errors) {
			assert_non_null(r);
			test_classify(r, &a, &hole);
			test_classify(r, &a, &bin);
			assert_int_equal(hole.score, t[i].hole);
			assert_int_equal(bin.score, t[i].bin);
		}
		pr_rules_free(&r);
		test_remove(&f);
	}
	pr_arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrong_rules), cmocka_unit_test(all_errors_at_once),
	    cmocka_unit_test(local_rules), cmocka_unit_test(local_scores),
	    cmocka_unit_test(packs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
