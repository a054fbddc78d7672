/* config_load: names that may stand in postroom.yaml, and -o section.setting=value. */
#include "config_load.h"

enum { NAMES_MAX = 128 };

/* ---- names ---- */

static const struct pr_section *
pr_loader_section(const struct pr_loader *l, struct pr_str name)
{
	for (size_t i = 0; l->sections[i]; i++)
		if (pr_str_eq_c(name, l->sections[i]->name))
			return l->sections[i];
	return NULL;
}

bool
pr_loader_knows(const struct pr_loader *l, struct pr_str name)
{
	for (size_t i = 0; l->known && l->known[i]; i++)
		if (pr_str_eq_c(name, l->known[i]))
			return true;
	return pr_loader_section(l, name) != NULL;
}

const struct pr_option *
pr_loader_option(const struct pr_section *s, struct pr_str name)
{
	for (const struct pr_option *o = s->options; o->name; o++)
		if (pr_str_eq_c(name, o->name))
			return o;
	return NULL;
}

static int
unknown(struct pr_loader *l, struct pr_mark mark, struct pr_str name, const char *what,
	const char *const *candidates, size_t n)
{
	const char *near = pr_diag_nearest(name, candidates, n);
	struct pr_str shown = pr_str_sub(name, 0, 60);

	if (near)
		return pr_diag_add(l->diag, mark, "'" PR_S_FMT "' is no %s; did you mean '%s'?",
				   PR_S(shown), what, near);
	return pr_diag_add(l->diag, mark, "'" PR_S_FMT "' is no %s", PR_S(shown), what);
}

int
pr_loader_unknown_section(struct pr_loader *l, struct pr_mark mark, struct pr_str name)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; l->known && l->known[i] && n < NAMES_MAX; i++)
		names[n++] = l->known[i];
	for (size_t i = 0; l->sections[i] && n < NAMES_MAX; i++)
		names[n++] = l->sections[i]->name;
	return unknown(l, mark, name, "section of this file", names, n);
}

int
pr_loader_unknown_option(struct pr_loader *l, struct pr_mark mark, struct pr_str name,
			 const struct pr_section *s)
{
	const char *names[NAMES_MAX];
	char what[128];
	size_t n = 0;

	for (const struct pr_option *o = s->options; o->name && n < NAMES_MAX; o++)
		names[n++] = o->name;
	snprintf(what, sizeof(what), "setting of '%s'", s->name);
	return unknown(l, mark, name, what, names, n);
}

/* ---- -o ---- */

static int
parse_override(struct pr_loader *l, const char *text, struct pr_override *out)
{
	struct pr_str rest = pr_str_c(text), key;
	size_t dots = 0;
	struct pr_arena *a = l->arena;

	out->value.mark = (struct pr_mark){"-o", 0, 0};
	if (!memchr(text, '=', rest.n) || !pr_str_cut(&rest, '=', &key))
		return pr_diag_add(l->diag, out->value.mark,
				   "an override is written section.setting=value");
	out->value.mark.file = pr_arena_printf(a, "-o " PR_S_FMT, PR_S(key)).p;
	out->value.text = pr_arena_dup(a, rest);
	out->value.commas = true;
	for (size_t i = 0; i < key.n; i++)
		dots += key.p[i] == '.';
	pr_str_cut(&key, '.', &out->section);
	/* The name of an entry may have dots of its own: the setting begins behind the last. */
	out->option = key;
	while (dots > 1 && memchr(out->option.p, '.', out->option.n))
		out->option = pr_str_sub(out->option, 1, out->option.n);
	if (dots > 1)
		out->name = pr_str_sub(key, 0, key.n - out->option.n - 1);
	if (!dots || !out->option.n)
		return pr_diag_add(l->diag, out->value.mark,
				   "an override is written section.setting=value");
	return 0;
}

static void
check_override(struct pr_loader *l, struct pr_override *o)
{
	const struct pr_section *s = pr_loader_section(l, o->section);

	if (!s && !pr_loader_knows(l, o->section)) {
		pr_loader_unknown_section(l, o->value.mark, o->section);
	} else if (!s) {
		o->used = true;
	} else if (!pr_loader_option(s, o->option)) {
		pr_loader_unknown_option(l, o->value.mark, o->option, s);
	} else if (s->many != (o->name.n > 0)) {
		pr_diag_add(l->diag, o->value.mark,
			    s->many ? "this section has entries: write section.NAME.setting=value"
				    : "this section has no entries: write section.setting=value");
	} else {
		return;
	}
	o->used = true;
}

void
pr_loader_overrides(struct pr_loader *l, const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	l->overrides = pr_arena_array(l->arena, n, sizeof(*l->overrides));
	for (size_t i = 0; i < n; i++)
		if (parse_override(l, texts[i], &l->overrides[l->noverrides]) == 0)
			check_override(l, &l->overrides[l->noverrides++]);
}

const struct pr_value *
pr_loader_override(struct pr_loader *l, const struct pr_section *s, struct pr_str name,
		   const char *option)
{
	const struct pr_value *found = NULL;

	for (size_t i = 0; i < l->noverrides; i++) {
		struct pr_override *o = &l->overrides[i];

		if (!pr_str_eq_c(o->section, s->name) || !pr_str_eq(o->name, name) ||
		    !pr_str_eq_c(o->option, option))
			continue;
		o->used = true;
		found = &o->value;
	}
	return found;
}

void
pr_loader_refuse_unused(struct pr_loader *l)
{
	for (size_t i = 0; i < l->noverrides; i++)
		if (!l->overrides[i].used)
			pr_diag_add(l->diag, l->overrides[i].value.mark,
				    "'" PR_S_FMT "' has no entry named '" PR_S_FMT "'",
				    PR_S(l->overrides[i].section), PR_S(l->overrides[i].name));
}
