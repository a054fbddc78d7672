/*
 * ruleset: load a folder of rules, whole or not at all, and ask one rule.
 */
#include "classify/ruleset.h"

#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define RULES_ARENA_MAX   ((size_t)256 << 20)
#define SCRATCH_ARENA_MAX ((size_t)64 << 20)
#define RULE_FILES_MAX    256

struct rule_file {
	char *path;
	const struct pr_yaml *tree;
	bool local;
};

struct loading {
	struct pr_rules *rules;
	struct pr_diag *diag;
	struct rule_file files[RULE_FILES_MAX];
	size_t n;
	struct pr_sha256 digest;
};

static int
is_yaml(const struct dirent *e)
{
	return e->d_name[0] != '.' && pr_str_ends(pr_str_c(e->d_name), PR_STR(".yaml"));
}

/* Every *.yaml of the folder in the order of their names. A missing local folder is no error. */
static void
list_folder(struct loading *l, const char *dir, const char *sub, bool local)
{
	const char *path = pr_arena_printf(&l->rules->arena, "%s/%s", dir, sub).p;
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_yaml, alphasort);

	if (n < 0 && !(local && errno == ENOENT))
		pr_diag_add(l->diag, (struct pr_mark){path, 0, 0}, "cannot read the folder: %s",
			    strerror(errno));
	for (int i = 0; i < n; i++) {
		if (l->n < RULE_FILES_MAX)
			l->files[l->n++] = (struct rule_file){
			    pr_arena_dup_c(&l->rules->arena,
					   pr_arena_printf(&l->rules->arena, "%s/%s", path,
							   entries[i]->d_name)),
			    NULL, local};
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

static void
drop_disabled(struct pr_rules *rules)
{
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++)
		if (!rules->v[i].disabled)
			rules->v[n++] = rules->v[i];
	rules->n = n;
}

static void
finish(struct loading *l)
{
	unsigned char digest[PR_SHA256_BYTES];
	char hex[2 * PR_SHA256_BYTES + 1];

	drop_disabled(l->rules);
	pr_sha256_end(&l->digest, digest);
	pr_hex(digest, sizeof(digest), hex);
	memcpy(l->rules->version, hex, 16);
}

struct pr_rules *
pr_rules_load(const char *dir, struct pr_diag *diag)
{
	struct pr_rules *rules = pr_calloc(1, sizeof(*rules));
	struct loading l = {.rules = rules, .diag = diag};
	size_t before = diag->n;

	pr_arena_init(&rules->arena, RULES_ARENA_MAX);
	pr_arena_init(&rules->scratch, SCRATCH_ARENA_MAX);
	rules->phrases = pr_phrases_new(&rules->arena);
	pr_sha256_init(&l.digest);
	rules->catalogue = pr_catalogue_load(
	    pr_arena_printf(&rules->arena, "%s/services.yaml", dir).p, &rules->arena, diag);
	list_folder(&l, dir, "rules", false);
	list_folder(&l, dir, "local", true);
	for (size_t i = 0; i < l.n; i++)
		read_file(&l, &l.files[i]);
	gather_lists(&l);
	for (size_t i = 0; rules->catalogue && i < l.n; i++)
		if (l.files[i].tree)
			pr_rule_parse_file(rules, l.files[i].tree, l.files[i].local, diag);
	finish(&l);
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

static enum pr_match
test_one(const struct pr_condition *c, struct pr_message *m, struct pr_said *said)
{
	struct pr_span span = {0, 0, 0};
	enum pr_match match = c->kind->test(c, m, NULL, &span);

	if (match == PR_MATCH_YES && span.end > span.start &&
	    (!said->span.end || span.field < said->span.field))
		said->span = span;
	return match;
}

/* Kleene's logic: one certain answer decides, else could-not-tell wins over the rest. */
static enum pr_match
test_set(const struct pr_conditions *set, struct pr_message *m, struct pr_said *said,
	 enum pr_match decides)
{
	enum pr_match rest = decides == PR_MATCH_YES ? PR_MATCH_NO : PR_MATCH_YES;

	for (size_t i = 0; i < set->n; i++) {
		enum pr_match one = test_one(set->v[i], m, said);

		if (one == decides)
			return one;
		if (one == PR_MATCH_UNKNOWN)
			rest = one;
	}
	return rest;
}

struct pr_said
pr_rule_ask(const struct pr_rule *rule, struct pr_message *m)
{
	struct pr_said said = {PR_MATCH_YES, {0, 0, 0}}, ignored = {PR_MATCH_NO, {0, 0, 0}};
	enum pr_match one;

	if (rule->all.n)
		said.match = test_set(&rule->all, m, &said, PR_MATCH_NO);
	if (said.match == PR_MATCH_NO)
		return said;
	if (rule->any.n) {
		one = test_set(&rule->any, m, &said, PR_MATCH_YES);
		if (one != PR_MATCH_YES)
			said.match = one;
	}
	if (said.match == PR_MATCH_NO || !rule->unless.n)
		return said;
	one = test_set(&rule->unless, m, &ignored, PR_MATCH_YES);
	if (one == PR_MATCH_YES)
		said.match = PR_MATCH_NO;
	else if (one == PR_MATCH_UNKNOWN)
		said.match = one;
	return said;
}

bool
pr_rule_next(const struct pr_rule *rule, struct pr_message *m, const struct pr_span *after,
	     struct pr_span *span)
{
	const struct pr_conditions *set = rule->any.n ? &rule->any : &rule->all;
	bool found = false;

	for (size_t i = 0; i < set->n; i++) {
		struct pr_span s = {0, 0, 0};

		if (set->v[i]->kind->test(set->v[i], m, after, &s) != PR_MATCH_YES ||
		    s.end <= s.start)
			continue;
		if (!found || !pr_span_behind(&s, span))
			*span = s;
		found = true;
	}
	return found;
}
