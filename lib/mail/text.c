/*
 * text: plain text as every later stage may expect it.
 */
#include "mail_internal.h"

#include "postroom/utf8.h"

#define BLANK_LINES_MAX 2

/* Characters that show nothing; a sender's client puts them in, a rule would stumble over them. */
static bool
is_invisible(uint32_t cp)
{
	return (cp < 0x20 && cp != '\t') || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	       cp == 0x200b || cp == 0x2060 || cp == 0xfeff;
}

/* How many bytes at the front are ASCII that shows: the rule, and added in one piece. */
static size_t
plain_run(struct pr_str line)
{
	size_t n = 0;

	while (n < line.n && ((line.p[n] >= ' ' && line.p[n] <= '~') || line.p[n] == '\t'))
		n++;
	return n;
}

/* One line: invisible characters out, no-break spaces to blanks, nothing at its end. */
static void
tidy_line(struct pr_str line, struct pr_buf *out)
{
	size_t start = out->n;
	uint32_t cp;

	while (line.n > 0) {
		size_t n = plain_run(line);

		if (n > 0)
			pr_buf_add(out, line.p, n);
		else if ((n = pr_utf8_decode(line, &cp)) == 0)
			break;
		else if (cp == 0xa0)
			pr_buf_add_char(out, ' ');
		else if (!is_invisible(cp))
			pr_buf_add(out, line.p, n);
		line = pr_str_sub(line, n, line.n);
	}
	while (out->n > start && (out->p[out->n - 1] == ' ' || out->p[out->n - 1] == '\t'))
		out->p[--out->n] = '\0';
}

/* CRLF, LF and a bare CR all end a line. */
static bool
cut_line(struct pr_str *rest, struct pr_str *line)
{
	size_t n = 0;

	if (rest->n == 0)
		return false;
	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*line = pr_str_sub(*rest, 0, n);
	n += n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n';
	*rest = pr_str_sub(*rest, n + 1, rest->n);
	return true;
}

void
pr_mail_tidy(struct pr_str text, struct pr_buf *out)
{
	struct pr_str line;
	size_t first = out->n, blank = 0;

	while (cut_line(&text, &line)) {
		size_t before = out->n;

		for (size_t i = 0; i < blank && before > first; i++)
			pr_buf_add_char(out, '\n');
		size_t start = out->n;
		tidy_line(line, out);
		if (out->n == start) {
			/* Nothing on it: take the blank lines back until something follows. */
			out->n = before;
			blank += blank < BLANK_LINES_MAX;
			continue;
		}
		blank = 0;
		pr_buf_add_char(out, '\n');
	}
	if (out->p)
		out->p[out->n] = '\0';
}

static size_t
quote_depth(struct pr_str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return n;
}

void
pr_mail_unflow(struct pr_str text, bool delsp, struct pr_buf *out)
{
	struct pr_str line;
	size_t depth_before = 0;
	bool flowing = false;

	while (cut_line(&text, &line)) {
		size_t depth = quote_depth(line);
		struct pr_str words = pr_str_sub(line, depth, line.n);

		if (words.n > 0 && words.p[0] == ' ')
			words = pr_str_sub(words, 1, words.n); /* stuffed */
		bool signature = pr_str_eq(words, PR_STR("-- "));
		if (flowing && (depth != depth_before || signature)) {
			pr_buf_add_char(out, '\n');
			flowing = false;
		}
		for (size_t i = 0; !flowing && i < depth; i++)
			pr_buf_add_char(out, '>');
		if (!flowing && depth > 0)
			pr_buf_add_char(out, ' ');
		flowing = !signature && words.n > 0 && words.p[words.n - 1] == ' ';
		pr_buf_add_str(out, flowing && delsp ? pr_str_sub(words, 0, words.n - 1) : words);
		if (!flowing)
			pr_buf_add_char(out, '\n');
		depth_before = depth;
	}
}
