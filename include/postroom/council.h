/*
 * council: the sections of postroom.yaml that more than one program uses, and the names of all
 * sections.
 */
#ifndef POSTROOM_COUNCIL_H
#define POSTROOM_COUNCIL_H

#include "postroom/config.h"

struct pr_council_conf {
	const char *name;         /* "Example Borough Council" */
	const char *name_cy;      /* its Welsh name; empty: the same */
	const char *prefix;       /* of references, 2 to 4 capital letters */
	const char *instance_key; /* secret: references and tokens are derived from it */
	const char *rules;        /* folder of rules, services, templates, calendars */
	int division;             /* calendar: england-and-wales|scotland|northern-ireland */
	int languages;     /* acknowledgements: follow (the citizen's) | both (Welsh first) | en */
	const char *phone; /* what citizens may call; empty: not printed */
	const char *web;   /* the council's own page */
	const char *email; /* our own address: From of acknowledgements */
	const char *duty_email; /* who is alerted of p1; empty: the staff page only */
	const char
	    *out_of_hours; /* emergency duty team's number, printed when someone is at risk */
	const char *targets_confirmed_by; /* the officer who confirmed the targets in services.yaml;
					     empty: no date is promised */
	const char *targets_confirmed_on; /* YYYY-MM-DD */
	struct pr_option_list own_addresses; /* more addresses that are ours: never acknowledged */
};
extern const struct pr_section pr_council_section;
/* The same for programs that need no key, above all one whose children parse a stranger's bytes:
 * the file is not read, instance_key is its name only. */
extern const struct pr_section pr_council_keyless_section;

struct pr_spool_conf {
	const char *dir;
	int64_t min_free;
	int64_t canary; /* ms between two canaries of a door; 0: none */
};
extern const struct pr_section pr_spool_section;

struct pr_queue_conf {
	const char *socket;
	int64_t claim_after; /* ms */
};
extern const struct pr_section pr_queue_section;

struct pr_store_conf {
	const char *url; /* "sqlite:/var/lib/postroom/postroom.db" or a PostgreSQL connection URI */
};
extern const struct pr_section pr_store_section;

/* "council", "spool", "queue", "store", "mailboxes", "sms", "webhooks", "web", "classify",
 * "dispatch", "send", "console", NULL */
extern const char *const pr_section_names[];

#endif
