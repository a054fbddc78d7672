/*
 * options: the section `console` of postroom.yaml.
 */
#include "console/console.h"

/* clang-format off */
static const struct pr_option console_options[] = {
	PR_OPTION_TEXT(struct pr_console_conf, listen, "127.0.0.1:8090", "where the staff pages answer; keep them on loopback or behind a proxy with TLS"),
	PR_OPTION_(struct pr_console_conf, user, TEXT, "staff", 1, 64, NULL, "the name of the one local account"),
	PR_OPTION_SECRET(struct pr_console_conf, password_hash, "", "file with the account's Argon2id hash, made by `postroom setup`"),
	PR_OPTION_DURATION(struct pr_console_conf, session_idle, "30m", 60000, 86400000LL, "a session that nobody used for so long is over"),
	PR_OPTION_TEXT(struct pr_console_conf, public_url, "", "https address under which staff reach the pages through a proxy; cookies are then sent over https only"),
	PR_OPTION_END};
/* clang-format on */

const struct pr_section pr_console_section = {
    "console", "the staff pages", false, sizeof(struct pr_console_conf), console_options, NULL};
