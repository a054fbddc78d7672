/*
 * yaml: a YAML file as a tree in an arena, every node with its line and column (libyaml, in
 * lib/core/yaml.c only).
 *
 * One document; no anchors, aliases, tags or merge keys; keys are plain scalars and unique. Depth
 * at most 32, file at most 4 MiB. All problems go to the diag.
 */
#ifndef POSTROOM_YAML_H
#define POSTROOM_YAML_H

#include "postroom/diag.h"

enum pr_yaml_kind { PR_YAML_SCALAR, PR_YAML_LIST, PR_YAML_MAP };

struct pr_yaml {
	enum pr_yaml_kind kind;
	struct pr_mark mark;
	struct pr_str key; /* of a map's entry, else empty */
	struct pr_mark key_mark;
	struct pr_str text; /* of a scalar; NUL-terminated behind its end */
	bool quoted;        /* the scalar was quoted or a block: never a number, boolean or null */
	struct pr_yaml *first; /* of a list or map: its entries in the file's order */
	struct pr_yaml *next;
	size_t n; /* entries */
};

/* NULL when the file cannot be read or is no YAML (the diag says why). An empty file is an empty
 * map. */
struct pr_yaml *pr_yaml_load(const char *path, struct pr_arena *a, struct pr_diag *diag);
/* The same from memory; `name` stands in the marks. */
struct pr_yaml *
pr_yaml_parse(struct pr_str bytes, const char *name, struct pr_arena *a, struct pr_diag *diag);
/* The entry of a map, or NULL. */
const struct pr_yaml *pr_yaml_get(const struct pr_yaml *map, const char *key);

#endif
