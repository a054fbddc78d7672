/* contact: the tests are made from the field table, so a new field is tested the day it is
 * declared. */
#include "tests/unit/cmocka_all.h"

#include "postroom/cleanup.h"
#include "postroom/contact.h"
#include "postroom/record.h"

#define BIG   ((size_t)256 << 20)
#define SMALL ((size_t)4 << 20)

/* What the tests share: a record in the making, its decoded form, and the latest error. */
struct fixture {
	struct pr_buf b;
	struct pr_arena a;
	struct pr_contact c;
	struct pr_err err;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	pr_buf_init(&x->b, BIG);
	pr_arena_init(&x->a, BIG);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	pr_buf_release(&x->b);
	pr_arena_release(&x->a);
	free(x);
	return 0;
}

static void
add(struct fixture *x, const char *name, struct pr_str value)
{
	pr_record_add(&x->b, pr_str_c(name), value);
}

static struct pr_str
text_of(struct pr_arena *a, size_t n)
{
	char *p = pr_arena_alloc(a, n);

	memset(p, 'x', n);
	return pr_str_n(p, n);
}

/* Begin a record that has all it needs but the field under test. */
static void
begin(struct fixture *x, const struct pr_contact_field *but)
{
	pr_buf_reset(&x->b);
	pr_arena_reset(&x->a);
	memset(&x->err, 0, sizeof(x->err));
	add(x, "version", PR_STR("1"));
	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		const struct pr_contact_field *f = &pr_contact_fields[i];
		if (f->required && f != but)
			add(x, f->name, PR_STR("1"));
	}
}

static int
decode(struct fixture *x, enum pr_stage last)
{
	return pr_contact_decode(pr_buf_str(&x->b), last, &x->a, &x->c, &x->err);
}

static void
refused(struct fixture *x, enum pr_stage last, const char *word)
{
	if (decode(x, last) != -1)
		fail_msg("taken, though '%s' is wrong", word);
	assert_int_equal(x->err.fault, PR_REJECT);
	if (!strstr(x->err.msg, word))
		fail_msg("'%s' does not name '%s'", x->err.msg, word);
}

/* Every field at its maximum, all at once. */
static void
fill(struct pr_contact *c, struct pr_arena *a)
{
	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		const struct pr_contact_field *f = &pr_contact_fields[i];
		void *at = (char *)c + f->offset;
		if (f->type == PR_FIELD_NUMBER)
			*(int64_t *)at = i % 2 ? f->max : -f->max;
		else if (f->type == PR_FIELD_TEXT)
			*(struct pr_str *)at = text_of(a, (size_t)f->max);
		else
			for (size_t j = 0; j < 3; j++)
				assert_true(
				    pr_contact_list_add(c, f, a, text_of(a, (size_t)f->max - j)));
	}
}

static bool
field_eq(const struct pr_contact *c, const struct pr_contact *d, const struct pr_contact_field *f)
{
	const void *p = (const char *)c + f->offset, *q = (const char *)d + f->offset;
	const struct pr_list *m = p, *n = q;

	if (f->type == PR_FIELD_NUMBER)
		return *(const int64_t *)p == *(const int64_t *)q;
	if (f->type == PR_FIELD_TEXT)
		return pr_str_eq(*(const struct pr_str *)p, *(const struct pr_str *)q);
	for (size_t i = 0; i < m->n && m->n == n->n; i++)
		if (!pr_str_eq(m->v[i], n->v[i]))
			return false;
	return m->n == n->n;
}

static void
test_round_trip_at_maximum(void **state)
{
	struct fixture *x = *state;
	struct pr_contact full = {0}, none = {0};

	fill(&full, &x->a);
	for (int last = PR_STAGE_INGEST; last <= PR_STAGE_DISPATCH; last++) {
		pr_buf_reset(&x->b);
		pr_contact_encode(&full, (enum pr_stage)last, &x->b);
		assert_int_equal(decode(x, (enum pr_stage)last), 0);
		for (size_t i = 0; i < pr_contact_fields_n; i++) {
			const struct pr_contact_field *f = &pr_contact_fields[i];
			bool there = (int)f->stage <= last;
			if (!field_eq(there ? &full : &none, &x->c, f))
				fail_msg("'%s' is not what it was", f->name);
		}
	}
}

