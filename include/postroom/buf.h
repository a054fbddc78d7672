/*
 * buf: bytes that grow, up to a maximum that is given at birth (after curl's dynbuf).
 *
 * Adding past the maximum adds nothing and marks the buffer as failed; later additions do nothing
 * either, so a builder may add a hundred times and ask once: `if (b.failed) return pr_fail(...)`.
 * The bytes are always followed by a NUL that is not counted. Out of memory ends the process (see
 * err.h).
 */
#ifndef POSTROOM_BUF_H
#define POSTROOM_BUF_H

#include "postroom/err.h"
#include "postroom/str.h"

struct pr_buf {
	char *p;
	size_t n;
	size_t room;
	size_t max;
	bool failed;
};

void pr_buf_init(struct pr_buf *b, size_t max);
int pr_buf_add(struct pr_buf *b, const void *p, size_t n);
int pr_buf_add_str(struct pr_buf *b, struct pr_str s);
int pr_buf_add_c(struct pr_buf *b, const char *c);
int pr_buf_add_char(struct pr_buf *b, char c);
int pr_buf_addf(struct pr_buf *b, const char *fmt, ...) PR_PRINTF(2, 3);
/* At least n writable bytes behind the content, or NULL (failed is set); pr_buf_grew says how many
 * were used. */
char *pr_buf_reserve(struct pr_buf *b, size_t n);
void pr_buf_grew(struct pr_buf *b, size_t n);
struct pr_str pr_buf_str(const struct pr_buf *b);
/* Forget the content and the failure, keep the memory. */
void pr_buf_reset(struct pr_buf *b);
/* Give the memory away: the caller frees it. The buffer is empty afterwards. */
char *pr_buf_take(struct pr_buf *b, size_t *n);
void pr_buf_release(struct pr_buf *b);

#endif
