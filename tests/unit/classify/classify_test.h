/*
 * classify_test: rules from a text, a contact from a text. Each unit test of classify/ is one
 * program.
 */
#ifndef CLASSIFY_TEST_H
#define CLASSIFY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "classify/ruleset.h"

#include <sys/stat.h>
#include <unistd.h>

#define TEST_SERVICES                                                                              \
	"- {id: 0/0, name: {en: Triage, cy: Brysbennu}, team: Contact centre}\n"                   \
	"- {id: 557/17, name: {en: Pothole, cy: Twll}, team: Highways}\n"                          \
	"- {id: 524/17, name: {en: Missed bin, cy: Bin}, team: Waste}\n"                           \
	"- {id: 722/0, name: {en: Information, cy: Gwybodaeth}, team: Information, kinds: "        \
	"[foi]}\n"                                                                                 \
	"- {id: 266/17, name: {en: Child concern, cy: Plentyn}, team: Children, restricted: "      \
	"yes}\n"

static inline void
test_write(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A folder of rules with one shipped and perhaps one local file; removed by test_remove. */
struct test_folder {
	char path[64];
};

static inline struct test_folder
test_folder(const char *rules, const char *local)
{
	struct test_folder f = {"/tmp/pr-rules-XXXXXX"};
	char sub[96];

	assert_non_null(mkdtemp(f.path));
	snprintf(sub, sizeof(sub), "%s/rules", f.path);
	assert_int_equal(mkdir(sub, 0700), 0);
	test_write(f.path, "services.yaml", TEST_SERVICES);
	test_write(f.path, "rules/a.yaml", rules);
	if (local) {
		snprintf(sub, sizeof(sub), "%s/local", f.path);
		assert_int_equal(mkdir(sub, 0700), 0);
		test_write(f.path, "local/a.yaml", local);
	}
	return f;
}

static inline void
test_remove(const struct test_folder *f)
{
	static const char *const names[] = {"services.yaml",
					    "rules/a.yaml",
					    "local/a.yaml",
					    "local/packs.yaml",
					    "packs/coast/a.yaml",
					    "packs/coast",
					    "packs",
					    "rules",
					    "local",
					    ""};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->path, names[i]);
		if (unlink(path) < 0)
			rmdir(path);
	}
}

/* A pack "coast" in the folder; whether it is used, local/packs.yaml says. */
static inline void
test_pack(const struct test_folder *f, const char *name, const char *rules)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/packs", f->path);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/packs/%s", f->path, name);
	assert_int_equal(mkdir(path, 0700), 0);
	test_write(path, "a.yaml", rules);
}

/* Load; the errors, one a line as "line:column: words", go to `errors` (of 8 KiB). */
static inline struct pr_rules *
test_load_folder(const struct test_folder *f, const struct pr_rules_how *how, char *errors)
{
	struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *r;
	size_t n = 0;

	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
	r = pr_rules_load(f->path, how, &diag);
	if (errors)
		errors[0] = '\0';
	for (const struct pr_diag_line *l = diag.first; l; l = l->next) {
		if (errors && n < 7900)
			n += (size_t)snprintf(errors + n, 8192 - n, "%d:%d: " PR_S_FMT "\n",
					      l->mark.line, l->mark.column, PR_S(l->words));
		else if (!errors)
			print_error("%d:%d: " PR_S_FMT "\n", l->mark.line, l->mark.column,
				    PR_S(l->words));
	}
	pr_arena_release(&a);
	return r;
}

static inline struct pr_rules *
test_load(const char *rules, const char *local, char *errors)
{
	struct test_folder f = test_folder(rules, local);
	struct pr_rules *r = test_load_folder(&f, NULL, errors);

	test_remove(&f);
	return r;
}

static inline struct pr_contact
test_contact(const char *subject, const char *text)
{
	struct pr_contact c = {0};

	c.channel = PR_STR("email");
	c.account = PR_STR("contact");
	c.subject = pr_str_c(subject);
	c.text = c.new_text = pr_str_c(text);
	c.automated = PR_STR("no");
	return c;
}

static inline void
test_classify(struct pr_rules *rules, struct pr_arena *a, struct pr_contact *c)
{
	static const struct pr_classify_world world = {{"EXA", 3}};
	struct pr_err err;

	assert_int_equal(pr_classify(rules, &world, a, c, &err), 0);
}

static inline bool
test_list_has(struct pr_list list, const char *text)
{
	for (size_t i = 0; i < list.n; i++)
		if (pr_str_eq_c(list.v[i], text))
			return true;
	return false;
}

#define assert_str(s, literal)                                                                     \
	do {                                                                                       \
		struct pr_str got_ = (s);                                                          \
		if (!pr_str_eq_c(got_, literal))                                                   \
			fail_msg("got '" PR_S_FMT "', wanted '%s'", PR_S(got_), literal);          \
	} while (0)

#endif
