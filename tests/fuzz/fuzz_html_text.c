/* Any bytes as HTML: valid text within the limit. */
#include "postroom/cleanup.h"
#include "postroom/mail.h"
#include "postroom/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PR_AUTO_BUF struct pr_buf out;

	pr_buf_init(&out, 65536);
	if (pr_html_text(pr_str_n(data, size), 65536, &out) == 0 && !pr_utf8_ok(pr_buf_str(&out)))
		pr_bug("the text of HTML is not valid UTF-8");
	return 0;
}
