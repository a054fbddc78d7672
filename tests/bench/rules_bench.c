/*
 * rules_bench: how fast the rules are on one core, and how fast the obvious way would be: every
 * phrase and every pattern of the same rules as a PCRE2 JIT regex of its own, one after another.
 *
 *     rules_bench RULES-FOLDER FILE.tsv ...        prints `name value unit` lines
 *
 * The messages are the texts of the files' last column, joined to about 1,000 bytes. Rates are of
 * processor time, so that a neighbour on the machine does not count; milliseconds are real time.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "classify/ruleset.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "tests/bench/rules_bench.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>

#define MESSAGE_BYTES 1000
#define MESSAGES_MAX  4096
#define SECONDS       1.5 /* of every rate */
#define LOADS         3

struct bench {
	struct pr_arena arena;
	const char *folder;
	struct pr_str messages[MESSAGES_MAX];
	size_t n;
};

_Noreturn void
pr_bench_die(const char *what)
{
	fprintf(stderr, "rules_bench: %s\n", what);
	exit(111);
}

static double
clock_now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
print(const char *name, double value, const char *unit)
{
	printf("%s %.4g %s\n", name, value, unit);
	fflush(stdout);
}

/* ---- messages ---- */

static void
add_text(struct bench *b, struct pr_buf *joined, struct pr_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == 'n') {
			pr_buf_add_char(joined, '\n');
			i++;
		} else {
			pr_buf_add_char(joined, text.p[i]);
		}
	}
	pr_buf_add_c(joined, "\n\n");
	if (joined->n < MESSAGE_BYTES || b->n == MESSAGES_MAX)
		return;
	b->messages[b->n++] = pr_arena_dup(&b->arena, pr_buf_str(joined));
	pr_buf_reset(joined);
}

static void
read_messages(struct bench *b, const char *path)
{
	PR_AUTO_BUF struct pr_buf file;
	PR_AUTO_BUF struct pr_buf joined;
	struct pr_str rest, line;
	struct pr_err err;

	pr_buf_init(&file, (size_t)16 << 20);
	pr_buf_init(&joined, (size_t)1 << 20);
	if (pr_file_read(AT_FDCWD, path, &file, &err) < 0)
		pr_bench_die(err.msg);
	rest = pr_buf_str(&file);
	while (pr_str_cut(&rest, '\n', &line)) {
		const char *tab = memrchr(line.p, '\t', line.n);

		if (tab && line.p[0] != '#')
			add_text(b, &joined, pr_str_sub(line, (size_t)(tab + 1 - line.p), line.n));
	}
}

/* ---- classify ---- */

static struct pr_rules *
load(const char *folder, const char *cache, bool plain)
{
	struct pr_rules_how how = {cache, plain};
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *rules;

	pr_arena_init(&a, (size_t)64 << 20);
	pr_diag_init(&diag, &a);
	rules = pr_rules_load(folder, &how, &diag);
	if (rules)
		return rules;
	pr_diag_print(&diag, stderr);
	pr_bench_die("the rules have errors");
}

static void
classify(struct pr_rules *rules, struct pr_arena *a, struct pr_str text)
{
	static const struct pr_classify_world world = {{"EXA", 3}};
	struct pr_contact c = {0};
	struct pr_err err;

	pr_arena_reset(a);
	c.channel = PR_STR("email");
	c.account = PR_STR("enquiries");
	c.automated = PR_STR("no");
	c.text = c.new_text = text;
	if (pr_classify(rules, &world, a, &c, &err) < 0)
		pr_bench_die(err.msg);
}

static double
classify_rate(const struct bench *b, struct pr_rules *rules)
{
	PR_AUTO_ARENA struct pr_arena a;
	double began, used;
	size_t done = 0;

	pr_arena_init(&a, (size_t)64 << 20);
	for (size_t i = 0; i < b->n; i++)
		classify(rules, &a, b->messages[i]);
	began = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	do {
		classify(rules, &a, b->messages[done++ % b->n]);
		used = clock_now(CLOCK_PROCESS_CPUTIME_ID) - began;
	} while (used < SECONDS);
	return (double)done / used;
}

static double
rate_of(const struct bench *b, const char *folder, bool plain)
{
	struct pr_rules *rules = load(folder, NULL, plain);
	double rate = classify_rate(b, rules);

	pr_rules_free(&rules);
	return rate;
}

