/*
 * rule_condition: the conditions of a rule. A new one is a file match_<name>.c and a line of this
 * table.
 */
#include "classify/rule_reader.h"

static const struct pr_match_kind *const match_kinds[] = {
    &pr_match_words,   &pr_match_near,   &pr_match_pattern,  &pr_match_channel,
    &pr_match_account, &pr_match_sender, &pr_match_language, &pr_match_attachment,
};
#define MATCH_KINDS (sizeof(match_kinds) / sizeof(match_kinds[0]))

static const struct {
	const char *name;
	unsigned where;
} places[] = {
    {"subject", PR_IN_SUBJECT}, {"new_text", PR_IN_NEW_TEXT}, {"text", PR_IN_TEXT},
    {"form", PR_IN_FORM},       {"message", PR_IN_MESSAGE},
};

static int
read_place(struct pr_rule_reader *r, const struct pr_yaml *v, struct pr_condition *c)
{
	const char *names[sizeof(places) / sizeof(places[0])];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		names[i] = places[i].name;
		if (v->kind == PR_YAML_SCALAR && pr_str_eq_c(v->text, places[i].name)) {
			c->where |= places[i].where;
			return 0;
		}
	}
	if (v->kind == PR_YAML_SCALAR && pr_str_starts(v->text, PR_STR("form.")) && v->text.n > 5) {
		c->where |= PR_IN_FORM;
		c->form = v->text;
		return 0;
	}
	return pr_rule_unknown(r->diag, v->mark, v->text,
			       "a field (subject, new_text, text, form, form.<name>, message)",
			       names, sizeof(places) / sizeof(places[0]));
}

static int
read_in(struct pr_rule_reader *r, const struct pr_yaml *v, struct pr_condition *c)
{
	int rc = 0;

	if (v->kind == PR_YAML_SCALAR)
		return read_place(r, v, c);
	for (const struct pr_yaml *p = v->first; p; p = p->next)
		if (read_place(r, p, c) < 0)
			rc = -1;
	if (rc == 0 && c->form.n && v->n > 1)
		rc = pr_diag_add(
		    r->diag, v->mark,
		    "a form field stands alone in 'in'; write a second condition for the others");
	return rc;
}

static struct pr_condition *
condition_new(struct pr_rule_reader *r)
{
	struct pr_condition *c = PR_ARENA_NEW(&r->rules->arena, struct pr_condition);

	c->id = r->rules->conditions++;
	c->next_made = r->rules->made;
	r->rules->made = c;
	return c;
}

static const struct pr_match_kind *
match_kind(struct pr_str name)
{
	for (size_t i = 0; i < MATCH_KINDS; i++)
		if (pr_str_eq_c(name, match_kinds[i]->name))
			return match_kinds[i];
	return NULL;
}

static int
unknown_condition(struct pr_rule_reader *r, const struct pr_yaml *entry)
{
	const char *names[MATCH_KINDS + 1];

	for (size_t i = 0; i < MATCH_KINDS; i++)
		names[i] = match_kinds[i]->name;
	names[MATCH_KINDS] = "in";
	return pr_rule_unknown(r->diag, entry->key_mark, entry->key, "a condition", names,
			       MATCH_KINDS + 1);
}

static unsigned
default_place(const struct pr_rule *rule)
{
	return rule->risk || rule->lower ? PR_IN_MESSAGE | PR_IN_TEXT : PR_IN_MESSAGE;
}

/* {words: [...], in: subject}: one kind of condition and perhaps where it looks. */
static void
read_condition_map(struct pr_rule_reader *r, const struct pr_yaml *map, struct pr_condition *c)
{
	const struct pr_yaml *value = NULL;

	for (const struct pr_yaml *e = map->first; e; e = e->next) {
		const struct pr_match_kind *kind = match_kind(e->key);

		if (pr_str_eq_c(e->key, "in"))
			read_in(r, e, c);
		else if (!kind)
			unknown_condition(r, e);
		else if (c->kind)
			pr_diag_add(
			    r->diag, e->key_mark,
			    "one condition asks one thing; put '%s' into a condition of its own",
			    kind->name);
		else {
			c->kind = kind;
			value = e;
		}
	}
	if (!c->where)
		c->where = default_place(r->rule);
	if (!c->kind)
		pr_diag_add(
		    r->diag, map->mark,
		    "a condition needs words, near, pattern, channel, account, sender, language "
		    "or attachment");
	else if (c->kind->parse(r->rules, value, c, r->diag) < 0)
		c->kind = NULL;
}

/* Rules that ask for the same word list share one condition: its words are found once. */
static struct pr_condition *
shared_list(const struct pr_rule_reader *r, struct pr_str list)
{
	for (struct pr_condition *c = r->rules->made; c; c = c->next_made)
		if (pr_str_eq(c->list, list) && c->where == default_place(r->rule) && c->kind)
			return c;
	return NULL;
}

static struct pr_condition *
read_condition(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	bool is_list = v->kind == PR_YAML_SCALAR && v->text.n > 1 && v->text.p[0] == '$';
	struct pr_condition *c = is_list ? shared_list(r, v->text) : NULL;

	if (c)
		return c;
	c = condition_new(r);
	if (v->kind == PR_YAML_MAP) {
		read_condition_map(r, v, c);
		return c;
	}
	c->where = default_place(r->rule);
	c->kind = &pr_match_words;
	if (c->kind->parse(r->rules, v, c, r->diag) < 0)
		c->kind = NULL;
	else if (is_list)
		c->list = v->text;
	return c;
}

static bool
is_plain_phrase(const struct pr_yaml *v)
{
	return v->kind == PR_YAML_SCALAR && (!v->text.n || v->text.p[0] != '$');
}

/* The plain phrases of a list as one condition: one place to look up instead of a hundred. */
static void
read_together(struct pr_rule_reader *r, const struct pr_yaml *list, struct pr_conditions *out)
{
	struct pr_condition *c = NULL;

	for (const struct pr_yaml *p = list->first; p; p = p->next) {
		if (!is_plain_phrase(p))
			continue;
		if (!c) {
			c = condition_new(r);
			c->where = default_place(r->rule);
			c->kind = &pr_match_words;
			out->v[out->n++] = c;
		}
		c->kind->parse(r->rules, p, c, r->diag);
	}
}

int
pr_rule_conditions(struct pr_rule_reader *r, const struct pr_yaml *v, struct pr_conditions *out,
		   bool plain_together)
{
	if (v->kind != PR_YAML_LIST && v->kind != PR_YAML_SCALAR)
		return pr_diag_add(
		    r->diag, v->mark,
		    "a list of conditions is wanted here, each on a line after '- '");
	out->v = pr_arena_array(&r->rules->arena, v->n + 1, sizeof(struct pr_condition *));
	if (v->kind == PR_YAML_SCALAR) {
		out->v[out->n++] = read_condition(r, v);
		return 0;
	}
	if (plain_together)
		read_together(r, v, out);
	for (const struct pr_yaml *p = v->first; p; p = p->next)
		if (!plain_together || !is_plain_phrase(p))
			out->v[out->n++] = read_condition(r, p);
	return 0;
}
