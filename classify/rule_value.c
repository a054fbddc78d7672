/*
 * rule_value: the single values of a rule file: words of a list, scores, services, yes and no.
 */
#include "classify/rule_reader.h"

static size_t
count(const char *const *names)
{
	size_t n = 0;

	while (names[n])
		n++;
	return n;
}

int
pr_rule_unknown(struct pr_diag *diag, struct pr_mark mark, struct pr_str word, const char *what,
		const char *const *names, size_t n)
{
	const char *near = pr_diag_nearest(word, names, n);

	if (near)
		return pr_diag_add(diag, mark, "'" PR_S_FMT "' is not %s; did you mean '%s'?",
				   PR_S(word), what, near);
	return pr_diag_add(diag, mark, "'" PR_S_FMT "' is not %s; docs/RULES.md lists them",
			   PR_S(word), what);
}

int
pr_rule_one_of(struct pr_diag *diag, const struct pr_yaml *v, const char *what,
	       const char *const *names, const char **out)
{
	if (v->kind != PR_YAML_SCALAR)
		return pr_diag_add(diag, v->mark, "one word is wanted here: %s", what);
	for (size_t i = 0; names[i]; i++) {
		if (pr_str_eq_c(v->text, names[i])) {
			*out = names[i];
			return 0;
		}
	}
	return pr_rule_unknown(diag, v->mark, v->text, what, names, count(names));
}

/* "2", "2.5", "-1.25" in thousandths. */
int
pr_rule_thousandths(struct pr_diag *diag, const struct pr_yaml *v, int *out)
{
	struct pr_str rest = v->text, whole;
	bool minus = rest.n && rest.p[0] == '-';
	int64_t units = 0, fraction = 0;

	if (minus)
		rest = pr_str_sub(rest, 1, rest.n);
	if (v->kind == PR_YAML_SCALAR && pr_str_cut(&rest, '.', &whole) &&
	    pr_str_int(whole, 0, PR_SCORE_MAX / 1000, &units)) {
		if (rest.n <= 3 && (!rest.n || pr_str_int(rest, 0, 999, &fraction))) {
			for (size_t i = rest.n; i < 3; i++)
				fraction *= 10;
			*out = (int)((units * 1000 + fraction) * (minus ? -1 : 1));
			return 0;
		}
	}
	return pr_diag_add(
	    diag, v->mark,
	    "a score is a number from -100 to 100 with at most three decimals, like 2 or 1.5");
}

bool
pr_rule_service(struct pr_str text, bool lgil_needed, struct pr_service_id *out)
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

int
pr_rule_bool(struct pr_diag *diag, const struct pr_yaml *v, bool *out)
{
	static const char *const words[] = {"yes", "no", "true", "false", NULL};
	const char *word = words[0];

	if (pr_rule_one_of(diag, v, "yes or no", words, &word) < 0)
		return -1;
	*out = word[0] == 'y' || word[0] == 't';
	return 0;
}
