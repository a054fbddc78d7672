/*
 * verdict_json: the parts of a verdict as objects.
 */
#include "tools/verdict_json.h"

#include "postroom/verdict.h"

static json_t *
json_text(struct pr_str s)
{
	return json_stringn(s.n ? s.p : "", s.n);
}

static json_t *
thousandths(int64_t v)
{
	return json_real((double)v / 1000);
}

static void
put_service(json_t *o, int64_t lgsl, int64_t lgil)
{
	json_object_set_new(o, "lgsl", lgsl ? json_integer(lgsl) : json_null());
	json_object_set_new(o, "lgil", lgsl ? json_integer(lgil) : json_null());
}

static json_t *
service(int64_t lgsl, int64_t lgil)
{
	json_t *o = json_object();

	put_service(o, lgsl, lgil);
	return o;
}

/* "557/17" */
static json_t *
service_of(const struct pr_contact *c, struct pr_str id)
{
	int64_t lgsl = 0, lgil = 0;

	(void)c;
	return pr_verdict_service(id, &lgsl, &lgil) ? service(lgsl, lgil) : json_null();
}

static json_t *
text_of(const struct pr_contact *c, struct pr_str text)
{
	(void)c;
	return json_text(text);
}

static json_t *
rival(const struct pr_verdict_rival *r)
{
	json_t *o = service(r->lgsl, r->lgil);

	json_object_set_new(o, "score", thousandths(r->points));
	return o;
}

/* The second best, and by how much it lost. */
static json_t *
runner_up(const struct pr_contact *c)
{
	struct pr_verdict_rival r;
	json_t *o;

	if (!pr_verdict_runner_up(c, &r))
		return json_null();
	o = rival(&r);
	json_object_set_new(o, "behind", thousandths(c->margin));
	return o;
}

static json_t *
veto_of(const struct pr_contact *c, struct pr_str line)
{
	struct pr_verdict_rival r;
	json_t *o;

	(void)c;
	if (!pr_verdict_veto(line, &r))
		return json_null();
	o = rival(&r);
	json_object_set_new(o, "rule", json_text(r.rule));
	return o;
}

static void
put_place(json_t *o, const struct pr_verdict_place *p)
{
	json_object_set_new(o, "field", json_text(p->field));
	json_object_set_new(o, "start", json_integer(p->start));
	json_object_set_new(o, "end", json_integer(p->end));
}

static json_t *
rule_of(const struct pr_contact *c, struct pr_str line)
{
	struct pr_verdict_rule r;
	json_t *o = json_object();

	pr_verdict_rule(c, line, &r);
	json_object_set_new(o, "rule", json_text(r.rule));
	put_place(o, &r.place);
	if (r.service) {
		json_object_set_new(
		    o, "service", json_sprintf("%lld/%lld", (long long)r.lgsl, (long long)r.lgil));
		json_object_set_new(o, "points", thousandths(r.points));
	}
	return o;
}

static json_t *
fact_of(const struct pr_contact *c, struct pr_str line)
{
	struct pr_verdict_fact f;
	json_t *o = json_object();

	pr_verdict_fact(c, line, &f);
	json_object_set_new(o, "kind", json_text(f.kind));
	put_place(o, &f.place);
	json_object_set_new(o, "value", json_text(f.value));
	return o;
}

static json_t *
list_of(const struct pr_contact *c, struct pr_list list,
	json_t *(*each)(const struct pr_contact *c, struct pr_str line))
{
	json_t *v = json_array();

	for (size_t i = 0; i < list.n; i++)
		json_array_append_new(v, each(c, list.v[i]));
	return v;
}

static void
put_text(json_t *o, const char *name, struct pr_str s, bool or_null)
{
	json_object_set_new(o, name, or_null && !s.n ? json_null() : json_text(s));
}

json_t *
pr_verdict_json(json_t *id, const struct pr_contact *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", id ? json_incref(id) : json_null());
	put_service(o, c->lgsl, c->lgil);
	json_object_set_new(o, "score", thousandths(c->score));
	json_object_set_new(o, "margin", thousandths(c->margin));
	json_object_set_new(o, "certain", json_boolean(c->certain));
	json_object_set_new(o, "runner_up", runner_up(c));
	json_object_set_new(o, "also", list_of(c, c->also, service_of));
	json_object_set_new(o, "vetoed", list_of(c, c->vetoed, veto_of));
	put_text(o, "kind", c->kind, false);
	put_text(o, "avoidable", c->avoidable, true);
	put_text(o, "avoidable_by", c->avoidable_by, true);
	put_text(o, "lang", c->lang, false);
	put_text(o, "risk", c->risk, false);
	json_object_set_new(o, "flags", list_of(c, c->flags, text_of));
	put_text(o, "ack", c->ack, false);
	put_text(o, "postcode", c->postcode, true);
	put_text(o, "case_ref", c->case_ref, true);
	put_text(o, "phone", c->phone, true);
	json_object_set_new(o, "facts", list_of(c, c->facts, fact_of));
	json_object_set_new(o, "rules", list_of(c, c->rules, rule_of));
	put_text(o, "rules_version", c->rules_version, false);
	json_object_set_new(o, "incomplete", json_boolean(c->incomplete));
	return o;
}
