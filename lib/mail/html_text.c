/*
 * html_text: what a reader of an HTML message sees, as plain text.
 *
 * libxml2's SAX parser, fed UTF-8 from memory: no tree, no network, no entities but HTML's own
 * table. What is not shown is left out, because text that only a machine reads is how a message
 * lies to a classifier.
 */
#include "postroom/cleanup.h"
#include "postroom/mail.h"
#include "postroom/utf8.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <strings.h>

#define INPUT_MAX  ((size_t)512 << 10)
#define FONTS_MAX  64
#define STYLE_MAX  1024
#define QUOTES_MAX 5

enum {
	HIDDEN = 1,
	LINE = 2,
	PARAGRAPH = 4,
	BREAK = 8,
	ITEM = 16,
	CELL = 32,
	PRE = 64,
	QUOTE = 128,
	RULE = 256
};

static const struct {
	const char *name;
	int what;
} elements[] = {
    {"address", LINE},    {"article", LINE},
    {"aside", LINE},      {"blockquote", PARAGRAPH | QUOTE},
    {"br", BREAK},        {"center", LINE},
    {"dd", LINE},         {"div", LINE},
    {"dl", PARAGRAPH},    {"dt", LINE},
    {"fieldset", LINE},   {"footer", LINE},
    {"form", LINE},       {"h1", PARAGRAPH},
    {"h2", PARAGRAPH},    {"h3", PARAGRAPH},
    {"h4", PARAGRAPH},    {"h5", PARAGRAPH},
    {"h6", PARAGRAPH},    {"head", HIDDEN},
    {"header", LINE},     {"hr", RULE},
    {"li", LINE | ITEM},  {"main", LINE},
    {"nav", LINE},        {"noframes", HIDDEN},
    {"object", HIDDEN},   {"ol", LINE},
    {"p", PARAGRAPH},     {"pre", LINE | PRE},
    {"script", HIDDEN},   {"section", LINE},
    {"style", HIDDEN},    {"svg", HIDDEN},
    {"table", LINE},      {"td", CELL},
    {"template", HIDDEN}, {"th", CELL},
    {"title", HIDDEN},    {"tr", LINE},
    {"ul", LINE},
};

struct reader {
	htmlParserCtxtPtr ctxt;
	struct pr_buf *out;
	int hidden_at; /* depth of the outermost element that is not shown, 0 when all is */
	int pre;       /* how many <pre> are open */
	int quotes;
	int need;   /* line ends wanted before the next word */
	bool space; /* a blank wanted before the next word */
	struct {
		int depth;
		bool zero;
	} font[FONTS_MAX]; /* elements that set their font's size; the innermost counts */
	int fonts;
};

