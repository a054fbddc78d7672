/* Any bytes as a postcode and as free text: what is found lies in the text and is read the same
 * again. */
#include "postroom/postcode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char out[9])
{
	char again[9] = "";
	size_t n = strnlen(out, 9);

	if (n < 6 || n > 8 || out[n - 4] != ' ' || !pr_postcode_parse(pr_str_c(out), again) ||
	    strcmp(again, out) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_str text = pr_str_n(data, size);
	char out[9] = "";
	size_t start, end;

	if (pr_postcode_parse(text, out))
		check(out);
	if (pr_postcode_find(text, out, &start, &end)) {
		if (start >= end || end > size)
			abort();
		check(out);
	}
	return 0;
}
