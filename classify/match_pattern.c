/*
 * match_pattern: a regular expression (PCRE2, here only) over folded text, with every limit it has.
 * A limit that was hit answers could-not-tell.
 *
 * A pattern is compiled twice: for text of ASCII, which folded English and Welsh are, as plain
 * bytes and by PCRE2's JIT where the system lets it (a service with MemoryDenyWriteExecute falls
 * back to the interpreter by itself); for other text with all of Unicode, interpreted. ASCII text
 * matches alike in both. JIT knows the match limit and has a stack of its own with an end; depth
 * and heap are the interpreter's.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "classify/ledger.h"
#include "classify/match_scan.h"
#include "classify/ruleset.h"
#include "postroom/clock.h"
#include "postroom/utf8.h"

#define PATTERN_MAX    1024
#define MATCH_LIMIT    100000
#define DEPTH_LIMIT    10000
#define HEAP_LIMIT_KIB 8192

/* What the patterns of one rule set share: PCRE2 keeps the memory of its greatest match. */
struct engine {
	pcre2_compile_context *compile;
	pcre2_match_context *limits;
	pcre2_match_data *data;
	size_t users;
};

struct pattern {
	struct engine *engine;
	pcre2_code *code;
	pcre2_code *ascii;   /* NULL: the pattern has letters above ASCII */
	struct pr_str regex; /* as PCRE2 has it: folded */
	struct pr_ledger ledger;
};

