/*
 * ledger: summed up by rule.
 */
#include "classify/ledger.h"

#include "classify/ruleset.h"

uint64_t
pr_ledger_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* One contact alone, however many fields it has, never puts a rule aside. */
static void
note_limit(struct pr_ledger *l, uint64_t contact)
{
	l->limit_hits++;
	if (l->contact == contact)
		return;
	l->contact = contact;
	l->quarantined = ++l->contacts >= PR_QUARANTINE_AFTER;
}

void
pr_ledger_note(struct pr_ledger *l, uint64_t began, bool limit_hit, uint64_t contact)
{
	uint64_t ns = pr_ledger_now() - began;

	l->calls++;
	l->ns += ns;
	if (ns > l->worst_ns)
		l->worst_ns = ns;
	if (limit_hit)
		note_limit(l, contact);
}

/* Call fn for the ledger of every pattern of a rule, until it says true. */
static bool
each_pattern(const struct pr_rule *rule, bool (*fn)(void *ctx, struct pr_ledger *l), void *ctx)
{
	const struct pr_conditions *sets[] = {&rule->any, &rule->all, &rule->unless};

	for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++)
		for (size_t i = 0; i < sets[s]->n; i++) {
			struct pr_ledger *l = pr_pattern_ledger(sets[s]->v[i]);

			if (l && fn(ctx, l))
				return true;
		}
	return false;
}

struct sum {
	struct pr_rule_cost cost;
	size_t patterns;
};

static bool
add(void *ctx, struct pr_ledger *l)
{
	struct sum *sum = ctx;

	sum->patterns++;
	sum->cost.calls += l->calls;
	sum->cost.ns += l->ns;
	sum->cost.limit_hits += l->limit_hits;
	sum->cost.quarantined |= l->quarantined;
	if (l->worst_ns > sum->cost.worst_ns)
		sum->cost.worst_ns = l->worst_ns;
	return false;
}

static int
dearest_first(const void *a, const void *b)
{
	const struct pr_rule_cost *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return pr_str_cmp(x->rule, y->rule);
}

size_t
pr_rules_costs(const struct pr_rules *rules, struct pr_arena *a, struct pr_rule_cost **out)
{
	size_t n = 0;

	*out = pr_arena_array(a, rules->n, sizeof(**out));
	for (size_t i = 0; i < rules->n; i++) {
		struct sum sum = {.cost = {.rule = rules->v[i].name}};

		each_pattern(&rules->v[i], add, &sum);
		if (sum.patterns)
			(*out)[n++] = sum.cost;
	}
	qsort(*out, n, sizeof(**out), dearest_first);
	return n;
}

static bool
tell(void *ctx, struct pr_ledger *l)
{
	bool news = l->quarantined && !l->told;

	(void)ctx;
	l->told |= news;
	return news;
}

bool
pr_rules_quarantined(struct pr_rules *rules, struct pr_str *rule)
{
	for (size_t i = 0; i < rules->n; i++)
		if (each_pattern(&rules->v[i], tell, NULL)) {
			*rule = rules->v[i].name;
			return true;
		}
	return false;
}
