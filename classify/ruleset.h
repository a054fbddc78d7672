/*
 * ruleset: the rules as loaded, ready to be asked. docs/RULES.md tells the format.
 *
 * Everything lives in the rules' own arena; a reload builds a second set and swaps.
 */
#ifndef CLASSIFY_RULESET_H
#define CLASSIFY_RULESET_H

#include "classify/phrases.h"
#include "postroom/classify.h"

enum pr_risk { PR_RISK_NONE, PR_RISK_CHECK, PR_RISK_P1 };

/* LGIL_ANY in a veto: the whole service, whatever is asked of it. */
#define PR_LGIL_ANY (-1)

struct pr_service_id {
	int lgsl, lgil;
};

struct pr_conditions {
	struct pr_condition **v;
	size_t n;
};

struct pr_rule {
	struct pr_str name;
	struct pr_mark mark;
	bool disabled, local;
	/* what it says */
	bool has_service;
	struct pr_service_id service;
	int score;          /* thousandths */
	struct pr_str kind; /* empty: says nothing of the kind */
	enum pr_risk risk;
	struct pr_str *flags;
	size_t nflags;
	bool lower; /* an idiom or negation: p1 found in the same words becomes check */
	struct pr_service_id *veto;
	size_t nveto;
	bool unsure; /* counts for the best guess, not for certainty */
	bool stop;   /* no service rule after it is asked */
	/* when it says it */
	struct pr_conditions any, all, unless;
	/* its own tests */
	const struct pr_yaml *examples, *counters;
};

struct pr_rules {
	struct pr_arena arena;
	struct pr_arena scratch; /* folded texts of the contact in hand */
	struct pr_catalogue *catalogue;
	struct pr_phrases *phrases;
	struct pr_rule *v;
	size_t n;
	struct pr_condition *made;
	uint32_t conditions; /* how many were made */
	char version[17];
	const struct pr_yaml **lists; /* the `lists:` maps of all files */
	size_t nlists;
};

/* The kinds of contact, NULL-terminated; thresholds, in thousandths. */
extern const char *const pr_kinds[];
extern const char *const pr_flags[];
#define PR_SCORE_CERTAIN  2500
#define PR_MARGIN_CERTAIN 2500
#define PR_SCORE_ALSO     2500
#define PR_SCORE_MAX      100000

/* Read the rules of one file's `rules:` list and append them. Errors go to the diag. */
void pr_rule_parse_file(struct pr_rules *rules, const struct pr_yaml *file, bool local,
			struct pr_diag *diag);
/* Call fn for each phrase of a `words` value: a text, a list of texts, each perhaps the $name of a
 * list. */
void pr_rule_each_phrase(struct pr_rules *rules, const struct pr_yaml *value,
			 void (*fn)(void *ctx, const struct pr_yaml *phrase), void *ctx,
			 struct pr_diag *diag);

/* What a rule said of a message. */
struct pr_said {
	enum pr_match match;
	struct pr_span span; /* of the first condition that has a place; end 0: none */
};
struct pr_said pr_rule_ask(const struct pr_rule *rule, struct pr_message *m);
/* The next place of the rule's `any` conditions behind *after. */
bool pr_rule_next(const struct pr_rule *rule, struct pr_message *m, const struct pr_span *after,
		  struct pr_span *span);

/* message.c: fold a contact's fields and find all phrases in them. */
void pr_message_init(struct pr_message *m, struct pr_rules *rules, const struct pr_contact *c);

/* language.c: "en", "cy" or "other". */
const char *pr_language_of(struct pr_str folded);
/* facts.c: postcode, case reference, phone. */
void pr_facts_find(const struct pr_classify_world *world, struct pr_arena *a, struct pr_contact *c);
/* kind.c */
void pr_kind_decide(const struct pr_rules *rules, const struct pr_said *said, struct pr_contact *c);
/* risk.c */
void pr_risk_decide(const struct pr_rules *rules, struct pr_message *m, const struct pr_said *said,
		    struct pr_arena *a, struct pr_contact *c);
/* explain.c: note in c->rules that this rule decided, and where. */
void pr_explain_note(struct pr_message *m, const struct pr_rule *rule, const struct pr_said *said,
		     struct pr_arena *a, struct pr_contact *c);

#endif
