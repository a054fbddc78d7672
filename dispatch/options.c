/*
 * options: the section "dispatch" of postroom.yaml.
 */
#include "dispatch/dispatch.h"
#include "postroom/option.h"
#include "postroom/sections.h"

/* clang-format off */
static const struct pr_option dispatch_options[] = {
	PR_OPTION_INT(struct pr_dispatch_conf, batch, "64", 1, PR_DISPATCH_BATCH_MAX,
		      "contacts that share one COMMIT"),
	PR_OPTION_INT(struct pr_dispatch_conf, attempts, "5", 1, 100,
		      "tries before a contact is buried, where staff see it"),
	PR_OPTION_INT(struct pr_dispatch_conf, acks_per_day, "5", 0, 1000,
		      "acknowledgements that one address gets within 24 hours"),
	PR_OPTION_DURATION(struct pr_dispatch_conf, wait, "200ms", 1, 10000,
			   "how long to wait for the next contact before looking after other work"),
	PR_OPTION_DURATION(struct pr_dispatch_conf, sweep_every, "60s", 10, 3600000,
			   "how often the spool is searched for contacts that the queue forgot"),
	PR_OPTION_DURATION(struct pr_dispatch_conf, sweep_min_age, "5s", 0, 3600000,
			   "how old a contact must be before the sweep looks at it"),
	PR_OPTION_END
};
/* clang-format on */

const struct pr_section pr_dispatch_section = {
    "dispatch", "contacts become cases", false, sizeof(struct pr_dispatch_conf), dispatch_options,
    NULL};