/* What could lift a limit, recurse or call out, and how it is spelt behind '\' or '('. */
static const char *
forbidden_at(struct pr_str s)
{
	static const struct {
		const char *text, *why;
	} table[] = {
	    {"(*", "may not set options or verbs with '(*'"},
	    {"(?R", "may not call itself"},
	    {"(?0", "may not call itself"},
	    {"(?P>", "may not call a group"},
	    {"(?P=", "may not refer back to a group"},
	    {"(?&", "may not call a group"},
	    {"(?C", "may not call out"},
	    {"(?(", "may not branch on a condition"},
	    {"\\g", "may not refer to a group"},
	    {"\\k", "may not refer to a group"},
	    {"\\C", "may not match single bytes"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (pr_str_starts(s, pr_str_c(table[i].text)))
			return table[i].why;
	if (pr_str_starts(s, PR_STR("(?")) && s.n > 2) {
		char c = s.p[2] == '+' || s.p[2] == '-' ? (s.n > 3 ? s.p[3] : ' ') : s.p[2];

		if (c >= '1' && c <= '9')
			return "may not call a group";
	}
	return NULL;
}

static const char *
forbidden(struct pr_str s, size_t *at)
{
	const char *why;

	for (*at = 0; *at < s.n; ++*at) {
		why = forbidden_at(pr_str_sub(s, *at, s.n));
		if (why)
			return why;
		if (s.p[*at] == '\\')
			++*at;
	}
	return NULL;
}

/* Letters above ASCII are folded as the text is; the pattern's own syntax is left as it stands. */
static struct pr_str
fold_letters(struct pr_str s, struct pr_arena *a)
{
	char *out = pr_arena_alloc(a, s.n * 3 + 1);
	size_t n = 0, used;
	struct pr_folded folded;
	uint32_t c;

	for (size_t i = 0; i < s.n; i += used) {
		used = pr_utf8_decode(pr_str_sub(s, i, s.n), &c);
		if (used <= 1) {
			out[n++] = s.p[i];
			used = 1;
			continue;
		}
		pr_fold(pr_str_sub(s, i, used), a, &folded);
		if (n + folded.text.n <= s.n * 3) {
			memcpy(out + n, folded.text.p, folded.text.n);
			n += folded.text.n;
		}
	}
	return pr_str_n(out, n);
}

static int
at_offset(struct pr_diag *diag, const struct pr_yaml *v, size_t offset, const char *words)
{
	struct pr_mark mark = v->mark;

	mark.column += (int)offset + (v->quoted ? 1 : 0);
	return pr_diag_add(diag, mark, "the pattern %s", words);
}

static struct engine *
engine_new(void)
{
	struct engine *e = pr_calloc(1, sizeof(*e));

	e->compile = pcre2_compile_context_create(NULL);
	e->limits = pcre2_match_context_create(NULL);
	e->data = pcre2_match_data_create(1, NULL);
	if (!e->compile || !e->limits || !e->data)
		pr_out_of_memory();
	/* '.' and '$' mean the same with every PCRE2, and the same as to the scan */
	pcre2_set_newline(e->compile, PCRE2_NEWLINE_LF);
	pcre2_set_match_limit(e->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(e->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(e->limits, HEAP_LIMIT_KIB);
	return e;
}

/* That of the last pattern made; the newest conditions come first, so it is near. */
static struct engine *
engine_of(const struct pr_rules *rules)
{
	for (const struct pr_condition *c = rules->made; c; c = c->next_made)
		if (c->kind == &pr_match_pattern && c->data)
			return ((const struct pattern *)c->data)->engine;
	return engine_new();
}

static void
engine_leave(struct engine *e)
{
	if (e->users && --e->users)
		return;
	pcre2_compile_context_free(e->compile);
	pcre2_match_context_free(e->limits);
	pcre2_match_data_free(e->data);
	free(e);
}

#define OPTIONS (PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE)

static pcre2_code *
compile_ascii(const struct pattern *p)
{
	PCRE2_SIZE offset;
	pcre2_code *code;
	int error;

	if (!pr_is_ascii(p->regex))
		return NULL;
	code = pcre2_compile((PCRE2_SPTR)p->regex.p, p->regex.n, OPTIONS, &error, &offset,
			     p->engine->compile);
	if (code)
		pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it: interpreted */
	return code;
}

static struct pattern *
compile(struct pr_rules *rules, const struct pr_yaml *v, struct pr_diag *diag)
{
	struct pattern *p = PR_ARENA_NEW(&rules->arena, struct pattern);
	PCRE2_UCHAR words[128];
	PCRE2_SIZE offset;
	int code;

	p->regex = fold_letters(v->text, &rules->arena);
	p->engine = engine_of(rules);
	p->engine->users++;
	p->code = pcre2_compile((PCRE2_SPTR)p->regex.p, p->regex.n, PCRE2_UTF | PCRE2_UCP | OPTIONS,
				&code, &offset, p->engine->compile);
	if (p->code) {
		p->ascii = compile_ascii(p);
		return p;
	}
	pcre2_get_error_message(code, words, sizeof(words));
	at_offset(diag, v, offset, (const char *)words);
	engine_leave(p->engine);
	return NULL;
}

static int
pattern_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
	      struct pr_diag *diag)
{
	const char *why;
	size_t at;

	if (v->kind != PR_YAML_SCALAR || !v->text.n)
		return pr_diag_add(diag, v->mark, "a pattern is one text in single quotes");
	if (v->text.n > PATTERN_MAX)
		return pr_diag_add(diag, v->mark,
				   "a pattern has at most %d bytes; use words, or several patterns",
				   PATTERN_MAX);
	why = forbidden(v->text, &at);
	if (why)
		return at_offset(diag, v, at, why);
	c->data = compile(rules, v, diag);
	return c->data ? 0 : -1;
}

static bool
is_limit(int rc)
{
	return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ||
	       rc == PCRE2_ERROR_HEAPLIMIT || rc == PCRE2_ERROR_JIT_STACKLIMIT;
}

static enum pr_match
match_field(struct pattern *p, const struct pr_message *m, uint32_t field, size_t from,
	    struct pr_span *span)
{
	const struct pr_searched *f = &m->fields[field];
	struct pr_str s = f->folded.text;
	const PCRE2_SIZE *found;
	uint64_t began;
	int rc;

	if (from > s.n)
		return PR_MATCH_NO;
	while (from < s.n && ((unsigned char)s.p[from] & 0xc0) == 0x80)
		from++;
	began = pr_ledger_now();
	rc = pcre2_match(f->ascii && p->ascii ? p->ascii : p->code, (PCRE2_SPTR)(s.n ? s.p : ""),
			 s.n, from, PCRE2_NO_UTF_CHECK, p->engine->data, p->engine->limits);
	pr_ledger_note(&p->ledger, began, is_limit(rc), m->number);
	if (rc == PCRE2_ERROR_NOMATCH)
		return PR_MATCH_NO;
	if (rc < 0)
		return PR_MATCH_UNKNOWN;
	found = pcre2_get_ovector_pointer(p->engine->data);
	/* \K in a lookahead can give an end before the start */
	span->start = (uint32_t)(found[0] < found[1] ? found[0] : found[1]);
	span->end = (uint32_t)found[1];
	return PR_MATCH_YES;
}

/* May it match at all? Without a scan, everything may. */
static bool
may_match(const struct pr_message *m, uint32_t id)
{
	return !m->may || (m->may[id / 64] >> (id % 64) & 1);
}

static enum pr_match
pattern_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	     struct pr_span *span)
{
	enum pr_match worst = PR_MATCH_NO, one;
	struct pattern *p = c->data;

	if (!may_match(m, c->id))
		return PR_MATCH_NO;
	for (uint32_t i = after ? after->field : 0; i < m->nfields; i++) {
		if (!pr_condition_looks_at(c, &m->fields[i]))
			continue;
		if (p->ledger.quarantined || pr_mono() > m->deadline)
			return PR_MATCH_UNKNOWN;
		one = match_field(p, m, i, after && after->field == i ? after->start + 1 : 0, span);
		if (one == PR_MATCH_YES) {
			span->field = i;
			return one;
		}
		if (one == PR_MATCH_UNKNOWN)
			worst = one;
	}
	return worst;
}

static void
pattern_release(struct pr_condition *c)
{
	struct pattern *p = c->data;

	if (!p)
		return;
	pcre2_code_free(p->code);
	pcre2_code_free(p->ascii);
	engine_leave(p->engine);
	c->data = NULL;
}

const struct pr_match_kind pr_match_pattern = {"pattern", pattern_parse, pattern_test,
					       pattern_release};

struct pr_ledger *
pr_pattern_ledger(const struct pr_condition *c)
{
	struct pattern *p = c->kind == &pr_match_pattern ? c->data : NULL;

	return p ? &p->ledger : NULL;
}

const struct pr_scan_pattern *
pr_match_patterns(const struct pr_rules *rules, struct pr_arena *a, size_t *n)
{
	struct pr_scan_pattern *v;
	size_t at = 0;

	for (const struct pr_condition *c = rules->made; c; c = c->next_made)
		at += c->kind == &pr_match_pattern && c->data;
	*n = at;
	v = pr_arena_array(a, at, sizeof(*v));
	/* the newest first: in the order of the files they are found again in the cache */
	for (const struct pr_condition *c = rules->made; c; c = c->next_made)
		if (c->kind == &pr_match_pattern && c->data)
			v[--at] = (struct pr_scan_pattern){((const struct pattern *)c->data)->regex,
							   c->id};
	return v;
}
