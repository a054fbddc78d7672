/*
 * avoidable: which of the five reasons of NI 14, by one table: what the store knows of the sender
 * before what the words say.
 */
#include "postroom/avoidable.h"

/* In the order of `people`. */
const char *const pr_avoidable_reasons[] = {
    "progress_chasing", "told_before", "clarification", "wrong_place", "premature_closure", NULL};
static const char *const people[] = {"progress chasing", "had told us before",
				     "needed something made clear", "sent to the wrong place",
				     "closed too early"};

struct question {
	const struct pr_contact *c;
	const struct pr_avoidable_known *known;
	struct pr_str words; /* empty: the words are silent */
};

static size_t
reason_index(struct pr_str reason)
{
	size_t i = 0;

	while (pr_avoidable_reasons[i] && !pr_str_eq_c(reason, pr_avoidable_reasons[i]))
		i++;
	return i;
}

static bool
one_of(struct pr_str value, const char *const *words)
{
	for (; *words; words++)
		if (pr_str_eq_c(value, *words))
			return true;
	return false;
}

static bool
words_are(const struct question *q, const char *reason)
{
	return pr_str_eq_c(q->words, reason);
}

/* ---- what the message is ---- */

/* Nobody wrote it, or nobody could read it. */
static bool
is_nobodys(const struct question *q)
{
	static const char *const kinds[] = {"spam", "auto", NULL};
	const struct pr_contact *c = q->c;

	return c->canary || c->unreadable.n || one_of(c->kind, kinds) ||
	       (c->automated.n && !pr_str_eq_c(c->automated, "no"));
}

/* Silent words, and plainly something that no earlier case explains. */
static bool
speaks_for_itself(const struct question *q)
{
	static const char *const kinds[] = {"thanks", "compliment",   "foi",    "eir",
					    "sar",    "dp_complaint", "appeal", NULL};
	const struct pr_contact *c = q->c;

	return !q->words.n && (one_of(c->kind, kinds) || c->possible_duplicate.n ||
			       (c->risk.n && !pr_str_eq_c(c->risk, "none")));
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

/* A question mark that ends something: one inside a web address does not. */
static bool
asks(struct pr_str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '?' &&
		    (i + 1 == text.n || (!is_letter(text.p[i + 1]) && text.p[i + 1] != '/')))
			return true;
	return false;
}

static bool
holds_nothing_new(const struct pr_contact *c)
{
	for (size_t i = 0; i < c->new_text.n; i++)
		if (is_letter(c->new_text.p[i]))
			return false;
	return true;
}

static bool
chases_silently(const struct question *q)
{
	const struct pr_contact *c = q->c;
	bool rule_says_chase = pr_str_eq_c(c->kind, "chase") && !c->case_ref.n;

	if (q->words.n || c->attachments.n || pr_str_eq_c(c->kind, "complaint"))
		return false;
	return rule_says_chase || asks(c->new_text) || holds_nothing_new(c);
}

/* ---- the table ---- */

static bool
came_back_after_closing(const struct question *q)
{
	bool other_failure = words_are(q, "clarification") || words_are(q, "wrong_place");

	if (speaks_for_itself(q))
		return false;
	return q->known->joined_closed ||
	       (q->known->closed_lately && !q->known->joined && !other_failure);
}

static bool
chases_its_case(const struct question *q)
{
	return words_are(q, "progress_chasing") ||
	       (q->known->joined && chases_silently(q) && !speaks_for_itself(q));
}

static bool
chases_by_reference(const struct question *q)
{
	return q->c->case_ref.n && chases_its_case(q);
}

static bool
chases_in_thread(const struct question *q)
{
	return q->known->joined && chases_its_case(q);
}

/* The same citizen, the same service, and the case is still open: whatever else it says, it asks
 * for that. */
static bool
has_open_case(const struct question *q)
{
	bool silent = !q->words.n && !pr_str_eq_c(q->c->kind, "complaint");

	return q->known->open_case && !q->known->joined && !speaks_for_itself(q) &&
	       (silent || words_are(q, "progress_chasing"));
}

static bool
otherwise(const struct question *q)
{
	(void)q;
	return true;
}

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
static const struct {
	bool (*holds)(const struct question *q);
	bool by_words; /* else by the two that follow */
	struct pr_str reason, by;
} table[] = {
    {is_nobodys, false, TEXT(""), TEXT("")},
    {came_back_after_closing, false, TEXT("premature_closure"), TEXT("closed case")},
    {chases_by_reference, false, TEXT("progress_chasing"), TEXT("reference")},
    {chases_in_thread, false, TEXT("progress_chasing"), TEXT("thread")},
    {has_open_case, false, TEXT("progress_chasing"), TEXT("open case")},
    {otherwise, true, TEXT(""), TEXT("")},
};

void
pr_avoidable_decide(const struct pr_contact *c, const struct pr_avoidable_known *known,
		    struct pr_str words, struct pr_str words_by, struct pr_str *reason,
		    struct pr_str *by)
{
	bool told = pr_avoidable_reasons[reason_index(words)] != NULL;
	const struct question q = {c, known, told ? words : PR_STR_NONE};
	size_t i = 0;

	while (!table[i].holds(&q))
		i++;
	*reason = table[i].by_words ? q.words : table[i].reason;
	*by = !table[i].by_words ? table[i].by : told ? words_by : PR_STR_NONE;
}

struct pr_str
pr_avoidable_text(struct pr_str reason, struct pr_str by, struct pr_arena *a)
{
	size_t i = reason_index(reason);

	if (!pr_avoidable_reasons[i])
		return PR_STR_NONE;
	return pr_arena_printf(a, "%s (" PR_S_FMT ")", people[i], PR_S(by));
}
