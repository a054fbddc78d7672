/* backtest_report: what the records of a backtest add up to, for 80 columns or as JSON. */
#include "tools/backtest.h"

#include "postroom/cleanup.h"
#include "postroom/utf8.h"

#include <jansson.h>

#define MOVES_SHOWN 30
#define RISKS_SHOWN 60
#define KINDS_SHOWN 15
#define NAME_WIDTH  24

/* ---- adding up ---- */

/* Room for one more of n elements. */
static void *
grow(void *p, size_t n, size_t size)
{
	if (n && (n < 16 || n & (n - 1)))
		return p;
	p = realloc(p, (n < 16 ? 16 : n * 2) * size);
	if (!p)
		pr_out_of_memory();
	return p;
}

static void
add_side(struct backtest_side *s, const struct backtest_verdict *v, bool judged)
{
	s->right += v->right;
	s->certain += v->certain;
	s->incomplete += v->incomplete;
	s->certain_judged += v->certain && judged;
	s->certain_right += v->certain && v->right;
}

static void
add_move(struct backtest *b, const struct backtest_verdict *was, const struct backtest_verdict *is)
{
	struct backtest_move *m = b->moves;

	for (size_t i = 0; i < b->nmoves; i++, m++)
		if (m->from.lgsl == was->lgsl && m->from.lgil == was->lgil &&
		    m->to.lgsl == is->lgsl && m->to.lgil == is->lgil)
			break;
	if (m == b->moves + b->nmoves) {
		b->moves = grow(b->moves, b->nmoves, sizeof(*b->moves));
		m = &b->moves[b->nmoves++];
		*m = (struct backtest_move){.from = {was->lgsl, was->lgil},
					    .to = {is->lgsl, is->lgil}};
	}
	m->count++;
	m->righted += is->right && !was->right;
	m->wronged += was->right && !is->right;
	b->moved++;
}

static void
add_risk(struct backtest *b, const struct backtest_record *r)
{
	struct backtest_risk *risk;

	b->risks = grow(b->risks, b->nrisks, sizeof(*b->risks));
	risk = &b->risks[b->nrisks++];
	memcpy(risk->cid, r->contact.cid, sizeof(risk->cid));
	memcpy(risk->from, r->contact.was.risk, sizeof(risk->from));
	memcpy(risk->to, r->contact.is.risk, sizeof(risk->to));
}

static void
add_kind(struct backtest *b, const struct backtest_verdict *was, const struct backtest_verdict *is)
{
	struct backtest_kind *k = b->kinds;

	for (size_t i = 0; i < b->nkinds; i++, k++)
		if (strcmp(k->from, was->kind) == 0 && strcmp(k->to, is->kind) == 0)
			break;
	if (k == b->kinds + b->nkinds) {
		b->kinds = grow(b->kinds, b->nkinds, sizeof(*b->kinds));
		k = &b->kinds[b->nkinds++];
		memcpy(k->from, was->kind, sizeof(k->from));
		memcpy(k->to, is->kind, sizeof(k->to));
		k->count = 0;
	}
	k->count++;
}

static void
add_cost(struct backtest *b, const struct backtest_record *r)
{
	struct backtest_cost *c = b->costs;

	for (size_t i = 0; i < b->ncosts; i++, c++)
		if (strcmp(c->rule, r->cost.rule) == 0)
			break;
	if (c == b->costs + b->ncosts) {
		b->costs = grow(b->costs, b->ncosts, sizeof(*b->costs));
		c = &b->costs[b->ncosts++];
		*c = (struct backtest_cost){.ns = 0};
		memcpy(c->rule, r->cost.rule, sizeof(c->rule));
	}
	c->calls += r->cost.calls;
	c->ns += r->cost.ns;
	c->limit_hits += r->cost.limit_hits;
}

void
backtest_add(struct backtest *b, const struct backtest_record *r)
{
	const struct backtest_verdict *was = &r->contact.was, *is = &r->contact.is;
	bool moved, risk, kind;

	if (r->type == BACKTEST_COST) {
		add_cost(b, r);
		return;
	}
	moved = was->lgsl != is->lgsl || was->lgil != is->lgil;
	risk = strcmp(was->risk, is->risk) != 0;
	kind = strcmp(was->kind, is->kind) != 0;
	b->contacts++;
	b->judged += r->contact.judged;
	add_side(&b->was, was, r->contact.judged);
	add_side(&b->is, is, r->contact.judged);
	if (moved)
		add_move(b, was, is);
	if (risk)
		add_risk(b, r);
	if (kind)
		add_kind(b, was, is);
	b->unchanged += !moved && !risk && !kind && was->certain == is->certain &&
			was->incomplete == is->incomplete;
}

