/*
 * rule_parse: a rule file's tree into rules. Every setting is a line of a table; whatever is wrong
 * is told with its line and column, all of it at once.
 */
#include "classify/ruleset.h"

#include <stdlib.h>

#define WORD_LISTS_DEEP 8

const char *const pr_kinds[] = {
    "request", "report",       "enquiry", "chase",  "complaint", "compliment", "foi",     "eir",
    "sar",     "dp_complaint", "appeal",  "thanks", "spam",      "auto",       "unclear", NULL};
const char *const pr_flags[] = {"suicide",
				"adult_safeguarding",
				"child_safeguarding",
				"domestic_abuse",
				"threat",
				"fire_gas_danger",
				"hate_crime",
				"homeless_tonight",
				"damp_mould_hazard",
				"councillor_or_mp",
				"press",
				"legal_claim",
				NULL};

static const struct pr_match_kind *const match_kinds[] = {
    &pr_match_words,  &pr_match_pattern,  &pr_match_channel,    &pr_match_account,
    &pr_match_sender, &pr_match_language, &pr_match_attachment,
};
#define MATCH_KINDS (sizeof(match_kinds) / sizeof(match_kinds[0]))

struct reader {
	struct pr_rules *rules;
	struct pr_rule *rule;
	struct pr_diag *diag;
};

static size_t
count(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

static int
unknown(struct pr_diag *diag, struct pr_mark mark, struct pr_str word, const char *what,
	const char *const *names, size_t n)
{
	const char *near = pr_diag_nearest(word, names, n);

	if (near)
		return pr_diag_add(diag, mark, "'" PR_S_FMT "' is not %s; did you mean '%s'?",
				   PR_S(word), what, near);
	return pr_diag_add(diag, mark, "'" PR_S_FMT "' is not %s; docs/RULES.md lists them",
			   PR_S(word), what);
}

static int
one_of(struct pr_diag *diag, const struct pr_yaml *v, const char *what, const char *const *names,
       const char **out)
{
	if (v->kind != PR_YAML_SCALAR)
		return pr_diag_add(diag, v->mark, "one word is wanted here: %s", what);
	for (size_t i = 0; names[i]; i++) {
		if (pr_str_eq_c(v->text, names[i])) {
			*out = names[i];
			return 0;
		}
	}
	return unknown(diag, v->mark, v->text, what, names, count(names));
}

/* ---- values ---- */

/* "2", "2.5", "-1.25" in thousandths. */
static int
read_thousandths(struct pr_diag *diag, const struct pr_yaml *v, int *out)
{
	struct pr_str rest = v->text, whole, part = PR_STR_NONE;
	bool minus = rest.n && rest.p[0] == '-';
	int64_t units = 0, fraction = 0;

	if (minus)
		rest = pr_str_sub(rest, 1, rest.n);
	if (v->kind == PR_YAML_SCALAR && pr_str_cut(&rest, '.', &whole) &&
	    pr_str_int(whole, 0, PR_SCORE_MAX / 1000, &units)) {
		part = rest;
		if (part.n <= 3 && (!part.n || pr_str_int(part, 0, 999, &fraction))) {
			for (size_t i = part.n; i < 3; i++)
				fraction *= 10;
			*out = (int)((units * 1000 + fraction) * (minus ? -1 : 1));
			return 0;
		}
	}
	return pr_diag_add(
	    diag, v->mark,
	    "a score is a number from -100 to 100 with at most three decimals, like 2 or 1.5");
}

static bool
parse_service(struct pr_str text, bool lgil_needed, struct pr_service_id *out)
{
	struct pr_str rest = text, lgsl;
	int64_t a, b = PR_LGIL_ANY;

	if (!pr_str_cut(&rest, '/', &lgsl) || !pr_str_int(lgsl, 0, 99999, &a))
		return false;
	if ((lgil_needed || rest.n) && !pr_str_int(rest, 0, 9999, &b))
		return false;
	*out = (struct pr_service_id){(int)a, (int)b};
	return true;
}

static int
set_bool(struct pr_diag *diag, const struct pr_yaml *v, bool *out)
{
	static const char *const words[] = {"yes", "no", "true", "false", NULL};
	const char *word;

	if (one_of(diag, v, "yes or no", words, &word) < 0)
		return -1;
	*out = word[0] == 'y' || word[0] == 't';
	return 0;
}

/* ---- conditions ---- */

static const struct {
	const char *name;
	unsigned where;
} places[] = {
    {"subject", PR_IN_SUBJECT}, {"new_text", PR_IN_NEW_TEXT}, {"text", PR_IN_TEXT},
    {"form", PR_IN_FORM},       {"message", PR_IN_MESSAGE},
};

static int
read_place(struct reader *r, const struct pr_yaml *v, struct pr_condition *c)
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
	return unknown(r->diag, v->mark, v->text,
		       "a field (subject, new_text, text, form, form.<name>, message)", names,
		       sizeof(places) / sizeof(places[0]));
}

