/* buf: bytes that grow up to a maximum. */
#include "postroom/buf.h"

#include <stdarg.h>

void
pr_buf_init(struct pr_buf *b, size_t max)
{
	*b = (struct pr_buf){.max = max};
}

char *
pr_buf_reserve(struct pr_buf *b, size_t n)
{
	if (b->failed || n > b->max - b->n) {
		b->failed = true;
		return NULL;
	}
	if (!b->p || b->room - b->n <= n) {
		size_t room = b->room ? b->room : 64;
		while (room <= b->n + n)
			room *= 2;
		if (room > b->max + 1)
			room = b->max + 1;
		char *p = realloc(b->p, room);
		if (!p)
			pr_out_of_memory();
		if (!b->p)
			p[0] = '\0';
		b->p = p;
		b->room = room;
	}
	return b->p + b->n;
}

void
pr_buf_grew(struct pr_buf *b, size_t n)
{
	if (n > b->room - b->n - 1)
		pr_bug("a buffer grew by more than was reserved");
	b->n += n;
	b->p[b->n] = '\0';
}

int
pr_buf_add(struct pr_buf *b, const void *p, size_t n)
{
	char *at = pr_buf_reserve(b, n);
	if (!at)
		return -1;
	if (n)
		memcpy(at, p, n);
	pr_buf_grew(b, n);
	return 0;
}

int
pr_buf_add_str(struct pr_buf *b, struct pr_str s)
{
	return pr_buf_add(b, s.p, s.n);
}

int
pr_buf_add_c(struct pr_buf *b, const char *c)
{
	return pr_buf_add(b, c, strlen(c));
}

int
pr_buf_add_char(struct pr_buf *b, char c)
{
	return pr_buf_add(b, &c, 1);
}

int
pr_buf_addf(struct pr_buf *b, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		pr_bug("a format that cannot be printed: %s", fmt);
	char *at = pr_buf_reserve(b, (size_t)n);
	if (at) {
		vsnprintf(at, (size_t)n + 1, fmt, again);
		pr_buf_grew(b, (size_t)n);
	}
	va_end(again);
	return at ? 0 : -1;
}

struct pr_str
pr_buf_str(const struct pr_buf *b)
{
	return (struct pr_str){b->p, b->n};
}

void
pr_buf_reset(struct pr_buf *b)
{
	b->n = 0;
	b->failed = false;
	if (b->p)
		b->p[0] = '\0';
}

char *
pr_buf_take(struct pr_buf *b, size_t *n)
{
	if (!b->p)
		pr_buf_add(b, "", 0);
	char *p = b->p;
	if (n)
		*n = b->n;
	pr_buf_init(b, b->max);
	return p;
}

void
pr_buf_release(struct pr_buf *b)
{
	free(b->p);
	pr_buf_init(b, b->max);
}
