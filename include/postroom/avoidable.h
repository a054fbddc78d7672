/*
 * avoidable: could this contact have been avoided, and by which reason of National Indicator 14
 * (2008 to 2010, "avoidable contact"): five reasons, and none.
 *
 * Structure first, words second: a quoted reference or a reply in a thread of ours, and an open or
 * a lately closed case of the same citizen for the same service, say more than any phrase. The same
 * function serves classify, which knows the message only, and dispatch, which asks the store inside
 * its transaction and has the last word.
 *
 * The reason is for counting, by service and reason; nothing is answered, routed or refused by it.
 */
#ifndef POSTROOM_AVOIDABLE_H
#define POSTROOM_AVOIDABLE_H

#include "postroom/contact.h"

/* NULL-terminated: progress_chasing, told_before, clarification, wrong_place, premature_closure. */
extern const char *const pr_avoidable_reasons[];

/* A case that was closed this long ago, or less, was closed too early when the citizen is back. */
#define PR_AVOIDABLE_CLOSED_MS (INT64_C(28) * 24 * 3600 * 1000)

/*
 * What the store knows of the sender; all false when nothing is known. "The same service" is the
 * same LGSL. Restricted cases are left out by whoever fills this.
 */
struct pr_avoidable_known {
	bool joined;        /* the contact was added to an open case of the same sender */
	bool joined_closed; /* it quotes, or replies to, a case of the same sender that is closed */
	bool open_case;     /* not joined, and the sender has an open case for the same service */
	bool closed_lately; /* not joined, and one was closed within PR_AVOIDABLE_CLOSED_MS */
};

/*
 * `words` is the reason that the rules found in the words (empty: none; one that is not in
 * pr_avoidable_reasons counts as none), `words_by` the rule. Sets *reason (empty: not avoidable)
 * and *by: "reference", "thread", "open case", "closed case" or the given `words_by`. Both are
 * constants or the caller's own texts.
 *
 * The first line that holds decides:
 *
 *   an automatic message, spam, a canary, one that could not be read                  none
 *   a closed case is quoted                                        premature_closure, closed case
 *   one was closed lately, words not clarification or wrong_place  premature_closure, closed case
 *   joined or quotes a reference, and chases                progress_chasing, reference or thread
 *   not joined, open case, words progress_chasing or silent           progress_chasing, open case
 *   words                                                                    their reason and rule
 *
 * Where words are silent, structure is not believed against what the message plainly is: thanks and
 * compliments, a right that is used (FOI, EIR, SAR, a data protection complaint, an appeal), a
 * possible duplicate, somebody at risk; nor a complaint, but for a closed case.
 *
 * "Chases": the words are progress_chasing; or they are silent, no file came along, and the message
 * asks something, or holds nothing but what it quotes, or a rule (not the reference) calls its kind
 * chase. A follow-up that only adds to its case is not avoidable by itself. That a kind was given
 * by the reference alone is known from c->case_ref: then "chase" proves nothing more.
 */
void pr_avoidable_decide(const struct pr_contact *c, const struct pr_avoidable_known *known,
			 struct pr_str words, struct pr_str words_by, struct pr_str *reason,
			 struct pr_str *by);

/* For people: "progress chasing (open case)", into the arena; empty when there is no reason. */
struct pr_str pr_avoidable_text(struct pr_str reason, struct pr_str by, struct pr_arena *a);

#endif
