/* Any bytes as a sender and as free text: what is found lies in the text and is read the same
 * again. */
#include "postroom/phone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct pr_phone *p)
{
	size_t n = strnlen(p->text, sizeof(p->text));

	if (n == sizeof(p->text) || (p->kind == PR_PHONE_NONE) != (n == 0))
		abort();
	if (p->kind == PR_PHONE_E164 && (n < 8 || n > 16 || p->text[0] != '+'))
		abort();
	if (p->kind == PR_PHONE_E164) {
		struct pr_phone again = pr_phone_parse(pr_str_c(p->text));

		if (strcmp(again.text, p->text) != 0 || again.uk_mobile != p->uk_mobile)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_str text = pr_str_n(data, size);
	struct pr_phone p = pr_phone_parse(text);
	size_t start, end;

	check(&p);
	if (pr_phone_find(text, &p, &start, &end)) {
		if (start >= end || end > size || p.kind != PR_PHONE_E164)
			abort();
		check(&p);
	}
	return 0;
}
