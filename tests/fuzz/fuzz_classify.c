/*
 * fuzz_classify: any text through the shipped rules (POSTROOM_SOURCE/rules): the verdict's fields
 * hold their limits, spans lie in their fields, the contact can be encoded and decoded again.
 */
#include "classify/ruleset.h"

#include "postroom/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pr_rules *
shipped(void)
{
	static struct pr_rules *rules;
	static struct pr_arena a;
	const char *root = getenv("POSTROOM_SOURCE");
	struct pr_diag diag;

	if (rules)
		return rules;
	pr_arena_init(&a, (size_t)16 << 20);
	pr_diag_init(&diag, &a);
	rules = pr_rules_load(pr_arena_printf(&a, "%s/rules", root ? root : ".").p, NULL, &diag);
	if (!rules)
		pr_diag_print(&diag, stderr);
	return rules ? rules : (abort(), NULL);
}

static void
check_spans(const struct pr_contact *c)
{
	for (size_t i = 0; i < c->rules.n; i++) {
		struct pr_str rest = c->rules.v[i], part;
		int64_t start, end;

		pr_str_cut(&rest, ' ', &part);
		pr_str_cut(&rest, ' ', &part);
		bool subject = pr_str_eq_c(part, "subject");
		pr_str_cut(&rest, ' ', &part);
		if (!pr_str_int(part, 0, INT32_MAX, &start) ||
		    !pr_str_int(rest, start, INT32_MAX, &end) ||
		    (size_t)end > (subject ? c->subject.n : c->text.n))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_classify_world world = {PR_STR("EXA")};
	struct pr_contact c = {0}, back;
	struct pr_arena a;
	struct pr_buf b;
	struct pr_err err;
	size_t cut = size ? data[0] % size : 0;

	pr_arena_init(&a, (size_t)64 << 20);
	pr_contact_text_set(&c, PR_CONTACT_FIELD(cid), &a,
			    PR_STR("00112233445566778899aabbccddeeff"));
	pr_contact_text_set(&c, PR_CONTACT_FIELD(channel), &a, PR_STR("web"));
	pr_contact_text_set(&c, PR_CONTACT_FIELD(account), &a, PR_STR("fuzz"));
	c.received_at = 1;
	pr_contact_text_set(&c, PR_CONTACT_FIELD(subject), &a, pr_str_n(data, cut));
	pr_contact_text_set(&c, PR_CONTACT_FIELD(text), &a, pr_str_n(data + cut, size - cut));
	c.new_text = c.text;
	if (pr_classify(shipped(), &world, &a, &c, &err) < 0)
		abort();
	check_spans(&c);
	pr_buf_init(&b, (size_t)64 << 20);
	pr_contact_encode(&c, PR_STAGE_CLASSIFY, &b);
	if (b.failed || pr_contact_decode(pr_buf_str(&b), PR_STAGE_CLASSIFY, &a, &back, &err) < 0)
		abort();
	pr_buf_release(&b);
	pr_arena_release(&a);
	return 0;
}