/* ---- one by one ---- */

struct regexes {
	pcre2_code **v;
	size_t n, room;
	pcre2_match_data *data;
};

static void
add_regex(struct regexes *r, struct pr_str regex, uint32_t options)
{
	int code;
	PCRE2_SIZE at;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)regex.p, regex.n, options, &code, &at, NULL);

	if (!re || pcre2_jit_compile(re, PCRE2_JIT_COMPLETE) != 0)
		pr_bench_die("PCRE2 does not take a phrase");
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 1024;
		r->v = realloc(r->v, r->room * sizeof(pcre2_code *)); /* NOLINT: pointers */
		if (!r->v)
			pr_out_of_memory();
	}
	r->v[r->n++] = re;
}

static void
add_phrase(void *ctx, struct pr_str phrase)
{
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 4096);
	pr_buf_add_c(&b, "\\b");
	for (size_t i = 0; i < phrase.n; i++) {
		if (phrase.p[i] == '*')
			pr_buf_add_c(&b, "\\w*");
		else if (strchr("\\^$.[|()?+{-", phrase.p[i]))
			pr_buf_addf(&b, "\\%c", phrase.p[i]);
		else
			pr_buf_add_char(&b, phrase.p[i]);
	}
	pr_buf_add_c(&b, "\\b");
	add_regex(ctx, pr_buf_str(&b), PCRE2_UTF | PCRE2_CASELESS);
}

static void
add_pattern(void *ctx, struct pr_str pattern)
{
	add_regex(ctx, pattern, PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS);
}

static double
one_by_one_rate(struct bench *b, struct regexes *r)
{
	struct pr_str *folded = pr_arena_array(&b->arena, b->n, sizeof(*folded));
	double began, used;
	size_t done = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct pr_folded f;

		pr_fold(b->messages[i], &b->arena, &f);
		folded[i] = f.text;
	}
	began = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	do {
		struct pr_str s = folded[done++ % b->n];

		for (size_t i = 0; i < r->n; i++)
			pcre2_match(r->v[i], (PCRE2_SPTR)s.p, s.n, 0, PCRE2_NO_UTF_CHECK, r->data,
				    NULL);
		used = clock_now(CLOCK_PROCESS_CPUTIME_ID) - began;
	} while (used < SECONDS);
	return (double)done / used;
}

static double
measure_one_by_one(struct bench *b)
{
	struct regexes r = {.data = pcre2_match_data_create(1, NULL)};
	double rate;

	pr_bench_each(b->folder, &b->arena, add_phrase, add_pattern, &r);
	print("pcre2_jit_regexes", (double)r.n, "count");
	rate = one_by_one_rate(b, &r);
	for (size_t i = 0; i < r.n; i++)
		pcre2_code_free(r.v[i]);
	free(r.v);
	pcre2_match_data_free(r.data);
	return rate;
}

/* ---- loading ---- */

static double
load_ms(const char *folder, const char *cache)
{
	double began = clock_now(CLOCK_MONOTONIC);
	struct pr_rules *rules = load(folder, cache, false);
	double ms = (clock_now(CLOCK_MONOTONIC) - began) * 1e3;

	pr_rules_free(&rules);
	return ms;
}

static double
least(const double *v)
{
	double min = v[0];

	for (size_t i = 1; i < LOADS; i++)
		min = v[i] < min ? v[i] : min;
	return min;
}

/* The least of a few loads: nothing that disturbs makes one quicker. */
static void
measure_loading(const struct bench *b)
{
	double cold[LOADS], cached[LOADS], memory;
	struct mallinfo2 before, after;
	struct pr_rules *rules;

	for (size_t i = 0; i < LOADS; i++) {
		struct pr_bench_folder cache = pr_bench_folder_new();

		cold[i] = load_ms(b->folder, cache.path);
		cached[i] = load_ms(b->folder, cache.path);
		pr_bench_folder_remove(&cache);
	}
	print("rules_load_cold_ms", least(cold), "ms");
	print("rules_load_cached_ms", least(cached), "ms");
	before = mallinfo2();
	rules = load(b->folder, NULL, false);
	after = mallinfo2();
	memory =
	    (double)(after.uordblks + after.hblkhd) - (double)(before.uordblks + before.hblkhd);
	print("rules_memory_mb", memory / 1048576, "MB");
	pr_rules_free(&rules);
}

