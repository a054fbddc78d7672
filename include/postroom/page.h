/*
 * page: template files with contextual escaping.
 *
 *     <h1>{{title}}</h1>
 *     {{#rows}}<tr><td><a href="/case/{{id}}">{{reference}}</a></td></tr>{{/rows}}
 *     {{^rows}}<p>Nothing waits here.</p>{{/rows}}
 *
 * A section, include or close that stands alone on its line takes the line with it. A template is
 * compiled once.
 * {{name}} is escaped for where it stands: in HTML text, in a quoted attribute, or in
 * a URL attribute (href, src, action, where a value that does not begin with / or https:// is
 * refused as empty). There is no way to leave a value unescaped. An unquoted attribute, a value
 * inside <script>, <style> or a comment, an unclosed section and a name that the program does not
 * declare are errors with line and column at load.
 * {{#name}}…{{/name}} repeats for each row of that name, or shows once when the value is not empty;
 * {{^name}}… shows when there are none. {{>name}} includes another template of the same set.
 *
 * Kinds: PR_PAGE_HTML; PR_PAGE_TEXT (plain text, control characters dropped but LF); PR_PAGE_HEADER
 * (one line: a value with CR or LF is refused).
 */
#ifndef POSTROOM_PAGE_H
#define POSTROOM_PAGE_H

#include "postroom/buf.h"
#include "postroom/diag.h"

enum pr_page_kind { PR_PAGE_HTML, PR_PAGE_TEXT, PR_PAGE_HEADER };

struct pr_page;

/* The value of a name: text, or rows of values (for sections). Names are looked up in the row, then
 * outwards. */
struct pr_page_value {
	const char *name;
	struct pr_str text;
	const struct pr_page_row *rows;
	size_t nrows;
};
struct pr_page_row {
	const struct pr_page_value *values; /* ends with a NULL name */
};

/* Another template by name for {{>name}}: its source, or PR_STR_NONE. */
typedef struct pr_str pr_page_include(void *ctx, struct pr_str name);

/* names: what the program will give, NULL-terminated; anything else in the template is an error.
 * NULL: not checked. */
struct pr_page *pr_page_compile(struct pr_str source, const char *file, enum pr_page_kind kind,
				const char *const *names, pr_page_include *include, void *ctx,
				struct pr_diag *diag);
void pr_page_free(struct pr_page **page);
/* Append the page; PR_REJECT when a header value holds a line break or the buffer is full. */
int pr_page_render(const struct pr_page *page, const struct pr_page_value *values,
		   struct pr_buf *out, struct pr_err *err) PR_MUST_CHECK;

#endif
