/*
 * catalogue: the council's service list (rules/services.yaml): what can be asked for, who does it,
 * by when.
 *
 *     - id: 557/17
 *       name: {en: Pothole or road surface, cy: Twll yn y ffordd neu wyneb y ffordd}
 *       team: Highways
 *       target: {days: 5, calendar: working, basis: assumed}
 *                             calendar: working | calendar; basis: statutory | example | assumed
 *       restricted: no        yes: shown to its team only
 *       acknowledge: normal   normal | neutral | none
 *       kinds: [foi]          every contact of these kinds is for this service
 *
 * A service is the pair LGSL/LGIL. 0/0 is triage: its team sorts what the rules could not.
 */
#ifndef POSTROOM_CATALOGUE_H
#define POSTROOM_CATALOGUE_H

#include "postroom/diag.h"

enum pr_target_calendar { PR_TARGET_NONE, PR_TARGET_WORKING_DAYS, PR_TARGET_CALENDAR_DAYS };
enum pr_target_basis { PR_BASIS_ASSUMED, PR_BASIS_EXAMPLE, PR_BASIS_STATUTORY };

#define PR_CATALOGUE_KINDS_MAX 4

struct pr_catalogue_entry {
	int lgsl, lgil;
	struct pr_str name_en, name_cy, team;
	int target_days; /* 0: the same day */
	enum pr_target_calendar target_calendar;
	enum pr_target_basis target_basis;
	bool restricted;
	struct pr_str acknowledge; /* normal, neutral, none */
	struct pr_str kinds[PR_CATALOGUE_KINDS_MAX];
	size_t nkinds;
	struct pr_mark mark;
};

struct pr_catalogue {
	struct pr_catalogue_entry *v; /* sorted by lgsl, lgil */
	size_t n;
	const struct pr_catalogue_entry *triage;
};

/* NULL with the reasons in diag; everything lives in the arena. */
struct pr_catalogue *pr_catalogue_load(const char *path, struct pr_arena *a, struct pr_diag *diag);
const struct pr_catalogue_entry *
pr_catalogue_find(const struct pr_catalogue *s, int lgsl, int lgil);
/* The service that all contacts of this kind are for, or NULL. */
const struct pr_catalogue_entry *
pr_catalogue_of_kind(const struct pr_catalogue *s, struct pr_str kind);

#endif
