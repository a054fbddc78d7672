/*
 * page: from template text to a flat list of operations. Includes are put in place here, so that
 * the HTML context runs through them.
 */
#include "lib/web/html_context.h"
#include "lib/web/page_private.h"

#define PAGE_OPS_MAX   ((size_t)4 << 20)
#define PAGE_ARENA_MAX ((size_t)16 << 20)

struct open_section {
	size_t op;
	struct html_context html;
	struct pr_mark mark;
};

struct compiler {
	struct pr_page *page;
	enum pr_page_kind kind;
	const char *const *names;
	pr_page_include *include;
	void *ctx;
	struct pr_diag *diag;
	struct pr_buf ops; /* of struct page_op */
	struct html_context html;
	struct open_section open[PAGE_DEPTH_MAX];
	size_t depth;
	size_t includes; /* how deep */
	bool html_lost;  /* one complaint about the HTML is enough: the rest would follow from it */
};

/* One source being read: the template itself or one that it includes. */
struct reader {
	const char *file;
	struct pr_str src;
	size_t at;
	int line, column;
};

static struct pr_mark
mark_of(const struct reader *r)
{
	return (struct pr_mark){.file = r->file, .line = r->line, .column = r->column};
}

static void
advance(struct reader *r, size_t n)
{
	for (; n > 0; n--, r->at++) {
		if (r->src.p[r->at] == '\n') {
			r->line++;
			r->column = 1;
		} else {
			r->column++;
		}
	}
}

static struct page_op *
op_at(const struct compiler *c, size_t i)
{
	return (struct page_op *)(void *)c->ops.p + i;
}

static size_t
op_count(const struct compiler *c)
{
	return c->ops.n / sizeof(struct page_op);
}

static void
op_add(struct compiler *c, const struct page_op *op)
{
	pr_buf_add(&c->ops, op, sizeof(*op));
}

/* Follow the HTML over a literal; where it goes wrong is where the reader stands. */
static void
literal(struct compiler *c, struct reader *r, size_t n)
{
	struct page_op op = {.kind = PAGE_LITERAL};
	const char *wrong;

	if (!n)
		return;
	op.text = pr_arena_dup(&c->page->arena, pr_str_sub(r->src, r->at, n));
	op_add(c, &op);
	for (; n > 0; n--) {
		if (c->kind == PR_PAGE_HTML && !c->html_lost) {
			wrong = html_context_feed(&c->html, r->src.p[r->at]);
			if (wrong) {
				pr_diag_add(c->diag, mark_of(r), "%s", wrong);
				c->html_lost = true;
			}
		}
		advance(r, 1);
	}
}

static bool
name_ok(struct pr_str name)
{
	if (name.n == 0 || name.n > 64)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char ch = name.p[i];
		if (!(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z') &&
		    !(ch >= '0' && ch <= '9') && ch != '_' && ch != '-')
			return false;
	}
	return true;
}

