/* config_value: one reader for each type of option, with the words that say what was expected. */
#include "config_value.h"

#include "postroom/utf8.h"

enum { TEXT_MAX = 4096, CHOICES_MAX = 32 };

struct unit {
	const char *suffix;
	int64_t factor;
};

/* The smallest first. */
static const struct unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
					{"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1},
				    {"K", INT64_C(1) << 10},
				    {"M", INT64_C(1) << 20},
				    {"G", INT64_C(1) << 30},
				    {"T", INT64_C(1) << 40},
				    {NULL, 0}};
static const struct unit plain[] = {{"", 1}, {NULL, 0}};

static const struct unit *
units_of(enum pr_option_type type)
{
	if (type == PR_OPTION_KIND_DURATION)
		return durations;
	return type == PR_OPTION_KIND_SIZE ? sizes : plain;
}

void
pr_value_number_text(enum pr_option_type type, int64_t n, char out[32])
{
	const struct unit *u = units_of(type), *best = u;

	for (; u->suffix && n != 0; u++)
		if (n % u->factor == 0)
			best = u;
	snprintf(out, 32, "%lld%s", (long long)(n / best->factor), best->suffix);
}

static void *
member(const struct pr_option *o, void *conf)
{
	return (unsigned char *)conf + o->offset;
}

/* "'claim_after' is a duration such as 30s, from 1s to 7d; 'soon' is not" */
static int
refuse(const struct pr_option *o, const struct pr_value *v, const struct pr_value_context *ctx,
       const char *expected)
{
	struct pr_str shown = pr_utf8_clip(v->text, 60);

	return pr_diag_add(ctx->diag, v->mark, "'%s' is %s; '" PR_S_FMT "' is not", o->name,
			   expected, PR_S(shown));
}

/* ---- numbers ---- */

static bool
scaled(struct pr_str s, const struct unit *units, int64_t *out)
{
	size_t digits = 0;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	for (const struct unit *u = units; u->suffix; u++)
		if (pr_str_eq_c(pr_str_sub(s, digits, s.n), u->suffix)) {
			if (!pr_str_int(pr_str_sub(s, 0, digits), 0, INT64_MAX / u->factor, out))
				return false;
			*out *= u->factor;
			return true;
		}
	/* Nothing is nothing in any unit. */
	*out = 0;
	return pr_str_eq_c(s, "0");
}

static int
set_number(const struct pr_option *o, const struct pr_value *v, void *conf,
	   const struct pr_value_context *ctx)
{
	static const char *const what[] = {
	    [PR_OPTION_KIND_INT] = "a whole number",
	    [PR_OPTION_KIND_DURATION] = "a duration such as 500ms, 30s, 5m, 2h or 3d",
	    [PR_OPTION_KIND_SIZE] = "a size such as 64K, 256M or 1G"};
	char least[32], most[32], expected[160];
	int64_t n;
	bool ok = o->type == PR_OPTION_KIND_INT ? pr_str_int(v->text, INT64_MIN, INT64_MAX, &n)
						: scaled(v->text, units_of(o->type), &n);

	if (ok && v->quoted)
		return pr_diag_add(ctx->diag, v->mark, "write the number of '%s' without quotes",
				   o->name);
	if (ok && n >= o->min && n <= o->max) {
		*(int64_t *)member(o, conf) = n;
		return 0;
	}
	pr_value_number_text(o->type, o->min, least);
	pr_value_number_text(o->type, o->max, most);
	if (o->max == INT64_MAX)
		snprintf(expected, sizeof(expected), "%s, at least %s", what[o->type], least);
	else
		snprintf(expected, sizeof(expected), "%s, from %s to %s", what[o->type], least,
			 most);
	return refuse(o, v, ctx, expected);
}

static int
set_bool(const struct pr_option *o, const struct pr_value *v, void *conf,
	 const struct pr_value_context *ctx)
{
	bool yes = pr_str_eq_c(v->text, "yes") || pr_str_eq_c(v->text, "true");

	if (!yes && !pr_str_eq_c(v->text, "no") && !pr_str_eq_c(v->text, "false"))
		return refuse(o, v, ctx, "yes or no");
	if (v->quoted)
		return pr_diag_add(ctx->diag, v->mark, "write yes or no of '%s' without quotes",
				   o->name);
	*(bool *)member(o, conf) = yes;
	return 0;
}

/* ---- texts ---- */

static int
set_text(const struct pr_option *o, const struct pr_value *v, void *conf,
	 const struct pr_value_context *ctx)
{
	bool optional = o->fallback && !*o->fallback;
	int64_t min = o->max ? o->min : 1, max = o->max ? o->max : TEXT_MAX, n = (int64_t)v->text.n;

	if (n == 0 && !optional && min > 0)
		return pr_diag_add(ctx->diag, v->mark, "'%s' is empty", o->name);
	if (n > max || (n < min && n > 0))
		return pr_diag_add(ctx->diag, v->mark,
				   "'%s' has %lld bytes; it may have %lld to %lld", o->name,
				   (long long)n, (long long)min, (long long)max);
	*(const char **)member(o, conf) = pr_arena_dup_c(ctx->arena, v->text);
	return 0;
}

