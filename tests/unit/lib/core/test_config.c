/* Tests of config: every type of option, where its value comes from, everything that is refused,
 * and secrets. */
#include "postroom/cleanup.h"
#include "postroom/config.h"
#include "postroom/file.h"
#include "tests/unit/cmocka_all.h"

#include <fcntl.h>
#include <sys/stat.h>

struct room {
	const char *text, *must;
	int64_t number, delay, size;
	bool flag;
	int choice;
	const char *secret;
	struct pr_option_list list;
};
static const struct pr_option room_options[] = {
    PR_OPTION_TEXT(struct room, text, "a text", "any text"),
    PR_OPTION_TEXT(struct room, must, "here", "what has to be there"),
    PR_OPTION_INT(struct room, number, "5", -10, 100, "a number"),
    PR_OPTION_DURATION(struct room, delay, "30s", 500, 604800000, "a time"),
    PR_OPTION_SIZE(struct room, size, "64K", 0, INT64_MAX, "a size"),
    PR_OPTION_BOOL(struct room, flag, "no", "whether"),
    PR_OPTION_CHOICE(struct room, choice, "green", "red|green|blue", "a colour"),
    PR_OPTION_SECRET(struct room, secret, "", "a key"),
    PR_OPTION_LIST(struct room, list, "one", "several texts"),
    PR_OPTION_END};
static const struct pr_section room_section = {"room",       "A room.", false, sizeof(struct room),
					       room_options, NULL};

struct box {
	const char *name, *host;
	int64_t port;
};
static const struct pr_option box_options[] = {
    PR_OPTION_TEXT(struct box, name, NULL, "what it is called"),
    PR_OPTION_TEXT(struct box, host, NULL, "where it is"),
    PR_OPTION_INT(struct box, port, "993", 1, 65535, "the port"), PR_OPTION_END};

static void
check_box(const void *conf, struct pr_mark mark, struct pr_diag *diag)
{
	const struct box *b = conf;

	if (strcmp(b->host, "localhost") == 0)
		pr_diag_add(diag, mark, "no box is here");
}

static const struct pr_section box_section = {"boxes",     "Boxes.", true, sizeof(struct box),
					      box_options, check_box};
static const struct pr_section *const sections[] = {&room_section, &box_section, NULL};
static const char *const known[] = {"room", "boxes", "elsewhere", NULL};

static char dir[] = "/tmp/pr-config-XXXXXX", path[64];
static struct pr_arena arena;
static struct pr_diag diag;

