/*
 * yaml: the part of YAML that a council officer writes, as a tree with marks. The only file that
 * knows libyaml.
 *
 * The tree is built from libyaml's events with a stack of its own, so that depth and size are
 * limited while reading and every entry knows its line and column.
 */
#include "postroom/yaml.h"

#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "postroom/utf8.h"

#include <fcntl.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, FILE_MAX = 4 << 20 };

struct frame {
	struct pr_yaml *node;
	struct pr_yaml **tail;
	struct pr_str key; /* of the entry that is to come, with p set; a map whose key.p is NULL
			      awaits a key */
	struct pr_mark key_mark;
};

struct reader {
	yaml_parser_t parser;
	const char *name;
	struct pr_arena *arena;
	struct pr_diag *diag;
	struct frame stack[DEPTH_MAX];
	size_t depth;
	struct pr_yaml *root;
	size_t documents;
	bool stop; /* the tree cannot be built any further */
};

static struct pr_mark
mark_of(const struct reader *r, yaml_mark_t m)
{
	return (struct pr_mark){r->name, (int)m.line + 1, (int)m.column + 1};
}

/* Line and column (in characters) of a byte, for what libyaml tells by offset only. */
static struct pr_mark
mark_at(const char *name, struct pr_str bytes, size_t offset)
{
	struct pr_mark m = {name, 1, 1};

	for (size_t i = 0; i < offset && i < bytes.n; i++) {
		if (bytes.p[i] == '\n') {
			m.line++;
			m.column = 1;
		} else if (((unsigned char)bytes.p[i] & 0xc0) != 0x80) {
			m.column++;
		}
	}
	return m;
}

/* What libyaml says, and what it means to somebody who is no programmer. */
static const struct {
	const char *problem, *words;
} syntax_errors[] = {
    {"found unknown escape character",
     "a backslash in double quotes starts an escape, and YAML does not know this one; write "
     "patterns in single quotes"},
    {"did not find expected hexdecimal number",
     "a backslash in double quotes starts an escape, and this one lacks its digits; write "
     "patterns in single quotes"},
    {"found character that cannot start any token",
     "a line cannot begin with this character; indent with spaces instead of tabs, and put a text "
     "that begins with %, @ or ` in quotes"},
    {"found a tab character that violates indentation", "indent with spaces instead of tabs"},
    {"found a tab character where an indentation space is expected",
     "indent with spaces instead of tabs"},
    {"could not find expected ':'", "there is no ':' after the name of a setting"},
    {"mapping values are not allowed in this context",
     "a ':' cannot stand here; check the indentation, and put a text that contains ': ' in quotes"},
    {"found unexpected ':'",
     "a ':' cannot stand here; put a blank behind it, or quotes around the text"},
    {"did not find expected key",
     "expected the name of a setting; check the indentation and the quotes above"},
    {"did not find expected '-' indicator",
     "expected the next entry of the list, which begins with '-'; check the indentation"},
    {"block sequence entries are not allowed in this context",
     "an entry of a list ('-') cannot stand here; check the indentation"},
    {"did not find expected ',' or ']'", "expected ',' or ']' in a list that began with '['"},
    {"did not find expected ',' or '}'", "expected ',' or '}' in a group that began with '{'"},
    {"did not find expected node content", "expected a value"},
    {"found unexpected end of stream", "a text in quotes is not closed before the file ends"},
    {"found unexpected document indicator", "a text in quotes is not closed before '---' or '...'"},
    {"did not find expected <document start>",
     "the file goes on where it should have ended; check the indentation"},
    {"control characters are not allowed", "a control character cannot stand in a file of text"},
};

static void
syntax_error(struct reader *r, struct pr_str bytes)
{
	const char *problem = r->parser.problem ? r->parser.problem : "no reason given";
	struct pr_mark mark = r->parser.error == YAML_READER_ERROR
				  ? mark_at(r->name, bytes, r->parser.problem_offset)
				  : mark_of(r, r->parser.problem_mark);

	for (size_t i = 0; i < sizeof(syntax_errors) / sizeof(syntax_errors[0]); i++)
		if (!strcmp(problem, syntax_errors[i].problem)) {
			pr_diag_add(r->diag, mark, "%s", syntax_errors[i].words);
			return;
		}
	pr_diag_add(r->diag, mark, "this is no YAML: %s", problem);
}

static void
stop(struct reader *r, struct pr_mark mark, const char *words)
{
	pr_diag_add(r->diag, mark, "%s", words);
	r->stop = true;
}

static struct frame *
top(struct reader *r)
{
	return r->depth ? &r->stack[r->depth - 1] : NULL;
}

