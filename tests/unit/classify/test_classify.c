/* The verdict: scores, certainty, vetoes, stop, kinds, risk, spans, and that could-not-tell is
 * never no. */
#include "classify_test.h"

static const char rules_text[] =
    "lists:\n  bins: [bin, bins, $waste]\n  waste: [rubbish]\n"
    "rules:\n"
    "  - {name: hole, service: 557/17, score: 5, any: [pothole*, hole in the road]}\n"
    "  - name: bin\n    service: 524/17\n    score: 5\n    all:\n      - $bins\n      - [not "
    "emptied, missed]\n    unless: [litter bin]\n"
    "  - {name: bin-word, service: 524/17, score: 0.5, unsure: yes, any: [bin]}\n"
    "  - {name: never-hole, veto: 557, any: [not about the road]}\n"
    "  - {name: child, service: 266/17, score: 5, risk: p1, flags: child_safeguarding, any: [left "
    "home alone]}\n"
    "  - {name: die, risk: p1, flags: suicide, any: [kill myself, suicide]}\n"
    "  - {name: idiom, lower: check, any: [suicide lane, nearly kill myself on]}\n"
    "  - {name: foi, kind: foi, score: 5, any: [freedom of information]}\n"
    "  - {name: spam, kind: spam, score: 9, any: [seo services]}\n"
    "  - {name: form, kind: chase, score: 4, all: [{words: yes, in: form.again}]}\n"
    "  - {name: slow, kind: sar, score: 1, any: [{pattern: '^(a+)+$', in: subject}]}\n"
    "  - {name: by-text, kind: thanks, score: 7, all: [{channel: sms}, ta]}\n"
    "  - {name: mp, flags: councillor_or_mp, any: [{sender: '@parliament.example'}]}\n";

struct fixture {
	struct pr_rules *rules;
	struct pr_arena arena;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	pr_arena_init(&f->arena, (size_t)16 << 20);
	f->rules = test_load(rules_text, NULL, NULL);
	*state = f;
	return f->rules ? 0 : -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	pr_rules_free(&f->rules);
	pr_arena_release(&f->arena);
	free(f);
	return 0;
}

