/* name_set: names that were seen, in memory and in a file that a crash may have cut. */
#include "ingest/email/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <unistd.h>

static struct pr_str
name_of(char *room, size_t n, unsigned i)
{
	snprintf(room, n, "1700000000.M%uP1.host", i);
	return pr_str_c(room);
}

static void
test_grows(void **state)
{
	struct pr_name_set s = {0};
	char name[64];

	(void)state;
	assert_false(pr_name_set_has(&s, PR_STR("anything")));
	for (unsigned i = 0; i < 3000; i++) {
		pr_name_set_add(&s, name_of(name, sizeof(name), i));
		pr_name_set_add(&s, name_of(name, sizeof(name), i));
	}
	assert_int_equal(s.n, 3000);
	for (unsigned i = 0; i < 6000; i++)
		assert_int_equal(pr_name_set_has(&s, name_of(name, sizeof(name), i)), i < 3000);
	pr_name_set_release(&s);
}

static void
test_file(void **state)
{
	const struct pr_str first[] = {PR_STR("a"), PR_STR("b")}, second[] = {PR_STR("c")};
	char dir[] = "/tmp/name-set-XXXXXX", path[64];
	struct pr_name_set s = {0};
	struct pr_err err = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/names", dir);
	assert_int_equal(pr_name_set_load(dir, "names", &s, &err), 0);
	assert_int_equal(pr_name_set_append(dir, "names", first, 2, &err), 0);
	/* the last line loses its end, as in a crash: 'b' is forgotten, what comes after is not */
	assert_int_equal(truncate(path, 1 + 33 + 20), 0);
	assert_int_equal(pr_name_set_append(dir, "names", second, 1, &err), 0);
	assert_int_equal(pr_name_set_load(dir, "names", &s, &err), 0);
	assert_true(pr_name_set_has(&s, PR_STR("a")));
	assert_false(pr_name_set_has(&s, PR_STR("b")));
	assert_true(pr_name_set_has(&s, PR_STR("c")));
	assert_int_equal(pr_name_set_append("/nonexistent", "names", first, 2, &err), -1);
	unlink(path);
	rmdir(dir);
	pr_name_set_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_grows),
					   cmocka_unit_test(test_file)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