static int
setup(void **state)
{
	(void)state;
	pr_arena_init(&arena, 16 << 20);
	pr_diag_init(&diag, &arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pr_arena_release(&arena);
	return 0;
}

static void
put(const char *name, const char *text, mode_t mode)
{
	struct pr_err err;
	char file[128];

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	assert_int_equal(pr_file_replace(AT_FDCWD, file, pr_str_c(text), false, &err), 0);
	assert_int_equal(chmod(file, mode), 0);
}

static struct pr_config *
load(const char *text, const char *const *overrides)
{
	put("postroom.yaml", text, 0600);
	return pr_config_load(path, sections, known, overrides, &diag);
}

static void
assert_loaded(const struct pr_config *config)
{
	if (!config)
		fail_msg("%s", diag.first ? diag.first->words.p : "no reason");
}

static void
test_defaults(void **state)
{
	struct pr_config *config = pr_config_load(NULL, sections, known, NULL, &diag);
	const struct room *r;

	(void)state;
	assert_loaded(config);
	r = pr_config_get(config, &room_section);
	assert_string_equal(r->text, "a text");
	assert_int_equal(r->number, 5);
	assert_int_equal(r->delay, 30000);
	assert_int_equal(r->size, 65536);
	assert_false(r->flag);
	assert_int_equal(r->choice, 1);
	assert_string_equal(r->secret, "");
	assert_int_equal(r->list.n, 1);
	assert_string_equal(r->list.v[0], "one");
	assert_int_equal(pr_config_count(config, &box_section), 0);
	assert_string_equal(pr_config_dir(config), ".");
	pr_config_free(&config);
	assert_null(config);
}

static void
test_file(void **state)
{
	struct pr_config *config = load("room:\n"
					"  text: 'Cyngor Tŷ'\n"
					"  number: -10\n"
					"  delay: 2h\n"
					"  size: 1G\n"
					"  flag: yes\n"
					"  choice: blue\n"
					"  list: [a, 'b, c']\n"
					"elsewhere: {any: thing}\n"
					"boxes:\n"
					"  - name: first\n"
					"    host: a.example.org\n"
					"  - {name: second, host: b.example.org, port: 143}\n",
					NULL);
	const struct room *r;
	const struct box *b;

	(void)state;
	assert_loaded(config);
	r = pr_config_get(config, &room_section);
	assert_string_equal(r->text, "Cyngor Tŷ");
	assert_int_equal(r->number, -10);
	assert_int_equal(r->delay, 7200000);
	assert_int_equal(r->size, 1 << 30);
	assert_true(r->flag);
	assert_int_equal(r->choice, 2);
	assert_int_equal(r->list.n, 2);
	assert_string_equal(r->list.v[1], "b, c");
	assert_int_equal(pr_config_count(config, &box_section), 2);
	b = pr_config_at(config, &box_section, 0);
	assert_string_equal(b->name, "first");
	assert_int_equal(b->port, 993);
	b = pr_config_at(config, &box_section, 1);
	assert_int_equal(b->port, 143);
	assert_string_equal(pr_config_dir(config), dir);
	pr_config_free(&config);
}

static void
test_overrides(void **state)
{
	static const char *const overrides[] = {"room.number=7",
						"room.text=a=b",
						"room.list=x, y",
						"boxes.a.b.port=1",
						"room.number=8",
						"room.flag=true",
						"elsewhere.anything=at all",
						NULL};
	struct pr_config *config =
	    load("room: {number: 6}\nboxes: [{name: a.b, host: h}]\n", overrides);
	const struct room *r;

	(void)state;
	assert_loaded(config);
	r = pr_config_get(config, &room_section);
	assert_int_equal(r->number, 8);
	assert_string_equal(r->text, "a=b");
	assert_int_equal(r->list.n, 2);
	assert_string_equal(r->list.v[1], "y");
	assert_true(r->flag);
	assert_int_equal(((const struct box *)pr_config_at(config, &box_section, 0))->port, 1);
	pr_config_free(&config);
}

static void
test_refused_overrides(void **state)
{
	static const struct {
		const char *override, *words;
	} cases[] = {
	    {"room", "section.setting=value"},
	    {"room=1", "section.setting=value"},
	    {"room.=1", "section.setting=value"},
	    {"=1", "section.setting=value"},
	    {"rom.number=1", "did you mean 'room'"},
	    {"room.nubmer=1", "did you mean 'number'"},
	    {"room.number=101", "-10 to 100"},
	    {"room.x.number=1", "no entries"},
	    {"boxes.port=1", "has entries"},
	    {"boxes.x.port=1", "no entry named 'x'"},
	    {"room.text=", "is empty"},
	    {"room.choice=gren", "did you mean 'green'"},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		const char *const overrides[] = {cases[i].override, NULL};

		pr_diag_init(&diag, &arena);
		if (load("", overrides) || !strstr(diag.first->words.p, cases[i].words) ||
		    diag.n != 1)
			fail_msg("%s: %s", cases[i].override,
				 diag.first ? diag.first->words.p : "accepted");
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *words;
	} cases[] = {
	    {"rooms: {}\n", 1, 1, "did you mean 'room'"},
	    {"nothing_like_it: {}\n", 1, 1, "is no section"},
	    {"room:\n  nubmer: 1\n", 2, 3, "did you mean 'number'"},
	    {"room:\n  number: 1\n  number: 2\n", 3, 3, "already, in line 2"},
	    {"room: {number: many}\n", 1, 16, "a whole number, from -10 to 100"},
	    {"room: {number: '5'}\n", 1, 16, "without quotes"},
	    {"room: {number: 101}\n", 1, 16, "from -10 to 100"},
	    {"room: {number: 99999999999999999999}\n", 1, 16, "whole number"},
	    {"room: {number: [5]}\n", 1, 16, "not a list"},
	    {"room: {text: {a: b}}\n", 1, 14, "not a group"},
	    {"room: {text: ''}\n", 1, 14, "is empty"},
	    {"room: {delay: 30}\n", 1, 15, "a duration such as"},
	    {"room: {delay: 8d}\n", 1, 15, "from 500ms to 7d"},
	    {"room: {delay: 99999999999999d}\n", 1, 15, "a duration such as"},
	    {"room: {delay: -1s}\n", 1, 15, "a duration such as"},
	    {"room: {size: 64KB}\n", 1, 14, "a size such as"},
	    {"room: {flag: on}\n", 1, 14, "yes or no"},
	    {"room: {flag: 'yes'}\n", 1, 14, "without quotes"},
	    {"room: {choice: Green}\n", 1, 16, "one of red, green, blue; did you mean 'green'"},
	    {"room: {list: [a, [b]]}\n", 1, 18, "a single text"},
	    {"room: {list: [a, '']}\n", 1, 18, "empty"},
	    {"room: [1]\n", 1, 7, "holds settings"},
	    {"boxes: {name: a}\n", 1, 8, "is a list"},
	    {"boxes: [a]\n", 1, 9, "begins with '- name:'"},
	    {"boxes: [{name: a}]\n", 1, 9, "lacks the setting 'host'"},
	    {"boxes: [{name: a, host: }]\n", 1, 19, "lacks the setting 'host'"},
	    {"boxes: [{name: a, host: b}, {name: a, host: c}]\n", 1, 36, "has the name 'a'"},
	    {"boxes: [{name: a, host: localhost}]\n", 1, 9, "no box is here"},
	    {"- room\n", 1, 1, "name of a section"},
	};

	(void)state;
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		const struct pr_diag_line *l;

		pr_diag_init(&diag, &arena);
		if (load(cases[i].text, NULL) || !diag.first)
			fail_msg("case %zu is accepted", i);
		l = diag.first;
		if (!strstr(l->words.p, cases[i].words) || l->mark.line != cases[i].line ||
		    l->mark.column != cases[i].column || strcmp(l->mark.file, path) != 0)
			fail_msg("case %zu: %s:%d:%d: %s", i, l->mark.file, l->mark.line,
				 l->mark.column, l->words.p);
	}
}