static void
verdicts(void **state)
{
	static const struct {
		const char *subject, *text;
		int64_t lgsl, certain;
		const char *kind, *risk, *ack;
	} t[] = {
	    {"", "POTHOLES everywhere", 557, 1, "report", "none", "normal"},
	    {"", "a hole in  the\nroad", 557, 1, "report", "none", "normal"},
	    {"", "a hole in the hedge", 0, 0, "unclear", "none", "normal"},
	    {"", "my bin was not emptied", 524, 1, "report", "none", "normal"},
	    {"", "Rubbish missed", 524, 1, "report", "none", "normal"},
	    {"", "the litter bin was not emptied", 524, 0, "report", "none", "normal"},
	    {"", "bin", 524, 0, "report", "none", "normal"},
	    {"", "pothole by the bin that was missed", 524, 0, "report", "none", "normal"},
	    {"pothole", "by the bin that was missed", 557, 0, "report", "none", "normal"},
	    {"", "this is not about the road or a pothole", 0, 0, "unclear", "none", "normal"},
	    {"", "the baby is left home alone", 266, 1, "report", "p1", "neutral"},
	    {"", "I will kill myself", 0, 0, "unclear", "p1", "normal"},
	    {"", "I nearly kill myself on suicide lane", 0, 0, "unclear", "check", "normal"},
	    {"", "suicide lane makes me want to kill myself", 0, 0, "unclear", "p1", "normal"},
	    {"", "Freedom of Information", 722, 1, "foi", "none", "normal"},
	    {"", "Freedom of Information about the pothole", 722, 1, "foi", "none", "normal"},
	    {"pothole", "freedom of information", 722, 1, "foi", "none", "normal"},
	    {"", "SEO services", 0, 0, "spam", "none", "none"},
	    {"", "SEO services or I kill myself", 0, 0, "report", "p1", "normal"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_contact c = test_contact(t[i].subject, t[i].text);

		test_classify(f->rules, &f->arena, &c);
		if (c.lgsl != t[i].lgsl || c.certain != t[i].certain)
			fail_msg("'%s': service %lld, certain %lld", t[i].text, (long long)c.lgsl,
				 (long long)c.certain);
		assert_str(c.kind, t[i].kind);
		assert_str(c.risk, t[i].risk);
		assert_str(c.ack, t[i].ack);
	}
}

static void
spans_point_into_the_text(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("", "H\xc5\xb7 pr\xc3\xaes: P\xc3\x94THOLE!");
	struct pr_str rest, rule;
	int64_t start, end;
	char out[64];

	test_classify(f->rules, &f->arena, &c);
	assert_int_equal(c.rules.n, 1);
	rest = c.rules.v[0];
	assert_true(pr_str_cut(&rest, ' ', &rule));
	assert_str(rule, "hole");
	assert_true(pr_str_cut(&rest, ' ', &rule));
	assert_str(rule, "text");
	assert_true(pr_str_cut(&rest, ' ', &rule));
	assert_true(pr_str_int(rule, 0, 1000, &start));
	assert_true(pr_str_cut(&rest, ' ', &rule));
	assert_true(pr_str_int(rule, 0, 1000, &end));
	assert_str(rest, "557/17 5000");
	snprintf(out, sizeof(out), PR_S_FMT,
		 PR_S(pr_str_sub(c.text, (size_t)start, (size_t)(end - start))));
	assert_string_equal(out, "P\xc3\x94THOLE");
}

static void
scores_and_runner_up(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("", "pothole by the bin that was missed");

	test_classify(f->rules, &f->arena, &c);
	assert_int_equal(c.score, 5500);
	assert_int_equal(c.margin, 500);
	assert_str(c.runner_up, "557/17 5000");
}

static void
quoted_mail_only_checks(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("", "thanks\n> I will kill myself");

	c.new_text = PR_STR("thanks");
	test_classify(f->rules, &f->arena, &c);
	assert_str(c.risk, "check");
	assert_true(test_list_has(c.flags, "suicide"));
}

/* Without the pass for candidates, which would rightly say that this pattern cannot match. */
static void
limits_are_not_no(void **state)
{
	static const struct pr_rules_how plain = {.plain = true};
	struct fixture *f = *state;
	struct test_folder folder = test_folder(rules_text, NULL);
	struct pr_rules *r = test_load_folder(&folder, &plain, NULL);
	struct pr_contact c = test_contact(
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "pothole");

	test_remove(&folder);
	assert_non_null(r);
	test_classify(r, &f->arena, &c);
	assert_int_equal(c.incomplete, 1);
	assert_int_equal(c.certain, 0);
	assert_int_equal(c.lgsl, 557);
	assert_true(test_list_has(c.rules, "slow incomplete 0 0"));
	pr_rules_free(&r);
}

static void
fields(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("", "ta");
	struct pr_str form[] = {PR_STR("other=yes"), PR_STR("again=Yes!")};

	c.form = (struct pr_list){form, 1};
	test_classify(f->rules, &f->arena, &c);
	assert_str(c.kind, "unclear");
	c.form.n = 2;
	test_classify(f->rules, &f->arena, &c);
	assert_str(c.kind, "chase");
	c.channel = PR_STR("sms");
	test_classify(f->rules, &f->arena, &c);
	assert_str(c.kind, "thanks");
	c.automated = PR_STR("bounce");
	c.from_email = PR_STR("office@Parliament.example");
	test_classify(f->rules, &f->arena, &c);
	assert_str(c.kind, "auto");
	assert_str(c.ack, "none");
	assert_true(test_list_has(c.flags, "councillor_or_mp"));
}

static void
facts(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("", "I live at SW1A 1AA, ring 07700 900123");

	test_classify(f->rules, &f->arena, &c);
	assert_str(c.postcode, "SW1A 1AA");
	assert_str(c.phone, "+447700900123");
}

static void
stops(void **state)
{
	struct pr_contact c = test_contact("", "bin and hole");
	struct fixture *f = *state;
	struct pr_rules *r;

	r = test_load(
	    "rules:\n  - {name: first, service: 524/17, score: 1, stop: yes, any: [bin]}\n"
	    "  - {name: second, service: 557/17, score: 5, any: [hole]}\n"
	    "  - {name: third, risk: check, any: [hole]}\n",
	    NULL, NULL);
	assert_non_null(r);
	test_classify(r, &f->arena, &c);
	assert_int_equal(c.lgsl, 524);
	assert_str(c.risk, "check");
	pr_rules_free(&r);
}

/* The whole account of a verdict, as `postroom explain` prints it. */
static void
explains(void **state)
{
	static const struct {
		const char *subject, *text, *told;
	} t[] = {
	    {"Pothole", "there",
	     "Best guess: 557/17 Pothole, 10.0 points\n"
	     "  +10.0  hole                  subject 0-7  'Pothole'\n"
	     "Certain: it goes straight to the team.\n"},
	    {"", "the bin was missed, there is a pothole and I nearly kill myself on it",
	     "Best guess: 524/17 Missed bin, 5.5 points\n"
	     "   +5.0  bin                   text 4-7  'bin'\n"
	     "   +0.5  bin-word              text 4-7  'bin'\n"
	     "Runner-up: 557/17 Pothole, 5.0 points; lost by 0.5\n"
	     "   +5.0  hole                  text 31-38  'pothole'\n"
	     "idiom: lowers the risk to check  text 45-66  'nearly kill myself on'\n"
	     "die: risk p1 flag suicide  text 52-63  'kill myself'\n"
	     "Not certain: it leads by 0.5 points, 5.0 are needed.\n"},
	    {"", "bin",
	     "Best guess: 524/17 Missed bin, 0.5 points\n"
	     "   +0.5  bin-word              text 0-3  'bin'\n"
	     "Not certain: it leads by 0.5 points, 5.0 are needed.\n"},
	    {"", "a pothole, but not about the road",
	     "No rule speaks for any service.\n"
	     "Forbidden: 557/17 Pothole, 5.0 points, by the rule never-hole\n"
	     "   +5.0  hole                  text 2-9  'pothole'\n"
	     "never-hole: never 557  text 15-33  'not about the road'\n"},
	    {"Pothole", "freedom of information",
	     "Best guess: 722/0 Information, 15.0 points\n"
	     "  +15.0  foi                   text 0-22  'freedom of information'\n"
	     "Runner-up: 557/17 Pothole, 10.0 points; lost by 5.0\n"
	     "  +10.0  hole                  subject 0-7  'Pothole'\n"
	     "foi: kind foi  text 0-22  'freedom of information'\n"
	     "Certain: it goes straight to the team.\n"},
	    {"", "", "No rule speaks for any service.\n"},
	};
	struct fixture *f = *state;
	struct pr_buf out;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_contact c = test_contact(t[i].subject, t[i].text);

		test_classify(f->rules, &f->arena, &c);
		pr_buf_init(&out, 4096);
		assert_int_equal(pr_classify_explain(f->rules, &c, &out), 0);
		assert_str(pr_buf_str(&out), t[i].told);
		pr_buf_release(&out);
	}
}

