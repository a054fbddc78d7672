/*
 * rule_list: reusable word lists, which may name each other.
 */
#include "classify/rule_reader.h"

#define WORD_LISTS_DEEP 8

static const struct pr_yaml *
find_list(const struct pr_rules *rules, struct pr_str name)
{
	const struct pr_yaml *found = NULL;

	for (size_t i = 0; i < rules->nlists; i++)
		for (const struct pr_yaml *e = rules->lists[i]->first; e; e = e->next)
			if (pr_str_eq(e->key, name))
				found = e; /* the last one: a local list replaces the shipped one */
	return found;
}

static int
unknown_list(const struct pr_rules *rules, const struct pr_yaml *v, struct pr_diag *diag)
{
	const char *names[256];
	size_t n = 0;

	for (size_t i = 0; i < rules->nlists; i++)
		for (const struct pr_yaml *e = rules->lists[i]->first; e && n < 256; e = e->next)
			names[n++] = e->key.p;
	return pr_rule_unknown(diag, v->mark, pr_str_sub(v->text, 1, v->text.n),
			       "the name of a word list", names, n);
}

struct each {
	struct pr_rules *rules;
	void (*fn)(void *ctx, const struct pr_yaml *phrase);
	void *ctx;
	struct pr_diag *diag;
};

static void
each_phrase(const struct each *e, const struct pr_yaml *v, int deep)
{
	const struct pr_yaml *list;

	if (v->kind == PR_YAML_MAP || deep > WORD_LISTS_DEEP) {
		pr_diag_add(e->diag, v->mark,
			    deep > WORD_LISTS_DEEP
				? "a word list names itself, or lists are nested too deep"
				: "a phrase or a list of phrases is wanted here");
		return;
	}
	if (v->kind == PR_YAML_LIST) {
		for (const struct pr_yaml *p = v->first; p; p = p->next)
			each_phrase(e, p, deep + 1);
		return;
	}
	if (!v->text.n || v->text.p[0] != '$') {
		e->fn(e->ctx, v);
		return;
	}
	list = find_list(e->rules, pr_str_sub(v->text, 1, v->text.n));
	if (!list)
		unknown_list(e->rules, v, e->diag);
	else
		each_phrase(e, list, deep + 1);
}

void
pr_rule_each_phrase(struct pr_rules *rules, const struct pr_yaml *value,
		    void (*fn)(void *ctx, const struct pr_yaml *phrase), void *ctx,
		    struct pr_diag *diag)
{
	struct each e = {rules, fn, ctx, diag};

	each_phrase(&e, value, 0);
}
