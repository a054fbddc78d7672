/*
 * bundle: what arrived, in one immutable file.
 *
 *     postroom-bundle 1\n
 *     <kind> <name> <length> <sha256 hex>\n<bytes>\n          any number of parts
 *     END <number of parts> <sha256 hex of all the bytes before this line>\n
 *
 * kind: `receipt` (exactly one, first: an encoded contact, stage INGEST), `field` (what a form or
 * webhook gave; name = its field), `raw` (at most one: the message or request body as received),
 * `file` (an upload; name = its field; a `field` part named `<name>.filename` before it has what
 * the sender called it). Names: 1 to 64 of [A-Za-z0-9_.-], `-` where there is none. A file without
 * its END line does not exist.
 */
#ifndef POSTROOM_BUNDLE_H
#define POSTROOM_BUNDLE_H

#include "postroom/arena.h"
#include "postroom/buf.h"
#include "postroom/contact.h"

#define PR_BUNDLE_MAX       ((size_t)64 << 20)
#define PR_BUNDLE_PARTS_MAX 256

enum pr_part_kind { PR_PART_RECEIPT, PR_PART_FIELD, PR_PART_RAW, PR_PART_FILE };

struct pr_part {
	enum pr_part_kind kind;
	struct pr_str name;
	struct pr_str bytes;
};

/* Write the parts to fd from its beginning. Does not sync. */
int
pr_bundle_write(int fd, const struct pr_part *parts, size_t n, struct pr_err *err) PR_MUST_CHECK;

/* A bundle open for reading: a private read-only map. Parts point into it until close. */
struct pr_bundle {
	struct pr_part parts[PR_BUNDLE_PARTS_MAX];
	size_t nparts;
	void *map;
	size_t size;
};

/*
 * Check and open. PR_REJECT: not a bundle, cut short (no END), a hash that does not fit, an unknown
 * version; the message names part and offset. PR_RETRY: it could not be read.
 */
int pr_bundle_open(int fd, struct pr_bundle *b, struct pr_err *err) PR_MUST_CHECK;
void pr_bundle_close(struct pr_bundle *b);
/* The first part of that kind (and name, unless PR_STR_NONE), or NULL. */
const struct pr_part *
pr_bundle_find(const struct pr_bundle *b, enum pr_part_kind kind, struct pr_str name);
/* Decode the receipt. */
int pr_bundle_receipt(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c,
		      struct pr_err *err) PR_MUST_CHECK;

#endif
