/*
 * form: the public form's fields: what was typed, what is wrong with it, and how both look on a
 * page.
 *
 * Nothing that a citizen typed is ever lost to a mistake: a form that cannot be taken is shown
 * again whole.
 */
#ifndef PR_INGEST_FORM_H
#define PR_INGEST_FORM_H

#include "postroom/page.h"
#include "postroom/web.h"

enum form_field {
	FORM_NAME,
	FORM_EMAIL,
	FORM_PHONE,
	FORM_POSTCODE,
	FORM_SUBJECT,
	FORM_MESSAGE,
	FORM_PHOTO,
	FORM_FIELDS
};

enum form_problem {
	FORM_GOOD,
	FORM_MISSING,
	FORM_TOO_LONG,
	FORM_NO_EMAIL,
	FORM_NO_PHONE,
	FORM_PHOTO_TOO_LARGE,
	FORM_NO_PHOTO, /* a file, but no picture */
	FORM_PROBLEMS,
};

struct form {
	bool welsh;
	struct pr_str token;
	struct pr_str value[FORM_FIELDS]; /* trimmed, lines ending in LF, valid UTF-8; of the photo
					     its bytes */
	struct pr_str photo_name;
	enum form_problem problem[FORM_FIELDS];
	size_t nproblems;
};

/* Names as they stand in the page and in the contact. */
extern const char *const form_names[FORM_FIELDS];

/* Read and check what was sent. Texts live in the request or its arena. */
void form_read(const struct pr_web_request *request, int64_t upload_max, struct form *f);
/* The fields of the contact: those that are not empty, and `lang`. At most FORM_FIELDS; returns how
 * many. */
size_t form_fields(const struct form *f, struct pr_field fields[FORM_FIELDS]);
/*
 * Values for the page: <field>, <field>_error, problems (rows of field, words), lang, welsh. At
 * most FORM_VALUES_MAX are written and the count returned; the caller adds its own behind them.
 */
#define FORM_VALUES_MAX (2 * FORM_FIELDS + 3)
size_t form_values(const struct form *f, struct pr_arena *a, struct pr_page_value *values);

#endif
