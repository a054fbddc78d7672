/* judged: contacts and where people put them, from an installation or a file. */
#include "tools/judged.h"

#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "tools/contact_json.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#define CONTACT_ARENA_MAX ((size_t)64 << 20)
#define SIDECAR_MAX       ((size_t)16 << 20)
#define PAGE              1000
#define DAY_MS            INT64_C(86400000)

struct pr_judged_row {
	struct pr_cid cid;
	int lgsl, lgil; /* 0: nobody said */
};

/* ---- arguments ---- */

bool
pr_judged_number(int argc, char **argv, int *i, double min, double max, double *out)
{
	char *end = NULL;

	if (*i + 1 < argc) {
		*out = strtod(argv[*i + 1], &end);
		if (end != argv[*i + 1] && !*end && *out >= min && *out <= max) {
			++*i;
			return true;
		}
	}
	fprintf(stderr, "postroom rules: %s needs a number from %g to %g\n", argv[*i], min, max);
	return false;
}

int
pr_judged_arguments(struct pr_judged_source *s, int argc, char **argv)
{
	*s = (struct pr_judged_source){.argc = 1, .argv = argv};
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--file") == 0 && more) {
			s->file = argv[++i];
		} else if (strcmp(argv[i], "-c") == 0 && more) {
			s->config = argv[++i];
		} else if (strcmp(argv[i], "--since") == 0) {
			if (!pr_judged_number(argc, argv, &i, 1, 36500, &s->days))
				return PR_EXIT_CONFIG;
		} else if (strcmp(argv[i], "--json") == 0) {
			s->json = true;
		} else {
			argv[s->argc++] = argv[i];
		}
	}
	if (!s->file || (!s->config && s->days <= 0))
		return 0;
	fprintf(stderr, "postroom rules: --file takes the place of -c and --since; give one\n");
	return PR_EXIT_CONFIG;
}

/* ---- an installation ---- */

static void
keep_row(struct pr_judged_source *s, const struct pr_store_judged *row)
{
	struct pr_judged_row *r;
	bool judged = row->assigned || row->closed;

	if (s->total == s->room) {
		s->room = s->room ? s->room * 2 : PAGE;
		s->rows = realloc(s->rows, s->room * sizeof(*s->rows));
		if (!s->rows)
			pr_out_of_memory();
	}
	r = &s->rows[s->total];
	*r = (struct pr_judged_row){.lgsl = judged ? (int)row->case_lgsl : 0,
				    .lgil = judged ? (int)row->case_lgil : 0};
	s->total += pr_cid_parse(row->cid, &r->cid);
}

static int
walk(struct pr_judged_source *s, int64_t since, struct pr_err *err)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_cid after = {""};
	struct pr_store_judged *rows;
	size_t n = PAGE;

	pr_arena_init(&a, (size_t)64 << 20);
	while (n == PAGE) {
		pr_arena_reset(&a);
		if (pr_store_judged_walk(s->tool.store, pr_str_c(after.hex), since, PAGE, &a, &rows,
					 &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			keep_row(s, &rows[i]);
		if (n && !pr_cid_parse(rows[n - 1].cid, &after))
			return pr_fail(err, PR_FATAL, 0, "the store holds a contact without an id");
	}
	return 0;
}

static int
open_installation(struct pr_judged_source *s)
{
	char rules[] = "rules", option[] = "-c";
	char *argv[] = {rules, s->config ? option : NULL, s->config, NULL};
	const struct pr_council_conf *council;
	struct pr_err err;
	int code = pr_tool_open(&s->tool, s->config ? 3 : 1, argv, PR_TOOL_SPOOL | PR_TOOL_STORE);

	if (code)
		return code;
	s->opened = true;
	council = pr_config_get(s->tool.config, &pr_council_section);
	s->rules = pr_config_path(s->tool.config, council->rules, &s->tool.arena);
	s->prefix = pr_str_c(council->prefix);
	if (walk(s, s->days > 0 ? pr_now() - (int64_t)s->days * DAY_MS : 0, &err) < 0)
		return pr_tool_failed(&err);
	pr_store_close(&s->tool.store); /* no connection goes into forked processes */
	return 0;
}

static int
each_row(const struct pr_judged_source *s, const struct pr_judged_row *row, struct pr_arena *a,
	 struct pr_buf *sidecar, struct pr_judged *j, struct pr_err *err)
{
	pr_arena_reset(a);
	pr_buf_reset(sidecar);
	*j = (struct pr_judged){.by_staff = row->lgsl != 0};
	if (pr_spool_contact_read(s->tool.spool, &row->cid, sidecar, err) < 0)
		return err->fault == PR_REJECT ? 0 : -1;
	/* one that is broken or of another version is no more than skipped */
	if (pr_contact_decode(pr_buf_str(sidecar), PR_STAGE_CLASSIFY, a, &j->contact, err) < 0)
		return 0;
	if (row->lgsl) {
		j->right.v = pr_arena_alloc(a, sizeof(*j->right.v));
		j->right.v[j->right.n++] = pr_arena_printf(a, "%d/%d", row->lgsl, row->lgil);
	}
	return !j->contact.unreadable.n;
}

static int
each_of_installation(const struct pr_judged_source *s, int part, int parts,
		     int (*fn)(void *ctx, const struct pr_judged *j), void *ctx, struct pr_err *err)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf sidecar;
	int rc = 0;

	pr_arena_init(&a, CONTACT_ARENA_MAX);
	pr_buf_init(&sidecar, SIDECAR_MAX);
	for (size_t i = (size_t)part; rc == 0 && i < s->total; i += (size_t)parts) {
		struct pr_judged j;
		int found = each_row(s, &s->rows[i], &a, &sidecar, &j, err);

		if (found < 0)
			return -1;
		if (found)
			rc = fn(ctx, &j);
	}
	return rc;
}

