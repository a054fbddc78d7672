/*
 * case: what becomes of a contact, decided inside the one transaction (dispatch/cases/).
 *
 * The same function serves the daemon, the console and the tests: one transaction, whoever asks.
 */
#ifndef POSTROOM_CASE_H
#define POSTROOM_CASE_H

#include "postroom/calendar.h"
#include "postroom/catalogue.h"
#include "postroom/council.h"
#include "postroom/page.h"
#include "postroom/store.h"

/* Everything the decision needs beside contact and store. */
struct pr_case_policy {
	const struct pr_council_conf *council;
	const struct pr_catalogue *catalogue;
	const struct pr_calendar *calendar;
	struct pr_ack_templates *templates;
	int64_t acks_per_day; /* for one address */
};

struct pr_case_outcome {
	bool known; /* it had its row already: nothing was changed */
	int64_t case_id;
	bool follow_up;
	char reference[24];
	const char *queue; /* team, risk, triage, unreadable */
	const char *ack; /* "sent by e-mail", "none: …": why there is or is no acknowledgement */
};

/*
 * Decide and write: contact row, citizen and link, case or follow-up, outbox rows (acknowledgement,
 * alert), events. Called inside a transaction or savepoint; on -1 the caller rolls it back.
 */
int pr_case_accept(struct pr_store *store, const struct pr_case_policy *policy,
		   const struct pr_contact *c, int64_t now, struct pr_arena *a,
		   struct pr_case_outcome *out, struct pr_err *err) PR_MUST_CHECK;

/*
 * Catalogue, calendar and templates of a rules folder, all errors in diag. Lives in the arena, but
 * for the templates, which pr_case_policy_release frees. `council` must outlive it.
 */
struct pr_case_policy *
pr_case_policy_load(const struct pr_council_conf *council, const char *rules_dir,
		    int64_t acks_per_day, struct pr_arena *a, struct pr_diag *diag);
void pr_case_policy_release(struct pr_case_policy **policy);

/*
 * Acknowledgement templates: DIR/<name>.<channel>.<lang>.txt for each of ack, neutral, urgent,
 * follow_up; email, sms; en, cy. Page templates of kind text (page.h); those for e-mail begin with
 * a line "Subject: …". Known names: council, reference, service, due, phone, web, out_of_hours;
 * nothing that a sender wrote can reach them. All are checked at load.
 */
struct pr_ack_templates *pr_ack_templates_load(const char *dir, struct pr_diag *diag);
void pr_ack_templates_free(struct pr_ack_templates **t);

#endif
