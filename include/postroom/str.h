/*
 * str: bytes that somebody else owns, as pointer and length.
 *
 * A stranger's bytes are never trusted to end in NUL, and may hold NUL. A `struct pr_str` owns
 * nothing: it lives as long as the arena, buffer or literal behind it. The empty string is {NULL or
 * any, 0}.
 *
 *     struct pr_str line, rest = text;
 *     while (pr_str_cut(&rest, '\n', &line))
 *         if (pr_str_starts_nocase(line, PR_STR("subject:"))) ...
 *     printf(PR_S_FMT "\n", PR_S(line));
 */
#ifndef POSTROOM_STR_H
#define POSTROOM_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pr_str {
	const char *p;
	size_t n;
};

#define PR_STR(literal) ((struct pr_str){"" literal, sizeof(literal) - 1})
#define PR_STR_NONE     ((struct pr_str){NULL, 0})
#define PR_S_FMT        "%.*s"
#define PR_S(s)         ((int)(s).n), ((s).p ? (s).p : "")

/* The bytes of a C string (NULL gives the empty string); p and n as given. */
struct pr_str pr_str_c(const char *c);
static inline struct pr_str
pr_str_n(const void *p, size_t n)
{
	return (struct pr_str){(const char *)p, n};
}

bool pr_str_eq(struct pr_str a, struct pr_str b);
bool pr_str_eq_c(struct pr_str a, const char *b);
/* Memory order, shorter first: for qsort and binary search. */
int pr_str_cmp(struct pr_str a, struct pr_str b);
/* ASCII letters only are folded; other bytes are compared as they are. */
bool pr_str_eq_nocase(struct pr_str a, struct pr_str b);
bool pr_str_starts(struct pr_str s, struct pr_str prefix);
bool pr_str_ends(struct pr_str s, struct pr_str suffix);
bool pr_str_starts_nocase(struct pr_str s, struct pr_str prefix);
/* Where `needle` begins in `s`, or (size_t)-1. */
size_t pr_str_find(struct pr_str s, struct pr_str needle);
size_t pr_str_find_nocase(struct pr_str s, struct pr_str needle);
/* From byte `from` on, at most `n` bytes; both are clipped to the string. */
struct pr_str pr_str_sub(struct pr_str s, size_t from, size_t n);
/* Without ASCII white space at both ends. */
struct pr_str pr_str_trim(struct pr_str s);
/*
 * Take the bytes up to `sep` off the front of *rest into *head; the separator is dropped. False
 * when *rest was empty already. "a,,b" gives a, "", b; "a," gives a.
 */
bool pr_str_cut(struct pr_str *rest, char sep, struct pr_str *head);
/* The whole string as a decimal number within [min, max]; leading '-' allowed, '+' and blanks not.
 */
bool pr_str_int(struct pr_str s, int64_t min, int64_t max, int64_t *out);

#endif
