/*
 * fuzz_facts: any text in every place of a contact: each fact lies in its field and on the borders
 * of characters, its value has its kind's form, the list is a contact's list; and it takes no
 * longer than its length allows.
 */
#include "classify/ruleset.h"

#include "postroom/clock.h"
#include "postroom/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With sanitizers and coverage counted; the walk itself takes some 0.5 us a byte at worst. */
enum { MS_MAX = 2000 };

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static bool
is_made_of(struct pr_str s, const char *allowed, size_t min, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(allowed, s.p[i]))
			return false;
	return s.n >= min && s.n <= max;
}

#define DIGITS   "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

static void
check_value(struct pr_str kind, struct pr_str value)
{
	must(value.n > 0 && pr_utf8_ok(value));
	if (pr_str_eq_c(kind, "uprn"))
		must(is_made_of(value, DIGITS, 1, 12) && value.p[0] != '0');
	else if (pr_str_eq_c(kind, "vrm"))
		must(is_made_of(value, CAPITALS, 3, 7));
	else if (pr_str_eq_c(kind, "pcn"))
		must(is_made_of(value, CAPITALS, 10, 11));
	else if (pr_str_eq_c(kind, "account"))
		must(is_made_of(value, CAPITALS, 6, 15));
	else if (pr_str_eq_c(kind, "date"))
		must(is_made_of(value, DIGITS "-", 10, 10));
	else if (pr_str_eq_c(kind, "phone"))
		must(is_made_of(value, DIGITS "+", 8, 16));
	else if (pr_str_eq_c(kind, "postcode"))
		must(is_made_of(value, CAPITALS " ", 6, 8));
	else if (pr_str_eq_c(kind, "case_ref"))
		must(is_made_of(value, CAPITALS "-", 17, 17));
	else
		must(pr_str_eq_c(kind, "street") || pr_str_eq_c(kind, "what3words"));
}

static bool
on_border(struct pr_str s, size_t i)
{
	return i == s.n || ((unsigned char)s.p[i] & 0xc0) != 0x80;
}

static void
check(const struct pr_contact *c, struct pr_str line)
{
	struct pr_str rest = line, kind = line, field = line, part, text;
	int64_t start = 0, end = 0;

	must(pr_str_cut(&rest, ' ', &kind) && pr_str_cut(&rest, ' ', &field));
	text = pr_str_eq_c(field, "subject")    ? c->subject
	       : pr_str_eq_c(field, "text")     ? c->text
	       : pr_str_eq_c(field, "new_text") ? c->new_text
						: PR_STR_NONE;
	if (pr_str_starts(field, PR_STR("form.")))
		text = pr_contact_form(c, pr_str_sub(field, 5, field.n));
	must(pr_str_cut(&rest, ' ', &part) && pr_str_int(part, 0, (int64_t)text.n, &start));
	must(pr_str_cut(&rest, ' ', &part) && pr_str_int(part, start + 1, (int64_t)text.n, &end));
	must(on_border(text, (size_t)start) && on_border(text, (size_t)end));
	check_value(kind, rest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"uprn", "vrm", "pcn", "account", "what3words", "other"};
	const struct pr_classify_world world = {PR_STR("EXA")};
	struct pr_contact c = {.received_at = size % 3 ? INT64_C(1795348800000) : 0};
	struct pr_arena a;
	struct pr_buf b;
	struct pr_str text, form;
	int64_t begun = pr_mono();

	pr_arena_init(&a, (size_t)64 << 20);
	pr_buf_init(&b, (size_t)8 << 20);
	pr_utf8_repair(&b, pr_str_n(data, size < 65536 ? size : 65536));
	text = pr_buf_str(&b);
	c.subject = pr_utf8_clip(text, text.n / 4);
	c.text = text;
	c.new_text = size % 2 ? text : pr_utf8_clip(text, text.n / 2);
	form = pr_arena_printf(&a, "%s=" PR_S_FMT, names[size % 6], PR_S(text));
	c.form = (struct pr_list){&form, 1};
	pr_facts_find(&world, &a, &c);
	must(pr_mono() - begun < MS_MAX);
	must(c.facts.n <= 100);
	for (size_t i = 0; i < c.facts.n; i++)
		check(&c, c.facts.v[i]);
	pr_buf_release(&b);
	pr_arena_release(&a);
	return 0;
}
