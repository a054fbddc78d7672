/* Templates and values of any bytes: first line the template, the rest the value. */
#include "postroom/cleanup.h"
#include "postroom/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct pr_str source, value = pr_str_n(data, n);
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf out;
	struct pr_diag diag;
	struct pr_err err;

	pr_arena_init(&a, 16 << 20);
	pr_buf_init(&out, 1 << 20);
	if (!pr_str_cut(&value, '\0', &source))
		return 0;
	for (enum pr_page_kind kind = PR_PAGE_HTML; kind <= PR_PAGE_HEADER; kind++) {
		const struct pr_page_value row[] = {{.name = "b", .text = value}, {0}};
		const struct pr_page_row rows[] = {{row}, {row}};
		const struct pr_page_value v[] = {
		    {.name = "a", .text = value}, {.name = "r", .rows = rows, .nrows = 2}, {0}};
		struct pr_page *page;

		pr_diag_init(&diag, &a);
		page = pr_page_compile(source, "fuzz", kind, NULL, NULL, NULL, &diag);
		if (page && pr_page_render(page, v, &out, &err) < 0 && err.fault != PR_REJECT)
			abort();
		pr_page_free(&page);
		pr_buf_reset(&out);
	}
	return 0;
}
