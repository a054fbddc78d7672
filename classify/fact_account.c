/*
 * fact_account: the number of an account that the council keeps: council tax, rent, business rates,
 * a benefit claim. Read only behind words that say so, and never beside talk of a bank: six to
 * twelve digits, with dashes or a few letters.
 */
#include "classify/fact.h"

#include "postroom/phone.h"

/* ENOUGH: the word alone says it ("account 123456"); MORE: another must follow ("claim number")
 * unless the number is long; REF: anybody's reference, believed when it is long or behind a word
 * that is OURS. */
enum { OURS, ENOUGH = PR_FACT_CUES, MORE, REF };
enum {
	DIGITS_MIN = 6,
	DIGITS_MAX = 12,
	LONG_DIGITS = 8,
	LETTERS_MAX = 3,
	FILLERS_MAX = 5,
	REACH = 48
};

enum { FILL, SAYS };
static const struct pr_fact_word fillers[] = {
    {"number", SAYS}, {"numbers", SAYS},   {"no", SAYS},   {"num", SAYS},     {"nr", SAYS},
    {"ref", SAYS},    {"reference", SAYS}, {"id", SAYS},   {"account", SAYS}, {"acc", SAYS},
    {"acct", SAYS},   {"code", SAYS},      {"rhif", SAYS}, {"cyfrif", SAYS},  {"is", FILL},
    {"was", FILL},    {"yw", FILL},        {"the", FILL},  {"my", FILL},      {NULL, 0},
};

/* Whose reference it is not. */
static const char *const others[] = {"bank",  "order",   "invoice",   "crime",       "police",
				     "photo", "booking", "planning",  "application", "email",
				     "phone", "paypal",  "insurance", "passport",    "nhs",
				     "giro",  "savings", "current",   "delivery",    "tracking"};

static int
filler(struct pr_str word)
{
	for (const struct pr_fact_word *f = fillers; f->word; f++)
		if (pr_fact_is(word, f->word))
			return f->meaning;
	return -1;
}

static size_t
skip_marks(struct pr_str text, size_t at)
{
	for (int i = 0; i < 4 && at < text.n && text.p[at] && strchr(" \t:#.=(-", text.p[at]); i++)
		at++;
	return at;
}

/* Past "number is:"; *said: a word among them says that a number comes. */
static size_t
skip_fillers(struct pr_str text, size_t from, bool *said)
{
	size_t at = from;

	for (int k = 0; k < FILLERS_MAX && at - from < REACH; k++) {
		struct pr_fact_neighbour w;
		int what;

		at = skip_marks(text, at);
		*said |= at > from && strchr("#:", text.p[at - 1]);
		if (!pr_fact_behind(text, at, &w))
			break;
		what = filler(pr_str_sub(text, w.start, w.end - w.start));
		if (what < 0)
			break;
		*said |= what == SAYS;
		at = w.end;
	}
	return skip_marks(text, at);
}

struct number {
	size_t end, digits, letters, n, groups, group[8];
};

/* "1234-5678", "1234 5678", "AB123456X"; blanks only while it is still too short. */
static bool
read_number(struct pr_str text, size_t at, struct number *v, char *out)
{
	size_t i = at, group = 0;

	*v = (struct number){.end = at};
	for (; i < text.n && v->n < DIGITS_MAX + 2 * LETTERS_MAX; i++) {
		char c = text.p[i], next = pr_fact_at(text, i + 1);

		if (pr_fact_is_digit(c)) {
			v->digits++;
			group++;
		} else if (pr_fact_is_alpha(c)) {
			v->letters++;
		} else if (group && v->groups < 7 && pr_fact_is_alnum(next) &&
			   (c == '-' || (c == ' ' && group > 2 && v->digits < DIGITS_MIN &&
					 pr_fact_is_digit(next)))) {
			v->group[v->groups++] = group;
			group = 0;
			continue;
		} else {
			break;
		}
		out[v->n++] = pr_fact_upper(c);
		v->end = i + 1;
	}
	v->group[v->groups++] = group;
	return v->digits >= DIGITS_MIN && v->digits <= DIGITS_MAX && v->letters <= LETTERS_MAX;
}

/* Ends a word; no slash of a planning reference, no decimals, no date or sort code. */
static bool
ends_well(struct pr_str text, const struct number *v)
{
	char c = pr_fact_at(text, v->end);

	if (pr_fact_is_alnum(c) || (c && strchr("_/@%", c)))
		return false;
	if (c && strchr(".,-:", c) && pr_fact_is_digit(pr_fact_at(text, v->end + 1)))
		return false;
	if (v->groups == 3 && v->group[0] <= 4 && v->group[1] == 2 &&
	    (v->group[2] == 2 || v->group[2] == 4))
		return false;
	return true;
}

static bool
is_others(struct pr_str text, size_t start)
{
	struct pr_fact_neighbour w;

	if (!pr_fact_before(text, start, &w))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (pr_fact_is(pr_str_sub(text, w.start, w.end - w.start), others[i]))
			return true;
	return false;
}

static bool
is_phone(struct pr_str value)
{
	struct pr_phone phone = pr_phone_parse(value);

	return value.p[0] == '0' && value.n > 9 && phone.kind == PR_PHONE_E164;
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	bool form = run->sight == PR_FACT_FORM, said = form || run->meaning != MORE, ours;
	size_t at = form ? run->start : skip_fillers(s->text, run->end, &said);
	struct number v;

	if (!form && is_others(s->text, run->start))
		return false;
	if (!read_number(s->text, at, &v, out->room) || !ends_well(s->text, &v) ||
	    (form && v.end != run->end))
		return false;
	ours = form || pr_fact_near(s, &pr_fact_account, OURS, run->start);
	if (v.digits < LONG_DIGITS && (!said || (run->meaning == REF && !ours)))
		return false;
	out->value = pr_str_n(out->room, v.n);
	if (is_phone(out->value) || pr_fact_secret(s->text, at, v.end) ||
	    pr_fact_bank_near(s->text, at, v.end))
		return false;
	out->start = at;
	out->end = v.end;
	return true;
}

static const struct pr_fact_word words[] = {
    {"account", ENOUGH}, {"acct", ENOUGH},   {"acc", ENOUGH},    {"ref", REF},
    {"reference", REF},  {"cyfrif", ENOUGH}, {"cyfeirnod", REF}, {"tax", OURS},
    {"rates", OURS},     {"rent", OURS},     {"claim", OURS},    {"benefit", OURS},
    {"tenancy", OURS},   {"account", OURS},  {"acc", OURS},      {"treth", OURS},
    {"rhent", OURS},     {"tax", MORE},      {"rates", MORE},    {"rent", MORE},
    {"claim", MORE},     {"benefit", MORE},  {"tenancy", MORE},  {"payee", MORE},
    {NULL, 0},
};
static const char *const forms[] = {
    "account",           "account_number", "account_no",      "account_ref",
    "account_reference", "claim_number",   "claim_reference", NULL};

const struct pr_fact_kind pr_fact_account = {
    .name = "account",
    .sights = PR_FACT_FORM,
    .words = words,
    .forms = forms,
    .find = find,
};
