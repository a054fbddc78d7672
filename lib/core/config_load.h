/*
 * config_load: what reading postroom.yaml needs and the finished configuration does not: the names
 * that may stand there, and the overrides of the command line. Private to lib/core.
 */
#ifndef POSTROOM_CORE_CONFIG_LOAD_H
#define POSTROOM_CORE_CONFIG_LOAD_H

#include "config_value.h"

struct pr_override {
	struct pr_str section, name, option; /* name: of the entry, when the section is `many` */
	struct pr_value value;
	bool used;
};

struct pr_loader {
	struct pr_arena *arena;
	const struct pr_section *const *sections;
	const char *const *known;
	const struct pr_yaml *root;
	struct pr_override *overrides;
	size_t noverrides;
	struct pr_mark file;
	struct pr_diag *diag;
	struct pr_value_context ctx;
};

/* Whether a section of that name exists, in this program or another. */
bool pr_loader_knows(const struct pr_loader *l, struct pr_str section);
const struct pr_option *pr_loader_option(const struct pr_section *s, struct pr_str name);
/* "... is no section of this file; did you mean ...?" Both return -1. */
int pr_loader_unknown_section(struct pr_loader *l, struct pr_mark mark, struct pr_str name);
int pr_loader_unknown_option(struct pr_loader *l, struct pr_mark mark, struct pr_str name,
			     const struct pr_section *s);

/* Read and check the texts of -o; what is wrong goes to the diag. */
void pr_loader_overrides(struct pr_loader *l, const char *const *texts);
/* The last one on the command line wins, or NULL. `name` is empty for a section without entries. */
const struct pr_value *pr_loader_override(struct pr_loader *l, const struct pr_section *s,
					  struct pr_str name, const char *option);
/* Those that named an entry which is not there. */
void pr_loader_refuse_unused(struct pr_loader *l);

#endif
