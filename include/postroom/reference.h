/*
 * reference: what a citizen is given to quote. "EXA-7K4D9-2QMHW-C".
 *
 * Prefix of 2 to 4 letters (the council's), ten symbols of the alphabet
 * 23456789ABCDEFGHJKMNPQRSTUVWXYZ (31, a prime: no 0 O 1 I L), and a check symbol: the weighted sum
 * modulo 31 that catches every single wrong symbol and every swap of neighbours. The ten come from
 * HMAC-SHA-256(instance key, cid): they cannot be guessed or counted, and the same contact always
 * has the same reference.
 */
#ifndef POSTROOM_REFERENCE_H
#define POSTROOM_REFERENCE_H

#include "postroom/cid.h"

#define PR_REFERENCE_BYTES 24

void pr_reference_make(struct pr_str prefix, struct pr_str key, const struct pr_cid *cid,
		       char out[PR_REFERENCE_BYTES]);
/*
 * The whole of `s` as a reference under that prefix: any case, dashes and spaces anywhere or
 * nowhere. Writes the canonical form. False when the shape or the check symbol is wrong.
 */
bool pr_reference_parse(struct pr_str prefix, struct pr_str s, char out[PR_REFERENCE_BYTES]);
/* The first valid reference in free text; *start and *end are its bytes. */
bool pr_reference_find(struct pr_str prefix, struct pr_str text, char out[PR_REFERENCE_BYTES],
		       size_t *start, size_t *end);

#endif
