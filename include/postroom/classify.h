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

/* How a rule set is made ready. */
struct pr_rules_how {
	const char *cache; /* a folder for what is compiled, kept by content; NULL: none is kept */
	bool plain;        /* no pass for candidates: every pattern is run (the same answers) */
};

/*
 * Load the catalogue DIR/services.yaml and every *.yaml of, in this order, DIR/rules, the packs
 * that DIR/local/packs.yaml names (DIR/packs/<name>/) and DIR/local. Of two rules with one name the
 * later place wins. NULL with all errors of all files in diag. `how` NULL: nothing cached, fast
 * pass on. Owns its memory.
 */
struct pr_rules *
pr_rules_load(const char *dir, const struct pr_rules_how *how, struct pr_diag *diag);
void pr_rules_free(struct pr_rules **rules);
const struct pr_catalogue *pr_rules_catalogue(const struct pr_rules *rules);
size_t pr_rules_count(const struct pr_rules *rules);
/* How patterns are found: "libhs 5.4.0, 212 patterns, 3 always". A library that misses matches, or
 * a compilation that failed, is told here; then every pattern is run, and slower. */
const char *pr_rules_scan(const struct pr_rules *rules);
/* SHA-256 over the rules as loaded, hex, first 16 digits: which rules made a verdict. */
const char *pr_rules_version(const struct pr_rules *rules);

/* What is known beyond the message; may be all empty. */
struct pr_classify_world {
	struct pr_str reference_prefix;
};

/* Fill the "what was decided" group of *c from its "what was read" group. Texts live in the arena.
 */
int pr_classify(struct pr_rules *rules, const struct pr_classify_world *world, struct pr_arena *a,
		struct pr_contact *c, struct pr_err *err) PR_MUST_CHECK;

/* Run every rule's own `examples` and `not`; failures go to diag. Returns how many were run. */
size_t pr_rules_test(struct pr_rules *rules, struct pr_diag *diag);

/*
 * What the patterns of a rule cost since the rules were loaded. One that hit its limits three times
 * is quarantined: it is not run again until the rules are loaded anew, and where it may match the
 * answer is could-not-tell.
 */
struct pr_rule_cost {
	struct pr_str rule;
	uint64_t calls, ns, worst_ns, limit_hits;
	bool quarantined; /* at least one of its patterns */
};
/* The rules that have patterns, the dearest first; *out is in the arena. Returns how many. */
size_t pr_rules_costs(const struct pr_rules *rules, struct pr_arena *a, struct pr_rule_cost **out);
/* A rule of which a pattern was quarantined since the last call, each told once; false: no more. */
bool pr_rules_quarantined(struct pr_rules *rules, struct pr_str *rule);

/* A line a rule for a person: "missed-bin  subject 3-17  +2.0  'bin not collected'". */
int pr_classify_explain(struct pr_rules *rules, const struct pr_contact *c, struct pr_buf *out);

#endif
