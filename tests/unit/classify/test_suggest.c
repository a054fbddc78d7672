/* Suggested words: those that people's corrections have in common, and nothing that tells of a
 * person. */
#include "classify_test.h"

#include "postroom/learn.h"

static const char rules_text[] =
    "rules:\n"
    "  - {name: hole, service: 557/17, score: 2, any: [pothole*, big dip]}\n"
    "  - {name: bin, service: 524/17, score: 9, any: [bin]}\n"
    "  - {name: dips, service: 557/17, score: 1, any: [dips], unless: [cobbles]}\n"
    "  - {name: child, service: 266/17, score: 20, any: [concern]}\n";

struct fixture {
	struct pr_rules *rules;
	struct pr_suggest *suggest;
	struct pr_arena arena;
	struct pr_suggestion *v;
	size_t n;
	unsigned id;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	pr_arena_init(&f->arena, (size_t)64 << 20);
	f->rules = test_load(rules_text, NULL, NULL);
	assert_non_null(f->rules);
	f->suggest = pr_suggest_new(f->rules);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	pr_suggest_free(&f->suggest);
	pr_rules_free(&f->rules);
	pr_arena_release(&f->arena);
	free(f);
	return 0;
}

/* Each from a sender of its own, unless `from` is given. */
static void
add(struct fixture *f, unsigned times, const char *text, const char *right, const char *from)
{
	struct pr_err err;

	while (times--) {
		struct pr_judged j = {.contact = test_contact("", text), .by_staff = true};
		struct pr_str service = pr_str_c(right);

		j.contact.cid = pr_arena_printf(&f->arena, "%032x", f->id++);
		j.contact.from_name = PR_STR("Jo Gray");
		j.contact.from_email =
		    from ? pr_str_c(from)
			 : pr_arena_printf(&f->arena, "jo.gray.%u@example.org", f->id);
		if (right)
			j.right = (struct pr_list){&service, 1};
		assert_int_equal(pr_suggest_add(f->suggest, &j, &err), 0);
	}
}

static const struct pr_suggestion *
find(struct fixture *f, size_t support, int precision, const char *phrase)
{
	f->n = pr_suggest_best(f->suggest, support, precision, 40, &f->arena, &f->v);
	for (size_t i = 0; i < f->n; i++)
		if (pr_str_eq_c(f->v[i].phrase, phrase))
			return &f->v[i];
	return NULL;
}

static void
common_words_are_found(void **state)
{
	struct fixture *f = *state;
	const struct pr_suggestion *s;

	add(f, 12, "There is a sinkhole, and my bin!", "557", NULL);
	add(f, 8, "a pothole and a sinkhole", "557/17", NULL);
	add(f, 2, "the sinkhole took my bin", "524/17", NULL);
	add(f, 50, "sinkhole", NULL, NULL);
	s = find(f, 5, 800, "sinkhole");
	assert_non_null(s);
	assert_int_equal(s->lgsl, 557);
	assert_int_equal(s->lgil, 17); /* what the rules speak of */
	assert_int_equal(s->saved, 12);
	assert_int_equal(s->support, 20);
	assert_int_equal(s->precision, 909);
	assert_null(find(f, 21, 800, "sinkhole"));
	assert_null(find(f, 5, 910, "sinkhole"));
}

static void
what_is_known_or_tells_nothing_is_left_out(void **state)
{
	struct fixture *f = *state;

	add(f, 9, "the big dip of the cobbles is big, bin: potholes again. Deep crater here",
	    "557/17", NULL);
	find(f, 5, 0, "");
	for (size_t i = 0; i < f->n; i++) {
		struct pr_str p = f->v[i].phrase;

		if (pr_str_eq_c(p, "big dip") || pr_str_eq_c(p, "potholes") ||
		    pr_str_starts(p, PR_STR("the ")) || pr_str_ends(p, PR_STR(" here")) ||
		    pr_str_find(p, PR_STR("again")) != (size_t)-1 || pr_str_eq_c(p, "big bin"))
			fail_msg("'" PR_S_FMT "'", PR_S(p));
	}
	assert_non_null(find(f, 5, 0, "cobbles")); /* an `unless` speaks against it */
	assert_true(find(f, 5, 0, "crater") || find(f, 5, 0, "deep crater"));
	for (size_t i = 0; i < f->n; i++) /* one of several that lie within each other */
		for (size_t k = 0; k < f->n; k++)
			if (i != k && pr_str_find(f->v[i].phrase, f->v[k].phrase) != (size_t)-1)
				fail_msg("'" PR_S_FMT "' holds '" PR_S_FMT "'",
					 PR_S(f->v[i].phrase), PR_S(f->v[k].phrase));
}

