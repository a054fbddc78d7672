/*
 * scan parts: what match_scan_hs.c is made of besides libhs. Nobody else uses this.
 */
#ifndef CLASSIFY_MATCH_SCAN_PARTS_H
#define CLASSIFY_MATCH_SCAN_PARTS_H

#include "postroom/buf.h"
#include "postroom/digest.h"

/*
 * syntax: does this pattern use nothing but what libhs and PCRE2 are known to read alike? Of ASCII
 * letters, the classes \w \d \s, sets, groups, repeats, anchors, \b and lookarounds that is so;
 * whatever else the two know (properties, POSIX classes, \R, \x{…}, letters above ASCII) makes the
 * pattern a candidate always, whether libhs would take it or not.
 */
bool pr_scan_syntax_ok(struct pr_str regex);
/*
 * Append, with a NUL, a pattern that matches wherever `regex` (which is ok) does, and that libhs
 * can be given by the hundred: counted repeats such as .{0,40} make its compiler take minutes for a
 * few hundred patterns, so they become * or +, and a lookaround that forbids is left out. PCRE2 is
 * asked afterwards anyhow. False when it cannot be read.
 */
bool pr_scan_relax(struct pr_str regex, struct pr_buf *out);

/*
 * child: run work(ctx, out) in a fork with limits and bring its bytes home. PR_RETRY when there is
 * no process to be had, PR_REJECT when the child failed, died, was too slow or said too much.
 */
struct pr_scan_limits {
	unsigned cpu_seconds;
	int wall_ms;
	size_t memory; /* address space, bytes; not under the sanitizers, which map terabytes */
};
int pr_scan_child(int (*work)(void *ctx, struct pr_buf *out), void *ctx,
		  const struct pr_scan_limits *limits, struct pr_buf *out,
		  struct pr_err *err) PR_MUST_CHECK;

/*
 * cache: DIR/<key in hex>.hs, one file a database, written whole. A file is believed only when it
 * is ours (owner, mode), its head names this key and its SHA-256 is right: libhs does not check
 * what it is given. The newest PR_SCAN_CACHE_KEPT stay; one that is used counts as new.
 */
#define PR_SCAN_CACHE_KEPT 8
struct pr_scan_key {
	unsigned char v[PR_SHA256_BYTES];
};
bool pr_scan_cache_get(const char *dir, const struct pr_scan_key *key, struct pr_buf *out);
/* A folder that is missing is made. What cannot be kept is not an error: it is made again. */
void pr_scan_cache_put(const char *dir, const struct pr_scan_key *key, struct pr_str bytes);

#endif