static void
test_all_at_once(void **state)
{
	(void)state;
	assert_null(
	    load("rom: {}\nroom: {number: x, size: y, colour: z}\nboxes: [{name: a}, {host: b}]\n",
		 NULL));
	assert_int_equal(diag.n, 6);
	pr_diag_init(&diag, &arena);
	assert_null(pr_config_load("/nonexistent/postroom.yaml", sections, known, NULL, &diag));
	assert_int_equal(diag.n, 1);
}

static void
test_required_without_default(void **state)
{
	static const struct pr_option options[] = {
	    PR_OPTION_TEXT(struct box, host, NULL, "where it is"), PR_OPTION_END};
	static const struct pr_section section = {"host",  "A host.", false, sizeof(struct box),
						  options, NULL};
	static const struct pr_section *const one[] = {&section, NULL};

	(void)state;
	assert_null(pr_config_load(NULL, one, NULL, NULL, &diag));
	assert_non_null(
	    strstr(diag.first->words.p, "'host' lacks the setting 'host': where it is"));
}

static void
test_secret(void **state)
{
	struct pr_config *config;

	(void)state;
	put("key", "hunter two\r\nsecond line\n", 0640);
	config = load("room: {secret: key}\n", NULL);
	assert_loaded(config);
	assert_string_equal(((const struct room *)pr_config_get(config, &room_section))->secret,
			    "hunter two");
	pr_config_free(&config);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	config = load("room: {secret: 'credential:key'}\n", NULL);
	assert_loaded(config);
	assert_string_equal(((const struct room *)pr_config_get(config, &room_section))->secret,
			    "hunter two");
	pr_config_free(&config);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void
test_refused_secrets(void **state)
{
	static const struct {
		const char *content;
		mode_t mode;
		const char *value, *words;
	} cases[] = {
	    {"x\n", 0644, "key", "chmod o="},
	    {"x\n", 0602, "key", "chmod o="},
	    {"", 0600, "key", "first line is empty"},
	    {"\nx\n", 0600, "key", "first line is empty"},
	    {"x\n", 0600, "Pa55word", "No such file"},
	    {"x\n", 0600, ".", "no regular file"},
	    {"x\n", 0600, "credential:key", "no such credential"},
	};

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < PR_COUNT(cases); i++) {
		char text[100];

		pr_diag_init(&diag, &arena);
		put("key", cases[i].content, cases[i].mode);
		snprintf(text, sizeof(text), "room: {secret: '%s'}\n", cases[i].value);
		if (load(text, NULL) || !strstr(diag.first->words.p, cases[i].words))
			fail_msg("case %zu: %s", i, diag.first ? diag.first->words.p : "accepted");
		/* The value may be the secret itself, put in the wrong place. */
		assert_null(strstr(diag.first->words.p, "Pa55word"));
	}
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	pr_diag_init(&diag, &arena);
	assert_null(load("room: {secret: 'credential:../key'}\n", NULL));
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void
test_example(void **state)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	struct pr_config *config;
	struct pr_str rest, line;

	(void)state;
	pr_config_example(sections, f);
	fclose(f);
	rest = pr_str_n(text, n);
	while (pr_str_cut(&rest, '\n', &line))
		assert_true(line.n <= 100);
	assert_non_null(strstr(text, "  # a time. From 500ms to 7d.\n  delay: 30s\n"));
	assert_non_null(strstr(text, "  text: 'a text'\n"));
	assert_non_null(strstr(text, "  # secret:\n"));
	assert_non_null(strstr(text, "#   - name:\n"));
	config = load(text, NULL);
	assert_loaded(config);
	assert_int_equal(((const struct room *)pr_config_get(config, &room_section))->delay, 30000);
	pr_config_free(&config);
	free(text);
}

static int
make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/postroom.yaml", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	char key[64];

	(void)state;
	snprintf(key, sizeof(key), "%s/key", dir);
	unlink(key);
	unlink(path);
	return rmdir(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_defaults),
	    TEST(test_file),
	    TEST(test_overrides),
	    TEST(test_refused_overrides),
	    TEST(test_refused),
	    TEST(test_all_at_once),
	    TEST(test_required_without_default),
	    TEST(test_secret),
	    TEST(test_refused_secrets),
	    TEST(test_example),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
