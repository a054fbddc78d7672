/*
 * postroom classify --json [--rules DIR] [--prefix XYZ] [FILE]: verdicts for contacts, JSON Lines
 * in, JSON Lines out. Needs rules only: no server, store or configuration.
 */
#include "tools/tools.h"

#include "postroom/classify.h"
#include "postroom/cleanup.h"
#include "postroom/phone.h"
#include "postroom/utf8.h"

#include <errno.h>
#include <jansson.h>

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

/* ---- in ---- */

static struct pr_str
text_of(const json_t *v)
{
	return json_is_string(v) ? pr_str_n(json_string_value(v), json_string_length(v))
				 : PR_STR_NONE;
}

static void
read_sender(struct run *r, struct pr_str from, struct pr_contact *c)
{
	struct pr_phone phone = pr_phone_parse(from);

	if (phone.kind == PR_PHONE_E164)
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_phone), &r->arena,
				    pr_str_c(phone.text));
	else
		pr_contact_text_set(c, PR_CONTACT_FIELD(from_email), &r->arena, from);
}

static void
read_form(struct run *r, json_t *form, struct pr_contact *c)
{
	const char *name;
	json_t *v;

	json_object_foreach(form, name, v)
	{
		struct pr_buf b;

		pr_buf_init(&b, (size_t)64 << 10);
		pr_buf_add_c(&b, name);
		pr_buf_add_char(&b, '=');
		pr_buf_add_str(&b, text_of(v));
		pr_contact_list_add(c, PR_CONTACT_FIELD(form), &r->arena, pr_buf_str(&b));
		pr_buf_release(&b);
	}
}

static void
read_contact(struct run *r, const json_t *in, struct pr_contact *c)
{
	pr_contact_text_set(c, PR_CONTACT_FIELD(channel), &r->arena,
			    text_of(json_object_get(in, "channel")));
	pr_contact_text_set(c, PR_CONTACT_FIELD(from_name), &r->arena,
			    text_of(json_object_get(in, "from_name")));
	pr_contact_text_set(c, PR_CONTACT_FIELD(subject), &r->arena,
			    text_of(json_object_get(in, "subject")));
	pr_contact_text_set(c, PR_CONTACT_FIELD(text), &r->arena,
			    text_of(json_object_get(in, "text")));
	c->new_text = c->text;
	c->automated = PR_STR("no");
	read_sender(r, text_of(json_object_get(in, "from")), c);
	read_form(r, json_object_get(in, "form"), c);
}

/* ---- out ---- */

static json_t *
json_text(struct pr_str s)
{
	return json_stringn(s.n ? s.p : "", s.n);
}

static void
put_service(json_t *o, int64_t lgsl, int64_t lgil)
{
	json_object_set_new(o, "lgsl", lgsl ? json_integer(lgsl) : json_null());
	json_object_set_new(o, "lgil", lgsl ? json_integer(lgil) : json_null());
}

/* "557/17 2500" or "557/17" */
static json_t *
service_of(struct pr_str text)
{
	struct pr_str id = PR_STR_NONE, lgsl = PR_STR_NONE;
	int64_t a = 0, b = 0, score = 0;
	bool scored = pr_str_find(text, PR_STR(" ")) != (size_t)-1;
	json_t *o;

	if (!pr_str_cut(&text, ' ', &id) || !pr_str_cut(&id, '/', &lgsl) ||
	    !pr_str_int(lgsl, 0, 99999, &a) || !pr_str_int(id, 0, 9999, &b))
		return json_null();
	o = json_object();
	put_service(o, a, b);
	if (scored && pr_str_int(text, 0, 1000000, &score))
		json_object_set_new(o, "score", json_real((double)score / 1000));
	return o;
}

static json_t *
rule_of(struct pr_str line)
{
	struct pr_str name = PR_STR_NONE, field = PR_STR_NONE, from = PR_STR_NONE;
	int64_t start = 0, end = 0;
	json_t *o = json_object();

	pr_str_cut(&line, ' ', &name);
	pr_str_cut(&line, ' ', &field);
	pr_str_cut(&line, ' ', &from);
	if (!pr_str_int(from, 0, INT32_MAX, &start) || !pr_str_int(line, 0, INT32_MAX, &end))
		start = end = 0;
	json_object_set_new(o, "rule", json_text(name));
	json_object_set_new(o, "field", json_text(field));
	json_object_set_new(o, "start", json_integer(start));
	json_object_set_new(o, "end", json_integer(end));
	return o;
}

static json_t *
list_of(struct pr_list list, json_t *(*each)(struct pr_str))
{
	json_t *v = json_array();

	for (size_t i = 0; i < list.n; i++)
		json_array_append_new(v, each(list.v[i]));
	return v;
}

static void
put_text(json_t *o, const char *name, struct pr_str s, bool or_null)
{
	json_object_set_new(o, name, or_null && !s.n ? json_null() : json_text(s));
}

static json_t *
verdict(const json_t *in, const struct pr_contact *c)
{
	json_t *o = json_object(), *id = json_object_get(in, "id");

	json_object_set_new(o, "id", id ? json_incref(id) : json_null());
	put_service(o, c->lgsl, c->lgil);
	json_object_set_new(o, "score", json_real((double)c->score / 1000));
	json_object_set_new(o, "margin", json_real((double)c->margin / 1000));
	json_object_set_new(o, "certain", json_boolean(c->certain));
	json_object_set_new(o, "runner_up", service_of(c->runner_up));
	json_object_set_new(o, "also", list_of(c->also, service_of));
	put_text(o, "kind", c->kind, false);
	put_text(o, "lang", c->lang, false);
	put_text(o, "risk", c->risk, false);
	json_object_set_new(o, "flags", list_of(c->flags, json_text));
	put_text(o, "ack", c->ack, false);
	put_text(o, "postcode", c->postcode, true);
	put_text(o, "case_ref", c->case_ref, true);
	put_text(o, "phone", c->phone, true);
	json_object_set_new(o, "rules", list_of(c->rules, rule_of));
	json_object_set_new(o, "incomplete", json_boolean(c->incomplete));
	return o;
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
	read_contact(r, in, &c);
	rc = pr_classify(r->rules, &r->world, &r->arena, &c, &err) < 0 ? pr_tool_failed(&err) : 0;
	if (rc == 0) {
		out = verdict(in, &c);
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
	rules = pr_rules_load(dir, &diag);
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
