/*
 * message: a contact's fields, folded once, with every phrase of every rule that stands in them.
 */
#include "classify/ruleset.h"

#include "postroom/clock.h"

#define CONTACT_BUDGET_MS 250

static void
add_field(struct pr_message *m, enum pr_where where, struct pr_str name, struct pr_str whole,
	  size_t skipped, size_t *left)
{
	struct pr_searched *f = &m->fields[m->nfields];
	struct pr_str text = pr_str_sub(whole, skipped, whole.n);

	if (!text.n)
		return;
	if ((text.n < PR_FOLD_MAX ? text.n : PR_FOLD_MAX) > *left) {
		m->clipped = true;
		return;
	}
	*f = (struct pr_searched){
	    .where = where, .name = name, .original = whole, .skipped = skipped};
	pr_fold(text, m->arena, &f->folded);
	m->clipped |= f->folded.clipped;
	*left -= text.n < PR_FOLD_MAX ? text.n : PR_FOLD_MAX;
	m->nfields++;
}

static void
add_form(struct pr_message *m, struct pr_str entry, size_t *left)
{
	struct pr_str rest = entry, name;

	if (!pr_str_cut(&rest, '=', &name) || !rest.n)
		return;
	add_field(m, PR_IN_FORM, pr_arena_printf(m->arena, "form." PR_S_FMT, PR_S(name)), entry,
		  name.n + 1, left);
}

/* The language is that of what the citizen wrote now: the text, or the form's longest answers, or
 * the subject. */
static const char *
language(const struct pr_message *m)
{
	const struct pr_searched *longest = NULL;

	for (size_t i = 0; i < m->nfields; i++) {
		const struct pr_searched *f = &m->fields[i];

		if (f->where == PR_IN_TEXT)
			continue;
		if (!longest || f->folded.text.n > longest->folded.text.n)
			longest = f;
	}
	return longest ? pr_language_of(longest->folded.text) : "en";
}

/* So that a condition finds its own hits without looking at the others'. */
static void
chain_hits(struct pr_message *m, uint32_t conditions)
{
	m->first = pr_arena_array(m->arena, (size_t)conditions + 1, sizeof(*m->first));
	for (size_t i = m->nhits; i-- > 0;) {
		m->hits[i].next = m->first[m->hits[i].condition];
		m->first[m->hits[i].condition] = (uint32_t)i + 1;
	}
}

void
pr_message_init(struct pr_message *m, struct pr_rules *rules, const struct pr_contact *c)
{
	size_t left = PR_MESSAGE_FOLD_MAX;
	bool same = pr_str_eq(c->text, c->new_text);

	*m = (struct pr_message){
	    .contact = c, .arena = &rules->scratch, .room = PR_MESSAGE_HITS_MAX};
	pr_arena_reset(m->arena);
	m->deadline = pr_mono() + CONTACT_BUDGET_MS;
	m->fields = pr_arena_array(m->arena, c->form.n + 3, sizeof(*m->fields));
	m->hits = pr_arena_array(m->arena, m->room, sizeof(*m->hits));
	add_field(m, PR_IN_SUBJECT, PR_STR("subject"), c->subject, 0, &left);
	add_field(m, PR_IN_NEW_TEXT, same ? PR_STR("text") : PR_STR("new_text"), c->new_text, 0,
		  &left);
	for (size_t i = 0; i < c->form.n; i++)
		add_form(m, c->form.v[i], &left);
	if (!same)
		add_field(m, PR_IN_TEXT, PR_STR("text"), c->text, 0, &left);
	m->lang = language(m);
	for (uint32_t i = 0; i < m->nfields; i++)
		if (!pr_phrases_find(rules->phrases, m, i))
			m->clipped = true;
	chain_hits(m, rules->conditions);
}
