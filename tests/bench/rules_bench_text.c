/* rules_bench: rule files read and written as plain YAML. */
#include "tests/bench/rules_bench.h"

#include "classify/fold.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "postroom/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#define COPIES 5

struct pr_bench_folder
pr_bench_folder_new(void)
{
	struct pr_bench_folder f = {"/tmp/pr-rules-bench-XXXXXX"};

	if (!mkdtemp(f.path))
		pr_bench_die("cannot make a folder in /tmp");
	return f;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
pr_bench_folder_remove(const struct pr_bench_folder *f)
{
	nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- reading ---- */

static void
each_file(const char *rules, struct pr_arena *a,
	  void (*fn)(void *ctx, const char *name, const struct pr_yaml *tree), void *ctx)
{
	const char *folder = pr_arena_printf(a, "%s/rules", rules).p;
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	struct pr_diag diag;

	if (n < 0)
		pr_bench_die("cannot read the folder of rules");
	pr_diag_init(&diag, a);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		const struct pr_yaml *tree = NULL;

		if (pr_str_ends(pr_str_c(name), PR_STR(".yaml")))
			tree = pr_yaml_load(pr_arena_printf(a, "%s/%s", folder, name).p, a, &diag);
		if (tree)
			fn(ctx, name, tree);
		free(entries[i]);
	}
	free(entries);
}

static bool
is_one_of(struct pr_str key, const char *const *names)
{
	for (; *names; names++)
		if (pr_str_eq_c(key, *names))
			return true;
	return false;
}

static const char *const holds_phrases[] = {"any",   "all",   "unless", "words",
					    "lists", "hints", NULL};

struct found {
	struct pr_arena *a;
	struct pr_str *phrases;
	size_t n, room;
	void (*pattern)(void *ctx, struct pr_str pattern);
	void *ctx;
};

static void
note_phrase(struct found *f, struct pr_str phrase)
{
	struct pr_folded folded;
	char *p;

	if (!phrase.n || phrase.p[0] == '$')
		return;
	pr_fold(phrase, f->a, &folded);
	p = pr_arena_dup_c(f->a, folded.text);
	for (char *c = p; *c; c++)
		if (*c == '-')
			*c = ' ';
	if (f->n == f->room) {
		f->room = f->room ? 2 * f->room : 4096;
		f->phrases = realloc(f->phrases, f->room * sizeof(*f->phrases));
		if (!f->phrases)
			pr_out_of_memory();
	}
	f->phrases[f->n++] = pr_str_c(p);
}

/* Below `any` and its like every plain text is a phrase; the keys of hints are, too. */
static void
find_in(struct found *f, const struct pr_yaml *node, bool phrases)
{
	static const char *const others[] = {"in",       "channel",  "account",
					     "sender",   "language", "attachment",
					     "examples", "not",      NULL};

	if (node->kind == PR_YAML_SCALAR) {
		if (phrases)
			note_phrase(f, node->text);
		return;
	}
	for (const struct pr_yaml *e = node->first; e; e = e->next) {
		if (pr_str_eq_c(e->key, "pattern") && e->kind == PR_YAML_SCALAR)
			f->pattern(f->ctx, e->text);
		else if (pr_str_eq_c(node->key, "hints") && node->kind == PR_YAML_MAP)
			note_phrase(f, e->key);
		else if (!is_one_of(e->key, others))
			find_in(f, e, phrases || is_one_of(e->key, holds_phrases));
	}
}

static void
find_in_file(void *ctx, const char *name, const struct pr_yaml *tree)
{
	(void)name;
	find_in(ctx, tree, false);
}

static int
phrase_cmp(const void *a, const void *b)
{
	const struct pr_str *x = a, *y = b;

	return pr_str_cmp(*x, *y);
}

void
pr_bench_each(const char *rules, struct pr_arena *a,
	      void (*phrase)(void *ctx, struct pr_str phrase),
	      void (*pattern)(void *ctx, struct pr_str pattern), void *ctx)
{
	struct found f = {.a = a, .pattern = pattern, .ctx = ctx};

	each_file(rules, a, find_in_file, &f);
	qsort(f.phrases, f.n, sizeof(*f.phrases), phrase_cmp);
	for (size_t i = 0; i < f.n; i++)
		if (!i || !pr_str_eq(f.phrases[i], f.phrases[i - 1]))
			phrase(ctx, f.phrases[i]);
	free(f.phrases);
}

/* ---- writing ---- */

struct copy {
	struct pr_arena *a;
	int to; /* the folder */
	int number;
	struct pr_buf out;
};

/* Another word of the same length: its second letter is moved on. What a backslash makes of a
 * letter, and single letters, stay. */
static struct pr_str
other_words(const struct copy *c, struct pr_str text)
{
	char *p = pr_arena_dup_c(c->a, text);
	size_t letters = 0;

	for (size_t i = 0; i < text.n; i++) {
		bool letter = (p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z');

		letters = letter && (!i || text.p[i - 1] != '\\') ? letters + 1 : 0;
		if (letters == 2)
			p[i] = (char)('a' + ((p[i] | 32) - 'a' + 5 * c->number) % 26);
	}
	return pr_str_n(p, text.n);
}

static bool
is_plain(struct pr_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-./$", s.p[i]))
			return false;
	return s.n > 0;
}

static void
write_text(struct pr_buf *out, struct pr_str s, bool quoted)
{
	if (!quoted && is_plain(s)) {
		pr_buf_add_str(out, s);
		return;
	}
	pr_buf_add_char(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			pr_buf_add_char(out, '\'');
		pr_buf_add_char(out, s.p[i]);
	}
	pr_buf_add_char(out, '\'');
}

static void
write_scalar(struct copy *c, const struct pr_yaml *node, bool phrases)
{
	bool pattern = pr_str_eq_c(node->key, "pattern");

	if (pr_str_eq_c(node->key, "name") || (phrases && node->text.n && node->text.p[0] == '$'))
		pr_buf_addf(&c->out, PR_S_FMT "-copy%d", PR_S(node->text), c->number);
	else
		write_text(&c->out, phrases || pattern ? other_words(c, node->text) : node->text,
			   node->quoted);
}

static void
write_node(struct copy *c, const struct pr_yaml *node, bool phrases)
{
	static const char *const left_out[] = {"examples", "not", "scores", NULL};
	static const char *const others[] = {"in",       "channel",    "account", "sender",
					     "language", "attachment", "within",  NULL};
	bool map = node->kind == PR_YAML_MAP;

	if (node->kind == PR_YAML_SCALAR) {
		write_scalar(c, node, phrases);
		return;
	}
	pr_buf_add_char(&c->out, map ? '{' : '[');
	for (const struct pr_yaml *e = node->first; e; e = e->next) {
		if (is_one_of(e->key, left_out))
			continue;
		if (map && pr_str_eq_c(node->key, "lists"))
			pr_buf_addf(&c->out, PR_S_FMT "-copy%d", PR_S(e->key), c->number);
		else if (map)
			write_text(&c->out, e->key, false);
		if (map)
			pr_buf_add_c(&c->out, ": ");
		if (pr_str_eq_c(node->key, "hints"))
			write_node(c, e, true);
		else
			write_node(c, e,
				   !is_one_of(e->key, others) && !pr_str_eq_c(e->key, "pattern") &&
				       (phrases || is_one_of(e->key, holds_phrases)));
		pr_buf_add_c(&c->out, ",\n ");
	}
	pr_buf_add_char(&c->out, map ? '}' : ']');
}

static void
write_file(void *ctx, const char *name, const struct pr_yaml *tree)
{
	struct copy *c = ctx;
	struct pr_err err;
	char to[300];

	pr_buf_reset(&c->out);
	write_node(c, tree, false);
	pr_buf_add_char(&c->out, '\n');
	snprintf(to, sizeof(to), "rules/%d-%.250s", c->number, name);
	if (c->out.failed || pr_file_replace(c->to, to, pr_buf_str(&c->out), false, &err) < 0)
		pr_bench_die("cannot write a copy of the rules");
}

struct pr_bench_folder
pr_bench_five_times(const char *rules, struct pr_arena *a)
{
	struct pr_bench_folder f = pr_bench_folder_new();
	PR_AUTO_BUF struct pr_buf services;
	struct copy c = {.a = a};
	struct pr_err err;

	c.to = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pr_buf_init(&services, (size_t)4 << 20);
	pr_buf_init(&c.out, (size_t)16 << 20);
	if (c.to < 0 || mkdirat(c.to, "rules", 0700) < 0 ||
	    pr_file_read(AT_FDCWD, pr_arena_printf(a, "%s/services.yaml", rules).p, &services,
			 &err) < 0 ||
	    pr_file_replace(c.to, "services.yaml", pr_buf_str(&services), false, &err) < 0)
		pr_bench_die("cannot copy the rules");
	for (c.number = 0; c.number < COPIES; c.number++)
		each_file(rules, a, write_file, &c);
	pr_buf_release(&c.out);
	close(c.to);
	return f;
}