/* ---- a file ---- */

static size_t
count_lines(FILE *f, int64_t end)
{
	static char block[1 << 16];
	size_t lines = 0, n;

	while (end > 0 && (n = fread(block, 1, sizeof(block), f)) > 0) {
		if ((int64_t)n > end)
			n = (size_t)end;
		end -= (int64_t)n;
		for (const char *p = block; (p = memchr(p, '\n', n - (size_t)(p - block))); p++)
			lines++;
	}
	return lines;
}

static int
open_file(struct pr_judged_source *s)
{
	FILE *f = fopen(s->file, "re");
	struct stat st;

	s->rules = "rules";
	s->prefix = PR_STR("EXA");
	if (!f || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode)) {
		fprintf(stderr, "postroom rules: cannot read '%s': %s\n", s->file,
			f ? "it is not a plain file" : strerror(errno));
		if (f)
			fclose(f);
		return PR_EXIT_CONFIG;
	}
	s->size = st.st_size;
	s->total = count_lines(f, s->size);
	fclose(f);
	return 0;
}

/* "557/17" or "557" */
static bool
is_service(struct pr_str text)
{
	struct pr_str rest = text, lgsl;
	int64_t n;

	return pr_str_cut(&rest, '/', &lgsl) && pr_str_int(lgsl, 1, 99999, &n) &&
	       (lgsl.n == text.n || pr_str_int(rest, 0, 9999, &n));
}

static bool
read_right(const json_t *right, struct pr_arena *a, struct pr_judged *j)
{
	size_t n = json_is_array(right) ? json_array_size(right) : 1;

	if (!right || json_is_null(right))
		return true;
	j->right.v = pr_arena_array(a, n + 1, sizeof(*j->right.v));
	for (size_t i = 0; i < n; i++) {
		struct pr_str text =
		    pr_json_text(json_is_array(right) ? json_array_get(right, i) : right);

		if (!is_service(text))
			return false;
		j->right.v[j->right.n++] = pr_arena_dup(a, text);
	}
	j->by_staff = j->right.n > 0;
	return true;
}

/* A contact's id is its "id"; without one, where its line begins. */
static void
read_id(const json_t *id, int64_t at, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_str text = pr_json_text(id);

	if (json_is_integer(id))
		text = pr_arena_printf(a, "%lld", (long long)json_integer_value(id));
	if (!text.n)
		text = pr_arena_printf(a, "byte %lld", (long long)at);
	pr_contact_text_set(c, PR_CONTACT_FIELD(cid), a, text);
}

