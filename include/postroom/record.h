/*
 * record: the one way postroom writes named bytes down; bundles and contacts are made of it.
 *
 * A record is a run of fields. A field is a header line `<name> <length>\n`, the bytes, and `\n`:
 *
 *     subject 14
 *     Missed bin, us
 *
 * Name: 1 to 64 of [a-z0-9_.-]. Length: decimal, no leading zero, at most 9 digits. The same name
 * again is the next value of a list. The text can be read with `less` and needs no escaping.
 */
#ifndef POSTROOM_RECORD_H
#define POSTROOM_RECORD_H

#include "postroom/buf.h"

struct pr_field {
	struct pr_str name;
	struct pr_str value;
};

/* Append one field; a name against the grammar is a bug. */
void pr_record_add(struct pr_buf *b, struct pr_str name, struct pr_str value);
/*
 * Take one field off the front of *rest: 1 and *field, 0 at the end, -1 (PR_REJECT, with the byte
 * offset in the message counted from `start`) when the bytes are no record. The field points into
 * the bytes.
 */
int
pr_record_next(const char *start, struct pr_str *rest, struct pr_field *field, struct pr_err *err);

#endif
