/*
 * postroom rules suggest [--rules DIR] [--file FILE | -c FILE [--since DAYS]] [--min-support 5]
 * [--min-precision 0.8] [--max 40]: words that would have saved corrections, as a table and as
 * rules for a person to read. Changes nothing.
 */
#include "tools/judged.h"

#include "postroom/cleanup.h"
#include "postroom/utf8.h"

struct suggesting {
	struct pr_judged_source source;
	const char *rules_dir;
	double min_support, min_precision, max;
	struct pr_rules *rules;
	struct pr_suggest *suggest;
	struct pr_err err;
	size_t seen;
};

static int
usage(const char *why)
{
	fprintf(stderr,
		"postroom rules suggest: %s\n"
		"usage: postroom rules suggest [--file FILE | -c FILE [--since DAYS]]\n"
		"         [--rules DIR] [--min-support 5] [--min-precision 0.8] [--max 40]\n",
		why);
	return PR_EXIT_CONFIG;
}

static int
arguments(struct suggesting *s)
{
	int argc = s->source.argc;
	char **argv = s->source.argv;
	const struct {
		const char *name;
		double min, max, *value;
	} numbers[] = {{"--min-support", 5, 1000000, &s->min_support},
		       {"--min-precision", 0, 1, &s->min_precision},
		       {"--max", 1, 10000, &s->max}};
	size_t n = sizeof(numbers) / sizeof(numbers[0]), k;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--rules") == 0 && i + 1 < argc) {
			s->rules_dir = argv[++i];
			continue;
		}
		for (k = 0; k < n && strcmp(argv[i], numbers[k].name) != 0; k++)
			;
		if (k == n)
			return usage("an argument too many, or an option without its value");
		if (!pr_judged_number(argc, argv, &i, numbers[k].min, numbers[k].max,
				      numbers[k].value))
			return PR_EXIT_CONFIG;
	}
	return 0;
}

static int
add_one(void *ctx, const struct pr_judged *j)
{
	struct suggesting *s = ctx;

	s->seen++;
	if (s->source.total)
		pr_judged_progress("reading", (int)(s->seen * 999 / s->source.total));
	return pr_suggest_add(s->suggest, j, &s->err);
}

static void
print_table(const struct suggesting *s, const struct pr_suggestion *v, size_t n)
{
	printf("%-34s %-24s saved held right\n", "phrase", "service");
	for (size_t i = 0; i < n; i++) {
		const struct pr_catalogue_entry *e =
		    pr_catalogue_find(pr_rules_catalogue(s->rules), v[i].lgsl, v[i].lgil);
		char service[64];
		struct pr_str phrase = pr_utf8_clip(v[i].phrase, 34);
		struct pr_str name = e ? pr_utf8_clip(e->name_en, 14) : PR_STR_NONE;

		snprintf(service, sizeof(service), "%d/%d " PR_S_FMT, v[i].lgsl, v[i].lgil,
			 PR_S(name));
		printf("%-34.*s %-24s %5zu %4zu %3d %%\n", PR_S(phrase), service, v[i].saved,
		       v[i].support, v[i].precision / 10);
	}
	printf("\nsaved: contacts that people had to put right; held: contacts of that\n"
	       "service that hold the phrase; right: how many of all that hold it are its\n");
}

/* One rule for each service, with its phrases; points that settle nothing by themselves. */
static void
print_rules(const struct pr_suggestion *v, size_t n)
{
	printf("\n# A start for a file in local/: read each phrase, change what you know\n"
	       "# better, add examples, then `postroom rules test` and `... backtest`.\n"
	       "rules:\n");
	for (size_t i = 0; i < n; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first &= v[k].lgsl != v[i].lgsl || v[k].lgil != v[i].lgil;
		if (!first)
			continue;
		printf("  - name: suggested-%d-%d\n    service: %d/%d\n    score: 1.5\n"
		       "    unsure: yes\n    any:\n",
		       v[i].lgsl, v[i].lgil, v[i].lgsl, v[i].lgil);
		for (size_t k = i; k < n; k++)
			if (v[k].lgsl == v[i].lgsl && v[k].lgil == v[i].lgil)
				printf("      - " PR_S_FMT "\n", PR_S(v[k].phrase));
	}
}

static int
run(struct suggesting *s)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_suggestion *v;
	struct pr_err err;
	size_t n;

	pr_arena_init(&a, (size_t)64 << 20);
	s->suggest = pr_suggest_new(s->rules);
	if (pr_judged_each(&s->source, 0, 1, add_one, s, &err) < 0)
		return pr_tool_failed(s->err.fault ? &s->err : &err);
	pr_judged_progress("reading", 1000);
	n = pr_suggest_best(s->suggest, (size_t)s->min_support, (int)(s->min_precision * 1000),
			    (size_t)s->max, &a, &v);
	if (!n) {
		printf("%zu contacts, and no phrase that would have saved corrections\n", s->seen);
		return 0;
	}
	print_table(s, v, n);
	print_rules(v, n);
	return 0;
}

int
pr_tool_rules_suggest(int argc, char **argv)
{
	struct suggesting s = {.min_support = 5, .min_precision = 0.8, .max = 40};
	int code = pr_judged_arguments(&s.source, argc, argv);

	if (code == 0)
		code = arguments(&s);
	if (code == 0)
		code = pr_judged_open(&s.source);
	if (code == 0) {
		s.rules = pr_judged_rules(s.rules_dir ? s.rules_dir : s.source.rules);
		code = s.rules ? run(&s) : PR_EXIT_CONFIG;
	}
	pr_suggest_free(&s.suggest);
	pr_rules_free(&s.rules);
	pr_judged_close(&s.source);
	return code;
}
