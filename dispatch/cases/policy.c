/*
 * policy: what a decision needs beside contact and store, loaded from a rules folder.
 */
#include "dispatch/cases/cases.h"

static const char *const divisions[] = {"england-and-wales", "scotland", "northern-ireland"};

void
pr_case_policy_release(struct pr_case_policy **policy)
{
	if (!*policy)
		return;
	pr_ack_templates_free(&(*policy)->templates);
	*policy = NULL;
}

struct pr_case_policy *
pr_case_policy_load(const struct pr_council_conf *council, const char *rules_dir,
		    int64_t acks_per_day, struct pr_arena *a, struct pr_diag *diag)
{
	struct pr_case_policy *policy = PR_ARENA_NEW(a, struct pr_case_policy);
	const char *services = pr_arena_printf(a, "%s/services.yaml", rules_dir).p;
	const char *holidays = pr_arena_printf(a, "%s/calendars/bank-holidays.csv", rules_dir).p;
	const char *templates = pr_arena_printf(a, "%s/templates", rules_dir).p;
	struct pr_calendar *calendar = NULL;
	size_t before = diag->n;
	struct pr_err err;

	policy->council = council;
	policy->acks_per_day = acks_per_day;
	policy->catalogue = pr_catalogue_load(services, a, diag);
	if (pr_calendar_load(holidays, pr_str_c(divisions[council->division]), a, &calendar, &err) <
	    0)
		pr_diag_add(diag, (struct pr_mark){holidays, 0, 0}, "%s", err.msg);
	policy->calendar = calendar;
	policy->templates = pr_ack_templates_load(templates, diag);
	if (diag->n != before)
		pr_case_policy_release(&policy);
	return policy;
}