/* ---- hostile messages ---- */

/* `n` bytes of `unit` again and again, and an end that disappoints. */
static struct pr_str
repeated(struct pr_arena *a, const char *unit, size_t n, const char *end)
{
	size_t length = strlen(unit), tail = strlen(end);
	char *p = pr_arena_alloc(a, n + length + tail);
	size_t at = 0;

	while (at < n) {
		memcpy(p + at, unit, length);
		at += length;
	}
	memcpy(p + at, end, tail);
	return pr_str_n(p, at + tail);
}

static void
measure_hostile(struct bench *b)
{
	static const struct {
		const char *unit, *end;
		size_t n;
	} table[] = {
	    {"a", "", (size_t)1 << 20},
	    {"a ", "!", (size_t)1 << 20},
	    {"((((", "", (size_t)1 << 20},
	    {"[{(<", ">)}]", 65000},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "", (size_t)1 << 20},
	    {"\xc5\x82", "", (size_t)1 << 20},
	    {"\xc5\x82 not never not ", "", 65000},
	    {"e\xcc\x81\xcc\x81\xcc\x81", "", (size_t)1 << 20},
	    {"\xef\xb7\xba", "", (size_t)1 << 20}, /* one letter that folds to eighteen */
	    {"not ", "x", 65000},
	    {"not never wasn't isn't ", "x", 65000},
	    {"hello ", "x", 65000},
	    {"thanks ", "x", 65000},
	    {"pothole missed bin council tax ", "", 65000},
	    {"bin ", "", 65000},
	    {"SW1A 1AA ", "", 65000},
	    {"SW1A 1A", "", (size_t)1 << 20},
	    {"07700 900123 ", "", 65000},
	    {"1", "", (size_t)1 << 20},
	    {"1 ", "", 65000},
	    {"a@", "", 65000},
	    {"a.b@example.org ", "", 65000},
	    {"\n", "x", (size_t)1 << 20},
	    {"> ", "x", 65000},
	    {"mill lane high street station road ", "", 65000},
	};
	struct pr_rules *rules = load(b->folder, NULL, false);
	PR_AUTO_ARENA struct pr_arena a;
	double worst = 0;

	pr_arena_init(&a, (size_t)64 << 20);
	classify(rules, &a, b->messages[0]);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pr_str text = repeated(&b->arena, table[i].unit, table[i].n, table[i].end);
		double began = clock_now(CLOCK_MONOTONIC), ms;

		classify(rules, &a, text);
		ms = (clock_now(CLOCK_MONOTONIC) - began) * 1e3;
		worst = ms > worst ? ms : worst;
		if (getenv("RULES_BENCH_TELL"))
			fprintf(stderr, "%8.2f ms  %.20s\n", ms, table[i].unit);
	}
	print("hostile_ms", worst, "ms");
	pr_rules_free(&rules);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	struct pr_bench_folder five;
	struct pr_rules *rules;
	double fast, jit;

	if (argc < 3)
		pr_bench_die("RULES-FOLDER FILE.tsv ...");
	pr_arena_init(&b.arena, (size_t)512 << 20);
	b.folder = argv[1];
	for (int i = 2; i < argc; i++)
		read_messages(&b, argv[i]);
	if (!b.n)
		pr_bench_die("the files hold no texts");
	rules = load(b.folder, NULL, false);
	fast = classify_rate(&b, rules);
	print("rules", (double)pr_rules_count(rules), "count");
	pr_rules_free(&rules);
	print("classify_1kb_per_second", fast, "1/s");
	jit = measure_one_by_one(&b);
	print("classify_pcre2_jit_one_by_one_per_second", jit, "1/s");
	print("classify_to_pcre2_jit", fast / jit, "ratio");
	print("classify_plain_per_second", rate_of(&b, b.folder, true), "1/s");
	five = pr_bench_five_times(b.folder, &b.arena);
	print("classify_5x_rules_per_second", rate_of(&b, five.path, false), "1/s");
	pr_bench_folder_remove(&five);
	measure_loading(&b);
	measure_hostile(&b);
	pr_arena_release(&b.arena);
	return 0;
}
