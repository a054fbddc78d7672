/*
 * match_field: conditions on what a contact is, not on what it says: channel, account, sender,
 * language, attachment. Each asks for one of a list of texts.
 */
#include "classify/ruleset.h"

struct wanted {
	struct pr_str *v;
	size_t n;
};

static int
wanted_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
	     struct pr_diag *diag)
{
	struct wanted *w = PR_ARENA_NEW(&rules->arena, struct wanted);

	if (v->kind == PR_YAML_MAP || (v->kind == PR_YAML_LIST && !v->n) ||
	    (v->kind == PR_YAML_SCALAR && !v->text.n))
		return pr_diag_add(diag, v->mark, "'%s' needs a text or a list of texts",
				   c->kind->name);
	w->v = pr_arena_array(&rules->arena, v->n + 1, sizeof(*w->v));
	if (v->kind == PR_YAML_SCALAR)
		w->v[w->n++] = v->text;
	for (const struct pr_yaml *p = v->first; p; p = p->next) {
		if (p->kind != PR_YAML_SCALAR)
			return pr_diag_add(diag, p->mark, "'%s' wants plain texts", c->kind->name);
		w->v[w->n++] = p->text;
	}
	c->data = w;
	return 0;
}

/* Values that a setting may have and no other: "chanel: sms" would never match and nobody would
 * know why. */
static int
choice_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
	     struct pr_diag *diag, const char *const *choices, size_t n)
{
	const struct wanted *w;
	const char *near;

	if (wanted_parse(rules, v, c, diag) < 0)
		return -1;
	w = c->data;
	for (size_t i = 0; i < w->n; i++) {
		bool ok = false;

		for (size_t k = 0; k < n && !ok; k++)
			ok = pr_str_eq_c(w->v[i], choices[k]);
		near = pr_diag_nearest(w->v[i], choices, n);
		if (!ok)
			return pr_diag_add(diag, v->mark, "'" PR_S_FMT "' is no %s; try '%s'",
					   PR_S(w->v[i]), c->kind->name, near ? near : choices[0]);
	}
	return 0;
}

static int
channel_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
	      struct pr_diag *diag)
{
	static const char *const choices[] = {"email", "sms", "web"};

	return choice_parse(rules, v, c, diag, choices, 3);
}

static int
language_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
	       struct pr_diag *diag)
{
	static const char *const choices[] = {"en", "cy", "other"};

	return choice_parse(rules, v, c, diag, choices, 3);
}

static int
attachment_parse(struct pr_rules *rules, const struct pr_yaml *v, struct pr_condition *c,
		 struct pr_diag *diag)
{
	static const char *const choices[] = {"yes", "no"};

	return choice_parse(rules, v, c, diag, choices, 2);
}

static enum pr_match
answer(bool yes, const struct pr_span *after, struct pr_span *span)
{
	*span = (struct pr_span){0, 0, 0};
	return yes && !after ? PR_MATCH_YES : PR_MATCH_NO;
}

static bool
is_wanted(const struct pr_condition *c, struct pr_str value)
{
	const struct wanted *w = c->data;

	for (size_t i = 0; i < w->n; i++)
		if (pr_str_eq_nocase(w->v[i], value))
			return true;
	return false;
}

static enum pr_match
channel_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	     struct pr_span *span)
{
	return answer(is_wanted(c, m->contact->channel), after, span);
}

static enum pr_match
account_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	     struct pr_span *span)
{
	return answer(is_wanted(c, m->contact->account), after, span);
}

static enum pr_match
language_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	      struct pr_span *span)
{
	return answer(is_wanted(c, pr_str_c(m->lang)), after, span);
}

static enum pr_match
attachment_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
		struct pr_span *span)
{
	return answer(is_wanted(c, m->contact->attachments.n ? PR_STR("yes") : PR_STR("no")), after,
		      span);
}

/* A whole address or number, or "@domain" and ".domain" for all that end so. */
static enum pr_match
sender_test(const struct pr_condition *c, struct pr_message *m, const struct pr_span *after,
	    struct pr_span *span)
{
	const struct wanted *w = c->data;
	struct pr_str mail = m->contact->from_email;
	bool yes = is_wanted(c, m->contact->from_phone) || is_wanted(c, mail);

	for (size_t i = 0; i < w->n && !yes; i++) {
		struct pr_str ask = w->v[i];

		if ((ask.p[0] == '@' || ask.p[0] == '.') && mail.n > ask.n)
			yes = pr_str_eq_nocase(pr_str_sub(mail, mail.n - ask.n, ask.n), ask);
	}
	return answer(yes, after, span);
}

const struct pr_match_kind pr_match_channel = {"channel", channel_parse, channel_test, NULL};
const struct pr_match_kind pr_match_account = {"account", wanted_parse, account_test, NULL};
const struct pr_match_kind pr_match_sender = {"sender", wanted_parse, sender_test, NULL};
const struct pr_match_kind pr_match_language = {"language", language_parse, language_test, NULL};
const struct pr_match_kind pr_match_attachment = {"attachment", attachment_parse, attachment_test,
						  NULL};
