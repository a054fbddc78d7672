/*
 * phone: numbers in E.164 (ITU-T E.164; UK numbering as Ofcom's plan has it).
 *
 * "07700 900123", "+44 (0)7700 900 123", "0044 7700 900123", "447700900123" all give
 * "+447700900123". Short codes (3 to 8 digits) and alphanumeric senders ("GOVUK") are no E.164 and
 * are told apart.
 */
#ifndef POSTROOM_PHONE_H
#define POSTROOM_PHONE_H

#include "postroom/str.h"

enum pr_phone_kind { PR_PHONE_NONE, PR_PHONE_E164, PR_PHONE_SHORT, PR_PHONE_ALPHA };

struct pr_phone {
	enum pr_phone_kind kind;
	bool uk_mobile; /* +447 and ten digits, not 070 (personal) or 076 (pager) but for 07624
			   (Isle of Man) */
	char text[24];
};

/* The whole of `s` as a sender; `national` numbers are read as UK ones. */
struct pr_phone pr_phone_parse(struct pr_str s);
/* The first thing in free text that looks like a UK or international number; *start and *end are
 * its bytes. */
bool pr_phone_find(struct pr_str text, struct pr_phone *phone, size_t *start, size_t *end);

#endif