static void
nothing_tells_of_a_person(void **state)
{
	static const char *const private[] = {"jo",   "gray", "7700",    "900123",
					      "sw1a", "1aa",  "example", "marble",
					      "org",  "www",  "ab12",    "seven"};
	struct fixture *f = *state;

	add(f, 20,
	    "Dear Marble, Jo Gray of SW1A 1AA, 12 Hill, 07700 900123 or +447700900123, "
	    "jo.marble@example.org, www.example.org/marble, saw a sinkhole. Car AB12 XYZ. Mrs "
	    "Marble "
	    "too.\n\nKind regards\n\nSeven Marble",
	    "557/17", NULL);
	assert_non_null(find(f, 5, 0, "sinkhole"));
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < sizeof(private) / sizeof(private[0]); k++)
			if (pr_str_find(f->v[i].phrase, pr_str_c(private[k])) != (size_t)-1)
				fail_msg("'" PR_S_FMT "' tells '%s'", PR_S(f->v[i].phrase),
					 private[k]);
}

static void
one_busy_sender_makes_no_phrase(void **state)
{
	struct fixture *f = *state;

	add(f, 50, "the gnome moved", "557/17", "one@example.org");
	add(f, 30, "the wizard moved", "557/17", NULL);
	assert_null(find(f, 5, 0, "gnome"));
	assert_true(find(f, 5, 0, "wizard") || find(f, 5, 0, "wizard moved"));
}

static void
right_verdicts_save_nothing(void **state)
{
	struct fixture *f = *state;

	add(f, 30, "pothole by the willow", "557/17", NULL);
	assert_null(find(f, 5, 0, "willow"));
	assert_int_equal(f->n, 0);
}

/* Where several services are right, one that knows the phrase is enough. */
static void
a_phrase_that_one_right_service_knows(void **state)
{
	static struct pr_str both[] = {{"524/17", 6}, {"557/17", 6}};
	struct fixture *f = *state;
	struct pr_judged j = {.contact = test_contact("", "dips by the willow, a concern"),
			      .right = {both, 2}};
	struct pr_err err;

	for (unsigned i = 0; i < 12; i++) {
		j.contact.cid = pr_arena_printf(&f->arena, "%032x", i);
		assert_int_equal(pr_suggest_add(f->suggest, &j, &err), 0);
	}
	assert_non_null(find(f, 5, 0, "willow"));
	assert_null(find(f, 5, 0, "dips"));
}

static void
services_that_are_not_in_the_catalogue(void **state)
{
	struct fixture *f = *state;

	add(f, 30, "a willow", "999/17", NULL);
	add(f, 30, "a poplar", "998", NULL);
	add(f, 30, "an elm tree", "tree", NULL);
	assert_null(find(f, 5, 0, "willow"));
	assert_int_equal(f->n, 0);
}

/* More phrases than the table holds: what came once is forgotten, what comes often is not. */
static void
memory_is_bounded(void **state)
{
	struct fixture *f = *state;
	const struct pr_suggestion *s;
	struct pr_buf b;
	unsigned word = 0;

	pr_buf_init(&b, 1 << 20);
	for (int i = 0; i < 400; i++) {
		pr_buf_reset(&b);
		pr_buf_add_c(&b, "sinkhole, ");
		for (int k = 0; k < 1200; k++, word++)
			pr_buf_addf(&b, "q%c%c%c%c ", 'a' + word % 26, 'a' + word / 26 % 26,
				    'a' + word / 676 % 26, 'a' + word / 17576 % 26);
		add(f, 1, b.p, "557/17", NULL);
	}
	s = find(f, 5, 800, "sinkhole");
	assert_non_null(s);
	assert_int_equal(s->support, 400);
	pr_buf_release(&b);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(common_words_are_found),
					   TEST(what_is_known_or_tells_nothing_is_left_out),
					   TEST(nothing_tells_of_a_person),
					   TEST(one_busy_sender_makes_no_phrase),
					   TEST(right_verdicts_save_nothing),
					   TEST(a_phrase_that_one_right_service_knows),
					   TEST(services_that_are_not_in_the_catalogue),
					   TEST(memory_is_bounded)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
