/*
 * arena: memory with one owner and one end.
 *
 * A daemon keeps one arena per contact in hand and resets it each step; configuration and rules
 * have their own and are replaced whole. Nothing taken from an arena is freed singly. An arena has
 * a maximum from birth: a hostile input cannot grow it past that, and going past it (or out of
 * memory) ends the process with 111, which loses nothing. Where input decides the size, check it
 * first with pr_arena_left().
 */
#ifndef POSTROOM_ARENA_H
#define POSTROOM_ARENA_H

#include "postroom/err.h"
#include "postroom/str.h"

struct pr_arena_block;

struct pr_arena {
	struct pr_arena_block *head;
	size_t used; /* bytes handed out, padding included */
	size_t max;
};

void pr_arena_init(struct pr_arena *a, size_t max);
/* Zeroed memory aligned for any type; n may be 0. Never NULL. */
void *pr_arena_alloc(struct pr_arena *a, size_t n);
/* n elements of `size` bytes, zeroed; the product is checked. */
void *pr_arena_array(struct pr_arena *a, size_t n, size_t size);
/* The same, not zeroed: for large tables that are written before they are read. */
void *pr_arena_raw(struct pr_arena *a, size_t n, size_t size);
#define PR_ARENA_NEW(a, type) ((type *)pr_arena_alloc((a), sizeof(type)))
/* A copy, always followed by a NUL that is not counted. */
struct pr_str pr_arena_dup(struct pr_arena *a, struct pr_str s);
char *pr_arena_dup_c(struct pr_arena *a, struct pr_str s);
struct pr_str pr_arena_printf(struct pr_arena *a, const char *fmt, ...) PR_PRINTF(2, 3);
size_t pr_arena_left(const struct pr_arena *a);
/* Everything handed out becomes invalid; the first block is kept for the next round. */
void pr_arena_reset(struct pr_arena *a);
void pr_arena_release(struct pr_arena *a);

#endif
