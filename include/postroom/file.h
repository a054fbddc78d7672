/*
 * file: reading with a limit, writing that survives.
 *
 * A failed fsync is never tried again on the same descriptor (Linux forgets the error after telling
 * it once): the temporary file is unlinked and the caller is told PR_RETRY; a second try writes a
 * new file.
 */
#ifndef POSTROOM_FILE_H
#define POSTROOM_FILE_H

#include "postroom/buf.h"

#include <sys/types.h>

/* All n bytes or -1; EINTR is handled. */
int pr_write_all(int fd, const void *p, size_t n, struct pr_err *err) PR_MUST_CHECK;
/* Append everything up to end of file to b; PR_REJECT when it is more than b's maximum. */
int pr_read_all(int fd, struct pr_buf *b, struct pr_err *err) PR_MUST_CHECK;
/* The whole file, appended to b. ENOENT is PR_REJECT, other failures PR_RETRY, with err->sys set.
 */
int pr_file_read(int dirfd, const char *name, struct pr_buf *b, struct pr_err *err) PR_MUST_CHECK;
/*
 * Replace `name` by these bytes, whole or not at all: a temporary file beside it, rename. With
 * `durable` the file is fsynced before the rename and the folder after it.
 */
int pr_file_replace(int dirfd, const char *name, struct pr_str bytes, bool durable,
		    struct pr_err *err) PR_MUST_CHECK;
int pr_dir_sync(int dirfd, struct pr_err *err) PR_MUST_CHECK;
/* The folder and those above it, mode 0750 where made; an existing folder is left as it is. */
int pr_dir_make(const char *path, struct pr_err *err) PR_MUST_CHECK;
/* A descriptor on the folder (O_DIRECTORY), or -1. */
int pr_dir_open(const char *path, struct pr_err *err) PR_MUST_CHECK;

#endif
