/* The verdict: scores, certainty, vetoes, stop, kinds, risk, spans, and that could-not-tell is
 * never no. */
#include "classify_test.h"

static const char rules_text[] =
    "lists:\n  bins: [bin, bins, $waste]\n  waste: [rubbish]\n"
    "rules:\n"
    "  - {name: hole, service: 557/17, score: 3, any: [pothole*, hole in the road]}\n"
    "  - name: bin\n    service: 524/17\n    score: 2.5\n    all:\n      - $bins\n      - [not "
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
	    {"pothole", "by the bin that was missed", 557, 1, "report", "none", "normal"},
	    {"", "this is not about the road or a pothole", 0, 0, "unclear", "none", "normal"},
	    {"", "the baby is left home alone", 266, 1, "report", "p1", "neutral"},
	    {"", "I will kill myself", 0, 0, "unclear", "p1", "normal"},
	    {"", "I nearly kill myself on suicide lane", 0, 0, "unclear", "check", "normal"},
	    {"", "suicide lane makes me want to kill myself", 0, 0, "unclear", "p1", "normal"},
	    {"", "Freedom of Information", 0, 0, "foi", "none", "normal"},
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
	assert_true(pr_str_int(rest, 0, 1000, &end));
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
	assert_int_equal(c.score, 3000);
	assert_int_equal(c.margin, 0);
	assert_str(c.runner_up, "557/17 3000");
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

static void
limits_are_not_no(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact(
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "pothole");

	test_classify(f->rules, &f->arena, &c);
	assert_int_equal(c.incomplete, 1);
	assert_int_equal(c.certain, 0);
	assert_int_equal(c.lgsl, 557);
	assert_true(test_list_has(c.rules, "slow incomplete 0 0"));
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

static void
explains(void **state)
{
	struct fixture *f = *state;
	struct pr_contact c = test_contact("Pothole", "there");
	struct pr_buf out;

	test_classify(f->rules, &f->arena, &c);
	pr_buf_init(&out, 4096);
	assert_int_equal(pr_classify_explain(f->rules, &c, &out), 0);
	assert_str(pr_buf_str(&out), "hole  subject 0-7  +3.0 for 557/17  'Pothole'\n");
	pr_buf_release(&out);
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
	    cmocka_unit_test(rule_tests_can_fail),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
