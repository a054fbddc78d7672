/*
 * rule_reader: what the readers of a rule file share.
 */
#ifndef CLASSIFY_RULE_READER_H
#define CLASSIFY_RULE_READER_H

#include "classify/ruleset.h"

/* The rule in hand, where it goes, and where its mistakes are told. */
struct pr_rule_reader {
	struct pr_rules *rules;
	struct pr_rule *rule;
	struct pr_diag *diag;
};

/* "'wrod' is not <what>; did you mean 'word'?" Returns -1. */
int pr_rule_unknown(struct pr_diag *diag, struct pr_mark mark, struct pr_str word, const char *what,
		    const char *const *names, size_t n);
/* One of the names (NULL-terminated); *out is the name itself. */
int pr_rule_one_of(struct pr_diag *diag, const struct pr_yaml *v, const char *what,
		   const char *const *names, const char **out);
/* "2", "2.5", "-1.25" in thousandths. */
int pr_rule_thousandths(struct pr_diag *diag, const struct pr_yaml *v, int *out);
/* "557/17", or "557" unless the LGIL is needed. */
bool pr_rule_service(struct pr_str text, bool lgil_needed, struct pr_service_id *out);
int pr_rule_bool(struct pr_diag *diag, const struct pr_yaml *v, bool *out);
/* A list of conditions, or one; plain phrases may be put together into one condition. */
int pr_rule_conditions(struct pr_rule_reader *r, const struct pr_yaml *v, struct pr_conditions *out,
		       bool plain_together);
/* The value of `hints:`: {points: phrases}. */
int pr_rule_hints(struct pr_rule_reader *r, const struct pr_yaml *v);

#endif
