/*
 * ledger: what each pattern cost since the rules were loaded, and whether it is still run.
 *
 * A pattern that hit its limits for PR_QUARANTINE_AFTER contacts is quarantined: it is not run
 * again until the rules are loaded anew, and where it may match it answers could-not-tell, at no
 * cost. The contacts that it concerns go to a person; the others are not slowed by it.
 */
#ifndef CLASSIFY_LEDGER_H
#define CLASSIFY_LEDGER_H

#include "classify/match.h"

#define PR_QUARANTINE_AFTER 3

struct pr_ledger {
	uint64_t calls, ns, worst_ns, limit_hits;
	uint64_t contact; /* for which it last hit them */
	unsigned contacts;
	bool quarantined;
	bool told; /* the log has it */
};

/* Nanoseconds of an arbitrary start; real time, which no test moves. */
uint64_t pr_ledger_now(void);
/* One run that began at `began`, for the contact of that number (from 1). */
void pr_ledger_note(struct pr_ledger *l, uint64_t began, bool limit_hit, uint64_t contact);

/* match_pattern.c: the ledger of a pattern, or NULL of another condition. */
struct pr_ledger *pr_pattern_ledger(const struct pr_condition *c);

#endif
