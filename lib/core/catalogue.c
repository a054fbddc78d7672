/* catalogue: rules/services.yaml, checked so that an officer sees every slip at once. */
#include "postroom/catalogue.h"

#include "postroom/yaml.h"

enum { DAYS_MAX = 3660, ID_MAX = 99999, NAME_MAX_BYTES = 120 };

/* Services that the national list (LGSL) has withdrawn: a case under such an id could not be
 * compared or shared. */
static const int discontinued[] = {3,   108, 157, 273, 324, 414, 455, 595,  643,  669,  698,  706,
				   718, 777, 805, 806, 807, 808, 825, 1069, 1110, 1335, 1360, 1696};

static const char *const settings[] = {"id",         "name",        "team", "target",
				       "restricted", "acknowledge", "kinds"};
static const char *const languages[] = {"en", "cy"};
static const char *const target_settings[] = {"days", "calendar", "basis"};
static const char *const calendars[] = {"working", "calendar"};
static const char *const bases[] = {"assumed", "example", "statutory"};
static const char *const answers[] = {"no", "yes"};
static const char *const acknowledgements[] = {"normal", "neutral", "none"};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int
unknown(const struct pr_yaml *e, const char *what, const char *const *names, size_t n,
	struct pr_diag *diag)
{
	const char *near = pr_diag_nearest(e->key, names, n);
	struct pr_str shown = pr_str_sub(e->key, 0, 60);

	if (near)
		return pr_diag_add(diag, e->key_mark,
				   "'" PR_S_FMT "' is no setting of %s; did you mean '%s'?",
				   PR_S(shown), what, near);
	return pr_diag_add(diag, e->key_mark, "'" PR_S_FMT "' is no setting of %s", PR_S(shown),
			   what);
}

/* A group of settings with known names. */
static bool
check_map(const struct pr_yaml *map, const char *what, const char *const *names, size_t n,
	  struct pr_diag *diag)
{
	if (map->kind != PR_YAML_MAP) {
		pr_diag_add(diag, map->mark, "%s is a group of settings such as {%s: ..., %s: ...}",
			    what, names[0], names[1]);
		return false;
	}
	for (const struct pr_yaml *e = map->first; e; e = e->next) {
		size_t i = 0;

		while (i < n && !pr_str_eq_c(e->key, names[i]))
			i++;
		if (i == n)
			unknown(e, what, names, n, diag);
	}
	return true;
}

static const struct pr_yaml *
require(const struct pr_yaml *map, const char *name, const char *what, struct pr_diag *diag)
{
	const struct pr_yaml *e = pr_yaml_get(map, name);

	if (!e)
		pr_diag_add(diag, map->mark, "%s lacks '%s'", what, name);
	return e;
}

/* A text of one line, in what citizens and officers read. */
static struct pr_str
read_text(const struct pr_yaml *map, const char *name, const char *what, struct pr_diag *diag)
{
	const struct pr_yaml *e = require(map, name, what, diag);

	if (!e)
		return PR_STR("");
	if (e->kind != PR_YAML_SCALAR || !pr_str_trim(e->text).n)
		pr_diag_add(diag, e->mark, "'%s' of %s is a text", name, what);
	else if (e->text.n > NAME_MAX_BYTES || memchr(e->text.p, '\n', e->text.n))
		pr_diag_add(diag, e->mark, "'%s' of %s is one line of at most %d bytes", name, what,
			    NAME_MAX_BYTES);
	return e->text;
}

/* The place of a word in its table; `fallback` when the setting is absent or wrong (then said). */
static size_t
read_word(const struct pr_yaml *map, const char *name, const char *const *words, size_t n,
	  size_t fallback, struct pr_diag *diag)
{
	const struct pr_yaml *e = pr_yaml_get(map, name);

	if (!e)
		return fallback;
	for (size_t i = 0; i < n; i++)
		if (e->kind == PR_YAML_SCALAR && pr_str_eq_c(e->text, words[i]))
			return i;
	pr_diag_add(diag, e->mark, "'%s' is %s%s%s or %s", name, words[0], n > 2 ? ", " : "",
		    n > 2 ? words[1] : "", words[n - 1]);
	return fallback;
}

static bool
is_discontinued(int64_t lgsl)
{
	for (size_t i = 0; i < COUNT(discontinued); i++)
		if (discontinued[i] == lgsl)
			return true;
	return false;
}

static void
read_id(const struct pr_yaml *map, struct pr_catalogue_entry *out, struct pr_diag *diag)
{
	const struct pr_yaml *e = require(map, "id", "a service", diag);
	struct pr_str lgil, lgsl = PR_STR_NONE;
	int64_t s, i;

	out->lgsl = out->lgil = -1;
	if (!e)
		return;
	lgil = e->kind == PR_YAML_SCALAR ? e->text : PR_STR_NONE;
	pr_str_cut(&lgil, '/', &lgsl);
	if (!pr_str_int(lgsl, 0, ID_MAX, &s) || !pr_str_int(lgil, 0, ID_MAX, &i)) {
		pr_diag_add(diag, e->mark,
			    "'id' is two numbers of the national lists, service/interaction, such "
			    "as 557/17");
		return;
	}
	if (is_discontinued(s)) {
		pr_diag_add(diag, e->mark,
			    "the national list has withdrawn service %d; use another", (int)s);
		return;
	}
	out->lgsl = (int)s;
	out->lgil = (int)i;
}