/* Names the line, which a part of the file does not know. */
static int
bad_line(const struct pr_judged_source *s, int64_t at, const char *why, struct pr_err *err)
{
	FILE *f = fopen(s->file, "re");

	pr_fail(err, PR_REJECT, 0, "%s, line %zu: %s", s->file, f ? count_lines(f, at) + 1 : 0,
		why);
	if (f)
		fclose(f);
	return -1;
}

static int
read_line(const struct pr_judged_source *s, struct pr_str line, int64_t at, struct pr_arena *a,
	  struct pr_judged *j, struct pr_err *err)
{
	json_error_t wrong;
	json_t *in = json_loadb(line.p, line.n, 0, &wrong);
	const char *why = NULL;

	pr_arena_reset(a);
	*j = (struct pr_judged){.by_staff = false};
	if (!in) {
		why = "not a JSON object";
	} else if (!json_is_object(in)) {
		why = "another value than a JSON object";
	} else {
		pr_contact_json(in, a, &j->contact);
		read_id(json_object_get(in, "id"), at, a, &j->contact);
		if (!read_right(json_object_get(in, "right"), a, j))
			why = "\"right\" names services like \"557/17\" or \"557\"";
	}
	json_decref(in);
	return why ? bad_line(s, at, why, err) : 0;
}

/* The lines that begin within a part of the file's bytes. */
static int
each_of_file(const struct pr_judged_source *s, int part, int parts,
	     int (*fn)(void *ctx, const struct pr_judged *j), void *ctx, struct pr_err *err)
{
	PR_AUTO_ARENA struct pr_arena a;
	int64_t at = s->size / parts * part,
		end = part + 1 < parts ? at + s->size / parts : s->size;
	FILE *f = fopen(s->file, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n = 0;
	int rc = 0;

	if (!f)
		return pr_fail(err, PR_FATAL, errno, "cannot open '%s'", s->file);
	pr_arena_init(&a, CONTACT_ARENA_MAX);
	/* the line that the part before began is its */
	if (at > 0 && fseeko(f, at - 1, SEEK_SET) == 0 && (n = getline(&line, &room, f)) >= 0)
		at += n - 1;
	for (; rc == 0 && at < end && (n = getline(&line, &room, f)) >= 0; at += n) {
		struct pr_judged j;

		if (!pr_str_trim(pr_str_n(line, (size_t)n)).n)
			continue;
		rc = read_line(s, pr_str_n(line, (size_t)n), at, &a, &j, err);
		if (rc == 0)
			rc = fn(ctx, &j);
	}
	if (rc == 0 && ferror(f))
		rc = pr_fail(err, PR_RETRY, errno, "cannot read '%s'", s->file);
	free(line);
	fclose(f);
	return rc;
}

/* ---- either ---- */

int
pr_judged_open(struct pr_judged_source *s)
{
	return s->file ? open_file(s) : open_installation(s);
}

void
pr_judged_close(struct pr_judged_source *s)
{
	if (s->opened)
		pr_tool_close(&s->tool);
	free(s->rows);
	s->rows = NULL;
	s->opened = false;
}

int
pr_judged_each(const struct pr_judged_source *s, int part, int parts,
	       int (*fn)(void *ctx, const struct pr_judged *j), void *ctx, struct pr_err *err)
{
	return s->file ? each_of_file(s, part, parts, fn, ctx, err)
		       : each_of_installation(s, part, parts, fn, ctx, err);
}

struct pr_rules *
pr_judged_rules(const char *dir)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_diag diag;
	struct pr_rules *rules;

	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
	rules = pr_tool_rules_load(dir, &diag);
	if (!rules) {
		pr_diag_print(&diag, stderr);
		fprintf(stderr, "%zu errors in the rules of %s\n", diag.n, dir);
	}
	return rules;
}

void
pr_judged_progress(void *what, int thousandths)
{
	static int shown = -1;
	char bar[51];

	if (thousandths == shown || !isatty(STDERR_FILENO))
		return;
	shown = thousandths;
	for (int i = 0; i < 50; i++)
		bar[i] = i * 20 < thousandths ? '#' : '.';
	bar[50] = '\0';
	fprintf(stderr, "\r%-14s [%s] %3d %%", (const char *)what, bar, thousandths / 10);
	if (thousandths >= 1000)
		fprintf(stderr, "\r%78s\r", "");
}
