/*
 * config: postroom.yaml into the structs of the sections, with everything that is wrong said at
 * once.
 *
 * A setting's value comes from the command line (-o), else from the file, else from the option's
 * table.
 */
#include "postroom/config.h"

#include "config_load.h"

enum { ARENA_MAX = 256 << 20, ENTRIES_MAX = 1000 };

struct loaded {
	const struct pr_section *section;
	unsigned char *v; /* n structs of section->size */
	size_t n;
};

struct pr_config {
	struct pr_arena arena;
	struct pr_secret *secrets;
	const char *dir;
	struct loaded *loaded;
	size_t n;
};

/* ---- sections ---- */

/* "phone:" with nothing behind it is a setting that was not made. */
static bool
is_nothing(const struct pr_yaml *node)
{
	return !node || (node->kind == PR_YAML_SCALAR && !node->quoted && !node->text.n);
}

static void
fill_option(struct pr_loader *l, const struct pr_section *s, const struct pr_option *o,
	    const struct pr_yaml *map, struct pr_str name, struct pr_mark mark, void *conf)
{
	const struct pr_value *over = pr_loader_override(l, s, name, o->name);
	const struct pr_yaml *node = pr_yaml_get(map, o->name);
	struct pr_value v = {.mark = mark};

	pr_value_clear(o, conf);
	if (over) {
		v = *over;
	} else if (!is_nothing(node)) {
		v = (struct pr_value){
		    .node = node, .text = node->text, .quoted = node->quoted, .mark = node->mark};
	} else if (!o->fallback) {
		pr_diag_add(l->diag, node ? node->key_mark : mark,
			    "'%s' lacks the setting '%s': %s", s->name, o->name, o->help);
		return;
	} else if (!*o->fallback) {
		return;
	} else {
		v.text = pr_str_c(o->fallback);
	}
	pr_value_set(o, &v, conf, &l->ctx);
}

static void
fill(struct pr_loader *l, const struct pr_section *s, const struct pr_yaml *map, struct pr_str name,
     void *conf)
{
	struct pr_mark mark = map ? map->mark : l->file;
	size_t before;

	for (const struct pr_yaml *e = map ? map->first : NULL; e; e = e->next)
		if (!pr_loader_option(s, e->key))
			pr_loader_unknown_option(l, e->key_mark, e->key, s);
	before = l->diag->n;
	for (const struct pr_option *o = s->options; o->name; o++)
		fill_option(l, s, o, map, name, mark, conf);
	/* A check may rely on every setting having its type and range. */
	if (s->check && l->diag->n == before)
		s->check(conf, mark, l->diag);
}

static void
refuse_twin(struct pr_loader *l, const struct pr_yaml *list, const struct pr_yaml *entry)
{
	const struct pr_yaml *name = pr_yaml_get(entry, "name"), *other;

	for (const struct pr_yaml *e = list->first; name && e != entry; e = e->next) {
		other = pr_yaml_get(e, "name");
		if (other && pr_str_eq(other->text, name->text)) {
			pr_diag_add(l->diag, name->mark,
				    "another entry, in line %d, has the name '" PR_S_FMT "'",
				    other->mark.line, PR_S(name->text));
			return;
		}
	}
}

static void
load_many(struct pr_loader *l, const struct pr_section *s, const struct pr_yaml *list,
	  struct loaded *out)
{
	if (list->kind != PR_YAML_LIST) {
		pr_diag_add(l->diag, list->mark, "'%s' is a list: begin each entry with '- name:'",
			    s->name);
		return;
	}
	if (list->n > ENTRIES_MAX) {
		pr_diag_add(l->diag, list->mark, "'%s' has more than %d entries", s->name,
			    ENTRIES_MAX);
		return;
	}
	out->v = pr_arena_array(l->arena, list->n, s->size);
	for (const struct pr_yaml *e = list->first; e; e = e->next) {
		const struct pr_yaml *name = pr_yaml_get(e, "name");

		if (e->kind != PR_YAML_MAP) {
			pr_diag_add(l->diag, e->mark, "an entry of '%s' begins with '- name:'",
				    s->name);
			continue;
		}
		refuse_twin(l, list, e);
		fill(l, s, e, name ? name->text : PR_STR_NONE, out->v + out->n++ * s->size);
	}
}

