/*
 * arguments: the command line that every daemon has, and its own flags beside it.
 */
#ifndef LIB_SERVICE_ARGUMENTS_H
#define LIB_SERVICE_ARGUMENTS_H

#include "postroom/service.h"

#define PR_OVERRIDES_MAX 64

struct pr_arguments {
	const char *config;
	const char *overrides[PR_OVERRIDES_MAX + 1]; /* ends with NULL */
	size_t noverrides;
	bool check, once, verbose, help, version;
};

/*
 * The flags of ctx->service as it is at the start; a flag may put another service there (--stdin).
 * Reads on after an error, which it has printed then, so that such a flag is seen whatever stands
 * before it. 0 or -1.
 */
int pr_arguments_read(struct pr_arguments *a, struct pr_service_ctx *ctx, int argc,
		      char **argv) PR_MUST_CHECK;
void pr_arguments_help(const struct pr_service *service, FILE *out);

#endif
