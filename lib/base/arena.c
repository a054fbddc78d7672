/* arena: blocks in a list, the newest first; each twice as large as the one before, up to 1 MiB. */
#include "postroom/arena.h"

#include <stdarg.h>

enum { FIRST_BLOCK = 16384, LARGEST_STEP = 1 << 20 };

struct pr_arena_block {
	struct pr_arena_block *next;
	size_t room, used;
	_Alignas(max_align_t) char bytes[];
};

void
pr_arena_init(struct pr_arena *a, size_t max)
{
	*a = (struct pr_arena){.max = max};
}

static struct pr_arena_block *
block_new(struct pr_arena *a, size_t least)
{
	size_t room = a->head ? a->head->room * 2 : FIRST_BLOCK;
	if (room > LARGEST_STEP)
		room = LARGEST_STEP;
	if (room < least)
		room = least;
	struct pr_arena_block *block = malloc(sizeof *block + room);
	if (!block)
		pr_out_of_memory();
	*block = (struct pr_arena_block){.next = a->head, .room = room};
	a->head = block;
	return block;
}

static void *
take(struct pr_arena *a, size_t n)
{
	const size_t align = _Alignof(max_align_t);
	if (n > SIZE_MAX / 2)
		pr_out_of_memory();
	n = (n + align - 1) / align * align;
	if (n > pr_arena_left(a))
		pr_out_of_memory();
	struct pr_arena_block *block = a->head;
	if (!block || block->room - block->used < n)
		block = block_new(a, n);
	void *p = block->bytes + block->used;
	block->used += n;
	a->used += n;
	return p;
}

void *
pr_arena_alloc(struct pr_arena *a, size_t n)
{
	return memset(take(a, n), 0, n);
}

void *
pr_arena_raw(struct pr_arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		pr_out_of_memory();
	return take(a, bytes);
}

void *
pr_arena_array(struct pr_arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		pr_out_of_memory();
	return pr_arena_alloc(a, bytes);
}

char *
pr_arena_dup_c(struct pr_arena *a, struct pr_str s)
{
	char *copy = pr_arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(copy, s.p, s.n);
	return copy;
}

struct pr_str
pr_arena_dup(struct pr_arena *a, struct pr_str s)
{
	return (struct pr_str){pr_arena_dup_c(a, s), s.n};
}

struct pr_str
pr_arena_printf(struct pr_arena *a, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		pr_bug("a format that cannot be printed: %s", fmt);
	char *p = pr_arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct pr_str){p, (size_t)n};
}

size_t
pr_arena_left(const struct pr_arena *a)
{
	return a->max - a->used;
}

static void
free_after(struct pr_arena_block *block)
{
	while (block) {
		struct pr_arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void
pr_arena_reset(struct pr_arena *a)
{
	a->used = 0;
	if (!a->head)
		return;
	free_after(a->head->next);
	a->head->next = NULL;
	a->head->used = 0;
	/* One huge contact must not make the daemon huge for good. */
	if (a->head->room > LARGEST_STEP)
		pr_arena_release(a);
}

void
pr_arena_release(struct pr_arena *a)
{
	free_after(a->head);
	a->head = NULL;
	a->used = 0;
}