static void
read_target(const struct pr_yaml *map, struct pr_catalogue_entry *out, struct pr_diag *diag)
{
	const struct pr_yaml *target = pr_yaml_get(map, "target"), *days;
	int64_t n;

	out->target_calendar = PR_TARGET_NONE;
	if (!target ||
	    !check_map(target, "a target", target_settings, COUNT(target_settings), diag))
		return;
	days = require(target, "days", "a target", diag);
	require(target, "calendar", "a target", diag);
	require(target, "basis", "a target", diag);
	if (days && (days->kind != PR_YAML_SCALAR || !pr_str_int(days->text, 0, DAYS_MAX, &n)))
		pr_diag_add(diag, days->mark, "'days' is a number from 0 (the same day) to %d",
			    DAYS_MAX);
	else if (days)
		out->target_days = (int)n;
	out->target_calendar =
	    read_word(target, "calendar", calendars, COUNT(calendars), 0, diag) == 0
		? PR_TARGET_WORKING_DAYS
		: PR_TARGET_CALENDAR_DAYS;
	out->target_basis =
	    (enum pr_target_basis)read_word(target, "basis", bases, COUNT(bases), 0, diag);
}

static void
read_name(const struct pr_yaml *map, struct pr_catalogue_entry *out, struct pr_diag *diag)
{
	const struct pr_yaml *name = require(map, "name", "a service", diag);

	if (!name || !check_map(name, "a name", languages, COUNT(languages), diag))
		return;
	out->name_en = read_text(name, "en", "a name", diag);
	out->name_cy = read_text(name, "cy", "a name", diag);
}

/* Which words are kinds, only the classifier knows: it checks them. */
static void
read_kinds(const struct pr_yaml *map, struct pr_catalogue_entry *out, struct pr_diag *diag)
{
	const struct pr_yaml *kinds = pr_yaml_get(map, "kinds");

	if (!kinds)
		return;
	if (kinds->kind != PR_YAML_LIST || !kinds->n || kinds->n > PR_CATALOGUE_KINDS_MAX) {
		pr_diag_add(diag, kinds->mark, "'kinds' is a list of one to %d kinds of contact",
			    PR_CATALOGUE_KINDS_MAX);
		return;
	}
	for (const struct pr_yaml *k = kinds->first; k; k = k->next) {
		if (k->kind != PR_YAML_SCALAR)
			pr_diag_add(diag, k->mark, "a kind of contact is one word, such as foi");
		else
			out->kinds[out->nkinds++] = k->text;
	}
}

static void
read_service(const struct pr_yaml *e, struct pr_catalogue_entry *out, struct pr_diag *diag)
{
	size_t ack;

	out->mark = e->mark;
	out->lgsl = out->lgil = -1;
	if (!check_map(e, "a service", settings, COUNT(settings), diag))
		return;
	read_id(e, out, diag);
	read_name(e, out, diag);
	out->team = read_text(e, "team", "a service", diag);
	read_target(e, out, diag);
	out->restricted = read_word(e, "restricted", answers, COUNT(answers), 0, diag) == 1;
	ack = read_word(e, "acknowledge", acknowledgements, COUNT(acknowledgements), 0, diag);
	out->acknowledge = pr_str_c(acknowledgements[ack]);
	read_kinds(e, out, diag);
}

static int
compare_ids(const struct pr_catalogue_entry *a, const struct pr_catalogue_entry *b)
{
	return a->lgsl != b->lgsl ? a->lgsl - b->lgsl : a->lgil - b->lgil;
}

/* Of two with one id the later in the file is the one to be told about. */
static int
compare_entries(const void *pa, const void *pb)
{
	const struct pr_catalogue_entry *a = pa, *b = pb;
	int by_id = compare_ids(a, b);

	return by_id ? by_id : a->mark.line - b->mark.line;
}

static void
check_ids(struct pr_catalogue *c, struct pr_mark mark, struct pr_diag *diag)
{
	qsort(c->v, c->n, sizeof(*c->v), compare_entries);
	for (size_t i = 1; i < c->n; i++)
		if (c->v[i].lgsl >= 0 && compare_ids(&c->v[i - 1], &c->v[i]) == 0)
			pr_diag_add(diag, c->v[i].mark,
				    "service %d/%d stands here already, in line %d", c->v[i].lgsl,
				    c->v[i].lgil, c->v[i - 1].mark.line);
	c->triage = pr_catalogue_find(c, 0, 0);
	if (!c->triage)
		pr_diag_add(
		    diag, mark,
		    "there is no service 0/0: the team that sorts what the rules could not");
}

struct pr_catalogue *
pr_catalogue_load(const char *path, struct pr_arena *a, struct pr_diag *diag)
{
	size_t before = diag->n;
	struct pr_yaml *root = pr_yaml_load(path, a, diag);
	struct pr_catalogue *c;

	if (!root)
		return NULL;
	if (root->kind != PR_YAML_LIST) {
		pr_diag_add(diag, root->mark,
			    "the file is a list of services: each begins with '- id:'");
		return NULL;
	}
	c = PR_ARENA_NEW(a, struct pr_catalogue);
	c->v = pr_arena_array(a, root->n, sizeof(*c->v));
	for (const struct pr_yaml *e = root->first; e; e = e->next)
		read_service(e, &c->v[c->n++], diag);
	check_ids(c, root->mark, diag);
	return diag->n > before ? NULL : c;
}

const struct pr_catalogue_entry *
pr_catalogue_find(const struct pr_catalogue *s, int lgsl, int lgil)
{
	const struct pr_catalogue_entry key = {.lgsl = lgsl, .lgil = lgil};
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_ids(&key, &s->v[middle]);

		if (order == 0)
			return &s->v[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct pr_catalogue_entry *
pr_catalogue_of_kind(const struct pr_catalogue *s, struct pr_str kind)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i].nkinds; k++)
			if (pr_str_eq(s->v[i].kinds[k], kind))
				return &s->v[i];
	return NULL;
}
