/* form: what is taken, what is not, and that nothing typed is lost. seen: the first contact of a
 * token. */
#include "ingest/web/form.h"
#include "ingest/web/seen.h"
#include "postroom/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
read_one(const char *name, struct pr_str value, struct pr_arena *a, struct form *f)
{
	const struct pr_field fields[] = {{pr_str_c(name), value},
					  {PR_STR("message"), PR_STR("Bin not collected")}};
	const struct pr_web_request q = {.arena = a, .form = fields, .nform = 2};

	form_read(&q, 1 << 20, f);
}

static void
test_problems(void **state)
{
	const struct {
		enum form_field field;
		const char *value;
		enum form_problem problem;
	} cases[] = {
	    {FORM_EMAIL, "sam@example.org", FORM_GOOD},
	    {FORM_EMAIL, "", FORM_GOOD},
	    {FORM_EMAIL, "sam", FORM_NO_EMAIL},
	    {FORM_EMAIL, "@example.org", FORM_NO_EMAIL},
	    {FORM_EMAIL, "sam@example", FORM_NO_EMAIL},
	    {FORM_EMAIL, "a b@example.org", FORM_NO_EMAIL},
	    {FORM_EMAIL, "a@b@example.org", FORM_NO_EMAIL},
	    {FORM_EMAIL, "a@example.org,b", FORM_NO_EMAIL},
	    {FORM_EMAIL, "a@.example.org", FORM_NO_EMAIL},
	    {FORM_PHONE, "07700 900123", FORM_GOOD},
	    {FORM_PHONE, "+44 (0)7700 900123", FORM_GOOD},
	    {FORM_PHONE, "ring me", FORM_NO_PHONE},
	    {FORM_MESSAGE, " \r\n ", FORM_MISSING},
	    {FORM_NAME, "Si\xc3\xa2n O\xe2\x80\x99Neill", FORM_GOOD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PR_AUTO_ARENA struct pr_arena a;
		struct form f;

		pr_arena_init(&a, 4 << 20);
		read_one(form_names[cases[i].field], pr_str_c(cases[i].value), &a, &f);
		if (f.problem[cases[i].field] != cases[i].problem)
			fail_msg("%s '%s': %d", form_names[cases[i].field], cases[i].value,
				 (int)f.problem[cases[i].field]);
		assert_int_equal(f.nproblems, cases[i].problem != FORM_GOOD);
	}
}

static void
test_cleaning(void **state)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_field fields[FORM_FIELDS];
	struct form f;

	(void)state;
	pr_arena_init(&a, 4 << 20);
	read_one("name", PR_STR("  a\r\nb\rc\xff  "), &a, &f);
	assert_true(pr_str_eq_c(f.value[FORM_NAME], "a\nb\nc\xef\xbf\xbd"));
	/* the fields of the contact: name, message, lang, in this order whatever the browser sent
	 */
	assert_int_equal(form_fields(&f, fields), 3);
	assert_true(pr_str_eq_c(fields[0].name, "name"));
	assert_true(pr_str_eq_c(fields[1].name, "message"));
	assert_true(pr_str_eq_c(fields[2].value, "en"));
}

static void
test_photo(void **state)
{
	const struct {
		struct pr_str bytes;
		enum form_problem problem;
	} cases[] = {{PR_STR("\xff\xd8\xff\xe0 jpeg"), FORM_GOOD},
		     {PR_STR("\x89PNG\r\n\x1a\n...."), FORM_GOOD},
		     {PR_STR("MZ a program"), FORM_NO_PHOTO},
		     {PR_STR("\xff\xd8\xff 3456789012345678901234567890"), FORM_PHOTO_TOO_LARGE},
		     {PR_STR(""), FORM_GOOD}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PR_AUTO_ARENA struct pr_arena a;
		const struct pr_web_file file = {
		    .field = PR_STR("photo"), .filename = PR_STR("x.jpg"), .bytes = cases[i].bytes};
		const struct pr_web_request q = {.arena = &a, .files = &file, .nfiles = 1};
		struct form f;

		pr_arena_init(&a, 4 << 20);
		form_read(&q, 20, &f);
		assert_int_equal(f.problem[FORM_PHOTO], cases[i].problem);
	}
}

static void
test_seen(void **state)
{
	const struct pr_cid one = {"00000000000000000000000000000001"},
			    two = {"00000000000000000000000000000002"};
	struct seen *s = seen_new(1000);
	struct pr_cid first;

	(void)state;
	assert_false(seen_other(s, PR_STR("t"), &one, 1, &first));
	seen_add(s, PR_STR("t"), &one, 1);
	assert_false(seen_other(s, PR_STR("t"), &one, 2, &first));
	assert_true(seen_other(s, PR_STR("t"), &two, 2, &first));
	assert_string_equal(first.hex, one.hex);
	seen_add(s, PR_STR("t"), &two, 3); /* the first one stays */
	assert_true(seen_other(s, PR_STR("t"), &two, 3, &first));
	assert_false(seen_other(s, PR_STR("u"), &two, 3, &first));
	assert_false(seen_other(s, PR_STR("t"), &two, 2000, &first)); /* its life is over */
	seen_free(&s);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_problems),
	    cmocka_unit_test(test_cleaning),
	    cmocka_unit_test(test_photo),
	    cmocka_unit_test(test_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
