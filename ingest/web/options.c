/*
 * options: the section `web` of postroom.yaml.
 */
#include "ingest/web/door.h"

/* clang-format off */
static const struct pr_option web_options[] = {
	PR_OPTION_TEXT(struct pr_form_conf, listen, "127.0.0.1:8080", "where the public form answers: 127.0.0.1:8080, [::1]:8080 or unix:/path; a proxy with TLS stands in front"),
	PR_OPTION_(struct pr_form_conf, account, TEXT, "web", 1, 64, NULL, "the form's name, in every contact that came through it"),
	PR_OPTION_DURATION(struct pr_form_conf, token_life, "24h", 60000, 7 * 86400000LL, "how long a form that was fetched may be sent; later it is shown again with the words kept"),
	PR_OPTION_INT(struct pr_form_conf, connections, "512", 2, 4096, "how many browsers may be connected together"),
	PR_OPTION_SIZE(struct pr_form_conf, upload_max, "10M", 65536, 50 << 20, "largest photo"),
	PR_OPTION_END};
/* clang-format on */

const struct pr_section pr_web_section = {
    "web", "the public web form", false, sizeof(struct pr_form_conf), web_options, NULL};
