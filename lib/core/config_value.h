/*
 * config_value: a setting's text becomes the member of a struct that its option describes. Private
 * to lib/core.
 */
#ifndef POSTROOM_CORE_CONFIG_VALUE_H
#define POSTROOM_CORE_CONFIG_VALUE_H

#include "postroom/option.h"
#include "postroom/yaml.h"

/* Secrets have memory of their own, wiped when it is given back. */
struct pr_secret {
	struct pr_secret *next;
	size_t n;
	char bytes[];
};
void pr_secrets_release(struct pr_secret **list);

/* A value as somebody wrote it: in the file (node), on the command line, or as the option's
 * default. */
struct pr_value {
	const struct pr_yaml *node; /* NULL: only the text */
	struct pr_str text;
	bool quoted;
	bool commas; /* a list's texts are separated by commas, as on the command line */
	struct pr_mark mark;
};

struct pr_value_context {
	struct pr_arena *arena;
	struct pr_secret **secrets;
	const char *dir; /* of relative names of secrets */
	struct pr_diag *diag;
};

/* Fill the option's member of `conf`; what is wrong goes to the diag. */
int pr_value_set(const struct pr_option *o, const struct pr_value *v, void *conf,
		 const struct pr_value_context *ctx);
/* The same for one whose value names the file of a secret. */
int pr_secret_set(const struct pr_option *o, const struct pr_value *v, void *conf,
		  const struct pr_value_context *ctx);
/* Members that are never NULL, before anything is read. */
void pr_value_clear(const struct pr_option *o, void *conf);
/* "30s", "256M", "17": a limit or a default in the largest unit that expresses it exactly. */
void pr_value_number_text(enum pr_option_type type, int64_t n, char out[32]);
/* The i-th of "a|b|c"; false behind the last. */
bool pr_value_choice(const char *choices, size_t i, struct pr_str *out);

#endif
