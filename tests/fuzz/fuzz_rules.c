/* fuzz_rules: any bytes as a rule file: errors with a place, or rules that can be asked. Never a
 * crash or a hang. */
#include "classify/ruleset.h"

#include "postroom/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64] = "/tmp/pr-fuzz-rules-XXXXXX";

static int
dir_fd(void)
{
	static int fd = -1;

	return fd >= 0 ? fd : (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static void
remove_dir(void)
{
	unlinkat(dir_fd(), "rules/a.yaml", 0);
	unlinkat(dir_fd(), "rules", AT_REMOVEDIR);
	unlinkat(dir_fd(), "services.yaml", 0);
	rmdir(dir);
}

static void
put(const char *name, struct pr_str bytes)
{
	struct pr_err err;

	if (pr_file_replace(dir_fd(), name, bytes, false, &err) < 0) {
		fprintf(stderr, "fuzz_rules: %s\n", err.msg);
		exit(111);
	}
}

static void
make_dir(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	if (!mkdtemp(dir) || mkdirat(dir_fd(), "rules", 0700) < 0)
		exit(111);
	put("services.yaml",
	    PR_STR("- {id: 0/0, name: {en: Triage, cy: Brysbennu}, team: Contact centre}\n"
		   "- {id: 557/17, name: {en: Pothole, cy: Twll}, team: Highways}\n"));
	atexit(remove_dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* fuzz_scan is for the fast pass, which would fork here for every input */
	static const struct pr_rules_how how = {.plain = true};
	struct pr_rules *rules;
	struct pr_diag diag;
	struct pr_arena a;

	if (size > 16384)
		return 0;
	make_dir();
	pr_arena_init(&a, (size_t)64 << 20);
	pr_diag_init(&diag, &a);
	put("rules/a.yaml", pr_str_n(data, size));
	rules = pr_rules_load(dir, &how, &diag);
	if (!rules && !diag.n)
		abort();
	if (rules)
		pr_rules_test(rules, &diag);
	pr_rules_free(&rules);
	pr_arena_release(&a);
	return 0;
}
