/*
 * ruleset: load a folder of rules, whole or not at all.
 */
#include "classify/ruleset.h"
#include "classify/match_scan.h"

#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define RULES_ARENA_MAX   ((size_t)1 << 30)
#define SCRATCH_ARENA_MAX ((size_t)64 << 20)
#define RULE_FILES_MAX    1024

struct rule_file {
	char *path;
	const struct pr_yaml *tree;
	enum pr_origin origin;
};

struct loading {
	struct pr_rules *rules;
	struct pr_diag *diag;
	struct rule_file files[RULE_FILES_MAX];
	size_t n;
	struct pr_sha256 digest;
};

/* packs.yaml says which packs are in use; it holds no rules. */
static int
is_yaml(const struct dirent *e)
{
	return strcmp(e->d_name, "packs.yaml") != 0 && e->d_name[0] != '.' &&
	       pr_str_ends(pr_str_c(e->d_name), PR_STR(".yaml"));
}

/* Every *.yaml of the folder in the order of their names. A missing local folder is no error. */
static void
list_folder(struct loading *l, const char *dir, const char *sub, enum pr_origin origin)
{
	const char *path = pr_arena_printf(&l->rules->arena, "%s/%s", dir, sub).p;
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_yaml, alphasort);

	if (n < 0 && !(origin == PR_LOCAL && errno == ENOENT))
		pr_diag_add(l->diag, (struct pr_mark){path, 0, 0}, "cannot read the folder: %s",
			    strerror(errno));
	for (int i = 0; i < n; i++) {
		if (l->n < RULE_FILES_MAX)
			l->files[l->n++] = (struct rule_file){
			    pr_arena_dup_c(&l->rules->arena,
					   pr_arena_printf(&l->rules->arena, "%s/%s", path,
							   entries[i]->d_name)),
			    NULL, origin};
		else if (l->n == RULE_FILES_MAX)
			pr_diag_add(l->diag, (struct pr_mark){path, 0, 0},
				    "more than %d rule files; join some", RULE_FILES_MAX);
		free(entries[i]);
	}
	free(entries);
}

static void
read_file(struct loading *l, struct rule_file *f)
{
	PR_AUTO_BUF struct pr_buf b;
	struct pr_err err;

	pr_buf_init(&b, (size_t)4 << 20);
	if (pr_file_read(AT_FDCWD, f->path, &b, &err) < 0) {
		pr_diag_add(l->diag, (struct pr_mark){f->path, 0, 0}, "%s", err.msg);
		return;
	}
	pr_sha256_add_field(&l->digest, pr_buf_str(&b));
	f->tree = pr_yaml_parse(pr_arena_dup(&l->rules->arena, pr_buf_str(&b)), f->path,
				&l->rules->arena, l->diag);
}

static void
gather_lists(struct loading *l)
{
	l->rules->lists = pr_arena_array(
	    &l->rules->arena, l->n + 1,
	    sizeof(struct pr_yaml *)); /* NOLINT(bugprone-sizeof-expression): pointers */
	for (size_t i = 0; i < l->n; i++) {
		const struct pr_yaml *tree = l->files[i].tree;
		const struct pr_yaml *lists =
		    tree && tree->kind == PR_YAML_MAP ? pr_yaml_get(tree, "lists") : NULL;

		if (lists && lists->kind == PR_YAML_MAP)
			l->rules->lists[l->rules->nlists++] = lists;
		else if (lists)
			pr_diag_add(l->diag, lists->mark,
				    "'lists:' holds names with phrases: 'street: [road, street]'");
	}
}

/* ---- packs: DIR/local/packs.yaml says which of DIR/packs/<name>/ are in use ---- */

static bool
is_pack_name(struct pr_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') &&
		    !(name.p[i] >= '0' && name.p[i] <= '9') && name.p[i] != '-')
			return false;
	return name.n > 0 && name.n <= 64;
}

static void
list_pack(struct loading *l, const char *dir, const struct pr_yaml *name)
{
	struct pr_arena *a = &l->rules->arena;

	if (name->kind != PR_YAML_SCALAR || !is_pack_name(name->text)) {
		pr_diag_add(l->diag, name->mark,
			    "a pack's name is that of its folder in packs/: a-z 0-9 -");
		return;
	}
	list_folder(l, dir, pr_arena_printf(a, "packs/" PR_S_FMT, PR_S(name->text)).p, PR_PACK);
}

