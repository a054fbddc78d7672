/* Any bytes as a YAML file: a tree whose counts and links agree, or reasons; never both, never
 * neither. */
#include "postroom/cleanup.h"
#include "postroom/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
walk(const struct pr_yaml *node, int depth)
{
	size_t n = 0;

	if (depth > 33 || node->mark.line < 1 || node->mark.column < 1)
		abort();
	for (const struct pr_yaml *e = node->first; e; e = e->next, n++)
		walk(e, depth + 1);
	if (n != node->n || (node->kind == PR_YAML_SCALAR && strlen(node->text.p) != node->text.n))
		abort();
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PR_AUTO_ARENA struct pr_arena a;
	const struct pr_yaml *root;
	struct pr_diag d;

	pr_arena_init(&a, 8 << 20);
	pr_diag_init(&d, &a);
	root = pr_yaml_parse(pr_str_n(data, size), "fuzz", &a, &d);
	if (!root != (d.n > 0))
		abort();
	if (root)
		walk(root, 0);
	return 0;
}
