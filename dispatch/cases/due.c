/*
 * due: the day by which a service is due, by the council's typed targets and its working days.
 */
#include "dispatch/cases/cases.h"

bool
pr_due_day(const struct pr_case_policy *policy, const struct pr_catalogue_entry *service,
	   int64_t received_at, int64_t *day, bool *confirmed)
{
	int64_t from = pr_day_of(received_at);

	*confirmed = false;
	switch (service->target_calendar) {
	case PR_TARGET_NONE:
		return false;
	case PR_TARGET_WORKING_DAYS:
		*day = pr_calendar_add(policy->calendar, from, service->target_days);
		break;
	case PR_TARGET_CALENDAR_DAYS:
		*day = from + service->target_days;
		break;
	}
	/* Past the last bank holiday that is known a working day cannot be told from a holiday. */
	*confirmed =
	    policy->council->targets_confirmed_by[0] && *day <= pr_calendar_last(policy->calendar);
	return true;
}