bool
pr_value_choice(const char *choices, size_t i, struct pr_str *out)
{
	struct pr_str rest = pr_str_c(choices);

	for (size_t k = 0; pr_str_cut(&rest, '|', out); k++)
		if (k == i)
			return true;
	return false;
}

static int
set_choice(const struct pr_option *o, const struct pr_value *v, void *conf,
	   const struct pr_value_context *ctx)
{
	const char *names[CHOICES_MAX], *near, *expected = "one of";
	struct pr_str choice;
	size_t n = 0;

	for (; n < CHOICES_MAX && pr_value_choice(o->choices, n, &choice); n++) {
		if (pr_str_eq(choice, v->text)) {
			*(int *)member(o, conf) = (int)n;
			return 0;
		}
		names[n] = pr_arena_dup_c(ctx->arena, choice);
		expected =
		    pr_arena_printf(ctx->arena, "%s%s %s", expected, n ? "," : "", names[n]).p;
	}
	near = pr_diag_nearest(v->text, names, n);
	if (near)
		return pr_diag_add(ctx->diag, v->mark, "'%s' is %s; did you mean '%s'?", o->name,
				   expected, near);
	return refuse(o, v, ctx, expected);
}

static int
add_to_list(const struct pr_option *o, struct pr_option_list *list, struct pr_str text,
	    struct pr_mark mark, const struct pr_value_context *ctx)
{
	if (!text.n || text.n > TEXT_MAX)
		return pr_diag_add(ctx->diag, mark, "an entry of '%s' is %s", o->name,
				   text.n ? "longer than 4096 bytes" : "empty");
	list->v[list->n++] = pr_arena_dup_c(ctx->arena, text);
	return 0;
}

static int
set_list_of_nodes(const struct pr_option *o, const struct pr_yaml *nodes,
		  struct pr_option_list *list, const struct pr_value_context *ctx)
{
	int r = 0;

	list->v = pr_arena_array(ctx->arena, nodes->n, sizeof(char *));
	for (const struct pr_yaml *e = nodes->first; e; e = e->next) {
		if (e->kind != PR_YAML_SCALAR)
			r = pr_diag_add(ctx->diag, e->mark, "an entry of '%s' is a single text",
					o->name);
		else if (add_to_list(o, list, e->text, e->mark, ctx) < 0)
			r = -1;
	}
	return r;
}

static int
set_list(const struct pr_option *o, const struct pr_value *v, void *conf,
	 const struct pr_value_context *ctx)
{
	struct pr_option_list *list = member(o, conf);
	struct pr_str rest = v->text, one;
	size_t room = 1;

	*list = (struct pr_option_list){NULL, 0};
	if (v->node && v->node->kind == PR_YAML_LIST)
		return set_list_of_nodes(o, v->node, list, ctx);
	if (!rest.n)
		return 0;
	for (size_t i = 0; i < rest.n; i++)
		room += rest.p[i] == ',';
	list->v = pr_arena_array(ctx->arena, room, sizeof(char *));
	if (!v->commas)
		return add_to_list(o, list, rest, v->mark, ctx);
	while (pr_str_cut(&rest, ',', &one))
		if (add_to_list(o, list, pr_str_trim(one), v->mark, ctx) < 0)
			return -1;
	return 0;
}

/* ---- all types ---- */

static int (*const setters[])(const struct pr_option *o, const struct pr_value *v, void *conf,
			      const struct pr_value_context *ctx) = {
    [PR_OPTION_KIND_TEXT] = set_text,        [PR_OPTION_KIND_INT] = set_number,
    [PR_OPTION_KIND_BOOL] = set_bool,        [PR_OPTION_KIND_DURATION] = set_number,
    [PR_OPTION_KIND_SIZE] = set_number,      [PR_OPTION_KIND_CHOICE] = set_choice,
    [PR_OPTION_KIND_SECRET] = pr_secret_set, [PR_OPTION_KIND_LIST] = set_list,
};

int
pr_value_set(const struct pr_option *o, const struct pr_value *v, void *conf,
	     const struct pr_value_context *ctx)
{
	if (v->node && v->node->kind == PR_YAML_MAP)
		return pr_diag_add(ctx->diag, v->mark, "'%s' is one value, not a group of settings",
				   o->name);
	if (v->node && v->node->kind == PR_YAML_LIST && o->type != PR_OPTION_KIND_LIST)
		return pr_diag_add(ctx->diag, v->mark, "'%s' is one value, not a list", o->name);
	return setters[o->type](o, v, conf, ctx);
}

void
pr_value_clear(const struct pr_option *o, void *conf)
{
	if (o->type == PR_OPTION_KIND_TEXT || o->type == PR_OPTION_KIND_SECRET)
		*(const char **)member(o, conf) = "";
}