static const char hint_rules[] =
    "rules:\n"
    "  - name: holes\n    service: 557/17\n"
    "    hints:\n      2: [hole, holes]\n      1.5: ['deep*', $wet]\n      -1: [bin]\n"
    "  - {name: bin, service: 524/17, score: 2.5, any: [bin]}\n"
    "lists:\n  wet: [puddle, standing water]\n";

/* Each hint counts once, twice in the subject unless it speaks against; a long list of hints each
 * for less. */
static void
hints(void **state)
{
	static const struct {
		const char *subject, *text;
		int64_t lgsl, score;
	} t[] = {
	    {"", "a hole", 557, 2000},          {"", "hole hole hole", 557, 2000},
	    {"hole", "hole", 557, 4000},        {"", "a deep hole with standing water", 557, 5000},
	    {"", "a bin in a hole", 524, 2500}, {"bin", "a hole", 524, 5000},
	    {"hole", "by the bin", 557, 3000},  {"", "nothing", 0, 0},
	};
	struct fixture *f = *state;
	struct pr_rules *r = test_load(hint_rules, NULL, NULL);

	assert_non_null(r);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_contact c = test_contact(t[i].subject, t[i].text);

		test_classify(r, &f->arena, &c);
		if (c.lgsl != t[i].lgsl || c.score != t[i].score)
			fail_msg("'%s' '%s': service %lld, score %lld", t[i].subject, t[i].text,
				 (long long)c.lgsl, (long long)c.score);
	}
	pr_rules_free(&r);
}

