/*
 * note: which rules decided, and on what words, kept with the contact: a line `rule field start
 * end` (bytes of the field as it was written), and ` lgsl/lgil points` when it speaks for a
 * service. Built by hand: there are many in every message. explain.c tells them to a person.
 */
#include "classify/ruleset.h"
#include "postroom/verdict.h"

#define LINE_MAX 160

struct line {
	char text[LINE_MAX];
	size_t n;
};

static void
line_add(struct line *l, struct pr_str s)
{
	size_t n = s.n < LINE_MAX - l->n ? s.n : LINE_MAX - l->n;

	memcpy(l->text + l->n, s.p, n);
	l->n += n;
}

static void
line_number(struct line *l, const char *before, int64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t u = v < 0 ? (uint64_t)-v : (uint64_t)v;

	do
		digits[--at] = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		digits[--at] = '-';
	line_add(l, pr_str_c(before));
	line_add(l, pr_str_n(digits + at, sizeof(digits) - at));
}

static void
line_span(struct line *l, const struct pr_message *m, const struct pr_span *span)
{
	const struct pr_searched *f = &m->fields[span->field];
	size_t end;

	if (span->end <= span->start) {
		line_add(l, PR_STR(" - 0 0"));
		return;
	}
	/* the last folded byte may stand for a character of several bytes */
	end = f->folded.origin[span->end - 1];
	while (++end < f->original.n - f->skipped &&
	       ((unsigned char)f->original.p[f->skipped + end] & 0xc0) == 0x80)
		;
	line_add(l, PR_STR(" "));
	line_add(l, pr_str_sub(f->name, 0, 64));
	line_number(l, " ", f->folded.origin[span->start]);
	line_number(l, " ", (int64_t)end);
}

static void
line_end(const struct line *l, struct pr_arena *a, struct pr_contact *c)
{
	pr_contact_list_add(c, PR_CONTACT_FIELD(rules), a, pr_str_n(l->text, l->n));
}

static void
note_vote(const struct pr_vote *v, const struct pr_message *m, struct pr_arena *a,
	  struct pr_contact *c)
{
	struct line l = {.n = 0};

	line_add(&l, v->rule->name);
	line_span(&l, m, &v->span);
	line_number(&l, " ", v->service.lgsl);
	line_number(&l, "/", v->service.lgil);
	line_number(&l, " ", v->points);
	line_end(&l, a, c);
}

static void
note_said(const struct pr_said *s, const struct pr_message *m, struct pr_arena *a,
	  struct pr_contact *c)
{
	struct line l = {.n = 0};

	line_add(&l, s->rule->name);
	if (s->match == PR_MATCH_UNKNOWN)
		line_add(&l, PR_STR(" incomplete 0 0"));
	else
		line_span(&l, m, &s->span);
	line_end(&l, a, c);
}

static bool
is_rival(const struct pr_verdict_rival *r, struct pr_service_id id)
{
	return r->lgsl == id.lgsl && r->lgil == id.lgil;
}

/* Hints lean towards dozens of services; those of the two best and of the forbidden ones are told.
 */
static bool
matters(const struct pr_vote *v, const struct pr_contact *c)
{
	struct pr_service_id id = v->service;
	struct pr_verdict_rival r;

	if (!v->hint || (c->lgsl == id.lgsl && c->lgil == id.lgil) ||
	    (pr_verdict_runner_up(c, &r) && is_rival(&r, id)))
		return true;
	for (size_t i = 0; i < c->vetoed.n; i++)
		if (pr_verdict_veto(c->vetoed.v[i], &r) && is_rival(&r, id))
			return true;
	return false;
}

void
pr_note_rules(struct pr_message *m, const struct pr_answers *answers, struct pr_arena *a,
	      struct pr_contact *c)
{
	const struct pr_vote *v = answers->votes;
	const struct pr_vote *end = v + answers->nvotes - (answers->preferred ? 1 : 0);

	for (size_t i = 0; i < answers->nsaid; i++) {
		const struct pr_said *s = &answers->said[i];

		if (s->match == PR_MATCH_UNKNOWN || v == end || v->rule != s->rule)
			note_said(s, m, a, c);
		for (; v != end && v->rule == s->rule; v++)
			if (matters(v, c))
				note_vote(v, m, a, c);
	}
	if (answers->preferred)
		note_vote(end, m, a, c);
}
