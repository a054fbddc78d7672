/*
 * scan all: the driver for machines without libhs. Every pattern is a candidate in every text, and
 * PCRE2 alone decides.
 */
#include "classify/match_scan.h"

#include "classify/ruleset.h"

struct pr_scan {
	size_t n;
	char name[64];
	uint32_t ids[];
};

struct pr_scan *
pr_scan_new(const struct pr_scan_pattern *v, size_t n, const char *cache, struct pr_err *err)
{
	struct pr_scan *scan = pr_calloc(1, sizeof(*scan) + n * sizeof(scan->ids[0]));

	(void)cache;
	(void)err;
	scan->n = n;
	for (size_t i = 0; i < n; i++)
		scan->ids[i] = v[i].id;
	snprintf(scan->name, sizeof(scan->name), "no libhs, %zu patterns, all always", n);
	return scan;
}

void
pr_scan_find(struct pr_scan *scan, struct pr_str text, uint64_t *bits)
{
	(void)text;
	for (size_t i = 0; i < scan->n; i++)
		pr_bit_set(bits, scan->ids[i]);
}

const char *
pr_scan_name(const struct pr_scan *scan)
{
	return scan->name;
}

void
pr_scan_free(struct pr_scan **scan)
{
	free(*scan);
	*scan = NULL;
}
