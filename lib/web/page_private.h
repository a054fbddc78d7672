/*
 * page_private: a compiled template, as page.c makes it and page_render.c runs it.
 */
#ifndef PR_WEB_PAGE_PRIVATE_H
#define PR_WEB_PAGE_PRIVATE_H

#include "postroom/page.h"

#define PAGE_DEPTH_MAX 16 /* sections and includes inside each other */

enum page_op_kind { PAGE_LITERAL, PAGE_VALUE, PAGE_SECTION, PAGE_INVERTED, PAGE_CLOSE };
enum page_escape {
	PAGE_ESCAPE_HTML,
	PAGE_ESCAPE_URL,
	PAGE_ESCAPE_URL_PART,
	PAGE_ESCAPE_TEXT,
	PAGE_ESCAPE_HEADER
};

struct page_op {
	enum page_op_kind kind;
	enum page_escape escape;
	struct pr_str text; /* the literal, or the name */
	size_t other;       /* of a section its close, of a close its section */
};

struct pr_page {
	struct pr_arena arena;
	struct page_op *ops;
	size_t nops;
};

#endif