static int
read_in(struct reader *r, const struct pr_yaml *v, struct pr_condition *c)
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
condition_new(struct reader *r)
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
unknown_condition(struct reader *r, const struct pr_yaml *entry)
{
	const char *names[MATCH_KINDS + 1];

	for (size_t i = 0; i < MATCH_KINDS; i++)
		names[i] = match_kinds[i]->name;
	names[MATCH_KINDS] = "in";
	return unknown(r->diag, entry->key_mark, entry->key, "a condition", names, MATCH_KINDS + 1);
}

static unsigned
default_place(const struct pr_rule *rule)
{
	return rule->risk || rule->lower ? PR_IN_MESSAGE | PR_IN_TEXT : PR_IN_MESSAGE;
}

/* {words: [...], in: subject}: one kind of condition and perhaps where it looks. */
static void
read_condition_map(struct reader *r, const struct pr_yaml *map, struct pr_condition *c)
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
		pr_diag_add(r->diag, map->mark,
			    "a condition needs words, pattern, channel, account, sender, language "
			    "or attachment");
	else if (c->kind->parse(r->rules, value, c, r->diag) < 0)
		c->kind = NULL;
}

static struct pr_condition *
read_condition(struct reader *r, const struct pr_yaml *v)
{
	struct pr_condition *c = condition_new(r);

	if (v->kind == PR_YAML_MAP) {
		read_condition_map(r, v, c);
		return c;
	}
	c->where = default_place(r->rule);
	c->kind = &pr_match_words;
	if (c->kind->parse(r->rules, v, c, r->diag) < 0)
		c->kind = NULL;
	return c;
}

static int
read_conditions(struct reader *r, const struct pr_yaml *v, struct pr_conditions *out,
		bool plain_together)
{
	struct pr_condition *c;

	if (v->kind != PR_YAML_LIST && v->kind != PR_YAML_SCALAR)
		return pr_diag_add(
		    r->diag, v->mark,
		    "a list of conditions is wanted here, each on a line after '- '");
	out->v = pr_arena_array(&r->rules->arena, v->n + 1, sizeof(struct pr_condition *));
	if (v->kind == PR_YAML_SCALAR) {
		out->v[out->n++] = read_condition(r, v);
		return 0;
	}
	/* in `any` and `unless` all plain phrases are one condition: one place to look up instead
	 * of a hundred */
	if (plain_together) {
		c = condition_new(r);
		c->where = default_place(r->rule);
		c->kind = &pr_match_words;
		for (const struct pr_yaml *p = v->first; p; p = p->next)
			if (p->kind == PR_YAML_SCALAR &&
			    c->kind->parse(r->rules, p, c, r->diag) == 0)
				out->n = 1;
		out->v[0] = c;
	}
	for (const struct pr_yaml *p = v->first; p; p = p->next)
		if (!plain_together || p->kind != PR_YAML_SCALAR)
			out->v[out->n++] = read_condition(r, p);
	return 0;
}

/* ---- the settings of a rule ---- */

static int
set_name(struct reader *r, const struct pr_yaml *v)
{
	bool ok = v->kind == PR_YAML_SCALAR && v->text.n && v->text.n <= 64;

	for (size_t i = 0; ok && i < v->text.n; i++) {
		char ch = v->text.p[i];

		ok = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
	}
	if (!ok)
		return pr_diag_add(r->diag, v->mark,
				   "a rule's name is up to 64 of a-z 0-9 - _, like missed-bin");
	r->rule->name = v->text;
	return 0;
}

static int
set_service(struct reader *r, const struct pr_yaml *v)
{
	if (v->kind != PR_YAML_SCALAR || !parse_service(v->text, true, &r->rule->service))
		return pr_diag_add(
		    r->diag, v->mark,
		    "a service is LGSL/LGIL, like 557/17 (services.yaml lists them)");
	if (!pr_catalogue_find(r->rules->catalogue, r->rule->service.lgsl, r->rule->service.lgil))
		return pr_diag_add(r->diag, v->mark,
				   "services.yaml has no service " PR_S_FMT "; add it there first",
				   PR_S(v->text));
	r->rule->has_service = true;
	return 0;
}

static int
set_score(struct reader *r, const struct pr_yaml *v)
{
	return read_thousandths(r->diag, v, &r->rule->score);
}

