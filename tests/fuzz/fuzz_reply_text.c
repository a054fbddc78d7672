/* Any text: what is new is never longer than what was there, and never nothing when there was
 * something. */
#include "postroom/cleanup.h"
#include "postroom/mail.h"
#include "postroom/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf text;

	pr_arena_init(&a, (size_t)64 << 20);
	pr_buf_init(&text, 4 * size + 4);
	pr_utf8_repair(&text, pr_str_n(data, size));
	struct pr_str new_text = pr_reply_text(pr_buf_str(&text), &a);
	if (new_text.n > text.n + 1 || (text.n > 0 && new_text.n == 0) || !pr_utf8_ok(new_text))
		pr_bug("the new text does not fit the text");
	return 0;
}
