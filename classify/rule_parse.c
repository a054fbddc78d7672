/*
 * rule_parse: a rule file's tree into rules. Every setting is a line of a table; whatever is wrong
 * is told with its line and column, all of it at once.
 */
#include "classify/rule_reader.h"

#include "postroom/avoidable.h"

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

static int
set_name(struct pr_rule_reader *r, const struct pr_yaml *v)
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
set_service(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	if (v->kind != PR_YAML_SCALAR || !pr_rule_service(v->text, true, &r->rule->service))
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
set_score(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_thousandths(r->diag, v, &r->rule->score);
}

static int
set_hints(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_hints(r, v);
}

static int
set_at_least(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_thousandths(r->diag, v, &r->rule->at_least);
}

static int
set_avoidable(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	const char *reason;

	if (pr_rule_one_of(r->diag, v, "a reason of avoidable contact", pr_avoidable_reasons,
			   &reason) < 0)
		return -1;
	r->rule->avoidable = pr_str_c(reason);
	return 0;
}

static int
set_kind(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	const char *kind;

	if (pr_rule_one_of(r->diag, v, "a kind of contact", pr_kinds, &kind) < 0)
		return -1;
	r->rule->kind = pr_str_c(kind);
	return 0;
}

static int
set_risk(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	static const char *const risks[] = {"check", "p1", NULL};
	const char *risk;

	if (pr_rule_one_of(r->diag, v, "a risk (p1 or check)", risks, &risk) < 0)
		return -1;
	r->rule->risk = risk[0] == 'p' ? PR_RISK_P1 : PR_RISK_CHECK;
	return 0;
}

static int
set_lower(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	static const char *const to[] = {"check", NULL};
	const char *word;

	if (pr_rule_one_of(r->diag, v, "'check', the only thing a risk can be lowered to", to,
			   &word) < 0)
		return -1;
	r->rule->lower = true;
	return 0;
}

static int
set_flags(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	const struct pr_yaml *first = v->kind == PR_YAML_SCALAR ? v : v->first;
	const char *flag;
	int rc = 0;

	r->rule->flags = pr_arena_array(&r->rules->arena, v->n + 1, sizeof(struct pr_str));
	for (const struct pr_yaml *p = first; p; p = v->kind == PR_YAML_SCALAR ? NULL : p->next) {
		if (pr_rule_one_of(r->diag, p, "a flag", pr_flags, &flag) < 0)
			rc = -1;
		else
			r->rule->flags[r->rule->nflags++] = pr_str_c(flag);
	}
	return rc;
}

static int
set_veto(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	const struct pr_yaml *first = v->kind == PR_YAML_SCALAR ? v : v->first;
	int rc = 0;

	r->rule->veto = pr_arena_array(&r->rules->arena, v->n + 1, sizeof(struct pr_service_id));
	for (const struct pr_yaml *p = first; p; p = v->kind == PR_YAML_SCALAR ? NULL : p->next) {
		if (p->kind != PR_YAML_SCALAR ||
		    !pr_rule_service(p->text, false, &r->rule->veto[r->rule->nveto++]))
			rc = pr_diag_add(r->diag, p->mark,
					 "a veto names services, like 557/17 or 557 for all of it");
	}
	return rc;
}

static int
set_stop(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_bool(r->diag, v, &r->rule->stop);
}

static int
set_unsure(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_bool(r->diag, v, &r->rule->unsure);
}

static int
set_disabled(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_bool(r->diag, v, &r->rule->disabled);
}

static int
set_any(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_conditions(r, v, &r->rule->any, true);
}

static int
set_all(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_conditions(r, v, &r->rule->all, false);
}

static int
set_unless(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return pr_rule_conditions(r, v, &r->rule->unless, true);
}

static int
read_texts(struct pr_rule_reader *r, const struct pr_yaml *v, const struct pr_yaml **out)
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
set_examples(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return read_texts(r, v, &r->rule->examples);
}

static int
set_not(struct pr_rule_reader *r, const struct pr_yaml *v)
{
	return read_texts(r, v, &r->rule->counters);
}

/* In the order in which they are read: the place where risk words are looked for depends on `risk`
 * and `lower`. */
static const struct {
	const char *name;
	int (*set)(struct pr_rule_reader *r, const struct pr_yaml *v);
} settings[] = {
    {"name", set_name},   {"service", set_service},     {"score", set_score},
    {"kind", set_kind},   {"avoidable", set_avoidable}, {"risk", set_risk},
    {"lower", set_lower}, {"flags", set_flags},         {"veto", set_veto},
    {"stop", set_stop},   {"unsure", set_unsure},       {"disabled", set_disabled},
    {"hints", set_hints}, {"at_least", set_at_least},   {"any", set_any},
    {"all", set_all},     {"unless", set_unless},       {"examples", set_examples},
    {"not", set_not},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static void
check_known(struct pr_rule_reader *r, const struct pr_yaml *map)
{
	const char *names[SETTINGS];

	for (size_t i = 0; i < SETTINGS; i++)
		names[i] = settings[i].name;
	for (const struct pr_yaml *e = map->first; e; e = e->next) {
		bool known = false;

		for (size_t i = 0; i < SETTINGS && !known; i++)
			known = pr_str_eq_c(e->key, names[i]);
		if (!known)
			pr_rule_unknown(r->diag, e->key_mark, e->key, "a setting of a rule", names,
					SETTINGS);
	}
}

static void
check_whole(struct pr_rule_reader *r)
{
	const struct pr_rule *rule = r->rule;

	if (!rule->name.n)
		pr_diag_add(r->diag, rule->mark, "a rule needs a name");
	if (rule->disabled)
		return;
	if (!rule->has_service && !rule->kind.n && !rule->risk && !rule->lower && !rule->nflags &&
	    !rule->nveto && !rule->avoidable.n)
		pr_diag_add(r->diag, rule->mark,
			    "a rule must say something: service, kind, avoidable, risk, lower, "
			    "flags or veto");
	if (rule->has_service && !rule->score && !rule->nhints)
		pr_diag_add(r->diag, rule->mark,
			    "a rule for a service needs a score, like 2, or hints");
	if (rule->nhints && (rule->any.n || (rule->has_service && rule->score)))
		pr_diag_add(r->diag, rule->mark,
			    "a rule with hints has no 'any', and of a service no score: each hint "
			    "brings its own points");
	if (rule->nhints && !rule->has_service && rule->at_least <= 0)
		pr_diag_add(r->diag, rule->mark,
			    "a rule with hints that speaks for no service says from how many "
			    "points on: 'at_least: 3'");
	if (rule->at_least && !rule->nhints)
		pr_diag_add(r->diag, rule->mark, "'at_least' counts the points of hints");
	if (rule->risk && rule->lower)
		pr_diag_add(r->diag, rule->mark, "a rule either raises the risk or lowers it");
	if (!rule->any.n && !rule->all.n && !rule->nhints)
		pr_diag_add(r->diag, rule->mark, "a rule needs conditions: any, all or hints");
}

static void
parse_rule(struct pr_rule_reader *r, const struct pr_yaml *map)
{
	const struct pr_yaml *v;
	size_t before = r->diag->n;

	check_known(r, map);
	for (size_t i = 0; i < SETTINGS; i++) {
		v = pr_yaml_get(map, settings[i].name);
		if (v)
			settings[i].set(r, v);
	}
	/* What is missing as a whole is told of a rule whose parts are right: "service: pothole" is
	 * one mistake, not two. */
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

/* A local rule takes the place of a pack's or the shipped one of its name, a pack's that of the
 * shipped one; two of one origin are a mistake. */
static void
add_rule(struct pr_rules *rules, const struct pr_rule *rule, struct pr_diag *diag)
{
	struct pr_rule *old = rule->name.n ? find_rule(rules, rule->name) : NULL;

	if (!old)
		rules->v[rules->n++] = *rule;
	else if (rule->origin > old->origin)
		*old = *rule;
	else
		pr_diag_add(diag, rule->mark, "there is a rule '" PR_S_FMT "' already, at %s:%d",
			    PR_S(rule->name), old->mark.file, old->mark.line);
}

static void
check_top(const struct pr_yaml *file, struct pr_diag *diag)
{
	static const char *const names[] = {"lists", "rules", "scores", "about"};

	for (const struct pr_yaml *e = file->first; e; e = e->next) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			known |= pr_str_eq_c(e->key, names[i]);
		if (!known)
			pr_rule_unknown(diag, e->key_mark, e->key,
					"a part of a rule file (lists, rules, scores, about)",
					names, 4);
	}
}

void
pr_rule_parse_file(struct pr_rules *rules, const struct pr_yaml *file, enum pr_origin origin,
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
		struct pr_rule rule = {.mark = e->mark, .origin = origin};
		struct pr_rule_reader r = {rules, &rule, diag};

		if (list->kind != PR_YAML_LIST || e->kind != PR_YAML_MAP) {
			pr_diag_add(diag, e->mark, "each rule begins with '- name:'");
			continue;
		}
		parse_rule(&r, e);
		add_rule(rules, &rule, diag);
	}
}
