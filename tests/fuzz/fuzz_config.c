/* Any bytes as postroom.yaml, from a file in memory: the council's sections, or reasons. */
#include "postroom/cleanup.h"
#include "postroom/council.h"
#include "postroom/file.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct pr_config *config)
{
	const struct pr_council_conf *c = pr_config_get(config, &pr_council_section);
	const struct pr_queue_conf *q = pr_config_get(config, &pr_queue_section);

	if (strlen(c->prefix) < 2 || strlen(c->prefix) > 4 || c->division < 0 || c->division > 2 ||
	    !*c->name || q->claim_after < 1000)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pr_section *const sections[] = {
	    &pr_council_section, &pr_spool_section, &pr_queue_section, &pr_store_section, NULL};
	PR_AUTO_ARENA struct pr_arena a;
	PR_AUTO_FD int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct pr_config *config;
	struct pr_diag d;
	struct pr_err err;
	char path[64];

	pr_arena_init(&a, 8 << 20);
	pr_diag_init(&d, &a);
	if (fd < 0 || pr_write_all(fd, data, size, &err) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config = pr_config_load(path, sections, pr_section_names, NULL, &d);
	if (!config != (d.n > 0))
		abort();
	if (config)
		check(config);
	pr_config_free(&config);
	return 0;
}
