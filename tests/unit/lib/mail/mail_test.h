/* What the tests of lib/mail share. */
#ifndef MAIL_TEST_H
#define MAIL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postroom/cleanup.h"
#include "postroom/mail.h"
#include "postroom/utf8.h"

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

static struct pr_arena arena;

static inline int
arena_up(void **state)
{
	(void)state;
	pr_arena_init(&arena, (size_t)128 << 20);
	return 0;
}

static inline int
arena_down(void **state)
{
	(void)state;
	pr_arena_release(&arena);
	return 0;
}

/* The string in the arena as a C string, to be compared and printed. */
static inline const char *
c_of(struct pr_str s)
{
	return pr_arena_dup_c(&arena, s);
}

static inline struct pr_contact
parsed_bytes(struct pr_str raw)
{
	struct pr_contact c;
	struct pr_err err = {0};

	memset(&c, 0, sizeof(c));
	assert_int_equal(pr_mail_parse(raw, &arena, &c, &err), 0);
	return c;
}

static inline struct pr_contact
parsed(const char *raw)
{
	return parsed_bytes(pr_str_c(raw));
}

static inline bool
list_has(struct pr_list list, const char *text)
{
	for (size_t i = 0; i < list.n; i++)
		if (pr_str_eq_c(list.v[i], text))
			return true;
	return false;
}

#endif
