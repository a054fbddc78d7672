/*
 * postroom rules fit [--rules DIR] [--file FILE | -c FILE [--since DAYS]] [--folds 5] [--pull 1]
 * [-o OUT.yaml]: points that agree with where people put the contacts, as a rule file for a person
 * to read. Changes nothing.
 */
#include "tools/judged.h"

#include "postroom/cleanup.h"

#include <errno.h>
#include <fcntl.h>

struct fitting {
	struct pr_judged_source source;
	const char *rules_dir, *out;
	double folds, pull;
	struct pr_rules *rules;
	struct pr_fit *fit;
	size_t seen;
};

static int
usage(const char *why)
{
	fprintf(stderr,
		"postroom rules fit: %s\n"
		"usage: postroom rules fit [--file FILE | -c FILE [--since DAYS]]\n"
		"         [--rules DIR] [--folds 5] [--pull 1] [-o OUT.yaml]\n",
		why);
	return PR_EXIT_CONFIG;
}

static int
arguments(struct fitting *f)
{
	int argc = f->source.argc;
	char **argv = f->source.argv;

	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--rules") == 0 && more) {
			f->rules_dir = argv[++i];
		} else if (strcmp(argv[i], "-o") == 0 && more) {
			f->out = argv[++i];
		} else if (strcmp(argv[i], "--folds") == 0) {
			if (!pr_judged_number(argc, argv, &i, 2, 20, &f->folds))
				return PR_EXIT_CONFIG;
		} else if (strcmp(argv[i], "--pull") == 0) {
			if (!pr_judged_number(argc, argv, &i, 0.01, 100, &f->pull))
				return PR_EXIT_CONFIG;
		} else {
			return usage("an argument too many, or an option without its value");
		}
	}
	if (f->out && access(f->out, F_OK) == 0) {
		fprintf(stderr,
			"postroom rules fit: '%s' exists and is not overwritten; name another "
			"file\n",
			f->out);
		return PR_EXIT_CONFIG;
	}
	return 0;
}

static int
add_one(void *ctx, const struct pr_judged *j)
{
	struct fitting *f = ctx;

	pr_fit_add(f->fit, j);
	f->seen++;
	if (f->source.total)
		pr_judged_progress("reading", (int)(f->seen * 500 / f->source.total));
	return 0;
}

static void
tell(void *ctx, int thousandths)
{
	(void)ctx;
	pr_judged_progress("fitting", 500 + thousandths / 2);
}

static void
print_row(FILE *to, const char *what, int before, int after)
{
	fprintf(to, "%-22s %3d.%d %%  %3d.%d %%\n", what, before / 10, before % 10, after / 10,
		after % 10);
}

/* Beside the rule file, which may be on standard output. */
static void
print_table(FILE *to, const struct pr_fit_result *r)
{
	fprintf(to, "%zu contacts that people put in place; %zu of %zu points change\n\n",
		r->contacts, r->changed, r->parameters);
	fprintf(to, "%-22s %7s  %7s  (each contact judged by points that\n", "", "now", "fitted");
	fprintf(to, "%-22s %7s  %7s   never saw it)\n", "", "", "");
	print_row(to, "right best guess", r->before, r->after);
	print_row(to, "certain", r->coverage_before, r->coverage_after);
	print_row(to, "right when certain", r->certain_before, r->certain_after);
}

static int
write_file(const struct fitting *f, struct pr_str text)
{
	int fd = open(f->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "we");

	if (out && fwrite(text.p, 1, text.n, out) == text.n && fclose(out) == 0) {
		printf("\nwritten to %s; try it with `postroom rules backtest`\n", f->out);
		return 0;
	}
	fprintf(stderr, "postroom rules fit: cannot write '%s': %s\n", f->out, strerror(errno));
	return PR_EXIT_CONFIG;
}

static int
run(struct fitting *f)
{
	PR_AUTO_BUF struct pr_buf text;
	struct pr_fit_result result;
	struct pr_err err;

	pr_buf_init(&text, (size_t)64 << 20);
	f->fit = pr_fit_new(f->rules, f->pull);
	if (pr_judged_each(&f->source, 0, 1, add_one, f, &err) < 0)
		return pr_tool_failed(&err);
	pr_fit_run(f->fit, (int)f->folds, tell, f, &result);
	if (!result.contacts) {
		fprintf(stderr, "postroom rules fit: people put none of these contacts in place\n");
		return PR_EXIT_CONFIG;
	}
	pr_fit_write(f->fit, &text);
	print_table(f->out ? stdout : stderr, &result);
	if (f->out)
		return write_file(f, pr_buf_str(&text));
	printf(PR_S_FMT, PR_S(pr_buf_str(&text)));
	return 0;
}

int
pr_tool_rules_fit(int argc, char **argv)
{
	struct fitting f = {.folds = 5, .pull = 1};
	int code = pr_judged_arguments(&f.source, argc, argv);

	if (code == 0)
		code = arguments(&f);
	if (code == 0)
		code = pr_judged_open(&f.source);
	if (code == 0) {
		f.rules = pr_judged_rules(f.rules_dir ? f.rules_dir : f.source.rules);
		code = f.rules ? run(&f) : PR_EXIT_CONFIG;
	}
	pr_fit_free(&f.fit);
	pr_rules_free(&f.rules);
	pr_judged_close(&f.source);
	return code;
}
