/*
 * facts: what can be read off a message without doubt. The places are walked best first, each once;
 * the kinds are told in fact.h.
 */
#include "classify/fact.h"
#include "classify/ruleset.h"

#include "postroom/calendar.h"
#include "postroom/utf8.h"

/* A new kind is a file fact_<kind>.c and a line here. */
const struct pr_fact_kind *const pr_fact_kinds[] = {
    &pr_fact_postcode, &pr_fact_case_ref, &pr_fact_phone,      &pr_fact_uprn, &pr_fact_vrm,
    &pr_fact_pcn,      &pr_fact_account,  &pr_fact_what3words, &pr_fact_date, &pr_fact_street,
};
const size_t pr_fact_kinds_n = sizeof(pr_fact_kinds) / sizeof(pr_fact_kinds[0]);
_Static_assert(sizeof(pr_fact_kinds) / sizeof(pr_fact_kinds[0]) <= PR_FACT_KINDS_MAX,
	       "each kind has its place in struct pr_fact_scan");

enum { PLACES_MAX = 64, FIELD_NAME_MAX = 64, LINE_BYTES = 320 };

struct line {
	char text[LINE_BYTES + 1]; /* each part with a blank behind */
	size_t n;
};

struct notes {
	struct pr_contact *c;
	struct pr_arena *a;
	struct pr_str field; /* where the walk is */
	size_t count[PR_FACT_KINDS_MAX];
	struct {
		uint8_t kind;
		struct pr_str value;
	} known[PR_FACTS_MAX];
	size_t n;
	size_t places, left; /* how many places and bytes may still be read */
};

/* The contact's own fields hold the first of each. */
static void
keep_first(struct notes *notes, const struct pr_fact_kind *kind, struct pr_str value)
{
	struct pr_str *first = kind == &pr_fact_postcode   ? &notes->c->postcode
			       : kind == &pr_fact_case_ref ? &notes->c->case_ref
			       : kind == &pr_fact_phone    ? &notes->c->phone
							   : NULL;

	if (first && !first->n)
		*first = value;
}

static bool
is_known(const struct notes *notes, size_t kind, struct pr_str value)
{
	for (size_t i = 0; i < notes->n; i++)
		if (notes->known[i].kind == kind && pr_str_eq(notes->known[i].value, value))
			return true;
	return false;
}

/* Built by hand, for there are many. */
static bool
line_add(struct line *l, struct pr_str s)
{
	if (s.n >= sizeof(l->text) - l->n)
		return false;
	memcpy(l->text + l->n, s.p, s.n);
	l->n += s.n;
	l->text[l->n++] = ' ';
	return true;
}

static bool
line_number(struct line *l, size_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	return line_add(l, pr_str_n(digits + at, sizeof(digits) - at));
}

static bool
take(void *ctx, size_t kind, const struct pr_fact *fact)
{
	struct notes *notes = ctx;
	struct line l = {.n = 0};
	struct pr_str value;

	if (is_known(notes, kind, fact->value) || notes->count[kind] == PR_FACTS_OF_KIND)
		return true;
	if (!line_add(&l, pr_str_c(pr_fact_kinds[kind]->name)) || !line_add(&l, notes->field) ||
	    !line_number(&l, fact->start) || !line_number(&l, fact->end) ||
	    !line_add(&l, fact->value))
		return true;
	if (!pr_contact_list_add(notes->c, PR_CONTACT_FIELD(facts), notes->a,
				 pr_str_n(l.text, l.n - 1)))
		return false;
	value = pr_arena_dup(notes->a, fact->value);
	keep_first(notes, pr_fact_kinds[kind], value);
	notes->known[notes->n].kind = (uint8_t)kind;
	notes->known[notes->n++].value = value;
	notes->count[kind]++;
	return notes->n < PR_FACTS_MAX;
}

/* Is a form field called that, or "<something>_that"? */
static bool
is_called(struct pr_str field, const char *name)
{
	struct pr_str want = pr_str_c(name), tail;

	if (field.n < want.n)
		return false;
	tail = pr_str_sub(field, field.n - want.n, want.n);
	return pr_str_eq_nocase(tail, want) &&
	       (field.n == want.n || strchr("_-. ", field.p[field.n - want.n - 1]));
}

static const struct pr_fact_kind *
kind_called(struct pr_str field)
{
	for (size_t i = 0; i < pr_fact_kinds_n; i++)
		for (const char *const *f = pr_fact_kinds[i]->forms; f && *f; f++)
			if (is_called(field, *f))
				return pr_fact_kinds[i];
	return NULL;
}

static void
walk(struct notes *notes, struct pr_fact_scan *scan, struct pr_str field, struct pr_str text)
{
	if (!text.n || !notes->places || !notes->left || notes->n == PR_FACTS_MAX)
		return;
	notes->places--;
	text = pr_str_sub(text, 0, PR_FOLD_MAX < notes->left ? PR_FOLD_MAX : notes->left);
	notes->left -= text.n;
	notes->field = field;
	scan->text = text;
	memset(scan->cue, 0, sizeof(scan->cue));
	memset(scan->done, 0, sizeof(scan->done));
	pr_fact_scan(scan);
}

/* Names come from strangers: a blank in one would break the line. */
static struct pr_str
form_field(struct pr_arena *a, struct pr_str name)
{
	char *p = pr_arena_dup_c(a, pr_utf8_clip(name, FIELD_NAME_MAX));

	for (char *q = p; *q; q++)
		if ((unsigned char)*q <= ' ' || *q == 0x7f)
			*q = '_';
	return pr_arena_printf(a, "form.%s", p);
}

static void
walk_form(struct notes *notes, struct pr_fact_scan *scan, bool postcode)
{
	const struct pr_contact *c = notes->c;
	bool first = true;

	for (size_t i = 0; i < c->form.n; i++) {
		struct pr_str value = c->form.v[i], name;
		bool is_first;

		if (!pr_str_cut(&value, '=', &name))
			continue;
		/* the one that pr_contact_form finds was or will be read on its own */
		is_first = first && pr_str_eq_c(name, "postcode");
		first &= !is_first;
		if (is_first != postcode)
			continue;
		scan->form = kind_called(name);
		walk(notes, scan, form_field(notes->a, name), value);
	}
	scan->form = NULL;
}

void
pr_facts_find(const struct pr_classify_world *world, struct pr_arena *a, struct pr_contact *c)
{
	struct notes notes = {.c = c, .a = a, .places = PLACES_MAX, .left = PR_MESSAGE_FOLD_MAX};
	struct pr_fact_scan scan = {.prefix = world->reference_prefix,
				    .today = PR_FACT_NO_DAY,
				    .take = take,
				    .ctx = &notes};
	bool same = pr_str_eq(c->text, c->new_text);

	if (c->received_at > 0)
		scan.today = pr_day_of(c->received_at);
	walk_form(&notes, &scan, true);
	walk(&notes, &scan, PR_STR("subject"), c->subject);
	walk(&notes, &scan, same ? PR_STR("text") : PR_STR("new_text"), c->new_text);
	walk_form(&notes, &scan, false);
	if (!same) {
		scan.quoted = true;
		walk(&notes, &scan, PR_STR("text"), c->text);
	}
}