static void
load_section(struct pr_loader *l, const struct pr_section *s, struct loaded *out)
{
	const struct pr_yaml *node = pr_yaml_get(l->root, s->name);

	out->section = s;
	if (is_nothing(node))
		node = NULL;
	if (s->many) {
		if (node)
			load_many(l, s, node, out);
		return;
	}
	if (node && node->kind != PR_YAML_MAP) {
		pr_diag_add(l->diag, node->mark,
			    "the section '%s' holds settings: write them below it, indented",
			    s->name);
		return;
	}
	out->v = pr_arena_alloc(l->arena, s->size);
	out->n = 1;
	fill(l, s, node, PR_STR_NONE, out->v);
}

static void
load_all(struct pr_loader *l, struct pr_config *config)
{
	if (l->root && l->root->kind != PR_YAML_MAP) {
		pr_diag_add(l->diag, l->root->mark,
			    "the file begins with the name of a section, such as 'council:'");
		return;
	}
	for (const struct pr_yaml *e = l->root ? l->root->first : NULL; e; e = e->next)
		if (!pr_loader_knows(l, e->key))
			pr_loader_unknown_section(l, e->key_mark, e->key);
	while (l->sections[config->n])
		config->n++;
	config->loaded = pr_arena_array(l->arena, config->n, sizeof(struct loaded));
	for (size_t i = 0; i < config->n; i++)
		load_section(l, l->sections[i], &config->loaded[i]);
	pr_loader_refuse_unused(l);
}

/* ---- the interface ---- */

static const char *
folder_of(struct pr_arena *a, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		return ".";
	return slash == path ? "/" : pr_arena_dup_c(a, pr_str_n(path, (size_t)(slash - path)));
}

struct pr_config *
pr_config_load(const char *path, const struct pr_section *const *sections, const char *const *known,
	       const char *const *overrides, struct pr_diag *diag)
{
	struct pr_config *config = pr_calloc(1, sizeof(*config));
	struct pr_loader l = {.sections = sections, .known = known, .diag = diag};
	size_t before = diag->n;

	pr_arena_init(&config->arena, ARENA_MAX);
	l.arena = &config->arena;
	config->dir = folder_of(&config->arena, path);
	l.file = (struct pr_mark){path ? path : "the defaults", 0, 0};
	l.ctx = (struct pr_value_context){&config->arena, &config->secrets, config->dir, diag};
	pr_loader_overrides(&l, overrides);
	if (path)
		l.root = pr_yaml_load(path, &config->arena, diag);
	if (!path || l.root)
		load_all(&l, config);
	if (diag->n > before)
		pr_config_free(&config);
	return config;
}

void
pr_config_free(struct pr_config **config)
{
	if (!*config)
		return;
	pr_secrets_release(&(*config)->secrets);
	pr_arena_release(&(*config)->arena);
	free(*config);
	*config = NULL;
}

static const struct loaded *
find_loaded(const struct pr_config *config, const struct pr_section *section)
{
	for (size_t i = 0; i < config->n; i++)
		if (config->loaded[i].section == section)
			return &config->loaded[i];
	pr_bug("the section '%s' was not loaded", section->name);
}

const void *
pr_config_get(const struct pr_config *config, const struct pr_section *section)
{
	if (section->many)
		pr_bug("the section '%s' has entries", section->name);
	return find_loaded(config, section)->v;
}

size_t
pr_config_count(const struct pr_config *config, const struct pr_section *section)
{
	return find_loaded(config, section)->n;
}

const void *
pr_config_at(const struct pr_config *config, const struct pr_section *section, size_t i)
{
	const struct loaded *loaded = find_loaded(config, section);

	if (i >= loaded->n)
		pr_bug("the section '%s' has no entry %zu", section->name, i);
	return loaded->v + i * section->size;
}

const char *
pr_config_dir(const struct pr_config *config)
{
	return config->dir;
}

char *
pr_config_path(const struct pr_config *config, const char *path, struct pr_arena *a)
{
	if (path[0] == '/')
		return pr_arena_dup_c(a, pr_str_c(path));
	struct pr_str whole = pr_arena_printf(a, "%s/%s", config->dir, path);
	return pr_arena_dup_c(a, whole);
}
