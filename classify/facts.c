/*
 * facts: what can be read off a message without doubt: a postcode, a reference of ours, a phone
 * number.
 */
#include "classify/ruleset.h"

#include "postroom/phone.h"
#include "postroom/postcode.h"
#include "postroom/reference.h"

/* The places that are read, best first: what the form asked for by name, then subject, then text.
 */
struct places {
	struct pr_str v[64];
	size_t n;
};

static void
add_place(struct places *p, struct pr_str text)
{
	if (text.n && p->n < sizeof(p->v) / sizeof(p->v[0]))
		p->v[p->n++] = pr_str_sub(text, 0, PR_FOLD_MAX);
}

static void
gather(const struct pr_contact *c, struct places *p)
{
	struct pr_str name, value;

	p->n = 0;
	add_place(p, pr_contact_form(c, PR_STR("postcode")));
	add_place(p, c->subject);
	add_place(p, c->new_text);
	for (size_t i = 0; i < c->form.n; i++) {
		value = c->form.v[i];
		if (pr_str_cut(&value, '=', &name))
			add_place(p, value);
	}
	if (!pr_str_eq(c->text, c->new_text))
		add_place(p, c->text);
}

void
pr_facts_find(const struct pr_classify_world *world, struct pr_arena *a, struct pr_contact *c)
{
	struct places p;
	struct pr_phone phone;
	char postcode[9], reference[PR_REFERENCE_BYTES];
	size_t start, end;

	gather(c, &p);
	for (size_t i = 0; i < p.n; i++) {
		if (!c->postcode.n && pr_postcode_find(p.v[i], postcode, &start, &end))
			c->postcode = pr_arena_dup(a, pr_str_c(postcode));
		if (!c->case_ref.n && world->reference_prefix.n &&
		    pr_reference_find(world->reference_prefix, p.v[i], reference, &start, &end))
			c->case_ref = pr_arena_dup(a, pr_str_c(reference));
		if (!c->phone.n && pr_phone_find(p.v[i], &phone, &start, &end) &&
		    phone.kind == PR_PHONE_E164)
			c->phone = pr_arena_dup(a, pr_str_c(phone.text));
	}
}
