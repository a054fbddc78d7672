/* Fitted points: a wrong one is found, a rule keeps its sense, what only remembers does not look
 * good, and few contacts change nothing. */
#include "classify_test.h"

#include "postroom/learn.h"

static const char rules_text[] =
    "rules:\n"
    "  - {name: hole, service: 557/17, score: 2, any: [pothole]}\n"
    "  - {name: road, service: 524/17, score: 4, any: [road]}\n"
    "  - {name: bin, service: 524/17, score: 2, any: [bin]}\n"
    "  - {name: bad-sign, service: 557/17, score: 3, any: [zebra]}\n"
    "  - {name: good-sign, service: 557/17, score: -3, any: [crater]}\n"
    "  - {name: rare, service: 524/17, score: 4, any: [lane]}\n"
    "  - {name: never, veto: 524, any: [no bins]}\n"
    "  - {name: vetoed, service: 524/17, score: 4, any: [alley]}\n"
    "  - name: words\n    service: 557/17\n    hints:\n      1: [dip, \"sunken: bit\"]\n      0.5: "
    "[wi'r ffordd, edge*]\n"
    "  - name: many\n    service: 557/17\n    hints:\n      0.31: [m1, m2, m3, m4, m5, m6, m7, m8, "
    "m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20]\n";

struct fixture {
	struct pr_rules *rules;
	struct pr_fit *fit;
	struct pr_arena arena;
	unsigned n;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	pr_arena_init(&f->arena, (size_t)64 << 20);
	f->rules = test_load(rules_text, NULL, NULL);
	assert_non_null(f->rules);
	f->fit = pr_fit_new(f->rules, 0.1);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	pr_fit_free(&f->fit);
	pr_rules_free(&f->rules);
	pr_arena_release(&f->arena);
	free(f);
	return 0;
}

static struct pr_judged
judged(struct pr_arena *a, unsigned id, const char *text, const char *right)
{
	struct pr_judged j = {.contact = test_contact("", text)};

	j.contact.cid = pr_arena_printf(a, "%032x", id);
	if (right) {
		j.right.v = pr_arena_alloc(a, sizeof(*j.right.v));
		j.right.v[j.right.n++] = pr_str_c(right);
	}
	return j;
}

static void
add(struct fixture *f, unsigned times, const char *text, const char *right)
{
	while (times--) {
		struct pr_judged j = judged(&f->arena, f->n++, text, right);

		pr_fit_add(f->fit, &j);
	}
}

/* The file, which must load over the rules it was made from. */
static const char *
written(struct fixture *f)
{
	struct pr_buf b;
	const char *text;
	struct pr_rules *with;

	pr_buf_init(&b, 1 << 20);
	pr_fit_write(f->fit, &b);
	text = pr_arena_dup_c(&f->arena, pr_buf_str(&b));
	pr_buf_release(&b);
	with = test_load(rules_text, text, NULL);
	assert_non_null(with);
	pr_rules_free(&with);
	return text;
}

/* "name: " begins a line of the file: its points, thousandths; -1: it is not there. */
static int
points(const char *file, const char *name)
{
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "  %s: ", name);
	at = strstr(file, line);
	return at ? (int)(strtod(at + strlen(line), NULL) * 1000 +
			  (at[strlen(line)] == '-' ? -0.5 : 0.5))
		  : -1;
}

