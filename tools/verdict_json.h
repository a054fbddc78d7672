/*
 * verdict_json: a verdict as one JSON object, as `postroom classify --json` prints it
 * (docs/RULES.md, "The verdict as JSON").
 */
#ifndef TOOLS_VERDICT_JSON_H
#define TOOLS_VERDICT_JSON_H

#include "postroom/contact.h"

#include <jansson.h>

/* A new object; `id` (or NULL) becomes its "id". */
json_t *pr_verdict_json(json_t *id, const struct pr_contact *c);

#endif
