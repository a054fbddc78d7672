/*
 * fuzz_scan: patterns and a text, parted by NUL. What PCRE2 matches within its limits, the scan
 * must have named a candidate: in the text, and in each pattern read as a text (a pattern is often
 * nearly a match of itself).
 */
#include "postroom/cleanup.h"
#include "postroom/utf8.h"
#include "tests/unit/classify/scan_test.h"

#define PATTERNS_MAX 6
#define TEXT_MAX     4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pr_str
fold(struct scan_set *s, struct pr_str bytes)
{
	struct pr_folded folded;
	struct pr_buf b;

	pr_buf_init(&b, 4 * TEXT_MAX);
	pr_utf8_repair(&b, bytes);
	pr_fold(pr_arena_dup(&s->a, pr_buf_str(&b)), &s->a, &folded);
	pr_buf_release(&b);
	return folded.text;
}

static void
check(const struct scan_set *s, struct pr_scan *scan, struct pr_str folded)
{
	uint64_t bits[1] = {0};

	pr_scan_find(scan, folded, bits);
	for (uint32_t id = 0; id < s->n; id++)
		if (scan_set_ask(s, id, folded, NULL) == PR_MATCH_YES && !scan_bit(bits, id))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_str rest = pr_str_n(data, size), part = PR_STR_NONE, texts[PATTERNS_MAX];
	struct scan_set s;
	struct pr_scan *scan;
	struct pr_err err;
	size_t n = 0;

	if (size > TEXT_MAX)
		return 0;
	scan_set_init(&s);
	while (n < PATTERNS_MAX && pr_str_cut(&rest, '\0', &part) && rest.n) {
		PR_AUTO(pr_buf_release) struct pr_buf b;

		/* a rule file is UTF-8 without NUL */
		pr_buf_init(&b, 4 * TEXT_MAX);
		pr_utf8_repair(&b, part);
		texts[n++] = part;
		scan_set_add(&s, pr_arena_dup(&s.rules.arena, pr_buf_str(&b)));
	}
	scan_set_end(&s);
	scan = pr_scan_new(s.v, s.n, NULL, &err);
	if (!scan)
		abort();
	check(&s, scan, fold(&s, rest.n ? rest : part));
	for (size_t i = 0; i < n; i++)
		check(&s, scan, fold(&s, texts[i]));
	pr_scan_free(&scan);
	scan_set_release(&s);
	return 0;
}
