/* fuzz_rules: any bytes as a rule file: errors with a place, or rules that can be asked. Never a
 * crash or a hang. */
#include "classify/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pr_catalogue_entry entry = {.lgsl = 557, .lgil = 17};
	static struct pr_catalogue catalogue = {&entry, 1, &entry};
	struct pr_rules *rules = calloc(1, sizeof(*rules));
	struct pr_diag diag;
	const struct pr_yaml *tree;
	struct pr_arena a;

	if (!rules || size > 16384) {
		free(rules);
		return 0;
	}
	pr_arena_init(&a, (size_t)64 << 20);
	pr_diag_init(&diag, &a);
	pr_arena_init(&rules->arena, (size_t)256 << 20);
	pr_arena_init(&rules->scratch, (size_t)64 << 20);
	rules->phrases = pr_phrases_new(&rules->arena);
	rules->catalogue = &catalogue;
	tree = pr_yaml_parse(pr_arena_dup(&rules->arena, pr_str_n(data, size)), "fuzz.yaml",
			     &rules->arena, &diag);
	if (tree && tree->kind == PR_YAML_MAP) {
		const struct pr_yaml *lists = pr_yaml_get(tree, "lists");

		rules->lists = &lists;
		rules->nlists = lists && lists->kind == PR_YAML_MAP;
		pr_rule_parse_file(rules, tree, false, &diag);
		if (!diag.n)
			pr_rules_test(rules, &diag);
	}
	pr_rules_free(&rules);
	pr_arena_release(&a);
	return 0;
}