static int
set_kind(struct reader *r, const struct pr_yaml *v)
{
	const char *kind;

	if (one_of(r->diag, v, "a kind of contact", pr_kinds, &kind) < 0)
		return -1;
	r->rule->kind = pr_str_c(kind);
	return 0;
}

static int
set_risk(struct reader *r, const struct pr_yaml *v)
{
	static const char *const risks[] = {"check", "p1", NULL};
	const char *risk;

	if (one_of(r->diag, v, "a risk (p1 or check)", risks, &risk) < 0)
		return -1;
	r->rule->risk = risk[0] == 'p' ? PR_RISK_P1 : PR_RISK_CHECK;
	return 0;
}

static int
set_lower(struct reader *r, const struct pr_yaml *v)
{
	static const char *const to[] = {"check", NULL};
	const char *word;

	if (one_of(r->diag, v, "'check', the only thing a risk can be lowered to", to, &word) < 0)
		return -1;
	r->rule->lower = true;
	return 0;
}

static int
set_flags(struct reader *r, const struct pr_yaml *v)
{
	const struct pr_yaml *first = v->kind == PR_YAML_SCALAR ? v : v->first;
	const char *flag;
	int rc = 0;

	r->rule->flags = pr_arena_array(&r->rules->arena, v->n + 1, sizeof(struct pr_str));
	for (const struct pr_yaml *p = first; p; p = v->kind == PR_YAML_SCALAR ? NULL : p->next) {
		if (one_of(r->diag, p, "a flag", pr_flags, &flag) < 0)
			rc = -1;
		else
			r->rule->flags[r->rule->nflags++] = pr_str_c(flag);
	}
	return rc;
}

static int
set_veto(struct reader *r, const struct pr_yaml *v)
{
	const struct pr_yaml *first = v->kind == PR_YAML_SCALAR ? v : v->first;
	int rc = 0;

	r->rule->veto = pr_arena_array(&r->rules->arena, v->n + 1, sizeof(struct pr_service_id));
	for (const struct pr_yaml *p = first; p; p = v->kind == PR_YAML_SCALAR ? NULL : p->next) {
		if (p->kind != PR_YAML_SCALAR ||
		    !parse_service(p->text, false, &r->rule->veto[r->rule->nveto++]))
			rc = pr_diag_add(r->diag, p->mark,
					 "a veto names services, like 557/17 or 557 for all of it");
	}
	return rc;
}

static int
set_stop(struct reader *r, const struct pr_yaml *v)
{
	return set_bool(r->diag, v, &r->rule->stop);
}

static int
set_unsure(struct reader *r, const struct pr_yaml *v)
{
	return set_bool(r->diag, v, &r->rule->unsure);
}

static int
set_disabled(struct reader *r, const struct pr_yaml *v)
{
	return set_bool(r->diag, v, &r->rule->disabled);
}

static int
set_any(struct reader *r, const struct pr_yaml *v)
{
	return read_conditions(r, v, &r->rule->any, true);
}

static int
set_all(struct reader *r, const struct pr_yaml *v)
{
	return read_conditions(r, v, &r->rule->all, false);
}

static int
set_unless(struct reader *r, const struct pr_yaml *v)
{
	return read_conditions(r, v, &r->rule->unless, true);
}

static int
read_texts(struct reader *r, const struct pr_yaml *v, const struct pr_yaml **out)
{
	if (v->kind != PR_YAML_LIST)
		return pr_diag_add(r->diag, v->mark,
				   "a list of messages is wanted here, each on a line after '- '");
	for (const struct pr_yaml *p = v->first; p; p = p->next)
		if (p->kind != PR_YAML_SCALAR)
			return pr_diag_add(r->diag, p->mark,
					   "a message is one text; quote it when it holds ': '");
	*out = v;
	return 0;
}

static int
set_examples(struct reader *r, const struct pr_yaml *v)
{
	return read_texts(r, v, &r->rule->examples);
}

static int
set_not(struct reader *r, const struct pr_yaml *v)
{
	return read_texts(r, v, &r->rule->counters);
}

/* In the order in which they are read: the place where risk words are looked for depends on `risk`
 * and `lower`. */
