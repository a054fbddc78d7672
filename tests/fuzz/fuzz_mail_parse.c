/* Any bytes as a message: no crash, and whatever comes out is valid and within its limits. */
#include "postroom/cleanup.h"
#include "postroom/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_BUF struct pr_buf out;
	struct pr_contact c = {.cid = PR_STR("0123456789abcdef0123456789abcdef"),
			       .channel = PR_STR("email"),
			       .account = PR_STR("fuzz"),
			       .received_at = 1};
	struct pr_contact again;
	struct pr_err err;

	pr_arena_init(&a, (size_t)256 << 20);
	pr_buf_init(&out, (size_t)16 << 20);
	if (pr_mail_parse(pr_str_n(data, size), &a, &c, &err) < 0)
		return 0;
	pr_contact_encode(&c, PR_STAGE_CLASSIFY, &out);
	memset(&again, 0, sizeof(again));
	if (out.failed ||
	    pr_contact_decode(pr_buf_str(&out), PR_STAGE_CLASSIFY, &a, &again, &err) < 0)
		pr_bug("what was read cannot be handed on: %s", err.msg);
	return 0;
}
