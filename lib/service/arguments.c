/*
 * The command line is a table. `--flag value`, `--flag=value`, `-f value` and `-fvalue` are
 * understood.
 */
#include "lib/service/arguments.h"

#include <limits.h>

static int
set_config(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx;
	a->config = value;
	return 0;
}

static int
set_override(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx;
	if (a->noverrides >= PR_OVERRIDES_MAX)
		return -1;
	a->overrides[a->noverrides++] = value;
	return 0;
}

static int
set_check(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx, (void)value;
	a->check = true;
	return 0;
}

static int
set_once(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx, (void)value;
	a->once = true;
	return 0;
}

static int
set_verbose(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx, (void)value;
	a->verbose = true;
	return 0;
}

static int
set_help(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx, (void)value;
	a->help = true;
	return 0;
}

static int
set_version(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)ctx, (void)value;
	a->version = true;
	return 0;
}

static int
set_shadow(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	(void)a, (void)value;
	ctx->shadow = true;
	return 0;
}

static int
set_instance(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value)
{
	int64_t number;
	(void)a;
	if (!pr_str_int(pr_str_c(value), 1, 999, &number))
		return -1;
	ctx->instance = (int)number;
	return 0;
}

static const struct common {
	const char *brief, *name, *arg, *help;
	int (*set)(struct pr_arguments *a, struct pr_service_ctx *ctx, const char *value);
} common[] = {
    {"-c", "--config", "FILE", "read the configuration from FILE", set_config},
    {"-o", "--option", "SECTION.SETTING=VALUE", "override one setting; may be repeated",
     set_override},
    {"-n", "--check", NULL, "check the configuration and leave", set_check},
    {"-1", "--once", NULL, "do one step and leave", set_once},
    {"-v", "--verbose", NULL, "log in detail", set_verbose},
    {"", "--shadow", NULL, "read without changing the source; nothing is ever sent", set_shadow},
    {"", "--instance", "N", "number of this process among its like, from 1", set_instance},
    {"-h", "--help", NULL, "show this help", set_help},
    {"", "--version", NULL, "show the version", set_version},
};
enum { COMMON = sizeof(common) / sizeof(*common) };

/* What one word of the command line turned out to be. */
struct match {
	const struct common *common;
	const struct pr_service_flag *flag;
	const char *value; /* in the same word: "--config=x", "-cx" */
};

/* Does the word name this flag, alone or with its value? */
static bool
names(const char *word, const char *name, bool takes, const char **value)
{
	size_t n = strlen(name);
	*value = NULL;
	if (n == 0 || strncmp(word, name, n) != 0)
		return false;
	if (!word[n])
		return true;
	bool brief = name[1] != '-';
	if (!takes || (!brief && word[n] != '='))
		return false;
	*value = word + n + (brief ? 0 : 1);
	return true;
}

static bool
find(const struct pr_service *service, const char *word, struct match *m)
{
	*m = (struct match){0};
	for (size_t i = 0; i < COMMON; i++)
		if (names(word, common[i].name, common[i].arg, &m->value) ||
		    names(word, common[i].brief, common[i].arg, &m->value)) {
			m->common = &common[i];
			return true;
		}
	for (const struct pr_service_flag *f = service->flags; f && f->name; f++)
		if (names(word, f->name, f->arg, &m->value)) {
			m->flag = f;
			return true;
		}
	return false;
}

int
pr_arguments_read(struct pr_arguments *a, struct pr_service_ctx *ctx, int argc, char **argv)
{
	const struct pr_service *service = ctx->service;
	int rc = 0;
	*a = (struct pr_arguments){0};
	for (int i = 1; i < argc; i++) {
		struct match m;
		const char *word = argv[i];
		if (!find(service, word, &m)) {
			fprintf(stderr, "%s: '%s' is not one of its flags: see --help\n",
				service->name, word);
			rc = -1;
			continue;
		}
		bool takes = m.common ? m.common->arg : m.flag->arg;
		if (takes && !m.value)
			m.value = i + 1 < argc ? argv[++i] : NULL;
		int set = takes && !m.value ? -1
			  : m.common        ? m.common->set(a, ctx, m.value)
					    : m.flag->set(ctx, m.value);
		if (set != 0) {
			fprintf(stderr, "%s: %s needs %s: see --help\n", service->name,
				m.common ? m.common->name : m.flag->name,
				takes ? "a value that fits" : "to fit");
			rc = -1;
		}
	}
	return rc;
}

static void
help_flag(const char *brief, const char *name, const char *arg, const char *help, FILE *out)
{
	char left[64];
	snprintf(left, sizeof(left), "%s%s%s%s%s", brief, *brief ? ", " : "    ", name,
		 arg ? " " : "", arg ? arg : "");
	fprintf(out, "  %-36s %s\n", left, help);
}

static void
help_section(const struct pr_section *s, FILE *out)
{
	fprintf(out, "\n%s: %s%s\n", s->name, s->help, s->many ? " (a list)" : "");
	for (const struct pr_option *o = s->options; o->name; o++) {
		char left[128];
		const char *fallback = o->fallback ? o->fallback : "(required)";
		snprintf(left, sizeof(left), "%s%s%s", o->name, *fallback ? "=" : "", fallback);
		fprintf(out, "  %-36s %s\n", left, o->help);
	}
}

void
pr_arguments_help(const struct pr_service *service, FILE *out)
{
	fprintf(out, "%s: %s\n\nUsage: %s [flags]\n\n", service->name, service->summary,
		service->name);
	for (size_t i = 0; i < COMMON; i++)
		help_flag(common[i].brief, common[i].name, common[i].arg, common[i].help, out);
	for (const struct pr_service_flag *f = service->flags; f && f->name; f++)
		help_flag("", f->name, f->arg, f->help, out);
	fprintf(out, "\nSettings, in the configuration file or with -o:\n");
	for (const struct pr_section *const *s = service->sections; s && *s; s++)
		help_section(*s, out);
	fprintf(out, "\nExit status: 0 done, 100 configuration or usage, 111 temporary.\n");
}
