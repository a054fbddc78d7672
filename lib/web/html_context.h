/*
 * html_context: where in an HTML document the next byte of a template stands, so that page.c can
 * choose the escaping of a value. It follows the states of the HTML tokeniser as far as templates
 * of our own need them and refuses what it does not follow.
 */
#ifndef PR_WEB_HTML_CONTEXT_H
#define PR_WEB_HTML_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

enum html_state {
	HTML_TEXT,
	HTML_TAG_OPEN, /* behind < */
	HTML_TAG_NAME,
	HTML_IN_TAG, /* between attributes */
	HTML_ATTR_NAME,
	HTML_AFTER_NAME,   /* blanks behind an attribute's name */
	HTML_BEFORE_VALUE, /* behind = */
	HTML_VALUE,        /* inside quotes */
	HTML_AFTER_VALUE,  /* behind the closing quote */
	HTML_BANG,         /* behind <! */
	HTML_BANG_DASH,    /* behind <!- */
	HTML_DECLARATION,
	HTML_COMMENT,
	HTML_RAW, /* inside <script>, <style> and their like */
};

enum html_place {
	HTML_PLACE_TEXT,
	HTML_PLACE_ATTRIBUTE,
	HTML_PLACE_URL_START, /* the value decides what kind of URL it is */
	HTML_PLACE_URL_REST,  /* a part of a URL whose beginning the template has fixed */
	HTML_PLACE_NONE,      /* no value may stand here */
};

struct html_context {
	enum html_state state;
	char tag[16], attr[16]; /* lower case; longer names are cut, none of those matter */
	size_t tag_n, attr_n;
	size_t matched; /* of "</tag" in HTML_RAW, dashes in HTML_COMMENT */
	char quote;
	bool closing; /* an end tag */
	bool started; /* the attribute's value is not empty so far */
};

/* Move over one byte of the template; NULL, or words that say what is wrong with it. */
const char *html_context_feed(struct html_context *c, char byte);
/* What a value here has to be; with HTML_PLACE_NONE *why says why not. */
enum html_place html_context_place(const struct html_context *c, const char **why);
/* A value was put here. */
void html_context_value(struct html_context *c);
/*
 * A section that began at `open` may end at *c: both stand in the same place. Inside a tag the
 * attribute that the section wrote is closed. False when the section would leave the document in
 * two different states.
 */
bool html_context_join(const struct html_context *open, struct html_context *c);

#endif
