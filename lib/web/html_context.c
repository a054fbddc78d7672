/*
 * html_context: the HTML tokeniser's states, one small function for each.
 */
#include "lib/web/html_context.h"

#include "postroom/str.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
name_add(char *name, size_t size, size_t *n, char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	if (*n + 1 < size)
		name[(*n)++] = c;
	name[*n] = '\0';
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* ---- one function a state ---- */

static const char *
feed_text(struct html_context *c, char b)
{
	if (b == '<')
		c->state = HTML_TAG_OPEN;
	return NULL;
}

static const char *
feed_tag_open(struct html_context *c, char b)
{
	if (b == '!') {
		c->state = HTML_BANG;
	} else if (b == '/' && !c->closing) {
		c->closing = true;
	} else if (is_letter(b)) {
		c->tag_n = 0;
		name_add(c->tag, sizeof(c->tag), &c->tag_n, b);
		c->state = HTML_TAG_NAME;
	} else {
		return "'<' that begins no tag: write &lt;";
	}
	return NULL;
}

static const char *
tag_end(struct html_context *c)
{
	static const char *const raw[] = {"script",  "style",    "xmp",       "iframe",
					  "noembed", "noframes", "plaintext", NULL};

	c->state = !c->closing && is_one_of(c->tag, raw) ? HTML_RAW : HTML_TEXT;
	c->closing = false;
	c->matched = 0;
	return NULL;
}

static const char *
feed_tag_name(struct html_context *c, char b)
{
	if (b == '>')
		return tag_end(c);
	if (is_blank(b) || b == '/')
		c->state = HTML_IN_TAG;
	else
		name_add(c->tag, sizeof(c->tag), &c->tag_n, b);
	return NULL;
}

static const char *
feed_in_tag(struct html_context *c, char b)
{
	if (b == '>')
		return tag_end(c);
	if (is_blank(b) || b == '/')
		return NULL;
	if (!is_letter(b))
		return "an attribute's name begins with a letter";
	c->attr_n = 0;
	name_add(c->attr, sizeof(c->attr), &c->attr_n, b);
	c->state = HTML_ATTR_NAME;
	return NULL;
}

static const char *
feed_attr_name(struct html_context *c, char b)
{
	if (b == '=')
		c->state = HTML_BEFORE_VALUE;
	else if (b == '>')
		return tag_end(c);
	else if (is_blank(b))
		c->state = HTML_AFTER_NAME;
	else if (b == '"' || b == '\'' || b == '<')
		return "a quote or '<' in an attribute's name";
	else
		name_add(c->attr, sizeof(c->attr), &c->attr_n, b);
	return NULL;
}

static const char *
feed_after_name(struct html_context *c, char b)
{
	if (b == '=') {
		c->state = HTML_BEFORE_VALUE;
		return NULL;
	}
	return feed_in_tag(c, b);
}

static const char *
feed_before_value(struct html_context *c, char b)
{
	if (is_blank(b))
		return NULL;
	if (b != '"' && b != '\'')
		return "an attribute without quotes";
	c->quote = b;
	c->started = false;
	c->state = HTML_VALUE;
	return NULL;
}

static const char *
feed_value(struct html_context *c, char b)
{
	if (b == c->quote)
		c->state = HTML_AFTER_VALUE;
	else
		c->started = true;
	return NULL;
}

static const char *
feed_after_value(struct html_context *c, char b)
{
	if (b == '>')
		return tag_end(c);
	if (!is_blank(b) && b != '/')
		return "a blank is missing between attributes";
	c->state = HTML_IN_TAG;
	return NULL;
}

static const char *
feed_bang(struct html_context *c, char b)
{
	c->state = b == '-' ? HTML_BANG_DASH : HTML_DECLARATION;
	return NULL;
}

static const char *
feed_bang_dash(struct html_context *c, char b)
{
	if (b != '-')
		return "'<!-' that begins no comment";
	c->state = HTML_COMMENT;
	c->matched = 0;
	return NULL;
}

static const char *
feed_declaration(struct html_context *c, char b)
{
	if (b == '>')
		c->state = HTML_TEXT;
	return NULL;
}

static const char *
feed_comment(struct html_context *c, char b)
{
	if (b == '-')
		c->matched++;
	else if (b == '>' && c->matched >= 2)
		c->state = HTML_TEXT;
	else
		c->matched = 0;
	return NULL;
}

/* Raw text ends only at its own end tag. */
static const char *
feed_raw(struct html_context *c, char b)
{
	char want = c->matched == 0 ? '<' : c->matched == 1 ? '/' : c->tag[c->matched - 2];
	char low = b >= 'A' && b <= 'Z' ? (char)(b - 'A' + 'a') : b;

	c->matched = low == want ? c->matched + 1 : low == '<' ? 1 : 0;
	if (c->matched == c->tag_n + 2) {
		c->closing = true;
		c->state = HTML_IN_TAG;
	}
	return NULL;
}

const char *
html_context_feed(struct html_context *c, char byte)
{
	static const char *(*const feed[])(struct html_context *, char) = {
	    [HTML_TEXT] = feed_text,
	    [HTML_TAG_OPEN] = feed_tag_open,
	    [HTML_TAG_NAME] = feed_tag_name,
	    [HTML_IN_TAG] = feed_in_tag,
	    [HTML_ATTR_NAME] = feed_attr_name,
	    [HTML_AFTER_NAME] = feed_after_name,
	    [HTML_BEFORE_VALUE] = feed_before_value,
	    [HTML_VALUE] = feed_value,
	    [HTML_AFTER_VALUE] = feed_after_value,
	    [HTML_BANG] = feed_bang,
	    [HTML_BANG_DASH] = feed_bang_dash,
	    [HTML_DECLARATION] = feed_declaration,
	    [HTML_COMMENT] = feed_comment,
	    [HTML_RAW] = feed_raw,
	};

	return feed[c->state](c, byte);
}

/* ---- values ---- */

static enum html_place
attribute_place(const struct html_context *c, const char **why)
{
	static const char *const urls[] = {"href",       "src",        "action",
					   "formaction", "poster",     "cite",
					   "background", "xlink:href", NULL};
	/* Their values are languages of their own, which this escaping does not know. */
	static const char *const never[] = {"style", "srcdoc", "srcset", "content",
					    "ping",  "data",   NULL};

	if (is_one_of(c->attr, never) || !strncmp(c->attr, "on", 2)) {
		*why = "a value in an attribute that is code or a list of URLs";
		return HTML_PLACE_NONE;
	}
	if (is_one_of(c->attr, urls))
		return c->started ? HTML_PLACE_URL_REST : HTML_PLACE_URL_START;
	return HTML_PLACE_ATTRIBUTE;
}

enum html_place
html_context_place(const struct html_context *c, const char **why)
{
	*why = NULL;
	if (c->state == HTML_TEXT)
		return HTML_PLACE_TEXT;
	if (c->state == HTML_VALUE)
		return attribute_place(c, why);
	if (c->state == HTML_RAW)
		*why = "a value inside <script>, <style> or their like";
	else if (c->state == HTML_COMMENT)
		*why = "a value inside a comment";
	else if (c->state == HTML_BEFORE_VALUE)
		*why = "a value as an attribute without quotes";
	else
		*why = "a value inside a tag but not in a quoted attribute";
	return HTML_PLACE_NONE;
}

void
html_context_value(struct html_context *c)
{
	c->started = true;
}

static bool
inside_tag(enum html_state s)
{
	return s == HTML_IN_TAG || s == HTML_ATTR_NAME || s == HTML_AFTER_NAME ||
	       s == HTML_AFTER_VALUE || s == HTML_TAG_NAME;
}

bool
html_context_join(const struct html_context *open, struct html_context *c)
{
	if (inside_tag(open->state) && inside_tag(c->state)) {
		if (strcmp(open->tag, c->tag) != 0)
			return false;
		c->state = HTML_AFTER_VALUE;
		return true;
	}
	return open->state == c->state && (c->state != HTML_VALUE || !strcmp(open->attr, c->attr));
}
