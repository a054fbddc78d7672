/*
 * match: a condition of a rule. One kind of condition is one file match_*.c and one line of the
 * table in rule_parse.c.
 *
 * A condition answers no, yes or could-not-tell. Could-not-tell (a pattern that hit its limits) is
 * never no.
 */
#ifndef CLASSIFY_MATCH_H
#define CLASSIFY_MATCH_H

#include "classify/fold.h"
#include "postroom/contact.h"
#include "postroom/yaml.h"

enum pr_match { PR_MATCH_NO, PR_MATCH_YES, PR_MATCH_UNKNOWN };

/* Where a condition looks: a set of these. */
enum pr_where {
	PR_IN_SUBJECT = 1,
	PR_IN_NEW_TEXT = 2,
	PR_IN_TEXT = 4, /* quoted mail and signature too */
	PR_IN_FORM = 8,
};
#define PR_IN_MESSAGE (PR_IN_SUBJECT | PR_IN_NEW_TEXT | PR_IN_FORM)

/* One field of a message, folded. */
struct pr_searched {
	enum pr_where where;
	struct pr_str name;     /* "subject", "new_text", "text", "form.<field>" */
	struct pr_str original; /* the field's own bytes: what origin offsets count in */
	size_t skipped;         /* bytes of the original before what was folded ("<field>=") */
	struct pr_folded folded;
	bool ascii; /* the folded text is */
	struct pr_word *words;
	size_t nwords;
};

/* A place in folded text; the order of spans is field, then start. */
struct pr_span {
	uint32_t field, start, end;
};

/* Words of condition `condition` stand there. */
struct pr_hit {
	uint32_t condition;
	struct pr_span span;
	uint32_t next; /* the next hit of the same condition, counted from 1; 0: none */
};

/* Where the hits of a condition begin and end, of the message of that number. Kept over messages,
 * so that nothing has to be cleared. */
struct pr_places {
	uint64_t number;
	uint32_t first, last; /* hits, counted from 1 */
};

#define PR_MESSAGE_HITS_MAX 65536
#define PR_MESSAGE_FOLD_MAX ((size_t)256 << 10)

/* A contact being classified. */
struct pr_message {
	const struct pr_contact *contact;
	uint64_t number; /* from 1, since the rules were loaded */
	const char *lang;
	struct pr_arena *arena;
	struct pr_searched *fields;
	size_t nfields;
	struct pr_hit *hits;
	size_t nhits, room;
	struct pr_places *places; /* by condition */
	uint32_t *found;          /* the conditions that have hits */
	size_t nfound;
	uint64_t *hints;  /* a bit a condition: those of them that are hints */
	uint64_t *may;    /* a bit a condition: this pattern may match (match_scan.h) */
	int64_t deadline; /* pr_mono(); patterns after it answer could-not-tell */
	bool clipped;     /* part of it was not searched */
};

struct pr_condition;
struct pr_rules;

struct pr_match_kind {
	const char *name; /* as in the rule file */
	/* Read the value; errors go to the diag. Returns 0 or -1. */
	int (*parse)(struct pr_rules *rules, const struct pr_yaml *value, struct pr_condition *c,
		     struct pr_diag *diag);
	/* The first match behind *after (NULL: the first of all); *span is where, or all zero when
	 * it has no place. */
	enum pr_match (*test)(const struct pr_condition *c, struct pr_message *m,
			      const struct pr_span *after, struct pr_span *span);
	/* What parse made outside the rules' arena; NULL for nothing. */
	void (*release)(struct pr_condition *c);
};

struct pr_condition {
	const struct pr_match_kind *kind;
	unsigned where;                 /* set of enum pr_where */
	struct pr_str list;             /* it is this word list and nothing else; or empty */
	struct pr_str form;             /* only this field of the form, "form.<field>"; or empty */
	uint32_t id;                    /* from 0, over all rules */
	uint32_t part, nparts;          /* further ids of its own, whose hits it looks at */
	void *data;                     /* the kind's own */
	struct pr_condition *next_made; /* all conditions, for release */
};

extern const struct pr_match_kind pr_match_words, pr_match_near, pr_match_pattern;
extern const struct pr_match_kind pr_match_channel, pr_match_account, pr_match_sender,
    pr_match_language, pr_match_attachment;

struct pr_scan_pattern;
/* All `pattern:` conditions of the rules, for the scan (match_scan.h). In the arena. */
const struct pr_scan_pattern *
pr_match_patterns(const struct pr_rules *rules, struct pr_arena *a, size_t *n);

/* The first hit of a condition, counted from 1; 0: none. */
static inline uint32_t
pr_first_hit(const struct pr_message *m, uint32_t condition)
{
	const struct pr_places *p = &m->places[condition];

	return p->number == m->number ? p->first : 0;
}

/* Does the condition look into that field? */
static inline bool
pr_condition_looks_at(const struct pr_condition *c, const struct pr_searched *f)
{
	return (c->where & (unsigned)f->where) && (!c->form.n || pr_str_eq(c->form, f->name));
}

static inline bool
pr_span_behind(const struct pr_span *s, const struct pr_span *after)
{
	return !after || s->field > after->field ||
	       (s->field == after->field && s->start > after->start);
}

#endif