static int
element_kind(const char *name)
{
	size_t lo = 0, hi = sizeof(elements) / sizeof(elements[0]);

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int order = strcasecmp(name, elements[mid].name);

		if (order == 0)
			return elements[mid].what;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

static const char *
attribute(const xmlChar **atts, const char *name)
{
	for (size_t i = 0; atts && atts[i]; i += 2)
		if (strcasecmp((const char *)atts[i], name) == 0)
			return atts[i + 1] ? (const char *)atts[i + 1] : "";
	return NULL;
}

/* The style in lower case without blanks: "display : NONE" is "display:none". */
static void
style_fold(const char *style, char out[STYLE_MAX])
{
	size_t n = 0;

	for (; *style && n + 1 < STYLE_MAX; style++) {
		char ch = *style;

		if (ch == ' ' || (ch >= '\t' && ch <= '\r'))
			continue;
		out[n++] = (char)(ch >= 'A' && ch <= 'Z' ? ch + ('a' - 'A') : ch);
	}
	out[n] = '\0';
}

/* What stands behind `property:` in a folded style, or NULL; "font-size" is not found in
 * "min-font-size". */
static const char *
style_value(const char *style, const char *property)
{
	size_t n = strlen(property);

	for (const char *p = style; (p = strstr(p, property)); p += n)
		if ((p == style || p[-1] == ';') && p[n] == ':')
			return p + n + 1;
	return NULL;
}

static bool
is_zero(const char *value)
{
	size_t n = strspn(value, "0.");

	return n > 0 && !(value[n] >= '1' && value[n] <= '9');
}

static bool
value_is(const char *value, const char *word)
{
	return value && strncmp(value, word, strlen(word)) == 0;
}

/* Newsletters set font-size:0 on a wrapper and a real size inside it: only the innermost counts. */
static void
font_push(struct reader *r, const char *size)
{
	if (r->fonts == FONTS_MAX)
		return;
	r->font[r->fonts].depth = r->ctxt->nameNr;
	r->font[r->fonts++].zero = is_zero(size);
}

static bool
style_hides(struct reader *r, const xmlChar **atts)
{
	const char *style = attribute(atts, "style");
	char folded[STYLE_MAX];

	if (attribute(atts, "hidden"))
		return true;
	if (!style)
		return false;
	style_fold(style, folded);
	const char *size = style_value(folded, "font-size");
	if (size)
		font_push(r, size);
	return value_is(style_value(folded, "display"), "none") ||
	       value_is(style_value(folded, "visibility"), "hidden") ||
	       value_is(style_value(folded, "mso-hide"), "all");
}

static bool
is_shown(const struct reader *r)
{
	return r->hidden_at == 0 && (r->fonts == 0 || !r->font[r->fonts - 1].zero);
}

static void
want_lines(struct reader *r, int n)
{
	if (r->need < n)
		r->need = n;
	r->space = false;
}

static bool
at_line_start(const struct reader *r)
{
	return r->out->n == 0 || r->out->p[r->out->n - 1] == '\n';
}

/* Write the line ends that are due, never more than stand there, none at the very beginning. */
static void
flush_lines(struct reader *r)
{
	int have = 0;

	while (have < r->need && (size_t)have < r->out->n &&
	       r->out->p[r->out->n - 1 - (size_t)have] == '\n')
		have++;
	for (; r->out->n > 0 && have < r->need; have++)
		pr_buf_add_char(r->out, '\n');
	r->need = 0;
	if (at_line_start(r))
		for (int i = 0; i < r->quotes && i < QUOTES_MAX; i++)
			pr_buf_add_c(r->out, "> ");
}

static void
put_char(struct reader *r, const char *p, size_t n)
{
	if (r->need > 0 || at_line_start(r)) {
		flush_lines(r);
		r->space = false;
	}
	if (r->space)
		pr_buf_add_char(r->out, ' ');
	r->space = false;
	pr_buf_add(r->out, p, n);
}

static void
on_text(void *user, const xmlChar *text, int length)
{
	struct reader *r = user;
	struct pr_str rest = pr_str_n(text, length > 0 ? (size_t)length : 0);
	uint32_t cp;

	if (!is_shown(r))
		return;
	for (size_t n; (n = pr_utf8_decode(rest, &cp)) > 0; rest = pr_str_sub(rest, n, rest.n)) {
		if (cp == '\n' && r->pre > 0) {
			flush_lines(r);
			pr_buf_add_char(r->out, '\n');
		} else if (cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r' || cp == '\f' ||
			   cp == 0xa0) {
			r->space = true;
		} else {
			put_char(r, rest.p, n);
		}
	}
}

/* Mail programs mark a reply's quotation; a bare <blockquote> is only somebody's way to indent. */
static bool
is_quotation(const xmlChar **atts)
{
	const char *class = attribute(atts, "class"), *type = attribute(atts, "type");

	return (type && strcasecmp(type, "cite") == 0) || attribute(atts, "cite") ||
	       (class && strstr(class, "quote"));
}

static void
start_shown(struct reader *r, int kind, const xmlChar **atts)
{
	if (kind & (LINE | PARAGRAPH))
		want_lines(r, kind & PARAGRAPH ? 2 : 1);
	if ((kind & QUOTE) && is_quotation(atts))
		r->quotes++;
	if (kind & PRE)
		r->pre++;
	if (kind & BREAK) {
		flush_lines(r);
		pr_buf_add_char(r->out, '\n');
		r->space = false;
	}
	if (kind & ITEM)
		put_char(r, "- ", 2);
	if (kind & RULE) {
		want_lines(r, 1);
		put_char(r, "________________", 16);
		want_lines(r, 1);
	}
}

static void
on_start(void *user, const xmlChar *name, const xmlChar **atts)
{
	struct reader *r = user;
	int kind = element_kind((const char *)name);
	bool hides = style_hides(r, atts) || (kind & HIDDEN);

	if (r->hidden_at == 0 && hides)
		r->hidden_at = r->ctxt->nameNr;
	if (is_shown(r) || (kind & QUOTE))
		start_shown(r, kind, atts);
}

static void
on_end(void *user, const xmlChar *name)
{
	struct reader *r = user;
	int kind = element_kind((const char *)name), depth = r->ctxt->nameNr;

	if (is_shown(r)) {
		if (kind & (LINE | PARAGRAPH))
			want_lines(r, kind & PARAGRAPH ? 2 : 1);
		if (kind & CELL)
			r->space = true;
		if ((kind & PRE) && r->pre > 0)
			r->pre--;
	}
	if ((kind & QUOTE) && r->quotes > 0)
		r->quotes--;
	while (r->fonts > 0 && r->font[r->fonts - 1].depth >= depth)
		r->fonts--;
	if (r->hidden_at >= depth)
		r->hidden_at = 0;
}

static void
quiet(void *user, const char *msg, ...)
{
	(void)user;
	(void)msg;
}

static void
parse(struct reader *r)
{
	htmlSAXHandler *sax = r->ctxt->sax;

	memset(sax, 0, sizeof(*sax));
	sax->startElement = on_start;
	sax->endElement = on_end;
	sax->characters = on_text;
	sax->ignorableWhitespace = on_text;
	sax->cdataBlock = on_text; /* scripts and styles, which are hidden */
	sax->warning = sax->error = sax->fatalError = quiet;
	r->ctxt->userData = r;
	htmlParseDocument(r->ctxt);
}

int
pr_html_text(struct pr_str html, size_t max, struct pr_buf *out)
{
	PR_AUTO_BUF struct pr_buf in, text;
	struct reader r = {.out = &text};

	pr_buf_init(&in, 4 * INPUT_MAX);
	pr_buf_init(&text, 8 * INPUT_MAX);
	pr_utf8_repair(&in, pr_str_sub(html, 0, INPUT_MAX));
	if (in.n == 0)
		return 0;
	r.ctxt = htmlCreateMemoryParserCtxt(in.p, (int)in.n);
	if (!r.ctxt)
		return -1;
	htmlCtxtUseOptions(r.ctxt, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
				       HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC |
				       HTML_PARSE_NODEFDTD);
	xmlSwitchEncoding(r.ctxt, XML_CHAR_ENCODING_UTF8);
	parse(&r);
	htmlFreeParserCtxt(r.ctxt);
	struct pr_str shown = pr_utf8_clip(pr_buf_str(&text), max);
	return pr_buf_add_str(out, shown);
}