static void
list_packs(struct loading *l, const char *dir)
{
	struct rule_file f = {
	    pr_arena_dup_c(&l->rules->arena,
			   pr_arena_printf(&l->rules->arena, "%s/local/packs.yaml", dir)),
	    NULL, PR_LOCAL};
	const struct pr_yaml *packs;

	if (access(f.path, F_OK) < 0)
		return;
	read_file(l, &f);
	packs = f.tree && f.tree->kind == PR_YAML_MAP ? pr_yaml_get(f.tree, "packs") : NULL;
	if (f.tree && (!packs || packs->kind != PR_YAML_LIST)) {
		pr_diag_add(l->diag, f.tree->mark, "packs.yaml holds 'packs:' and a list of names");
		return;
	}
	for (const struct pr_yaml *p = packs ? packs->first : NULL; p; p = p->next)
		list_pack(l, dir, p);
}

/* ---- ready to be asked ---- */

static void
drop_disabled(struct pr_rules *rules)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++)
		if (!rules->v[i].disabled)
			rules->v[n++] = rules->v[i];
	rules->n = n;
}

/* Does its answer depend on words or a pattern alone? */
static bool
is_of_words(const struct pr_condition *c)
{
	return c->kind == &pr_match_words || c->kind == &pr_match_near ||
	       c->kind == &pr_match_pattern;
}

/* Then a message without any of them need not be asked. */
static bool
found_by_words(const struct pr_conditions *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (!is_of_words(set->v[i]))
			return false;
	return set->n > 0;
}

static bool
any_found_by_words(const struct pr_conditions *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (is_of_words(set->v[i]))
			return true;
	return false;
}

static void
own_one(struct pr_rules *rules, uint32_t condition, uint32_t rule, uint32_t *v)
{
	struct pr_owners *o = &rules->owned[condition];

	if (v)
		v[o->first + o->n] = rule;
	o->n++;
}

/* Count (v NULL) or note that a rule owns these conditions. */
static void
own(struct pr_rules *rules, const struct pr_conditions *set, uint32_t rule, uint32_t *v)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct pr_condition *c = set->v[i];

		own_one(rules, c->id, rule, v);
		for (uint32_t k = 0; k < c->nparts; k++)
			own_one(rules, c->part + k, rule, v);
	}
}

static void
own_all(struct pr_rules *rules, uint32_t *v)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct pr_rule *r = &rules->v[i];

		own(rules, &r->any, i, v);
		own(rules, &r->all, i, v);
		own(rules, &r->unless, i, v);
		for (size_t k = 0; k < r->nhints; k++) {
			struct pr_owners *o = &rules->owned[r->hints[k].condition];

			o->hint = true;
			if (v)
				v[o->first] = i;
			o->n++;
		}
	}
}

/* Every condition learns whose it is; rules that no words lead to are always asked. */
static void
connect(struct pr_rules *rules)
{
	uint32_t total = 0;

	rules->owned = pr_arena_array(&rules->arena, rules->conditions + 1, sizeof(*rules->owned));
	own_all(rules, NULL);
	for (uint32_t i = 0; i < rules->conditions; i++) {
		rules->owned[i].first = total;
		total += rules->owned[i].n;
		rules->owned[i].n = 0;
	}
	rules->owners = pr_arena_array(&rules->arena, total + 1, sizeof(*rules->owners));
	own_all(rules, rules->owners);
	rules->always = pr_arena_array(&rules->arena, PR_BITS(rules->n) + 1, sizeof(uint64_t));
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct pr_rule *r = &rules->v[i];

		if (!r->nhints && !found_by_words(&r->any) && !any_found_by_words(&r->all))
			pr_bit_set(rules->always, i);
	}
}

static void
want_every(struct pr_rules *rules, const struct pr_conditions *set, bool all)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct pr_condition *c = set->v[i];

		if (all)
			pr_bit_set(rules->every, c->id);
		for (uint32_t k = 0; k < c->nparts; k++)
			pr_bit_set(rules->every, c->part + k);
	}
}

/* Rules of risk and idioms compare places, `near` tries them all, and a condition that looks into
 * one field only must not be content with another. */
static void
find_every(struct pr_rules *rules)
{
	rules->every =
	    pr_arena_array(&rules->arena, PR_BITS(rules->conditions) + 1, sizeof(uint64_t));
	rules->places =
	    pr_arena_array(&rules->arena, rules->conditions + 1, sizeof(*rules->places));
	for (size_t i = 0; i < rules->n; i++) {
		const struct pr_rule *r = &rules->v[i];
		bool all = r->risk || r->lower;

		want_every(rules, &r->any, all);
		want_every(rules, &r->all, all);
		want_every(rules, &r->unless, false);
	}
	pr_phrases_end(rules->phrases, rules->every);
}

