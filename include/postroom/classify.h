/*
 * classify: contact + rules + what the store knows -> verdict. Pure: no input or output of its own.
 * The same function serves the daemon, `postroom classify`, `postroom rules test` and the console.
 *
 * The rule format is told in docs/RULES.md. Every condition answers no, yes or could-not-tell;
 * could-not-tell is never "no": it makes the verdict incomplete, and a person decides.
 */
#ifndef POSTROOM_CLASSIFY_H
#define POSTROOM_CLASSIFY_H

#include "postroom/catalogue.h"
#include "postroom/contact.h"

struct pr_rules;

/*
 * Load every *.yaml in DIR/rules (and DIR/local when it exists) and the catalogue
 * DIR/services.yaml. NULL with all errors of all files in diag. Owns its memory.
 */
struct pr_rules *pr_rules_load(const char *dir, struct pr_diag *diag);
void pr_rules_free(struct pr_rules **rules);
const struct pr_catalogue *pr_rules_catalogue(const struct pr_rules *rules);
size_t pr_rules_count(const struct pr_rules *rules);
/* SHA-256 over the rules as loaded, hex, first 16 digits: which rules made a verdict. */
const char *pr_rules_version(const struct pr_rules *rules);

/* What the world knows beyond the message; may be all empty. */
struct pr_classify_world {
	struct pr_str reference_prefix;
};

/* Fill the "what was decided" group of *c from its "what was read" group. Texts live in the arena.
 */
int pr_classify(struct pr_rules *rules, const struct pr_classify_world *world, struct pr_arena *a,
		struct pr_contact *c, struct pr_err *err) PR_MUST_CHECK;

/* Run every rule's own `examples` and `not`; failures go to diag. Returns how many were run. */
size_t pr_rules_test(struct pr_rules *rules, struct pr_diag *diag);

/* A line a rule for a person: "missed-bin  subject 3-17  +2.0  'bin not collected'". */
int pr_classify_explain(struct pr_rules *rules, const struct pr_contact *c, struct pr_buf *out);

#endif
