/* config_example: the option tables as a commented postroom.yaml to start from. */
#include "postroom/config.h"

#include "config_value.h"

#include "postroom/buf.h"

enum { WIDTH = 100 };

/* The words after `prefix`, which begins every line, broken before the width. */
static void
print_wrapped(FILE *out, const char *prefix, struct pr_str words)
{
	size_t column = 0;
	struct pr_str word;

	while (pr_str_cut(&words, ' ', &word)) {
		if (!word.n)
			continue;
		if (column && column + 1 + word.n > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += column ? 1 + word.n : strlen(prefix) + word.n;
		if (column == strlen(prefix) + word.n)
			fprintf(out, "%s" PR_S_FMT, prefix, PR_S(word));
		else
			fprintf(out, " " PR_S_FMT, PR_S(word));
	}
	if (column)
		fputc('\n', out);
}

static void
add_range(struct pr_buf *b, const struct pr_option *o)
{
	char least[32], most[32];

	pr_value_number_text(o->type, o->min, least);
	pr_value_number_text(o->type, o->max, most);
	if (o->max == INT64_MAX)
		pr_buf_addf(b, " At least %s.", least);
	else
		pr_buf_addf(b, " From %s to %s.", least, most);
}

static void
add_choices(struct pr_buf *b, const struct pr_option *o)
{
	struct pr_str choice;

	pr_buf_add_c(b, " One of:");
	for (size_t i = 0; pr_value_choice(o->choices, i, &choice); i++)
		pr_buf_addf(b, "%s " PR_S_FMT, i ? "," : "", PR_S(choice));
	pr_buf_add_c(b, ".");
}

static void
print_help(FILE *out, const char *prefix, const struct pr_option *o)
{
	struct pr_str help = pr_str_c(o->help);
	struct pr_buf b;

	pr_buf_init(&b, 1 << 16);
	pr_buf_add_str(&b, help);
	if (!pr_str_ends(help, PR_STR(".")))
		pr_buf_add_c(&b, ".");
	if (o->type == PR_OPTION_KIND_INT || o->type == PR_OPTION_KIND_DURATION ||
	    o->type == PR_OPTION_KIND_SIZE)
		add_range(&b, o);
	else if (o->type == PR_OPTION_KIND_CHOICE)
		add_choices(&b, o);
	else if (o->type == PR_OPTION_KIND_BOOL)
		pr_buf_add_c(&b, " yes or no.");
	else if (o->type == PR_OPTION_KIND_SECRET)
		pr_buf_add_c(&b, " The name of a file whose first line it is, or credential:NAME.");
	if (!o->fallback)
		pr_buf_add_c(&b, " Required.");
	print_wrapped(out, prefix, pr_buf_str(&b));
	pr_buf_release(&b);
}

/* Texts that YAML would read as something else are put in single quotes. */
static void
print_text(FILE *out, const char *text)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.@";

	if (strspn(text, plain) == strlen(text) && text[0] != '@' && text[0] != '.') {
		fputs(text, out);
		return;
	}
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void
print_option(FILE *out, const char *indent, bool first, const struct pr_option *o, bool comment)
{
	char prefix[64];
	bool text = o->type == PR_OPTION_KIND_TEXT || o->type == PR_OPTION_KIND_LIST;
	bool absent = !o->fallback || !*o->fallback || o->type == PR_OPTION_KIND_SECRET;

	snprintf(prefix, sizeof(prefix), "%s# ", indent);
	print_help(out, prefix, o);
	/* A setting without default stands there as a comment, to be filled in. */
	if (comment)
		fprintf(out, "#   %s%s:", first ? "- " : "  ", o->name);
	else
		fprintf(out, "  %s%s:", absent ? "# " : "", o->name);
	if (o->fallback && *o->fallback) {
		fputc(' ', out);
		if (text)
			print_text(out, o->fallback);
		else
			fputs(o->fallback, out);
	}
	fputc('\n', out);
}

void
pr_config_example(const struct pr_section *const *sections, FILE *out)
{
	print_wrapped(
	    out, "# ",
	    PR_STR("postroom.yaml: the settings of this installation. What is not written here has "
		   "the value shown. Check it with 'postroom check'."));
	for (size_t i = 0; sections[i]; i++) {
		const struct pr_section *s = sections[i];

		fputc('\n', out);
		print_wrapped(out, "# ", pr_str_c(s->help));
		fprintf(out, "%s%s:\n", s->many ? "# " : "", s->name);
		for (const struct pr_option *o = s->options; o->name; o++)
			print_option(out, s->many ? "#    " : "  ", o == s->options, o, s->many);
	}
}
