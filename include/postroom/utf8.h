/*
 * utf8: what leaves a parser is valid UTF-8 without NUL (RFC 3629; no surrogates, no overlong
 * forms).
 */
#ifndef POSTROOM_UTF8_H
#define POSTROOM_UTF8_H

#include "postroom/buf.h"

/* Valid UTF-8 with no NUL in it. */
bool pr_utf8_ok(struct pr_str s);
/*
 * Append `s` to `b` with every maximal invalid sequence and every NUL replaced by U+FFFD. Returns
 * how many were replaced.
 */
size_t pr_utf8_repair(struct pr_buf *b, struct pr_str s);
/* The longest prefix of at most `max` bytes that does not cut a character in two. `s` is valid. */
struct pr_str pr_utf8_clip(struct pr_str s, size_t max);
/* Decode one character at the front; returns its length in bytes, 0 at the end or when invalid. */
size_t pr_utf8_decode(struct pr_str s, uint32_t *cp);
int pr_utf8_encode(struct pr_buf *b, uint32_t cp);
/* How many characters. `s` is valid. */
size_t pr_utf8_length(struct pr_str s);

#endif
