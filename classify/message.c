/*
 * message: a contact's fields, folded once, with every phrase of every rule that stands in them.
 */
#include "classify/match_scan.h"
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
	f->ascii = pr_is_ascii(f->folded.text);
	f->nwords = pr_words_of(f->folded.text, m->arena, &f->words);
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
language(const struct pr_rules *rules, const struct pr_message *m)
{
	const struct pr_searched *longest = NULL;

	for (size_t i = 0; i < m->nfields; i++) {
		const struct pr_searched *f = &m->fields[i];

		if (f->where == PR_IN_TEXT)
			continue;
		if (!longest || f->folded.text.n > longest->folded.text.n)
			longest = f;
	}
	return longest ? pr_language_of(rules->languages, longest) : "en";
}

/* The patterns that may match are found in one pass; without it, all may. */
static void
find_patterns(struct pr_message *m, const struct pr_rules *rules)
{
	m->may = pr_arena_array(m->arena, PR_BITS(rules->conditions) + 1, sizeof(*m->may));
	for (uint32_t i = 0; i < m->nfields && rules->scan; i++)
		pr_scan_find(rules->scan, m->fields[i].folded.text, m->may);
	for (const struct pr_condition *c = rules->scan ? NULL : rules->made; c; c = c->next_made)
		if (c->kind == &pr_match_pattern)
			pr_bit_set(m->may, c->id);
}

static void
find_phrases(struct pr_message *m, const struct pr_rules *rules)
{
	size_t words = 0;

	for (size_t i = 0; i < m->nfields; i++)
		words += m->fields[i].nwords;
	m->room = 64 + words * 4;
	if (m->room > PR_MESSAGE_HITS_MAX)
		m->room = PR_MESSAGE_HITS_MAX;
	m->hits = pr_arena_raw(m->arena, m->room, sizeof(*m->hits));
	m->found = pr_arena_raw(m->arena, rules->conditions + 1, sizeof(*m->found));
	for (uint32_t i = 0; i < m->nfields; i++)
		if (!pr_phrases_find(rules->phrases, m, i))
			m->clipped = true;
}

void
pr_message_init(struct pr_message *m, struct pr_rules *rules, const struct pr_contact *c)
{
	size_t left = PR_MESSAGE_FOLD_MAX;
	bool same = pr_str_eq(c->text, c->new_text);

	*m = (struct pr_message){.contact = c,
				 .number = ++rules->messages,
				 .places = rules->places,
				 .arena = &rules->scratch};
	pr_arena_reset(m->arena);
	m->deadline = pr_mono() + CONTACT_BUDGET_MS;
	m->fields = pr_arena_array(m->arena, c->form.n + 3, sizeof(*m->fields));
	add_field(m, PR_IN_SUBJECT, PR_STR("subject"), c->subject, 0, &left);
	add_field(m, PR_IN_NEW_TEXT, same ? PR_STR("text") : PR_STR("new_text"), c->new_text, 0,
		  &left);
	for (size_t i = 0; i < c->form.n; i++)
		add_form(m, c->form.v[i], &left);
	if (!same)
		add_field(m, PR_IN_TEXT, PR_STR("text"), c->text, 0, &left);
	m->lang = language(rules, m);
	find_phrases(m, rules);
	find_patterns(m, rules);
}
