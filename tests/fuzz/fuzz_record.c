/* Any bytes as a record: whatever is taken, written again, is the same bytes. */
#include "postroom/cleanup.h"
#include "postroom/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_str rest = pr_str_n(data, size);
	PR_AUTO_BUF struct pr_buf again;
	struct pr_field field;
	struct pr_err err;

	pr_buf_init(&again, size + 1);
	while (pr_record_next((const char *)data, &rest, &field, &err) > 0)
		pr_record_add(&again, field.name, field.value);
	if (again.failed || (again.n > 0 && memcmp(again.p, data, again.n) != 0))
		abort();
	return 0;
}
