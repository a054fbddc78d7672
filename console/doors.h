/*
 * doors: the console's addresses: signing in and out, and the check before every other page.
 */
#ifndef PR_CONSOLE_DOORS_H
#define PR_CONSOLE_DOORS_H

#include "console/console.h"

#define CONSOLE_ROUTES 12
extern const struct pr_web_route console_routes[CONSOLE_ROUTES];
void console_error_page(void *ctx, const struct pr_web_request *request, int status,
			struct pr_web_reply *reply);

#endif
