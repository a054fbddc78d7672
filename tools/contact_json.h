/*
 * contact_json: a contact as one JSON object, the form that `postroom classify --json` and the
 * commands that learn from files share (docs/RULES.md).
 *
 *     {"id": "a1", "channel": "email", "from": "jo@example.org", "from_name": "Jo", "subject":
 * "Bin", "text": "...", "form": {"street": "..."}, "account": "enquiries"}
 *
 * All are optional. Texts that are too long are clipped, what is no text counts as absent.
 */
#ifndef TOOLS_CONTACT_JSON_H
#define TOOLS_CONTACT_JSON_H

#include "postroom/contact.h"

#include <jansson.h>

/* Set the "what was read" group of *c; texts are copied into the arena. */
void pr_contact_json(const json_t *in, struct pr_arena *a, struct pr_contact *c);
/* The bytes of a JSON text, which the value owns; empty for anything else. */
struct pr_str pr_json_text(const json_t *v);

#endif