static void
agreement(void **state)
{
	static const struct {
		const char *right;
		int lgsl, lgil;
		bool agrees;
	} t[] = {{"557/17", 557, 17, true},   {"557/17", 557, 8, false}, {"557", 557, 8, true},
		 {"557", 55, 7, false},       {"", 0, 0, false},         {"0/0", 0, 0, false},
		 {"pothole", 557, 17, false}, {"557/", 557, 17, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_str right = pr_str_c(t[i].right);
		struct pr_judged j = {.right = {&right, 1}};

		if (pr_judged_agrees(&j, t[i].lgsl, t[i].lgil) != t[i].agrees)
			fail_msg("%s and %d/%d", t[i].right, t[i].lgsl, t[i].lgil);
	}
	assert_false(pr_judged_agrees(&(struct pr_judged){.by_staff = true}, 557, 17));
}

static void
wrong_points_are_found(void **state)
{
	struct fixture *f = *state;
	struct pr_fit_result r;
	const char *file;

	add(f, 60, "a pothole in the road", "557/17");
	add(f, 20, "my bin was left", "524");
	add(f, 20, "nobody says where this road goes", NULL);
	pr_fit_run(f->fit, 5, NULL, NULL, &r);
	assert_int_equal(r.contacts, 80);
	assert_int_equal(r.before, 250);
	assert_int_equal(r.after, 1000);
	file = written(f);
	assert_in_range(points(file, "road"), 50, 2000);
	assert_true(points(file, "hole") > 2000);
	assert_non_null(strstr(file, "  # was 4, 60 contacts\n"));
	assert_int_equal(points(file, "zebra"), -1);
}

static void
a_rule_keeps_its_sense(void **state)
{
	struct fixture *f = *state;
	struct pr_fit_result r;
	const char *file;

	add(f, 200, "bin beside the zebra", "524/17");
	add(f, 200, "pothole like a crater", "557/17");
	add(f, 200, "the bin is in the crater", "557/17");
	pr_fit_run(f->fit, 5, NULL, NULL, &r);
	file = written(f);
	assert_in_range(points(file, "bad-sign"), 50, 1000);
	assert_in_range(-points(file, "good-sign"), 50, 1000);
}

static void
few_contacts_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct pr_fit_result r;
	const char *file;

	add(f, 4, "pothole in the lane", "557/17");
	add(f, 30, "bin in the road", "524/17");
	add(f, 30, "pothole in the alley, no bins", "557/17");
	pr_fit_run(f->fit, 5, NULL, NULL, &r);
	file = written(f);
	assert_int_equal(points(file, "rare"), -1);
	assert_int_equal(points(file, "vetoed"), -1); /* never among those that could be chosen */
}

static void
hints_have_points_too(void **state)
{
	struct fixture *f = *state;
	struct pr_fit_result r;
	const char *file;

	add(f, 40, "a dip with a sunken bit at the edges, the bin, the road", "557/17");
	add(f, 40, "mae twll wi'r ffordd", "557/17");
	pr_fit_run(f->fit, 4, NULL, NULL, &r);
	assert_int_equal(r.before, 500);
	assert_int_equal(r.after, 1000);
	file = written(f);
	assert_non_null(strstr(file, "  words:\n"));
	assert_true(points(file, "  dip") > 1000);
	assert_true(points(file, "  edge*") > 500);
	assert_true(points(file, "  wi'r ffordd") > 500);
	assert_null(strstr(file, "sunken")); /* could not be written without quotes */
}

/* Words that stand by chance in contacts of this or that service: on the contacts they were learnt
 * from they look good, on others they must not. */
static void
what_only_remembers_does_not_look_good(void **state)
{
	enum { WORDS = 40, EACH = 6 };
	static char text[8192];
	struct pr_rules *rules, *with;
	struct pr_fit *fit;
	struct pr_fit_result r;
	struct pr_buf b;
	struct fixture *f = *state;
	size_t n = 0, right = 0;
	uint64_t chance = 12345;
	bool hole[WORDS * EACH];

	n = (size_t)snprintf(text, sizeof(text),
			     "rules:\n"
			     "  - {name: h, service: 557/17, score: 1, any: [it]}\n"
			     "  - {name: b, service: 524/17, score: 1, any: [it]}\n");
	for (int w = 0; w < WORDS; w++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "  - {name: h%d, service: 557/17, score: 1, any: [w%d]}\n"
				      "  - {name: b%d, service: 524/17, score: 1, any: [w%d]}\n",
				      w, w, w, w);
	rules = test_load(text, NULL, NULL);
	assert_non_null(rules);
	fit = pr_fit_new(rules, 0.01);
	for (unsigned i = 0; i < WORDS * EACH; i++) {
		struct pr_judged j;

		chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		hole[i] = chance >> 63;
		j = judged(&f->arena, i, pr_arena_printf(&f->arena, "it w%u", i % WORDS).p,
			   hole[i] ? "557/17" : "524/17");
		pr_fit_add(fit, &j);
	}
	pr_fit_run(fit, 10, NULL, NULL, &r);
	pr_buf_init(&b, 1 << 20);
	pr_fit_write(fit, &b);
	with = test_load(text, b.p, NULL);
	assert_non_null(with);
	for (unsigned i = 0; i < WORDS * EACH; i++) {
		struct pr_contact c =
		    test_contact("", pr_arena_printf(&f->arena, "it w%u", i % WORDS).p);

		test_classify(with, &f->arena, &c);
		right += (c.lgsl == 557) == hole[i];
	}
	assert_true(right * 1000 / (WORDS * EACH) > 620);
	assert_true(r.after < 560);
	pr_rules_free(&with);
	pr_buf_release(&b);
	pr_fit_free(&fit);
	pr_rules_free(&rules);
}