static bool
awaits_key(struct reader *r)
{
	const struct frame *f = top(r);

	return f && f->node->kind == PR_YAML_MAP && !f->key.p;
}

/* A node in its place: the root, the next entry of a list, or the value of the key that was read
 * before. */
static struct pr_yaml *
add_node(struct reader *r, enum pr_yaml_kind kind, struct pr_mark mark)
{
	struct frame *f = top(r);
	struct pr_yaml *node;

	if (pr_arena_left(r->arena) < sizeof(*node) + 4096) {
		stop(r, mark, "the file has more entries than can be read; divide it");
		return NULL;
	}
	node = PR_ARENA_NEW(r->arena, struct pr_yaml);
	node->kind = kind;
	node->mark = mark;
	if (!f) {
		r->root = node;
		return node;
	}
	node->key = f->key;
	node->key_mark = f->key_mark;
	f->key = PR_STR_NONE;
	*f->tail = node;
	f->tail = &node->next;
	f->node->n++;
	return node;
}

static bool
copy_text(struct reader *r, const yaml_event_t *e, struct pr_mark mark, struct pr_str *out)
{
	struct pr_str s = pr_str_n(e->data.scalar.value, e->data.scalar.length);

	if (!pr_utf8_ok(s)) {
		/* Only an escape can have done this: the file itself was checked. */
		pr_diag_add(r->diag, mark, "a text cannot hold the character NUL");
		s = PR_STR("");
	}
	if (pr_arena_left(r->arena) < s.n + 4096) {
		stop(r, mark, "the file is larger than can be read; divide it");
		return false;
	}
	*out = pr_arena_dup(r->arena, s);
	return true;
}

static void
read_key(struct reader *r, const yaml_event_t *e, struct pr_mark mark)
{
	struct frame *f = top(r);

	if (!copy_text(r, e, mark, &f->key))
		return;
	f->key_mark = mark;
	if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		pr_diag_add(r->diag, mark, "write the name of a setting without quotes");
	else if (pr_str_eq_c(f->key, "<<"))
		pr_diag_add(r->diag, mark,
			    "'<<' (merging) is not used here; write the settings out");
	else if (!f->key.n)
		pr_diag_add(r->diag, mark, "there is no name before the ':'");
}

static void
refuse_anchor_and_tag(struct reader *r, struct pr_mark mark, const yaml_char_t *anchor,
		      const yaml_char_t *tag)
{
	if (anchor)
		pr_diag_add(
		    r->diag, mark,
		    "anchors ('&') are not used here; put a text that begins with '&' in quotes");
	if (tag)
		pr_diag_add(
		    r->diag, mark,
		    "tags ('!') are not used here; put a text that begins with '!' in quotes");
}

static void
read_scalar(struct reader *r, const yaml_event_t *e, struct pr_mark mark)
{
	struct pr_yaml *node;

	refuse_anchor_and_tag(r, mark, e->data.scalar.anchor, e->data.scalar.tag);
	if (awaits_key(r)) {
		read_key(r, e, mark);
		return;
	}
	node = add_node(r, PR_YAML_SCALAR, mark);
	if (!node)
		return;
	node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	copy_text(r, e, mark, &node->text);
}

static void
open_node(struct reader *r, enum pr_yaml_kind kind, struct pr_mark mark)
{
	struct pr_yaml *node;

	if (awaits_key(r)) {
		stop(r, mark, "the name of a setting must be a single word");
		return;
	}
	if (r->depth == DEPTH_MAX) {
		stop(r, mark, "the entries are nested more than 32 deep");
		return;
	}
	node = add_node(r, kind, mark);
	if (node)
		r->stack[r->depth++] = (struct frame){.node = node, .tail = &node->first};
}

static int
compare_keys(const void *pa, const void *pb)
{
	const struct pr_yaml *a = *(const struct pr_yaml *const *)pa;
	const struct pr_yaml *b = *(const struct pr_yaml *const *)pb;
	int by_key = pr_str_cmp(a->key, b->key);

	if (by_key)
		return by_key;
	return a->key_mark.line != b->key_mark.line ? a->key_mark.line - b->key_mark.line
						    : a->key_mark.column - b->key_mark.column;
}

