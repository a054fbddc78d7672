/*
 * cleanup: foreign handles that close themselves at the end of their block.
 *
 *     PR_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
 *     PR_AUTO_BUF struct pr_buf text;
 *     pr_buf_init(&text, 65536);
 */
#ifndef POSTROOM_CLEANUP_H
#define POSTROOM_CLEANUP_H

#include "postroom/arena.h"
#include "postroom/buf.h"

#include <unistd.h>

static inline void
pr_auto_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define PR_AUTO(release) __attribute__((cleanup(release)))
#define PR_AUTO_FD       PR_AUTO(pr_auto_fd)
#define PR_AUTO_BUF      PR_AUTO(pr_buf_release)
#define PR_AUTO_ARENA    PR_AUTO(pr_arena_release)

#endif