static const struct {
	const char *name;
	int (*set)(struct reader *r, const struct pr_yaml *v);
} settings[] = {
    {"name", set_name}, {"service", set_service}, {"score", set_score},       {"kind", set_kind},
    {"risk", set_risk}, {"lower", set_lower},     {"flags", set_flags},       {"veto", set_veto},
    {"stop", set_stop}, {"unsure", set_unsure},   {"disabled", set_disabled}, {"any", set_any},
    {"all", set_all},   {"unless", set_unless},   {"examples", set_examples}, {"not", set_not},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static void
check_known(struct reader *r, const struct pr_yaml *map)
{
	const char *names[SETTINGS];

	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = settings[i].name;
	for (const struct pr_yaml *e = map->first; e; e = e->next) {
		bool known = false;

		for (size_t i = 0; i < SETTINGS && !known; i++)
			known = pr_str_eq_c(e->key, names[i]);
		if (!known)
			unknown(r->diag, e->key_mark, e->key, "a setting of a rule", names,
				SETTINGS);
	}
}

static void
check_whole(struct reader *r)
{
	const struct pr_rule *rule = r->rule;

	if (!rule->name.n)
		pr_diag_add(r->diag, rule->mark, "a rule needs a name");
	if (rule->disabled)
		return;
	if (!rule->has_service && !rule->kind.n && !rule->risk && !rule->lower && !rule->nflags &&
	    !rule->nveto)
		pr_diag_add(r->diag, rule->mark,
			    "a rule must say something: service, kind, risk, lower, flags or veto");
	if (rule->has_service && !rule->score)
		pr_diag_add(r->diag, rule->mark, "a rule for a service needs a score, like 2");
	if (rule->risk && rule->lower)
		pr_diag_add(r->diag, rule->mark, "a rule either raises the risk or lowers it");
	if (!rule->any.n && !rule->all.n)
		pr_diag_add(r->diag, rule->mark, "a rule needs conditions: any or all");
}

static void
parse_rule(struct reader *r, const struct pr_yaml *map)
{
	const struct pr_yaml *v;
	size_t before = r->diag->n;

	check_known(r, map);
	for (size_t i = 0; i < SETTINGS; i++) {
		v = pr_yaml_get(map, settings[i].name);
		if (v)
			settings[i].set(r, v);
	}
	/* What is missing as a whole is told of a rule whose parts are right: "service: pothole" is one
	 * mistake, not two. */
	if (r->diag->n == before)
		check_whole(r);
}

static struct pr_rule *
find_rule(struct pr_rules *rules, struct pr_str name)
{
	for (size_t i = 0; i < rules->n; i++)
		if (pr_str_eq(rules->v[i].name, name))
			return &rules->v[i];
	return NULL;
}

/* A local rule takes the place of the shipped one of its name; two shipped ones of a name are a
 * mistake. */
static void
add_rule(struct pr_rules *rules, const struct pr_rule *rule, struct pr_diag *diag)
{
	struct pr_rule *old = rule->name.n ? find_rule(rules, rule->name) : NULL;

	if (!old)
		rules->v[rules->n++] = *rule;
	else if (rule->local && !old->local)
		*old = *rule;
	else
		pr_diag_add(diag, rule->mark, "there is a rule '" PR_S_FMT "' already, at %s:%d",
			    PR_S(rule->name), old->mark.file, old->mark.line);
}

static void
check_top(const struct pr_yaml *file, struct pr_diag *diag)
{
	static const char *const names[] = {"lists", "rules"};

	for (const struct pr_yaml *e = file->first; e; e = e->next)
		if (!pr_str_eq_c(e->key, "lists") && !pr_str_eq_c(e->key, "rules"))
			unknown(diag, e->key_mark, e->key, "a part of a rule file (lists, rules)",
				names, 2);
}

void
pr_rule_parse_file(struct pr_rules *rules, const struct pr_yaml *file, bool local,
		   struct pr_diag *diag)
{
	const struct pr_yaml *list;
	struct pr_rule *bigger;

	if (file->kind != PR_YAML_MAP) {
		pr_diag_add(diag, file->mark, "a rule file begins with 'rules:' or 'lists:'");
		return;
	}
	check_top(file, diag);
	list = pr_yaml_get(file, "rules");
	if (!list)
		return;
	bigger = pr_arena_array(&rules->arena, rules->n + list->n + 1, sizeof(*bigger));
	if (rules->n)
		memcpy(bigger, rules->v, rules->n * sizeof(*bigger));
	rules->v = bigger;
	for (const struct pr_yaml *e = list->first; e; e = e->next) {
		struct pr_rule rule = {.mark = e->mark, .local = local};
		struct reader r = {rules, &rule, diag};

		if (list->kind != PR_YAML_LIST || e->kind != PR_YAML_MAP) {
			pr_diag_add(diag, e->mark, "each rule begins with '- name:'");
			continue;
		}
		parse_rule(&r, e);
		add_rule(rules, &rule, diag);
	}
}

/* ---- word lists ---- */

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
	return unknown(diag, v->mark, pr_str_sub(v->text, 1, v->text.n), "the name of a word list",
		       names, n);
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