static bool
name_known(struct compiler *c, const struct reader *r, struct pr_str name)
{
	const char *near;
	size_t n = 0;

	if (!c->names)
		return true;
	for (; c->names[n]; n++)
		if (pr_str_eq_c(name, c->names[n]))
			return true;
	near = pr_diag_nearest(name, c->names, n);
	pr_diag_add(c->diag, mark_of(r), "'" PR_S_FMT "' is not a value of this page%s%s%s",
		    PR_S(name), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return false;
}

static enum page_escape
html_escape(struct compiler *c, const struct reader *r)
{
	static const enum page_escape escapes[] = {
	    [HTML_PLACE_TEXT] = PAGE_ESCAPE_HTML,     [HTML_PLACE_ATTRIBUTE] = PAGE_ESCAPE_HTML,
	    [HTML_PLACE_URL_START] = PAGE_ESCAPE_URL, [HTML_PLACE_URL_REST] = PAGE_ESCAPE_URL_PART,
	    [HTML_PLACE_NONE] = PAGE_ESCAPE_HTML,
	};
	const char *why;
	enum html_place place = html_context_place(&c->html, &why);

	if (place == HTML_PLACE_NONE && !c->html_lost)
		pr_diag_add(c->diag, mark_of(r), "%s cannot be escaped: move it", why);
	html_context_value(&c->html);
	return escapes[place];
}

static void
value(struct compiler *c, const struct reader *r, struct pr_str name)
{
	struct page_op op = {.kind = PAGE_VALUE};

	if (!name_known(c, r, name))
		return;
	op.text = pr_arena_dup(&c->page->arena, name);
	op.escape = c->kind == PR_PAGE_TEXT     ? PAGE_ESCAPE_TEXT
		    : c->kind == PR_PAGE_HEADER ? PAGE_ESCAPE_HEADER
						: html_escape(c, r);
	op_add(c, &op);
}

static void
section_open(struct compiler *c, const struct reader *r, struct pr_str name, enum page_op_kind kind)
{
	struct page_op op = {.kind = kind};

	name_known(c, r, name);
	if (c->depth == PAGE_DEPTH_MAX) {
		pr_diag_add(c->diag, mark_of(r), "sections stand more than %d deep",
			    PAGE_DEPTH_MAX);
		return;
	}
	c->open[c->depth++] =
	    (struct open_section){.op = op_count(c), .html = c->html, .mark = mark_of(r)};
	op.text = pr_arena_dup(&c->page->arena, name);
	op_add(c, &op);
}

static void
section_close(struct compiler *c, const struct reader *r, struct pr_str name)
{
	struct page_op op = {.kind = PAGE_CLOSE};
	struct open_section *open;

	if (c->depth == 0 || c->ops.failed ||
	    !pr_str_eq(op_at(c, c->open[c->depth - 1].op)->text, name)) {
		pr_diag_add(c->diag, mark_of(r),
			    "'{{/" PR_S_FMT "}}' closes no section that is open here", PR_S(name));
		return;
	}
	open = &c->open[--c->depth];
	if (c->kind == PR_PAGE_HTML && !c->html_lost && !html_context_join(&open->html, &c->html))
		pr_diag_add(c->diag, mark_of(r),
			    "section '" PR_S_FMT
			    "' ends in another tag or attribute than it began in",
			    PR_S(name));
	op.other = open->op;
	op_at(c, open->op)->other = op_count(c);
	op_add(c, &op);
}

static void compile_source(struct compiler *c, const char *file, struct pr_str src);

static void
include(struct compiler *c, const struct reader *r, struct pr_str name)
{
	struct pr_str src = c->include ? c->include(c->ctx, name) : PR_STR_NONE;
	size_t depth = c->depth;

	if (!src.p) {
		pr_diag_add(c->diag, mark_of(r), "there is no template '" PR_S_FMT "'", PR_S(name));
	} else if (c->includes == PAGE_DEPTH_MAX) {
		pr_diag_add(c->diag, mark_of(r), "'" PR_S_FMT "' is included more than %d deep",
			    PR_S(name), PAGE_DEPTH_MAX);
		c->include = NULL; /* one that includes itself would say so a thousand times */
	} else {
		c->includes++;
		compile_source(c, pr_arena_dup_c(&c->page->arena, name), src);
		c->includes--;
		if (c->depth != depth)
			pr_diag_add(c->diag, mark_of(r),
				    "template '" PR_S_FMT "' leaves a section open or closes ours",
				    PR_S(name));
	}
}

/* What stands between {{ and }}. */
static void
tag(struct compiler *c, const struct reader *r, struct pr_str inner)
{
	char sigil = inner.n ? inner.p[0] : '\0';
	bool has_sigil = sigil != '\0' && strchr("#^/>", sigil) != NULL;
	struct pr_str name = pr_str_trim(has_sigil ? pr_str_sub(inner, 1, inner.n) : inner);

	if (!name_ok(name))
		pr_diag_add(c->diag, mark_of(r),
			    "'{{' must be followed by a name (a-z, 0-9, _, -) and '}}'");
	else if (sigil == '#')
		section_open(c, r, name, PAGE_SECTION);
	else if (sigil == '^')
		section_open(c, r, name, PAGE_INVERTED);
	else if (sigil == '/')
		section_close(c, r, name);
	else if (sigil == '>')
		include(c, r, name);
	else
		value(c, r, name);
}

/*
 * A tag that shows nothing itself and stands alone on its line takes the line with it. `start` is
 * where the tag begins, `end` the byte behind it; returns the bytes of blanks before it, and moves
 * *end behind the line.
 */
static size_t
alone_on_line(struct pr_str src, size_t from, size_t start, size_t *end)
{
	size_t before = start, after = *end;
	char sigil = start + 2 < src.n ? src.p[start + 2] : '\0';

	if (sigil == '\0' || !strchr("#^/>", sigil))
		return 0;
	while (before > from && (src.p[before - 1] == ' ' || src.p[before - 1] == '\t'))
		before--;
	if (before > 0 && src.p[before - 1] != '\n')
		return 0;
	while (after < src.n &&
	       (src.p[after] == ' ' || src.p[after] == '\t' || src.p[after] == '\r'))
		after++;
	if (after < src.n && src.p[after] != '\n')
		return 0;
	*end = after < src.n ? after + 1 : after;
	return start - before;
}

static void
compile_source(struct compiler *c, const char *file, struct pr_str src)
{
	struct reader r = {.file = file, .src = src, .line = 1, .column = 1};

	while (r.at < src.n) {
		struct pr_str rest = pr_str_sub(src, r.at, src.n);
		size_t start = pr_str_find(rest, PR_STR("{{"));
		size_t length, end, blanks;

		if (start == (size_t)-1) {
			literal(c, &r, rest.n);
			return;
		}
		length = pr_str_find(pr_str_sub(rest, start, rest.n), PR_STR("}}"));
		if (length == (size_t)-1) {
			advance(&r, start);
			pr_diag_add(c->diag, mark_of(&r), "'{{' without '}}'");
			return;
		}
		end = r.at + start + length + 2;
		blanks = alone_on_line(src, r.at, r.at + start, &end);
		literal(c, &r, start - blanks);
		advance(&r, blanks);
		tag(c, &r, pr_str_sub(src, r.at + 2, length - 2));
		advance(&r, end - r.at);
	}
}

static void
finish(struct compiler *c, const char *file)
{
	struct pr_mark end = {.file = file};

	for (size_t i = 0; i < c->depth; i++)
		pr_diag_add(c->diag, c->open[i].mark, "section '" PR_S_FMT "' is not closed",
			    PR_S(op_at(c, c->open[i].op)->text));
	if (c->kind == PR_PAGE_HTML && !c->html_lost && c->html.state != HTML_TEXT)
		pr_diag_add(c->diag, end, "the page ends inside a tag, a comment or a script");
	if (c->ops.failed)
		pr_diag_add(c->diag, end, "the template is too large");
}

struct pr_page *
pr_page_compile(struct pr_str source, const char *file, enum pr_page_kind kind,
		const char *const *names, pr_page_include *include_fn, void *ctx,
		struct pr_diag *diag)
{
	struct pr_page *page = pr_calloc(1, sizeof(*page));
	struct compiler c = {.page = page,
			     .kind = kind,
			     .names = names,
			     .include = include_fn,
			     .ctx = ctx,
			     .diag = diag};
	size_t before = diag->n;

	pr_arena_init(&page->arena, PAGE_ARENA_MAX);
	pr_buf_init(&c.ops, PAGE_OPS_MAX);
	if (source.n > PAGE_OPS_MAX)
		pr_diag_add(diag, (struct pr_mark){.file = file}, "the template is too large");
	else
		compile_source(&c, file, source);
	finish(&c, file);
	page->nops = op_count(&c);
	page->ops = (struct page_op *)(void *)pr_buf_take(&c.ops, NULL);
	if (diag->n != before)
		pr_page_free(&page);
	return page;
}

void
pr_page_free(struct pr_page **page)
{
	if (!*page)
		return;
	free((*page)->ops);
	pr_arena_release(&(*page)->arena);
	free(*page);
	*page = NULL;
}