/* A rule of kind or risk says yes from so many points on; it casts no votes. */
static void
hints_that_must_reach(void **state)
{
	static const struct {
		const char *text, *kind, *risk;
	} t[] = {
	    {"how many, and what was spent", "unclear", "none"},
	    {"how many fines, and what was spent last year", "eir", "none"},
	    {"how many bins last year", "unclear", "none"},
	    {"I am scared", "unclear", "none"},
	    {"I am scared, he has a knife", "unclear", "check"},
	};
	struct fixture *f = *state;
	struct pr_rules *r =
	    test_load("rules:\n  - name: ask\n    kind: eir\n    score: 3\n    at_least: 3\n"
		      "    hints: {1: [how many, last year], 1.5: [spent, fines], -2: [bins]}\n"
		      "  - {name: fear, risk: check, at_least: 2, hints: {1: [scared, knife]}}\n",
		      NULL, NULL);

	assert_non_null(r);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_contact c = test_contact("", t[i].text);

		test_classify(r, &f->arena, &c);
		assert_str(c.kind, t[i].kind);
		assert_str(c.risk, t[i].risk);
		assert_int_equal(c.lgsl, 0);
	}
	pr_rules_free(&r);
}

static void
many_hints_count_for_less(void **state)
{
	static const struct {
		size_t hints;
		int points;
	} t[] = {{1, 1000}, {PR_HINTS_FULL, 1000}, {4 * PR_HINTS_FULL, 500}};
	struct pr_hint hint = {.points = 1000};
	struct pr_rule rule = {.score = 3000};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_vote v = {.rule = &rule, .hint = &hint, .times = 1};

		assert_int_equal(pr_vote_points(&v, t[i].hints), t[i].points);
		v.hint = NULL; /* a rule's own score is what its writer said */
		assert_int_equal(pr_vote_points(&v, t[i].hints), 3000);
	}
}

/* Quoted mail gives no points; and a hint is never sure. */
static void
hints_know_their_place(void **state)
{
	struct fixture *f = *state;
	struct pr_rules *r = test_load(hint_rules, NULL, NULL);
	struct pr_contact c = test_contact("", "see below\n> a deep hole");

	assert_non_null(r);
	c.new_text = PR_STR("see below");
	test_classify(r, &f->arena, &c);
	assert_int_equal(c.lgsl, 0);
	c.new_text = c.text;
	test_classify(r, &f->arena, &c);
	assert_int_equal(c.score, 3500);
	assert_int_equal(c.certain, 0);
	pr_rules_free(&r);
}

static void
forbidden_services_are_told(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("", "a pothole, but not about the road");

	test_classify(f->rules, &f->arena, &c);
	assert_int_equal(c.vetoed.n, 1);
	assert_str(c.vetoed.v[0], "557/17 5000 never-hole");
}

static void
rule_tests_can_fail(void **state)
{
	struct fixture *f = *state;
	struct pr_diag diag;
	struct pr_rules *r;

	(void)f;
	r = test_load("rules:\n  - name: a\n    service: 557/17\n    score: 2\n    any: [hole]\n   "
		      " examples: [a hole, nothing]\n"
		      "    not: [whole, the hole]\n",
		      NULL, NULL);
	assert_non_null(r);
	pr_diag_init(&diag, &f->arena);
	assert_int_equal(pr_rules_test(r, &diag), 4);
	assert_int_equal(diag.n, 2);
	pr_rules_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts),
	    cmocka_unit_test(spans_point_into_the_text),
	    cmocka_unit_test(scores_and_runner_up),
	    cmocka_unit_test(quoted_mail_only_checks),
	    cmocka_unit_test(limits_are_not_no),
	    cmocka_unit_test(fields),
	    cmocka_unit_test(facts),
	    cmocka_unit_test(stops),
	    cmocka_unit_test(explains),
	    cmocka_unit_test(hints),
	    cmocka_unit_test(hints_that_must_reach),
	    cmocka_unit_test(many_hints_count_for_less),
	    cmocka_unit_test(hints_know_their_place),
	    cmocka_unit_test(forbidden_services_are_told),
	    cmocka_unit_test(rule_tests_can_fail),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
