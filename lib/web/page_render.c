/*
 * page_render: run a compiled template over values. Sections nest on an explicit stack.
 */
#include "lib/web/page_private.h"
#include "postroom/cleanup.h"
#include "postroom/utf8.h"

#define PAGE_VALUE_MAX ((size_t)8 << 20)

/* A section that is being shown: where it is, and its rows when it has some. */
struct frame {
	size_t op;
	const struct pr_page_row *rows;
	size_t row, nrows;
};

struct renderer {
	const struct pr_page_value *values;
	struct frame frames[PAGE_DEPTH_MAX];
	size_t depth;
	struct pr_buf *out;
};

static const struct pr_page_value *
find_in(const struct pr_page_value *v, struct pr_str name)
{
	for (; v && v->name; v++)
		if (pr_str_eq_c(name, v->name))
			return v;
	return NULL;
}

static const struct pr_page_value *
find(const struct renderer *r, struct pr_str name)
{
	static const struct pr_page_value nothing;
	const struct pr_page_value *v;

	for (size_t i = r->depth; i-- > 0;) {
		const struct frame *f = &r->frames[i];
		if (f->nrows && (v = find_in(f->rows[f->row].values, name)) != NULL)
			return v;
	}
	v = find_in(r->values, name);
	return v ? v : &nothing;
}

/* ---- escaping: the text is valid UTF-8 here ---- */

static void
add_html(struct pr_buf *out, struct pr_str s)
{
	static const char *const entities[128] = {
	    ['&'] = "&amp;", ['<'] = "&lt;",   ['>'] = "&gt;",
	    ['"'] = "&#34;", ['\''] = "&#39;", ['`'] = "&#96;"};
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if (ch >= 128 || !entities[ch])
			continue;
		pr_buf_add(out, s.p + from, i - from);
		pr_buf_add_c(out, entities[ch]);
		from = i + 1;
	}
	if (s.n > from)
		pr_buf_add(out, s.p + from, s.n - from);
}

/* Only a path of our own or https; browsers drop tabs and line ends in URLs and read \ as /. */
static bool
url_ok(struct pr_str s)
{
	bool path = s.n > 0 && s.p[0] == '/' && !(s.n > 1 && s.p[1] == '/');

	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '\\' || s.p[i] == 0x7f)
			return false;
	return path || pr_str_starts_nocase(s, PR_STR("https://"));
}

static void
add_url_part(struct pr_buf *out, struct pr_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= '0' && ch <= '9') || (ch && strchr("-._~", ch)))
			pr_buf_add_char(out, (char)ch);
		else
			pr_buf_addf(out, "%%%02X", (unsigned)ch);
	}
}

/* Without control characters, C1 included (UTF-8 C2 80 to C2 9F). */
static void
add_text(struct pr_buf *out, struct pr_str s, bool keep_lf)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if (ch == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xA0)
			i++;
		else if (ch == '\t')
			pr_buf_add_char(out, ' ');
		else if (ch == '\n' ? keep_lf : ch >= ' ' && ch != 0x7f)
			pr_buf_add_char(out, (char)ch);
	}
}

static int
add_escaped(struct renderer *r, const struct page_op *op, struct pr_str s, struct pr_err *err)
{
	switch (op->escape) {
	case PAGE_ESCAPE_HTML:
		add_html(r->out, s);
		break;
	case PAGE_ESCAPE_URL:
		if (url_ok(s))
			add_html(r->out, s);
		break;
	case PAGE_ESCAPE_URL_PART:
		add_url_part(r->out, s);
		break;
	case PAGE_ESCAPE_TEXT:
		add_text(r->out, s, true);
		break;
	case PAGE_ESCAPE_HEADER:
		if (s.n && (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n)))
			return pr_fail(err, PR_REJECT, 0,
				       "value '" PR_S_FMT "' of a header holds a line break",
				       PR_S(op->text));
		add_text(r->out, s, false);
		break;
	}
	return 0;
}

static int
add_value(struct renderer *r, const struct page_op *op, struct pr_err *err)
{
	struct pr_str s = find(r, op->text)->text;
	PR_AUTO_BUF struct pr_buf repaired;

	pr_buf_init(&repaired, PAGE_VALUE_MAX);
	if (!pr_utf8_ok(s)) {
		pr_utf8_repair(&repaired, s);
		s = pr_buf_str(&repaired);
	}
	return add_escaped(r, op, s, err);
}

/* The operation to go on with: into the section, or behind its close. */
static size_t
enter(struct renderer *r, const struct pr_page *page, size_t at)
{
	const struct page_op *op = &page->ops[at];
	const struct pr_page_value *v = find(r, op->text);
	bool filled = v->nrows > 0 || v->text.n > 0;

	if (filled != (op->kind == PAGE_SECTION))
		return op->other + 1;
	r->frames[r->depth++] = (struct frame){.op = at, .rows = v->rows, .nrows = v->nrows};
	return at + 1;
}

/* At a close: the next row, or out. */
static size_t
leave(struct renderer *r, size_t at)
{
	struct frame *f = &r->frames[r->depth - 1];

	if (f->row + 1 < f->nrows) {
		f->row++;
		return f->op + 1;
	}
	r->depth--;
	return at + 1;
}

int
pr_page_render(const struct pr_page *page, const struct pr_page_value *values, struct pr_buf *out,
	       struct pr_err *err)
{
	struct renderer r = {.values = values, .out = out};
	size_t at = 0;

	while (at < page->nops && !out->failed) {
		const struct page_op *op = &page->ops[at];

		if (op->kind == PAGE_SECTION || op->kind == PAGE_INVERTED) {
			at = enter(&r, page, at);
		} else if (op->kind == PAGE_CLOSE) {
			at = leave(&r, at);
		} else if (op->kind == PAGE_LITERAL) {
			pr_buf_add_str(out, op->text);
			at++;
		} else {
			if (add_value(&r, op, err) < 0)
				return -1;
			at++;
		}
	}
	if (out->failed)
		return pr_fail(err, PR_REJECT, 0, "the page grew past its limit of %zu bytes",
			       out->max);
	return 0;
}
