/*
 * sections: every section of postroom.yaml, for `postroom check`. Each is defined in the options.c
 * of the program that uses it, where its struct is.
 */
#ifndef POSTROOM_SECTIONS_H
#define POSTROOM_SECTIONS_H

#include "postroom/council.h"
#include "postroom/gateway.h"

extern const struct pr_section pr_mailboxes_section; /* ingest/email/options.c */
extern const struct pr_section pr_web_section;       /* ingest/web/options.c */
extern const struct pr_section pr_webhooks_section;  /* ingest/sms/options.c */
extern const struct pr_section pr_classify_section;  /* classify/options.c */
extern const struct pr_section pr_dispatch_section;  /* dispatch/options.c */
extern const struct pr_section pr_send_section;      /* dispatch/send/options.c */
extern const struct pr_section pr_console_section;   /* console/options.c */

#endif