/* ---- order ---- */

static int
move_cmp(const void *a, const void *b)
{
	const struct backtest_move *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return memcmp(&x->from, &y->from, 2 * sizeof(x->from));
}

static int
risk_rank(const char *risk)
{
	return risk[0] == 'p' ? 2 : risk[0] == 'c' ? 1 : 0;
}

/* What is less watched than before comes first, the worst of it at the top. */
static int
risk_cmp(const void *a, const void *b)
{
	const struct backtest_risk *x = a, *y = b;
	int xd = risk_rank(x->to) - risk_rank(x->from), yd = risk_rank(y->to) - risk_rank(y->from);

	if (xd != yd)
		return xd < yd ? -1 : 1;
	if (risk_rank(x->from) != risk_rank(y->from))
		return risk_rank(x->from) > risk_rank(y->from) ? -1 : 1;
	return strcmp(x->cid, y->cid);
}

static int
kind_cmp(const void *a, const void *b)
{
	const struct backtest_kind *x = a, *y = b;
	int order = strcmp(x->from, y->from);

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return order ? order : strcmp(x->to, y->to);
}

static int
cost_cmp(const void *a, const void *b)
{
	const struct backtest_cost *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return strcmp(x->rule, y->rule);
}

static void
sort(void *v, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (n)
		qsort(v, n, size, cmp);
}

/* ---- for people ---- */

static int
thousandths(size_t n, size_t of)
{
	return of ? (int)((n * 1000 + of / 2) / of) : 0;
}

static void
print_shares(const char *what, size_t was, size_t was_of, size_t is, size_t is_of, const char *of)
{
	int a = thousandths(was, was_of), b = thousandths(is, is_of);

	printf("%-22s %3d.%d %%  %3d.%d %%%s\n", what, a / 10, a % 10, b / 10, b % 10, of);
}

static void
print_head(const struct backtest *b)
{
	printf("%zu contacts in %.1f s; the verdict is the same for %zu\n", b->contacts, b->seconds,
	       b->unchanged);
	if (b->source.total > b->contacts)
		printf("(%zu more could not be read and were left out)\n",
		       b->source.total - b->contacts);
	printf("old: %zu rules, %s\nnew: %zu rules, %s\n\n%-22s %7s  %7s\n",
	       pr_rules_count(b->was.rules), pr_rules_version(b->was.rules),
	       pr_rules_count(b->is.rules), pr_rules_version(b->is.rules), "", "old", "new");
	print_shares("certain", b->was.certain, b->contacts, b->is.certain, b->contacts, "");
	if (b->judged) {
		print_shares("right when certain", b->was.certain_right, b->was.certain_judged,
			     b->is.certain_right, b->is.certain_judged, "  as people put them");
		print_shares("right best guess", b->was.right, b->judged, b->is.right, b->judged,
			     "  as people put them");
		printf("people put %zu of the contacts in place\n", b->judged);
	}
	if (b->was.incomplete || b->is.incomplete)
		printf("incomplete verdicts: %zu old, %zu new\n", b->was.incomplete,
		       b->is.incomplete);
}

/* "557/17 Pothole or road s" into out: as many characters as NAME_WIDTH at most. */
static void
name_service(const struct backtest *b, struct backtest_service s, char *out, size_t room)
{
	const struct pr_catalogue_entry *e =
	    pr_catalogue_find(pr_rules_catalogue(b->is.rules), s.lgsl, s.lgil);
	struct pr_str name;
	int n;

	if (!e)
		e = pr_catalogue_find(pr_rules_catalogue(b->was.rules), s.lgsl, s.lgil);
	n = s.lgsl ? snprintf(out, room, "%d/%d ", s.lgsl, s.lgil) : snprintf(out, room, "none");
	if (n < 0 || n >= NAME_WIDTH || !s.lgsl || !e)
		return;
	name = pr_utf8_clip(e->name_en, (size_t)(NAME_WIDTH - n));
	snprintf(out + n, room - (size_t)n, PR_S_FMT, PR_S(name));
}

static void
print_moves(const struct backtest *b)
{
	size_t rest = 0;

	if (!b->nmoves)
		return;
	printf("\n%zu go to another service (righted, wronged: by where people put them)\n"
	       "  count righted wronged  from -> to\n",
	       b->moved);
	for (size_t i = 0; i < b->nmoves; i++) {
		const struct backtest_move *m = &b->moves[i];
		char from[64], to[64];

		if (i >= MOVES_SHOWN) {
			rest += m->count;
			continue;
		}
		name_service(b, m->from, from, sizeof(from));
		name_service(b, m->to, to, sizeof(to));
		printf("%7zu %7zu %7zu  %s -> %s\n", m->count, m->righted, m->wronged, from, to);
	}
	if (rest)
		printf("%7zu in %zu more ways; --json has all\n", rest, b->nmoves - MOVES_SHOWN);
}

