/*
 * multipart: the parts of a multipart/form-data body.
 */
#ifndef PR_WEB_MULTIPART_H
#define PR_WEB_MULTIPART_H

#include "postroom/web.h"

#define WEB_FILES_MAX 3
#define WEB_FIELD_MAX ((size_t)64 << 10)

enum web_form { WEB_FORM_OK, WEB_FORM_BAD, WEB_FORM_TOO_LARGE };

struct web_multipart {
	struct pr_field fields[PR_WEB_FIELDS_MAX];
	struct pr_web_file files[WEB_FILES_MAX]; /* parts with a file name that is not empty */
	size_t nfields, nfiles;
};

/* Everything points into content_type and body. */
enum web_form
web_multipart_parse(struct pr_str content_type, struct pr_str body, struct web_multipart *m);

#endif
