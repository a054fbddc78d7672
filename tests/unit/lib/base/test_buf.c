/* buf and arena: growth, limits, ends. */
#include "postroom/arena.h"
#include "postroom/buf.h"
#include "postroom/cleanup.h"
#include "tests/unit/cmocka_all.h"

static void
grows_to_its_maximum(void **state)
{
	(void)state;
	static const size_t maxima[] = {0, 1, 63, 64, 65, 1000};
	for (size_t i = 0; i < PR_COUNT(maxima); i++) {
		PR_AUTO_BUF struct pr_buf b;
		pr_buf_init(&b, maxima[i]);
		for (size_t n = 0; n < maxima[i]; n++)
			assert_int_equal(pr_buf_add_char(&b, (char)('a' + n % 26)), 0);
		assert_false(b.failed);
		assert_int_equal(pr_buf_add_char(&b, 'x'), -1);
		assert_true(b.failed);
		assert_int_equal(b.n, maxima[i]);
		assert_int_equal(pr_buf_add(&b, "", 0), -1); /* failed once, failed until reset */
		pr_buf_reset(&b);
		assert_int_equal(pr_buf_addf(&b, "%s", maxima[i] ? "y" : ""), 0);
		assert_true(pr_str_eq_c(pr_buf_str(&b), maxima[i] ? "y" : ""));
	}
}

static void
keeps_a_nul_behind(void **state)
{
	(void)state;
	PR_AUTO_BUF struct pr_buf b;
	pr_buf_init(&b, 100);
	pr_buf_add(&b, "a\0b", 3);
	pr_buf_addf(&b, "%d", 42);
	assert_memory_equal(b.p, "a\0b42\0", 6);
	size_t n;
	char *p = pr_buf_take(&b, &n);
	assert_int_equal(n, 5);
	assert_int_equal(b.n, 0);
	free(p);
}

static void
arena_gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	PR_AUTO_ARENA struct pr_arena a;
	pr_arena_init(&a, 4 << 20);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 40000; n += 997) {
			unsigned char *p = pr_arena_alloc(&a, n);
			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xA5, n);
		}
		assert_true(a.used > 0 && pr_arena_left(&a) < a.max);
		pr_arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	assert_true(pr_str_eq_c(pr_arena_printf(&a, "%s-%d", "case", 7), "case-7"));
	assert_string_equal(pr_arena_dup_c(&a, pr_str_n("abcdef", 3)), "abc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(grows_to_its_maximum),
	    cmocka_unit_test(keeps_a_nul_behind),
	    cmocka_unit_test(arena_gives_zeroed_aligned_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