static void
print_risks(const struct backtest *b)
{
	if (!b->nrisks)
		return;
	printf("\nRISK changes for %zu; read each of them before you publish\n", b->nrisks);
	for (size_t i = 0; i < b->nrisks && i < RISKS_SHOWN; i++)
		printf("  %-5s -> %-5s  %s\n", b->risks[i].from, b->risks[i].to, b->risks[i].cid);
	if (b->nrisks > RISKS_SHOWN)
		printf("  and %zu more; --json has all\n", b->nrisks - RISKS_SHOWN);
}

static void
print_kinds(const struct backtest *b)
{
	if (!b->nkinds)
		return;
	printf("\nother kinds\n");
	for (size_t i = 0; i < b->nkinds && i < KINDS_SHOWN; i++)
		printf("%7zu  %s -> %s\n", b->kinds[i].count, b->kinds[i].from, b->kinds[i].to);
	if (b->nkinds > KINDS_SHOWN)
		printf("        and %zu more ways; --json has all\n", b->nkinds - KINDS_SHOWN);
}

static void
print_slowest(const struct backtest *b)
{
	const struct backtest_cost *c = b->costs;

	if (b->ncosts && b->contacts)
		printf("\nslowest new rule: %s, %.2f us a contact%s\n", c->rule,
		       (double)c->ns / 1000 / (double)b->contacts,
		       c->limit_hits ? "; IT HIT ITS LIMITS" : "");
}

/* ---- as JSON ---- */

static json_t *
json_service(struct backtest_service s)
{
	return s.lgsl ? json_sprintf("%d/%d", s.lgsl, s.lgil) : json_null();
}

static json_t *
json_side(const struct backtest_side *s)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "version",
			 pr_rules_version(s->rules), "rules", (json_int_t)pr_rules_count(s->rules),
			 "right", (json_int_t)s->right, "certain", (json_int_t)s->certain,
			 "certain_judged", (json_int_t)s->certain_judged, "certain_right",
			 (json_int_t)s->certain_right, "incomplete", (json_int_t)s->incomplete);
}

static json_t *
json_moves(const struct backtest *b)
{
	json_t *v = json_array();

	for (size_t i = 0; i < b->nmoves; i++) {
		const struct backtest_move *m = &b->moves[i];

		json_array_append_new(
		    v, json_pack("{s:o, s:o, s:I, s:I, s:I}", "from", json_service(m->from), "to",
				 json_service(m->to), "count", (json_int_t)m->count, "righted",
				 (json_int_t)m->righted, "wronged", (json_int_t)m->wronged));
	}
	return v;
}

static json_t *
json_changes(const struct backtest *b, bool kinds)
{
	json_t *v = json_array();

	for (size_t i = 0; i < b->nkinds && kinds; i++)
		json_array_append_new(v, json_pack("{s:s, s:s, s:I}", "from", b->kinds[i].from,
						   "to", b->kinds[i].to, "count",
						   (json_int_t)b->kinds[i].count));
	for (size_t i = 0; i < b->nrisks && !kinds; i++)
		json_array_append_new(v, json_pack("{s:s, s:s, s:s}", "id", b->risks[i].cid, "from",
						   b->risks[i].from, "to", b->risks[i].to));
	return v;
}

static void
print_json(const struct backtest *b)
{
	json_t *o =
	    json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:f}", "contacts",
		      (json_int_t)b->contacts, "judged", (json_int_t)b->judged, "unchanged",
		      (json_int_t)b->unchanged, "moved", (json_int_t)b->moved, "old",
		      json_side(&b->was), "new", json_side(&b->is), "moves", json_moves(b), "risk",
		      json_changes(b, false), "kind", json_changes(b, true), "seconds", b->seconds);

	json_object_set_new(o, "slowest",
			    b->ncosts ? json_pack("{s:s, s:f}", "rule", b->costs[0].rule, "us",
						  (double)b->costs[0].ns / 1000)
				      : json_null());
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(o);
}

void
backtest_report(struct backtest *b)
{
	sort(b->moves, b->nmoves, sizeof(*b->moves), move_cmp);
	sort(b->risks, b->nrisks, sizeof(*b->risks), risk_cmp);
	sort(b->kinds, b->nkinds, sizeof(*b->kinds), kind_cmp);
	sort(b->costs, b->ncosts, sizeof(*b->costs), cost_cmp);
	if (b->source.json) {
		print_json(b);
		return;
	}
	print_head(b);
	print_moves(b);
	print_risks(b);
	print_kinds(b);
	print_slowest(b);
}
