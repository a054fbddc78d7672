/*
 * postroom classify --json [--rules DIR] [--prefix XYZ] [FILE]: verdicts for contacts, JSON Lines
 * in, JSON Lines out. Needs rules only: no server, store or configuration.
 */
#include "tools/contact_json.h"
#include "tools/tools.h"
#include "tools/verdict_json.h"

#include "postroom/classify.h"
#include "postroom/cleanup.h"

#include <errno.h>

#define LINE_ARENA_MAX ((size_t)64 << 20)
#define RULES_DEFAULT  "rules"
#define PREFIX_DEFAULT "EXA"

struct run {
	const char *rules_dir, *prefix, *file;
	struct pr_rules *rules;
	struct pr_classify_world world;
	struct pr_arena arena;
};

static int
usage(const char *why)
{
	fprintf(stderr,
		"postroom classify: %s\nusage: postroom classify --json [--rules DIR] [--prefix "
		"ABC] [FILE]\n",
		why);
	return PR_EXIT_CONFIG;
}

static int
arguments(struct run *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			continue;
		if ((strcmp(argv[i], "--rules") == 0 || strcmp(argv[i], "--prefix") == 0) &&
		    i + 1 < argc) {
			*(argv[i][2] == 'r' ? &r->rules_dir : &r->prefix) = argv[i + 1];
			i++;
		} else if ((argv[i][0] == '-' && argv[i][1]) || r->file) {
			return usage("an argument too many or one that is not known");
		} else {
			r->file = argv[i];
		}
	}
	return 0;
}

/* ---- the run ---- */

static int
classify_line(struct run *r, const char *line, size_t n, size_t number)
{
	json_error_t wrong;
	json_t *in = json_loadb(line, n, 0, &wrong), *out;
	struct pr_contact c = {0};
	struct pr_err err;
	int rc;

	if (!json_is_object(in)) {
		fprintf(stderr, "postroom classify: line %zu: not a JSON object: %s\n", number,
			in ? "another value" : wrong.text);
		json_decref(in);
		return PR_EXIT_CONFIG;
	}
	pr_arena_reset(&r->arena);
	pr_contact_json(in, &r->arena, &c);
	rc = pr_classify(r->rules, &r->world, &r->arena, &c, &err) < 0 ? pr_tool_failed(&err) : 0;
	if (rc == 0) {
		out = pr_verdict_json(json_object_get(in, "id"), &c);
		json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
		putchar('\n');
		json_decref(out);
	}
	json_decref(in);
	return rc;
}

static int
classify_lines(struct run *r, FILE *in)
{
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &room, in)) >= 0) {
		number++;
		if (pr_str_trim(pr_str_n(line, (size_t)n)).n)
			rc = classify_line(r, line, (size_t)n, number);
	}
	if (ferror(in)) {
		fprintf(stderr, "postroom classify: cannot read: %s\n", strerror(errno));
		rc = PR_EXIT_TEMPORARY;
	}
	free(line);
	if (fflush(stdout) != 0 && rc == 0)
		rc = PR_EXIT_TEMPORARY;
	return rc;
}

static struct pr_rules *
load(const char *dir)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *rules;

	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
	rules = pr_tool_rules_load(dir, &diag);
	if (!rules)
		pr_diag_print(&diag, stderr);
	return rules;
}

int
pr_tool_classify(int argc, char **argv)
{
	struct run r = {.rules_dir = RULES_DEFAULT, .prefix = PREFIX_DEFAULT};
	FILE *in = stdin;
	int rc = arguments(&r, argc, argv);

	if (rc)
		return rc;
	if (r.file && strcmp(r.file, "-") != 0) {
		in = fopen(r.file, "re");
		if (!in) {
			fprintf(stderr, "postroom classify: cannot open '%s': %s\n", r.file,
				strerror(errno));
			return PR_EXIT_CONFIG;
		}
	}
	r.rules = load(r.rules_dir);
	r.world.reference_prefix = pr_str_c(r.prefix);
	pr_arena_init(&r.arena, LINE_ARENA_MAX);
	rc = r.rules ? classify_lines(&r, in) : PR_EXIT_CONFIG;
	pr_arena_release(&r.arena);
	pr_rules_free(&r.rules);
	if (in != stdin)
		fclose(in);
	return rc;
}
