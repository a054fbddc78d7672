/* Any bytes as a contact: what is taken survives another round unchanged. */
#include "postroom/cleanup.h"
#include "postroom/contact.h"

#define LIMIT ((size_t)8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf once, twice;
	struct pr_contact c;
	struct pr_err err;

	pr_arena_init(&a, LIMIT);
	pr_buf_init(&once, LIMIT);
	pr_buf_init(&twice, LIMIT);
	if (size < 1)
		return 0;
	enum pr_stage last = (enum pr_stage)(data[0] % 3);
	if (pr_contact_decode(pr_str_n(data + 1, size - 1), last, &a, &c, &err) < 0)
		return 0;
	pr_contact_encode(&c, last, &once);
	if (pr_contact_decode(pr_buf_str(&once), last, &a, &c, &err) < 0)
		abort();
	pr_contact_encode(&c, last, &twice);
	if (!pr_str_eq(pr_buf_str(&once), pr_buf_str(&twice)))
		abort();
	return 0;
}
