/*
 * report: the machine's half of a bounce (RFC 3464): who did not get our mail.
 */
#include "mail_internal.h"

#define REPORT_MAX ((size_t)64 << 10)

static struct pr_str
field_value(struct pr_str line, struct pr_str name)
{
	return pr_str_starts_nocase(line, name) ? pr_str_trim(pr_str_sub(line, name.n, line.n))
						: PR_STR_NONE;
}

/* "rfc822; someone@example.org" */
static struct pr_str
recipient_address(struct pr_str value)
{
	const char *semi = value.n ? memchr(value.p, ';', value.n) : NULL;
	struct pr_str address =
	    semi ? pr_str_sub(value, (size_t)(semi - value.p) + 1, value.n) : value;

	address = pr_str_trim(address);
	if (address.n > 2 && address.p[0] == '<' && address.p[address.n - 1] == '>')
		address = pr_str_sub(address, 1, address.n - 2);
	return address;
}

static void
report_recipient(struct pr_str recipient, struct pr_str action, struct pr_arena *a,
		 struct pr_contact *c)
{
	if (recipient.n > 0 && memchr(recipient.p, '@', recipient.n) &&
	    pr_str_starts_nocase(action, PR_STR("fail")))
		pr_contact_list_add(c, PR_CONTACT_FIELD(failed_recipients), a, recipient);
}

/* One group of fields a recipient, groups apart by blank lines; the first is about the message. */
void
pr_mail_delivery_status(struct pr_str report, struct pr_arena *a, struct pr_contact *c)
{
	struct pr_str rest = pr_str_sub(report, 0, REPORT_MAX), line;
	struct pr_str recipient = PR_STR_NONE, action = PR_STR_NONE;

	while (pr_str_cut(&rest, '\n', &line)) {
		struct pr_str value;

		line = pr_str_trim(line);
		if (line.n == 0) {
			report_recipient(recipient, action, a, c);
			recipient = action = PR_STR_NONE;
		}
		if ((value = field_value(line, PR_STR("final-recipient:"))).n > 0)
			recipient = recipient_address(value);
		else if (recipient.n == 0 &&
			 (value = field_value(line, PR_STR("original-recipient:"))).n > 0)
			recipient = recipient_address(value);
		else if ((value = field_value(line, PR_STR("action:"))).n > 0)
			action = value;
	}
	report_recipient(recipient, action, a, c);
}