/* What "before" says is what classify says; the order of the contacts changes nothing. */
static void
the_same_as_classify_in_any_order(void **state)
{
	static const struct {
		const char *text, *right;
	} t[] = {{"m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19 m20 road "
		  "bin",
		  "557/17"},
		 {"m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19 m20 bin",
		  "557/17"},
		 {"a pothole", "557/17"},
		 {"a pothole in the road", "557/17"},
		 {"bin road", "524/17"},
		 {"crater road", "557"},
		 {"zebra bin", "524/17"},
		 {"pothole zebra", "557/17"},
		 {"nothing at all", "557/17"},
		 {"alley no bins pothole", "557/17"}};
	enum { KINDS = sizeof(t) / sizeof(t[0]), N = KINDS * 12 };
	struct fixture *f = *state;
	struct pr_fit *back = pr_fit_new(f->rules, 0.1);
	struct pr_fit_result r, rback;
	struct pr_buf a, b;
	size_t right = 0, certain = 0;

	for (unsigned i = 0; i < N; i++) {
		unsigned last = N - 1 - i;
		struct pr_judged j = judged(&f->arena, i, t[i % KINDS].text, t[i % KINDS].right);
		struct pr_judged k =
		    judged(&f->arena, last, t[last % KINDS].text, t[last % KINDS].right);

		j.contact.subject = i % 3 ? PR_STR_NONE : PR_STR("pothole crater");
		k.contact.subject = last % 3 ? PR_STR_NONE : PR_STR("pothole crater");
		pr_fit_add(f->fit, &j);
		pr_fit_add(back, &k);
		test_classify(f->rules, &f->arena, &j.contact);
		right += pr_judged_agrees(&j, j.contact.lgsl, j.contact.lgil);
		certain += (size_t)j.contact.certain;
	}
	pr_fit_run(f->fit, 5, NULL, NULL, &r);
	pr_fit_run(back, 5, NULL, NULL, &rback);
	assert_int_equal(r.before, (right * 1000 + N / 2) / N);
	assert_int_equal(r.coverage_before, (certain * 1000 + N / 2) / N);
	pr_buf_init(&a, 1 << 20);
	pr_buf_init(&b, 1 << 20);
	pr_fit_write(f->fit, &a);
	pr_fit_write(back, &b);
	assert_true(r.changed > 0 && r.changed == rback.changed && r.after == rback.after);
	assert_string_equal(a.p, b.p);
	pr_buf_release(&a);
	pr_buf_release(&b);
	pr_fit_free(&back);
}

static void
nothing_to_learn_from(void **state)
{
	struct fixture *f = *state;
	struct pr_fit_result r;

	pr_fit_run(f->fit, 5, NULL, NULL, &r);
	assert_int_equal(r.contacts, 0);
	assert_int_equal(r.changed, 0);
	assert_non_null(strstr(written(f), "scores: {}\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agreement),
	    cmocka_unit_test_setup_teardown(wrong_points_are_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_rule_keeps_its_sense, setup, teardown),
	    cmocka_unit_test_setup_teardown(few_contacts_change_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(hints_have_points_too, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_only_remembers_does_not_look_good, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(the_same_as_classify_in_any_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_to_learn_from, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
