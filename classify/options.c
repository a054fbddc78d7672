/*
 * options: the section "classify" of postroom.yaml.
 */
#include "classify/daemon.h"
#include "postroom/option.h"
#include "postroom/sections.h"

/* clang-format off */
static const struct pr_option classify_options[] = {
	PR_OPTION_INT(struct pr_classify_conf, batch, "64", 1, PR_CLASSIFY_BATCH_MAX,
		      "contacts that are taken from the queue at once"),
	PR_OPTION_INT(struct pr_classify_conf, attempts, "5", 1, 100,
		      "tries before a contact is buried, where staff see it"),
	PR_OPTION_DURATION(struct pr_classify_conf, wait, "200ms", 1, 10000,
			   "how long to wait for the next contact before looking at signals"),
	PR_OPTION_END
};
/* clang-format on */

const struct pr_section pr_classify_section = {"classify",
					       "contacts are read and sorted",
					       false,
					       sizeof(struct pr_classify_conf),
					       classify_options,
					       NULL};
