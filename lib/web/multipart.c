/*
 * multipart: multipart/form-data (RFC 7578) from a body that is in memory whole. Values point into
 * the body.
 *
 * Our own and not libmicrohttpd's post processor: that one needs a live connection, so it cannot be
 * fuzzed, and it refused a body with empty and repeated fields that browsers do send.
 */
#include "lib/web/multipart.h"

#define BOUNDARY_MAX 70   /* RFC 2046 */
#define HEAD_MAX     4096 /* the header lines of one part */

static bool
take_line(struct pr_str *rest, struct pr_str *line)
{
	size_t end = pr_str_find(*rest, PR_STR("\r\n"));

	if (end == (size_t)-1)
		return false;
	*line = pr_str_sub(*rest, 0, end);
	*rest = pr_str_sub(*rest, end + 2, rest->n);
	return true;
}

/* `; name="value"` or `; name=value` in a header's value, or PR_STR_NONE (whose p is NULL). */
static struct pr_str
parameter(struct pr_str value, const char *name)
{
	struct pr_str rest = value, key, text, skipped;

	pr_str_cut(&rest, ';', &skipped);
	while (pr_str_cut(&rest, '=', &key)) {
		bool quoted = rest.n && rest.p[0] == '"';
		rest = pr_str_sub(rest, quoted, rest.n);
		if (!pr_str_cut(&rest, quoted ? '"' : ';', &text))
			text = PR_STR("");
		if (quoted)
			pr_str_cut(&rest, ';', &skipped);
		if (pr_str_eq_nocase(pr_str_trim(key), pr_str_c(name)))
			return text;
	}
	return PR_STR_NONE;
}

struct part_head {
	struct pr_str name, filename, type;
};

/* Take the header lines of a part off the front of *rest. */
static bool
take_head(struct pr_str *rest, struct part_head *h)
{
	size_t before = rest->n;
	struct pr_str line, key;

	memset(h, 0, sizeof(*h));
	while (take_line(rest, &line) && before - rest->n <= HEAD_MAX) {
		if (!line.n)
			return h->name.p != NULL;
		if (!pr_str_cut(&line, ':', &key))
			continue;
		if (pr_str_eq_nocase(key, PR_STR("Content-Disposition"))) {
			h->name = parameter(line, "name");
			h->filename = parameter(line, "filename");
		} else if (pr_str_eq_nocase(key, PR_STR("Content-Type"))) {
			h->type = pr_str_trim(line);
		}
	}
	return false;
}

static enum web_form
keep(struct web_multipart *m, const struct part_head *h, struct pr_str value)
{
	if (h->filename.n) {
		if (m->nfiles == WEB_FILES_MAX)
			return WEB_FORM_TOO_LARGE;
		m->files[m->nfiles++] = (struct pr_web_file){.field = h->name,
							     .filename = h->filename,
							     .content_type = h->type,
							     .bytes = value};
		return WEB_FORM_OK;
	}
	if (m->nfields == PR_WEB_FIELDS_MAX || value.n > WEB_FIELD_MAX)
		return WEB_FORM_TOO_LARGE;
	m->fields[m->nfields++] = (struct pr_field){.name = h->name, .value = value};
	return WEB_FORM_OK;
}

enum web_form
web_multipart_parse(struct pr_str content_type, struct pr_str body, struct web_multipart *m)
{
	struct pr_str boundary = pr_str_trim(parameter(content_type, "boundary")), rest = body,
		      line;
	char stop[BOUNDARY_MAX + 8];
	struct part_head head;
	enum web_form result;
	struct pr_str mark;

	m->nfields = m->nfiles = 0;
	if (!boundary.n || boundary.n > BOUNDARY_MAX)
		return WEB_FORM_BAD;
	memcpy(stop, "\r\n--", 4); /* NOLINT(bugprone-not-null-terminated-result): counted */
	memcpy(stop + 4, boundary.p, boundary.n);
	mark = pr_str_n(stop, boundary.n + 4);
	if (!pr_str_starts(rest, pr_str_sub(mark, 2, mark.n)))
		return WEB_FORM_BAD;
	rest = pr_str_sub(rest, mark.n - 2, rest.n);
	while (!pr_str_starts(rest, PR_STR("--"))) {
		size_t end;
		if (!take_line(&rest, &line) || pr_str_trim(line).n || !take_head(&rest, &head))
			return WEB_FORM_BAD;
		end = pr_str_find(rest, mark);
		if (end == (size_t)-1)
			return WEB_FORM_BAD;
		result = keep(m, &head, pr_str_sub(rest, 0, end));
		if (result != WEB_FORM_OK)
			return result;
		rest = pr_str_sub(rest, end + mark.n, rest.n);
	}
	return WEB_FORM_OK;
}
