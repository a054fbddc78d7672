/*
 * scan: finds in one pass over a text which patterns may stand in it: a superset of those that
 * PCRE2 will confirm, never less. match_scan_hs.c does it with Hyperscan or Vectorscan (libhs);
 * match_scan_all.c, for machines without libhs (`make HS=0`), says "all of them", and so does the
 * former where the processor lacks SSE4.2.
 *
 * The database is compiled in a child of its own with limits (a pattern may make the compiler eat
 * seconds and gigabytes; the call waits for it, 20 s at the most), and kept in the cache folder
 * under the hash of the patterns, the library's version and the platform. A broken or foreign cache
 * file is made anew; the newest eight are kept. When the child fails, all patterns are candidates
 * always, and the name says so.
 *
 * One scan serves one thread.
 */
#ifndef CLASSIFY_MATCH_SCAN_H
#define CLASSIFY_MATCH_SCAN_H

#include "postroom/err.h"
#include "postroom/str.h"

struct pr_scan;

/* A pattern as PCRE2 is given it (folded, UTF, UCP, caseless), and its number. */
struct pr_scan_pattern {
	struct pr_str regex;
	uint32_t id;
};

/*
 * `cache`, a folder (made when it is missing), may be NULL. Patterns that libhs cannot take are
 * candidates always, and a cache that cannot be written is done without; neither is an error. Fails
 * only when memory or processes cannot be had: PR_RETRY. The patterns are not needed afterwards.
 */
struct pr_scan *pr_scan_new(const struct pr_scan_pattern *v, size_t n, const char *cache,
			    struct pr_err *err) PR_MUST_CHECK;
/*
 * Set the bit of every id whose pattern may match in `text` (folded); others are left as they are.
 * `bits` has room for all ids. A text with a byte above ASCII makes all of them candidates: the two
 * libraries have not the same tables of Unicode.
 */
void pr_scan_find(struct pr_scan *scan, struct pr_str text, uint64_t *bits);
/* "libhs 5.4.9, 212 patterns, 3 always" */
const char *pr_scan_name(const struct pr_scan *scan);
/* NULL is allowed inside. */
void pr_scan_free(struct pr_scan **scan);

#endif
