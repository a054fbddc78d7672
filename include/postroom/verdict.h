/*
 * verdict: the lists of a verdict are lines of words (contact.h); here they are taken apart, for
 * whoever tells a person or a program about them.
 */
#ifndef POSTROOM_VERDICT_H
#define POSTROOM_VERDICT_H

#include "postroom/contact.h"

/* "557/17". False when it is no such pair. */
bool pr_verdict_service(struct pr_str text, int64_t *lgsl, int64_t *lgil);

/* A service with its points (thousandths): the runner-up, or one that a rule forbade. */
struct pr_verdict_rival {
	int64_t lgsl, lgil, points;
	struct pr_str rule; /* that forbade it; empty of a runner-up */
};
/* False when there is none. */
bool pr_verdict_runner_up(const struct pr_contact *c, struct pr_verdict_rival *out);
bool pr_verdict_veto(struct pr_str line, struct pr_verdict_rival *out);

/* A place in a contact: bytes start to end of a field, and the words there. Texts point into c. */
struct pr_verdict_place {
	struct pr_str field; /* subject, text, new_text, form.<name>; "-": it has no place */
	int64_t start, end;
	struct pr_str words;
};

/* A rule that spoke. */
struct pr_verdict_rule {
	struct pr_str rule;
	struct pr_verdict_place place;
	bool incomplete; /* it hit its limits */
	bool service;    /* it spoke for one: */
	int64_t lgsl, lgil, points;
};
void pr_verdict_rule(const struct pr_contact *c, struct pr_str line, struct pr_verdict_rule *out);

struct pr_verdict_fact {
	struct pr_str kind, value;
	struct pr_verdict_place place;
};
void pr_verdict_fact(const struct pr_contact *c, struct pr_str line, struct pr_verdict_fact *out);

#endif