static void
test_one_over_is_refused(void **state)
{
	struct fixture *x = *state;
	char number[24];

	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		const struct pr_contact_field *f = &pr_contact_fields[i];
		for (int sign = 0; sign < 2; sign++) {
			begin(x, f);
			snprintf(number, sizeof(number), "%s%lld", sign ? "-" : "",
				 (long long)f->max + 1);
			add(x, f->name,
			    f->type == PR_FIELD_NUMBER ? pr_str_c(number)
						       : text_of(&x->a, (size_t)f->max + 1));
			refused(x, PR_STAGE_DISPATCH, f->name);
		}
	}
}

static void
test_wrong_bytes_are_refused(void **state)
{
	static const struct pr_str wrong[] = {
	    {"a\0b", 3}, {"\xff", 1}, {"\xc0\x80", 2}, {"\xed\xa0\x80", 3}};
	struct fixture *x = *state;

	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		for (size_t j = 0; j < PR_COUNT(wrong); j++) {
			const struct pr_contact_field *f = &pr_contact_fields[i];
			begin(x, f);
			add(x, f->name, wrong[j]);
			refused(x, PR_STAGE_DISPATCH, f->name);
		}
	}
}

static void
test_later_stages_are_refused(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		const struct pr_contact_field *f = &pr_contact_fields[i];
		begin(x, f);
		add(x, f->name, PR_STR("1"));
		assert_int_equal(decode(x, f->stage), 0);
		if (f->stage > PR_STAGE_INGEST)
			refused(x, (enum pr_stage)(f->stage - 1), f->name);
	}
}

static void
test_required_and_repeated(void **state)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		const struct pr_contact_field *f = &pr_contact_fields[i];
		begin(x, f);
		if (f->required) {
			refused(x, PR_STAGE_INGEST, f->name);
			add(x, f->name, PR_STR(""));
			refused(x, PR_STAGE_INGEST, f->name);
		}
		begin(x, f);
		add(x, f->name, PR_STR("1"));
		add(x, f->name, PR_STR("1"));
		if (f->type == PR_FIELD_LIST)
			assert_int_equal(decode(x, PR_STAGE_DISPATCH), 0);
		else
			refused(x, PR_STAGE_DISPATCH, f->name);
	}
}

static void
test_versions_and_unknown_fields(void **state)
{
	static const char *const versions[] = {"0", "2", "-1", "", "one", "99999999999"};
	struct fixture *x = *state;

	for (size_t i = 0; i < PR_COUNT(versions); i++) {
		pr_buf_reset(&x->b);
		add(x, "version", pr_str_c(versions[i]));
		refused(x, PR_STAGE_DISPATCH, "version");
	}
	pr_buf_reset(&x->b);
	refused(x, PR_STAGE_DISPATCH, "version");
	add(x, "cid", PR_STR("1"));
	refused(x, PR_STAGE_DISPATCH, "version");
	begin(x, NULL);
	add(x, "shoe_size", PR_STR("9"));
	refused(x, PR_STAGE_DISPATCH, "shoe_size");
	begin(x, NULL);
	add(x, "version", PR_STR("1"));
	refused(x, PR_STAGE_DISPATCH, "version");
	begin(x, NULL);
	pr_buf_add_c(&x->b, "subject 9\ncut");
	refused(x, PR_STAGE_DISPATCH, "subject");
}

static void
test_list_maximum_and_order(void **state)
{
	struct fixture *x = *state;
	char number[16];

	begin(x, NULL);
	for (int i = 0; i < PR_LIST_MAX; i++) {
		snprintf(number, sizeof(number), "%d", i);
		add(x, "to", pr_str_c(number));
	}
	assert_int_equal(decode(x, PR_STAGE_CLASSIFY), 0);
	assert_int_equal(x->c.to.n, PR_LIST_MAX);
	for (int i = 0; i < PR_LIST_MAX; i++) {
		snprintf(number, sizeof(number), "%d", i);
		assert_true(pr_str_eq_c(x->c.to.v[i], number));
	}
	assert_false(pr_contact_list_add(&x->c, PR_CONTACT_FIELD(to), &x->a, PR_STR("more")));
	assert_int_equal(x->c.to.n, PR_LIST_MAX);
	add(x, "to", PR_STR("more"));
	refused(x, PR_STAGE_CLASSIFY, "'to'");
}

