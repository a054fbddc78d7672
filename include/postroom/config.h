/*
 * config: postroom.yaml, one file for an installation, read by every program.
 *
 * A program names the sections it uses. Sections of the other programs are passed over when they
 * are known by name (all_sections) and refused with "did you mean" when they are not; their
 * settings are checked by `postroom check`, which uses them all. All errors are reported at once,
 * as file:line:column.
 */
#ifndef POSTROOM_CONFIG_H
#define POSTROOM_CONFIG_H

#include "postroom/option.h"

struct pr_config;

/*
 * sections: NULL-terminated. known: NULL-terminated names of all sections there are. path NULL:
 * every section with its defaults. overrides: "section.option=value" texts from -o,
 * NULL-terminated, may be NULL. Returns NULL with the reasons in diag. Secrets are read here; the
 * arena is wiped on free.
 */
struct pr_config *
pr_config_load(const char *path, const struct pr_section *const *sections, const char *const *known,
	       const char *const *overrides, struct pr_diag *diag);
void pr_config_free(struct pr_config **config);
/* The filled struct of a section (one that is not `many`); of a section that is `many`: how many,
 * and the i-th. */
const void *pr_config_get(const struct pr_config *config, const struct pr_section *section);
size_t pr_config_count(const struct pr_config *config, const struct pr_section *section);
const void *
pr_config_at(const struct pr_config *config, const struct pr_section *section, size_t i);
/* The folder of the file, for relative paths; "." when there is none. */
const char *pr_config_dir(const struct pr_config *config);
/* A path as the file means it: seen from the file's folder unless it is absolute. */
char *pr_config_path(const struct pr_config *config, const char *path, struct pr_arena *a);
/* Print an example file with every setting, its default and its help, to be edited. */
void pr_config_example(const struct pr_section *const *sections, FILE *out);

#endif
