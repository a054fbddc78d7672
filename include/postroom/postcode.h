/*
 * postcode: UK postcodes, normalised to outward, one space, inward: "sw1a1aa" gives "SW1A 1AA".
 *
 * Checked against the six shapes (BS 7666) and the areas in use (a table in lib/core/postcode.c:
 * 121, the Crown dependencies, BF and BX), with GIR 0AA; O for 0 and I for 1 are put right where
 * only one can stand.
 */
#ifndef POSTROOM_POSTCODE_H
#define POSTROOM_POSTCODE_H

#include "postroom/str.h"

bool pr_postcode_parse(struct pr_str s, char out[9]);
/* The first postcode in free text, as a word of its own; *start and *end are its bytes. */
bool pr_postcode_find(struct pr_str text, char out[9], size_t *start, size_t *end);

#endif
