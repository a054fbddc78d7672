/*
 * spool_files: what the three files of the spool share, and nobody else.
 */
#ifndef POSTROOM_CORE_SPOOL_FILES_H
#define POSTROOM_CORE_SPOOL_FILES_H

#include "postroom/spool.h"

#include <stdatomic.h>

#define SPOOL_FILE_MODE  0640
#define SPOOL_PATH_BYTES 80

struct pr_spool {
	int dir;
	int64_t min_free;
	uint64_t drawn; /* told apart from a process of the same id before a reboot */
	atomic_uint counter;
};

/* A path below the spool's folder. */
struct spool_path {
	char p[SPOOL_PATH_BYTES];
};

struct spool_path spool_path_new(const struct pr_cid *cid);
/* suffix: "" for the bundle, else a sidecar's */
struct spool_path spool_path_ab(const struct pr_cid *cid, const char *suffix);
/* Another name at each call. */
struct spool_path spool_path_tmp(struct pr_spool *spool);
bool spool_exists(struct pr_spool *spool, const struct spool_path *path);

/* Flush a folder of the spool; the one that holds the bundle of cid. */
int spool_sync(struct pr_spool *spool, const char *name, struct pr_err *err) PR_MUST_CHECK;
int
spool_sync_ab(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err) PR_MUST_CHECK;
/* The link in ab/ that new/ promises; there already is fine. */
int
spool_link_ab(struct pr_spool *spool, const struct pr_cid *cid, struct pr_err *err) PR_MUST_CHECK;

#endif
