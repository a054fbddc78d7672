/* A form's body of any bytes, both encodings, through the checks of the public form. */
#include "ingest/web/form.c"
#include "lib/web/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
through_form(struct pr_web_request *q)
{
	struct pr_page_value values[FORM_VALUES_MAX];
	struct pr_field fields[FORM_FIELDS];
	struct form f;
	size_t nfields;

	form_read(q, 1 << 20, &f);
	if (form_values(&f, q->arena, values) > FORM_VALUES_MAX)
		abort();
	nfields = form_fields(&f, fields);
	for (size_t i = 0; i < nfields; i++)
		if (!pr_utf8_ok(fields[i].value))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_web_request q = {.arena = &a};
	struct web_multipart m;
	struct pr_field *fields;

	pr_arena_init(&a, 64 << 20);
	if (n > 1 << 20)
		return 0;
	if (web_multipart_parse(PR_STR("multipart/form-data; boundary=B"), pr_str_n(data, n), &m) ==
	    WEB_FORM_OK) {
		q.form = m.fields;
		q.nform = m.nfields;
		q.files = m.files;
		q.nfiles = m.nfiles;
		through_form(&q);
	}
	/* the content type is the stranger's too */
	(void)web_multipart_parse(pr_str_n(data, n), PR_STR("--B\r\n\r\n"), &m);
	q = (struct pr_web_request){.arena = &a};
	if (pr_web_urlencoded(pr_str_n(data, n), &a, &fields, &q.nform)) {
		q.form = fields;
		through_form(&q);
	}
	return 0;
}