/* A hostile list ends at the arena's edge; the process goes on. */
static void
test_small_arena(void **state)
{
	struct pr_str word = PR_STR("0123456789012345678901234567890123456789");
	PR_AUTO_ARENA struct pr_arena a;
	struct fixture *x = *state;
	struct pr_contact c = {0};

	pr_arena_init(&a, 20000);
	while (pr_contact_list_add(&c, PR_CONTACT_FIELD(form), &a, word))
		;
	assert_in_range(c.form.n, 8, PR_LIST_MAX - 1);
	assert_false(pr_contact_text_set(&c, PR_CONTACT_FIELD(text), &a, text_of(&x->a, 30000)));
	pr_arena_reset(&a);
	begin(x, NULL);
	for (int i = 0; i < PR_LIST_MAX; i++)
		add(x, "cc", PR_STR("x"));
	assert_int_equal(pr_contact_decode(pr_buf_str(&x->b), PR_STAGE_CLASSIFY, &a, &c, &x->err),
			 -1);
}

static void
test_text_is_fitted(void **state)
{
	static const struct {
		struct pr_str in;
		const char *out;
		bool whole;
	} cases[] = {
	    {{"SW1A 1AA", 8}, "SW1A 1AA", true},
	    {{"", 0}, "", true},
	    {{"123456789", 9}, "12345678", false},
	    {{"1234567\xc3\xa9", 9}, "1234567", false},
	    {{"123456\xc3\xa9", 8}, "123456\xc3\xa9", true},
	    {{"a\0b", 3},
	     "a\xef\xbf\xbd"
	     "b",
	     true},
	    {{"1234567\xff", 8}, "1234567", false},
	    {{"\xff\xff\xff", 3}, "\xef\xbf\xbd\xef\xbf\xbd", false},
	    {{"12345678\xe2\x82\xac and much more", 25}, "12345678", false},
	};
	struct fixture *x = *state;

	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		assert_int_equal(
		    pr_contact_text_set(&x->c, PR_CONTACT_FIELD(postcode), &x->a, cases[i].in),
		    cases[i].whole);
		assert_string_equal(x->c.postcode.p, cases[i].out);
	}
}

static void
test_channels_and_form(void **state)
{
	struct fixture *x = *state;
	struct pr_contact c = {0};
	enum pr_channel channel;

	for (int i = 0; i < PR_CHANNELS; i++) {
		const char *name = pr_channel_name((enum pr_channel)i);
		assert_true(pr_channel_parse(pr_str_c(name), &channel));
		assert_int_equal(channel, i);
	}
	assert_false(pr_channel_parse(PR_STR("fax"), &channel));
	pr_contact_list_add(&c, PR_CONTACT_FIELD(form), &x->a, PR_STR("name_first=A"));
	pr_contact_list_add(&c, PR_CONTACT_FIELD(form), &x->a, PR_STR("name=B=C"));
	pr_contact_list_add(&c, PR_CONTACT_FIELD(form), &x->a, PR_STR("name=D"));
	assert_true(pr_str_eq_c(pr_contact_form(&c, PR_STR("name")), "B=C"));
	assert_int_equal(pr_contact_form(&c, PR_STR("nam")).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip_at_maximum),
	    cmocka_unit_test(test_one_over_is_refused),
	    cmocka_unit_test(test_wrong_bytes_are_refused),
	    cmocka_unit_test(test_later_stages_are_refused),
	    cmocka_unit_test(test_required_and_repeated),
	    cmocka_unit_test(test_versions_and_unknown_fields),
	    cmocka_unit_test(test_list_maximum_and_order),
	    cmocka_unit_test(test_small_arena),
	    cmocka_unit_test(test_text_is_fitted),
	    cmocka_unit_test(test_channels_and_form),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
