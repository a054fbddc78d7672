/* Any text searched for references: what is found stands where it is said to, and parses to the
 * same. */
#include "postroom/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_str text = pr_str_n(data, size), prefix = PR_STR("EX");
	char found[PR_REFERENCE_BYTES], parsed[PR_REFERENCE_BYTES];
	size_t start, end;

	if (pr_reference_find(prefix, text, found, &start, &end)) {
		if (start >= end || end > size)
			abort();
		if (!pr_reference_parse(prefix, pr_str_sub(text, start, end - start), parsed) ||
		    strcmp(found, parsed) != 0)
			abort();
	}
	if (pr_reference_parse(prefix, text, parsed) &&
	    !pr_reference_parse(prefix, pr_str_c(parsed), found))
		abort();
	return 0;
}
