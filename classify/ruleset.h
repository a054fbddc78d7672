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

/* A phrase with points of its own. */
struct pr_hint {
	struct pr_str phrase; /* as the rule file has it */
	struct pr_mark mark;
	int points;         /* thousandths */
	uint32_t condition; /* its place among all conditions */
};

/* Whose rules: a later one replaces an earlier one of the same name. */
enum pr_origin { PR_SHIPPED, PR_PACK, PR_LOCAL };

struct pr_rule {
	struct pr_str name;
	struct pr_mark mark;
	enum pr_origin origin;
	bool disabled;
	/* what it says */
	bool has_service;
	struct pr_service_id service;
	int score; /* thousandths; of a rule with hints: not used */
	struct pr_hint *hints;
	size_t nhints;
	int at_least;            /* thousandths: with fewer points from its hints it says no */
	struct pr_str kind;      /* empty: says nothing of the kind */
	struct pr_str avoidable; /* a reason of avoidable.h; empty: says nothing of it */
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

/* Whose condition it is: rules->owners[first] to [first + n - 1]. Of none, when its rule was
 * replaced or switched off; of several, when they all ask for the same word list. */
struct pr_owners {
	uint32_t first, n;
	bool hint; /* of one rule, for one of its hints */
};

struct pr_rules {
	struct pr_arena arena;
	struct pr_arena scratch; /* folded texts of the contact in hand */
	struct pr_catalogue *catalogue;
	struct pr_phrases *phrases;
	struct pr_languages *languages;
	struct pr_scan *scan;
	struct pr_rule *v;
	size_t n;
	struct pr_condition *made;
	uint32_t conditions;      /* how many were made */
	struct pr_owners *owned;  /* by condition */
	uint32_t *owners;         /* rules */
	uint64_t *always;         /* a bit a rule: asked of every message */
	uint64_t *every;          /* a bit a condition: every place of its phrases counts */
	struct pr_places *places; /* by condition, of the message in hand */
	uint64_t messages;        /* how many were classified */
	char version[17];
	const struct pr_yaml **lists; /* the `lists:` maps of all files */
	size_t nlists;
};

/* The kinds of contact, NULL-terminated; thresholds, in thousandths. */
extern const char *const pr_kinds[];
extern const char *const pr_flags[];
#define PR_SCORE_CERTAIN  2500
#define PR_MARGIN_CERTAIN 5000
#define PR_SCORE_ALSO     3000 /* of these, from rules: */
#define PR_RULED_ALSO     1500
#define PR_SCORE_MAX      100000

/* `sure`: the points from rules not marked unsure; `lead`: over the next service. */
static inline bool
pr_is_certain(int sure, int lead)
{
	return sure >= PR_SCORE_CERTAIN && lead >= PR_MARGIN_CERTAIN;
}

/* The points of a rival as the lead over it counts: the same service asked for something else goes
 * to the same people, so half the lead is enough. */
static inline int
pr_rival_points(int points, bool same_service)
{
	return same_service ? points - PR_MARGIN_CERTAIN / 2 : points;
}

#define PR_BITS(n) (((size_t)(n) + 63) / 64)
static inline void
pr_bit_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* Read the rules of one file's `rules:` list and append them. Errors go to the diag. */
void pr_rule_parse_file(struct pr_rules *rules, const struct pr_yaml *file, enum pr_origin origin,
			struct pr_diag *diag);
/* Apply one file's `scores:` map: rule -> points, or rule -> {phrase of its hints: points}. */
void pr_rule_scores_file(struct pr_rules *rules, const struct pr_yaml *file, struct pr_diag *diag);
/* Call fn for each phrase of a `words` value: a text, a list of texts, each perhaps the $name of a
 * list. */
void pr_rule_each_phrase(struct pr_rules *rules, const struct pr_yaml *value,
			 void (*fn)(void *ctx, const struct pr_yaml *phrase), void *ctx,
			 struct pr_diag *diag);

/* match_words.c: find these phrases (as in pr_rule_each_phrase) as hits of that condition. */
int pr_words_add(struct pr_rules *rules, const struct pr_yaml *value, uint32_t condition,
		 struct pr_diag *diag);

/* What a rule said of a message: yes, or could-not-tell. */
struct pr_said {
	const struct pr_rule *rule;
	enum pr_match match;
	struct pr_span span; /* of the first condition that has a place; end 0: none */
};
/* One rule, or one hint of it, speaking for the rule's service. */
struct pr_vote {
	const struct pr_rule *rule;
	const struct pr_hint *hint; /* NULL: the rule's own score */
	struct pr_service_id service;
	struct pr_span span;
	int times;  /* 2 when it stands in the subject, else 1 */
	int points; /* what it brought, thousandths: see pr_vote_points */
};
/* What all rules said; in the order of the rules, those that said no left out. */
struct pr_answers {
	struct pr_said *said;
	size_t nsaid;
	struct pr_vote *votes; /* room for one more than were cast */
	size_t nvotes;
	bool preferred; /* the last vote is not a rule's but its kind's (services.yaml, kinds) */
};
/*
 * What a vote brings. Words in a subject count double, unless they speak against. Of a message with
 * many hints each counts for less, as the square root of their number: a long letter is no surer
 * than a short one.
 */
#define PR_HINTS_FULL 64
int pr_vote_points(const struct pr_vote *v, size_t nhints);
/* Ask the rules that could say yes. */
void pr_rules_ask(const struct pr_rules *rules, struct pr_message *m, struct pr_answers *answers);
/* The next place of the rule's `any` conditions behind *after. */
bool pr_rule_next(const struct pr_rule *rule, struct pr_message *m, const struct pr_span *after,
		  struct pr_span *span);

/* message.c: fold a contact's fields and find all phrases in them. */
void pr_message_init(struct pr_message *m, struct pr_rules *rules, const struct pr_contact *c);

/* language.c: the words that tell a language; "en", "cy" or "other". Lives in the arena. */
struct pr_languages *pr_languages_new(struct pr_arena *a);
const char *pr_language_of(const struct pr_languages *languages, const struct pr_searched *field);
/* facts.c: postcode, case reference, phone. */
void pr_facts_find(const struct pr_classify_world *world, struct pr_arena *a, struct pr_contact *c);
/* kind.c: the rule whose kind it is, or NULL; and the kind. */
const struct pr_rule *pr_kind_rule(const struct pr_answers *answers);
void pr_kind_decide(const struct pr_answers *answers, struct pr_contact *c);
/* What the message alone tells of avoidable.h's reasons; dispatch has the last word. After the kind
 * and the facts. */
void
pr_avoidable_propose(const struct pr_answers *answers, struct pr_arena *a, struct pr_contact *c);
/* risk.c */
void pr_risk_decide(const struct pr_answers *answers, struct pr_message *m, struct pr_arena *a,
		    struct pr_contact *c);
/* note.c: keep in c->rules which rules decided, and where. */
void pr_note_rules(struct pr_message *m, const struct pr_answers *answers, struct pr_arena *a,
		   struct pr_contact *c);

#endif
