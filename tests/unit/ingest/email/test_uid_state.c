/* uid_state: the set of UIDs that were taken, its file, and what a damaged file does. */
#include "ingest/email/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <unistd.h>

static const struct {
	const char *uids; /* added in this order */
	const char *ranges;
} additions[] = {
    {"", ""},
    {"0", ""}, /* no UID */
    {"5", "5-5"},
    {"5 5", "5-5"},
    {"5 6", "5-6"},
    {"6 5", "5-6"},
    {"1 3", "1-1 3-3"},
    {"3 1", "1-1 3-3"},
    {"1 3 2", "1-3"},
    {"10 1 5 6 4 2 3", "1-6 10-10"},
    {"4294967295", "4294967295-4294967295"},
    {"4294967295 4294967294 1", "1-1 4294967294-4294967295"},
};

static void
test_add(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
		struct pr_uid_state s = {0};
		struct pr_str rest = pr_str_c(additions[i].uids), word;
		char got[200] = "";
		int64_t uid;

		while (pr_str_cut(&rest, ' ', &word))
			if (pr_str_int(word, 0, UINT32_MAX, &uid))
				pr_uid_state_add(&s, (uint32_t)uid);
		for (size_t j = 0, at = 0; j < s.n; j++)
			at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%u-%u", j ? " " : "",
					       s.v[j].first, s.v[j].last);
		assert_string_equal(got, additions[i].ranges);
		pr_uid_state_release(&s);
	}
}

/* Against the simplest thing that could be right: one flag a number. */
static void
test_against_flags(void **state)
{
	struct pr_uid_state s = {0};
	bool flags[300] = {false};
	unsigned seed = 12345;

	(void)state;
	for (int i = 0; i < 400; i++) {
		seed = seed * 1103515245u + 12345u;
		uint32_t uid = (seed >> 16) % 299 + 1;
		flags[uid] = true;
		pr_uid_state_add(&s, uid);
		for (uint32_t u = 1; u < 300; u++)
			assert_int_equal(pr_uid_state_has(&s, u), flags[u]);
		for (size_t j = 1; j < s.n; j++)
			assert_true(s.v[j].first > s.v[j - 1].last + 1);
	}
	pr_uid_state_release(&s);
}

static const struct {
	const char *text;
	bool ok;
} files[] = {
    {"postroom-uids 1\nvalidity 7\nend 0\n", true},
    {"postroom-uids 1\nvalidity 7\ndone 1-5\ndone 7-7\nend 2\n", true},
    {"", false},
    {"postroom-uids 1\nvalidity 7\ndone 1-5\n", false},        /* cut before the end */
    {"postroom-uids 1\nvalidity 7\ndone 1-5\nend 2\n", false}, /* a line is missing */
    {"postroom-uids 1\nvalidity 7\ndone 1-5\nend 1", false},   /* cut in the end */
    {"postroom-uids 1\nvalidity 7\nend 0\nmore\n", false},
    {"postroom-uids 2\nvalidity 7\nend 0\n", false},
    {"postroom-uids 1\nvalidity -7\nend 0\n", false},
    {"postroom-uids 1\nvalidity 4294967296\nend 0\n", false},
    {"postroom-uids 1\nvalidity 7\ndone 5-1\nend 1\n", false},
    {"postroom-uids 1\nvalidity 7\ndone 0-1\nend 1\n", false},
    {"postroom-uids 1\nvalidity 7\ndone 5-6\ndone 1-2\nend 2\n", false},
    {"postroom-uids 1\nvalidity 7\ndone 1-2\ndone 3-4\nend 2\n", false}, /* they touch */
    {"postroom-uids 1\nvalidity 7\ndone 1\nend 1\n", false},
    {"postroom-uids 1\nvalidity 7\ndone 1-x\nend 1\n", false},
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct pr_uid_state s = {0};
		struct pr_err err = {0};
		struct pr_buf again;
		int r = pr_uid_state_parse(pr_str_c(files[i].text), &s, &err);

		pr_buf_init(&again, 1000);
		if ((r == 0) != files[i].ok)
			fail_msg("%s", files[i].text);
		if (r == 0) {
			pr_uid_state_text(&s, &again);
			assert_string_equal(again.p, files[i].text);
		} else {
			assert_int_equal(err.fault, PR_REJECT);
			assert_int_equal(s.n, 0);
			assert_int_equal(s.validity, 0);
		}
		pr_buf_release(&again);
		pr_uid_state_release(&s);
	}
}

static void
test_file(void **state)
{
	char dir[] = "/tmp/uid-state-XXXXXX", path[64];
	struct pr_uid_state s = {0}, back = {0};
	struct pr_err err = {0};

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pr_uid_state_load(dir, "box.uids", &back, &err), 0);
	assert_int_equal(back.validity, 0);
	pr_uid_state_reset(&s, 99);
	pr_uid_state_add(&s, 4);
	assert_int_equal(pr_uid_state_save(dir, "box.uids", &s, &err), 0);
	assert_int_equal(pr_uid_state_load(dir, "box.uids", &back, &err), 0);
	assert_int_equal(back.validity, 99);
	assert_true(pr_uid_state_has(&back, 4));
	assert_int_equal(pr_uid_state_save("/nonexistent", "box.uids", &s, &err), -1);
	snprintf(path, sizeof(path), "%s/box.uids", dir);
	unlink(path);
	rmdir(dir);
	pr_uid_state_release(&s);
	pr_uid_state_release(&back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_against_flags),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
