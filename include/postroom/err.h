/*
 * err: an error says what its caller must do.
 *
 * Every function that can fail takes a `struct pr_err *` as its last argument and returns 0 or -1
 * (or NULL). The struct is written only on failure. Reporting never allocates: the words have a
 * fixed buffer.
 *
 *     if (pr_file_read(path, 65536, &text, err) < 0)
 *         return -1;                                  (pass it up as it is)
 *     return pr_fail(err, PR_RETRY, errno, "cannot open '%s'", path);
 *
 * PR_RETRY   try again later: leave the entry pending, leave the mail in the mailbox, answer 503
 * PR_REJECT  this one item cannot be done, its neighbours can: bury it, where staff see it
 * PR_FATAL   the process cannot go on: exit 100 (configuration) or 111
 *
 * The words never hold personal data: no address, no name, no text of a message.
 */
#ifndef POSTROOM_ERR_H
#define POSTROOM_ERR_H

#include <stddef.h>

enum pr_fault { PR_NO_FAULT = 0, PR_RETRY, PR_REJECT, PR_FATAL };

struct pr_err {
	enum pr_fault fault;
	int sys; /* errno at the time, 0 when there is none; its text is part of msg already */
	char msg[256]; /* one line, no full stop, NUL-terminated */
};

#define PR_MUST_CHECK        __attribute__((warn_unused_result))
#define PR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Fill *err (may be NULL); with sys != 0 ": <strerror>" is appended. Returns -1, so that it can be
 * returned. */
int pr_fail(struct pr_err *err, enum pr_fault fault, int sys, const char *fmt, ...) PR_PRINTF(4, 5);

/* Put words in front of the message that *err holds: pr_fail_in(err, "mailbox '%s'", name). Returns
 * -1. */
int pr_fail_in(struct pr_err *err, const char *fmt, ...) PR_PRINTF(2, 3);

/* "retry", "reject", "fatal", "none" */
const char *pr_fault_name(enum pr_fault fault);

/* A bug in postroom, not in its input: prints file, line and words, aborts. The queue owns the
 * work. */
_Noreturn void pr_bug_at(const char *file, int line, const char *fmt, ...) PR_PRINTF(3, 4);
#define pr_bug(...) pr_bug_at(__FILE__, __LINE__, __VA_ARGS__)

/* Out of memory ends the process: nothing is lost, the queue (or the MTA that pipes to us) owns the
 * item. */
_Noreturn void pr_out_of_memory(void);
/* calloc(3) that never returns NULL. */
void *pr_calloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* With which status: 111 unless a program behind an MTA's pipe asks for 75 (EX_TEMPFAIL). */
void pr_out_of_memory_exits(int status);

#endif