static void
compile(struct loading *l, const struct pr_rules_how *how)
{
	const struct pr_scan_pattern *patterns;
	struct pr_err err;
	size_t n;

	if (how && how->plain)
		return;
	patterns = pr_match_patterns(l->rules, &l->rules->arena, &n);
	l->rules->scan = pr_scan_new(patterns, n, how ? how->cache : NULL, &err);
	if (!l->rules->scan)
		pr_diag_add(l->diag, (struct pr_mark){"patterns", 0, 0}, "%s", err.msg);
}

/* The kinds that services.yaml gives to services: known ones, each to one service. */
static void
check_kinds(const struct loading *l)
{
	const struct pr_catalogue *c = l->rules->catalogue;

	for (size_t i = 0; c && i < c->n; i++)
		for (size_t k = 0; k < c->v[i].nkinds; k++) {
			struct pr_str kind = c->v[i].kinds[k];
			const char *const *known = pr_kinds;

			while (*known && !pr_str_eq_c(kind, *known))
				known++;
			if (!*known)
				pr_diag_add(l->diag, c->v[i].mark,
					    "'" PR_S_FMT "' is no kind of contact; docs/RULES.md "
					    "lists them",
					    PR_S(kind));
			else if (pr_catalogue_of_kind(c, kind) != &c->v[i])
				pr_diag_add(l->diag, c->v[i].mark,
					    "the kind '" PR_S_FMT "' belongs to another service "
					    "already",
					    PR_S(kind));
		}
}

static void
finish(struct loading *l, const struct pr_rules_how *how)
{
	unsigned char digest[PR_SHA256_BYTES];
	char hex[2 * PR_SHA256_BYTES + 1];

	drop_disabled(l->rules);
	connect(l->rules);
	find_every(l->rules);
	compile(l, how);
	pr_sha256_end(&l->digest, digest);
	pr_hex(digest, sizeof(digest), hex);
	memcpy(l->rules->version, hex, 16);
}

struct pr_rules *
pr_rules_load(const char *dir, const struct pr_rules_how *how, struct pr_diag *diag)
{
	struct pr_rules *rules = pr_calloc(1, sizeof(*rules));
	struct loading l = {.rules = rules, .diag = diag};
	size_t before = diag->n;

	pr_arena_init(&rules->arena, RULES_ARENA_MAX);
	pr_arena_init(&rules->scratch, SCRATCH_ARENA_MAX);
	rules->phrases = pr_phrases_new(&rules->arena);
	rules->languages = pr_languages_new(&rules->arena);
	pr_sha256_init(&l.digest);
	rules->catalogue = pr_catalogue_load(
	    pr_arena_printf(&rules->arena, "%s/services.yaml", dir).p, &rules->arena, diag);
	list_folder(&l, dir, "rules", PR_SHIPPED);
	list_packs(&l, dir);
	list_folder(&l, dir, "local", PR_LOCAL);
	for (size_t i = 0; i < l.n; i++)
		read_file(&l, &l.files[i]);
	gather_lists(&l);
	check_kinds(&l);
	for (size_t i = 0; rules->catalogue && i < l.n; i++)
		if (l.files[i].tree)
			pr_rule_parse_file(rules, l.files[i].tree, l.files[i].origin, diag);
	for (size_t i = 0; rules->catalogue && i < l.n; i++)
		if (l.files[i].tree)
			pr_rule_scores_file(rules, l.files[i].tree, diag);
	if (diag->n == before)
		finish(&l, how);
	if (diag->n > before)
		pr_rules_free(&rules);
	return rules;
}

void
pr_rules_free(struct pr_rules **rules)
{
	struct pr_rules *r = *rules;

	if (!r)
		return;
	for (struct pr_condition *c = r->made; c; c = c->next_made)
		if (c->kind && c->kind->release)
			c->kind->release(c);
	pr_scan_free(&r->scan);
	pr_phrases_free(&r->phrases);
	pr_arena_release(&r->scratch);
	pr_arena_release(&r->arena);
	free(r);
	*rules = NULL;
}

const struct pr_catalogue *
pr_rules_catalogue(const struct pr_rules *rules)
{
	return rules->catalogue;
}

size_t
pr_rules_count(const struct pr_rules *rules)
{
	return rules->n;
}

const char *
pr_rules_version(const struct pr_rules *rules)
{
	return rules->version;
}

const char *
pr_rules_scan(const struct pr_rules *rules)
{
	return rules->scan ? pr_scan_name(rules->scan) : "every pattern is run";
}