/* Sorted, not compared each with each: a hostile map has a million keys. */
static void
refuse_twins(struct reader *r, const struct pr_yaml *map)
{
	struct pr_yaml **v;
	size_t n = 0;

	if (map->n < 2)
		return;
	v = pr_calloc(map->n, sizeof(struct pr_yaml *));
	for (struct pr_yaml *e = map->first; e; e = e->next)
		v[n++] = e;
	qsort(v, n, sizeof(struct pr_yaml *), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (pr_str_eq(v[i - 1]->key, v[i]->key) && v[i]->key.n)
			pr_diag_add(r->diag, v[i]->key_mark,
				    "'" PR_S_FMT "' stands here already, in line %d",
				    PR_S(v[i]->key), v[i - 1]->key_mark.line);
	free(v);
}

static void
close_node(struct reader *r)
{
	const struct pr_yaml *node = r->stack[--r->depth].node;

	if (node->kind == PR_YAML_MAP)
		refuse_twins(r, node);
}

static void
read_event(struct reader *r, const yaml_event_t *e)
{
	struct pr_mark mark = mark_of(r, e->start_mark);

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents++)
			stop(r, mark, "a second document ('---') begins here; a file holds one");
		break;
	case YAML_SCALAR_EVENT:
		read_scalar(r, e, mark);
		break;
	case YAML_SEQUENCE_START_EVENT:
		refuse_anchor_and_tag(r, mark, e->data.sequence_start.anchor,
				      e->data.sequence_start.tag);
		open_node(r, PR_YAML_LIST, mark);
		break;
	case YAML_MAPPING_START_EVENT:
		refuse_anchor_and_tag(r, mark, e->data.mapping_start.anchor,
				      e->data.mapping_start.tag);
		open_node(r, PR_YAML_MAP, mark);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_node(r);
		break;
	case YAML_ALIAS_EVENT:
		stop(r, mark,
		     "aliases ('*') are not used here; put a text that begins with '*' in quotes");
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
}

static void
read_all(struct reader *r, struct pr_str bytes)
{
	bool end = false;

	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)(bytes.n ? bytes.p : ""),
				     bytes.n);
	while (!r->stop && !end) {
		yaml_event_t e;

		if (!yaml_parser_parse(&r->parser, &e)) {
			syntax_error(r, bytes);
			r->stop = true;
			return;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		read_event(r, &e);
		yaml_event_delete(&e);
	}
}

static bool
text_ok(struct pr_str bytes, const char *name, struct pr_diag *diag)
{
	struct pr_str rest = bytes;
	uint32_t cp;
	size_t n;

	if (bytes.n > FILE_MAX) {
		pr_diag_add(diag, (struct pr_mark){name, 0, 0}, "the file is larger than 4 MiB");
		return false;
	}
	if (pr_utf8_ok(bytes))
		return true;
	while ((n = pr_utf8_decode(rest, &cp)) > 0 && cp != 0)
		rest = pr_str_sub(rest, n, rest.n);
	pr_diag_add(diag, mark_at(name, bytes, bytes.n - rest.n),
		    "this byte is no UTF-8 text; save the file with the encoding UTF-8");
	return false;
}

struct pr_yaml *
pr_yaml_parse(struct pr_str bytes, const char *name, struct pr_arena *a, struct pr_diag *diag)
{
	struct reader r = {.name = name, .arena = a, .diag = diag};
	size_t before = diag->n;

	if (!text_ok(bytes, name, diag))
		return NULL;
	if (!yaml_parser_initialize(&r.parser))
		pr_out_of_memory();
	read_all(&r, bytes);
	yaml_parser_delete(&r.parser);
	if (diag->n > before)
		return NULL;
	if (!r.root)
		r.root = add_node(&r, PR_YAML_MAP, (struct pr_mark){name, 1, 1});
	else if (r.root->kind == PR_YAML_SCALAR && !r.root->quoted && !r.root->text.n)
		r.root->kind = PR_YAML_MAP;
	return r.root;
}

struct pr_yaml *
pr_yaml_load(const char *path, struct pr_arena *a, struct pr_diag *diag)
{
	PR_AUTO_BUF struct pr_buf bytes;
	struct pr_err err;
	const char *name = pr_arena_dup_c(a, pr_str_c(path));

	pr_buf_init(&bytes, FILE_MAX + 1);
	if (pr_file_read(AT_FDCWD, path, &bytes, &err) < 0) {
		pr_diag_add(diag, (struct pr_mark){name, 0, 0}, "%s", err.msg);
		return NULL;
	}
	return pr_yaml_parse(pr_buf_str(&bytes), name, a, diag);
}

const struct pr_yaml *
pr_yaml_get(const struct pr_yaml *map, const char *key)
{
	if (!map || map->kind != PR_YAML_MAP)
		return NULL;
	for (const struct pr_yaml *e = map->first; e; e = e->next)
		if (pr_str_eq_c(e->key, key))
			return e;
	return NULL;
}
