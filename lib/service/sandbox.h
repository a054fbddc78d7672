/*
 * sandbox: what a child that reads a stranger's bytes may still do: read, compute, write its
 * answer.
 *
 * The filter is built once, in the zygote; entering it costs a child some microseconds.
 */
#ifndef LIB_SERVICE_SANDBOX_H
#define LIB_SERVICE_SANDBOX_H

#include "postroom/err.h"

#include <linux/filter.h>
#include <stdint.h>

/* Built with AddressSanitizer: its runtime needs more than filter and limit of memory leave it. */
#if defined(__SANITIZE_ADDRESS__)
#define PR_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PR_SANITIZED 1
#endif
#endif
#ifndef PR_SANITIZED
#define PR_SANITIZED 0
#endif

struct pr_sandbox {
	struct sock_fprog filter;
	uint64_t memory_before; /* address space of the zygote */
};

int pr_sandbox_prepare(struct pr_sandbox *s, struct pr_err *err) PR_MUST_CHECK;
/* There is no way back. memory 0: no limit of memory. -1 with errno. */
int pr_sandbox_enter(const struct pr_sandbox *s, int cpu_seconds, int64_t memory) PR_MUST_CHECK;

#endif
