/*
 * contact: one contact whole: what arrived, what was made of it, what became of it; and its raw
 * bytes.
 */
#include "console/console.h"

#include "postroom/avoidable.h"
#include "postroom/calendar.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/log.h"
#include "postroom/utf8.h"
#include "postroom/verdict.h"

#include <errno.h>

#define FACTS_MAX   32
#define VALUES_MAX  28
#define SIDECAR_MAX ((size_t)8 << 20)
#define PAGE_ROOM   ((size_t)4 << 20) /* of the arena, for lists and rows beside the sidecar */
/* What a page shows; escaped it may be six times as long. The raw message has the rest. */
#define TEXT_SHOWN  ((size_t)256 << 10)
#define LIST_SHOWN  50
#define WORDS_SHOWN 200

/* Rows of name and value; an empty value makes no row. */
struct facts {
	struct pr_arena *arena;
	struct pr_page_row rows[FACTS_MAX];
	size_t n;
};

static void
row_values(struct pr_page_row *row, struct pr_arena *a, const struct pr_page_value *v, size_t n)
{
	struct pr_page_value *kept = pr_arena_array(a, n + 1, sizeof(*kept));

	memcpy(kept, v, n * sizeof(*kept));
	row->values = kept;
}

static void
fact(struct facts *f, struct pr_str name, struct pr_str value)
{
	const struct pr_page_value v[] = {{.name = "name", .text = name},
					  {.name = "value", .text = value}};

	if (value.n && f->n < FACTS_MAX)
		row_values(&f->rows[f->n++], f->arena, v, 2);
}

static void
fact_number(struct facts *f, const char *name, int64_t n, int64_t divisor)
{
	if (n)
		fact(f, pr_str_c(name),
		     pr_arena_printf(f->arena, "%.3g", (double)n / (double)divisor));
}

static struct pr_str
list_text(const struct pr_list *l, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf all;

	pr_buf_init(&all, (size_t)LIST_SHOWN * 1024);
	for (size_t i = 0; i < l->n && i < LIST_SHOWN; i++)
		pr_buf_addf(&all, "%s" PR_S_FMT, i ? ", " : "", PR_S(l->v[i]));
	return pr_arena_dup(a, pr_buf_str(&all));
}

static struct pr_str
text_shown(struct pr_str text, struct pr_arena *a)
{
	if (text.n <= TEXT_SHOWN)
		return text;
	return pr_arena_printf(a, PR_S_FMT "\n\n[… the rest is in the raw message]",
			       PR_S(pr_utf8_clip(text, TEXT_SHOWN)));
}

static struct pr_str
time_text(int64_t ms, struct pr_arena *a)
{
	char text[21];

	return ms ? pr_arena_dup(a, pr_str_c(pr_time_text(ms, text))) : PR_STR_NONE;
}

static struct pr_str
service_text(const struct console *c, int64_t lgsl, int64_t lgil, struct pr_arena *a)
{
	const struct pr_catalogue_entry *e = pr_catalogue_find(c->catalogue, (int)lgsl, (int)lgil);

	if (!lgsl)
		return PR_STR("none");
	return pr_arena_printf(a, "%lld/%lld " PR_S_FMT, (long long)lgsl, (long long)lgil,
			       PR_S(e ? e->name_en : PR_STR_NONE));
}

/* "557/17", empty when nothing spoke for any service: what the list of services offers first. */
static struct pr_str
guess_id(const struct pr_contact *ct, struct pr_arena *a)
{
	if (!ct->lgsl)
		return PR_STR_NONE;
	return pr_arena_printf(a, "%lld/%lld", (long long)ct->lgsl, (long long)ct->lgil);
}

/* ---- the parts of the page ---- */

static void
arrived(struct facts *f, const struct pr_contact *ct)
{
	fact(f, PR_STR("Channel"), ct->channel);
	fact(f, PR_STR("Account"), ct->account);
	fact(f, PR_STR("Received"), time_text(ct->received_at, f->arena));
	fact(f, PR_STR("Name"), ct->from_name);
	fact(f, PR_STR("Email"), ct->from_email);
	fact(f, PR_STR("Phone"), ct->from_phone.n ? ct->from_phone : ct->peer);
	fact(f, PR_STR("To"), ct->to.n ? list_text(&ct->to, f->arena) : ct->local);
	fact(f, PR_STR("Subject"), ct->subject);
	for (size_t i = 0; i < ct->form.n; i++) {
		struct pr_str rest = ct->form.v[i], name;
		if (pr_str_cut(&rest, '=', &name) && !pr_str_eq_c(name, "message") &&
		    !pr_str_eq_c(name, "text"))
			fact(f, pr_arena_printf(f->arena, "Form: " PR_S_FMT, PR_S(name)), rest);
	}
	fact(f, PR_STR("Attachments"), list_text(&ct->attachments, f->arena));
	fact(f, PR_STR("Problems"), list_text(&ct->problems, f->arena));
}

/* "537/17 Pavement, 2.5 points, behind by 4.0" and those that a rule forbade. */
static void
rivals(struct facts *f, const struct console *c, const struct pr_contact *ct)
{
	struct pr_verdict_rival r;

	if (pr_verdict_runner_up(ct, &r))
		fact(f, PR_STR("Runner-up"),
		     pr_arena_printf(f->arena, PR_S_FMT ", %.1f points, behind by %.1f",
				     PR_S(service_text(c, r.lgsl, r.lgil, f->arena)),
				     (double)r.points / 1000, (double)ct->margin / 1000));
	for (size_t i = 0; i < ct->vetoed.n; i++)
		if (pr_verdict_veto(ct->vetoed.v[i], &r))
			fact(f, PR_STR("Forbidden"),
			     pr_arena_printf(f->arena, PR_S_FMT ", %.1f points, by " PR_S_FMT,
					     PR_S(service_text(c, r.lgsl, r.lgil, f->arena)),
					     (double)r.points / 1000, PR_S(r.rule)));
}

/* "street Mill Lane; date 2026-11-24": what was read off the message, without the postcode and the
 * like that have a line of their own. */
static struct pr_str
facts_text(const struct pr_contact *ct, struct pr_arena *a)
{
	struct pr_str all = PR_STR_NONE;
	struct pr_verdict_fact v;

	for (size_t i = 0; i < ct->facts.n; i++) {
		pr_verdict_fact(ct, ct->facts.v[i], &v);
		if (!pr_str_eq_c(v.kind, "postcode") && !pr_str_eq_c(v.kind, "case_ref"))
			all = pr_arena_printf(a, PR_S_FMT "%s" PR_S_FMT " " PR_S_FMT, PR_S(all),
					      all.n ? "; " : "", PR_S(v.kind), PR_S(v.value));
	}
	return all;
}

static void
verdict(struct facts *f, const struct console *c, const struct pr_contact *ct)
{
	if (!ct->kind.n && !ct->risk.n)
		return;
	fact(f, PR_STR("Best guess"), service_text(c, ct->lgsl, ct->lgil, f->arena));
	fact(f, PR_STR("Certain"), ct->certain ? PR_STR("yes") : PR_STR("no"));
	fact_number(f, "Score", ct->score, 1000);
	fact_number(f, "Margin", ct->margin, 1000);
	rivals(f, c, ct);
	fact(f, PR_STR("Also"), list_text(&ct->also, f->arena));
	fact(f, PR_STR("Kind"), ct->kind);
	fact(f, PR_STR("Language"), ct->lang);
	fact(f, PR_STR("Risk"), ct->risk);
	fact(f, PR_STR("Flags"), list_text(&ct->flags, f->arena));
	fact(f, PR_STR("Postcode"), ct->postcode);
	fact(f, PR_STR("Facts"), facts_text(ct, f->arena));
	fact(f, PR_STR("Quotes reference"), ct->case_ref);
	fact(f, PR_STR("Acknowledgement"), ct->ack_reason.n ? ct->ack_reason : ct->ack);
	fact(f, PR_STR("Rules incomplete"), ct->incomplete ? PR_STR("yes") : PR_STR_NONE);
}

/* dispatch has the last word; before it, what the contact tells itself. */
static void
avoidable(struct facts *f, const struct pr_contact *ct, const struct pr_store_contact *row)
{
	struct pr_str reason = row ? row->avoidable : ct->avoidable;

	fact(f, PR_STR("Avoidable contact"),
	     pr_avoidable_text(reason, row ? row->avoidable_by : ct->avoidable_by, f->arena));
}

/* "+2.5 for 557/17", or what else the rule did. */
static struct pr_str
rule_effect(const struct pr_verdict_rule *r, struct pr_arena *a)
{
	if (r->incomplete)
		return PR_STR("could not tell");
	if (!r->service)
		return PR_STR_NONE;
	return pr_arena_printf(a, "%+.1f for %lld/%lld", (double)r->points / 1000,
			       (long long)r->lgsl, (long long)r->lgil);
}

static struct pr_page_row *
rule_rows(const struct pr_contact *ct, struct pr_arena *a)
{
	struct pr_page_row *rows = pr_arena_array(a, ct->rules.n, sizeof(*rows));
	struct pr_verdict_rule r;

	for (size_t i = 0; i < ct->rules.n; i++) {
		pr_verdict_rule(ct, ct->rules.v[i], &r);
		const struct pr_page_value v[] = {
		    {.name = "name", .text = r.rule},
		    {.name = "effect", .text = rule_effect(&r, a)},
		    {.name = "field", .text = r.place.field},
		    {.name = "span",
		     .text = pr_arena_printf(a, "%lld–%lld", (long long)r.place.start,
					     (long long)r.place.end)},
		    {.name = "words", .text = pr_utf8_clip(r.place.words, WORDS_SHOWN)}};
		row_values(&rows[i], a, v, 5);
	}
	return rows;
}

static void
case_facts(struct facts *f, const struct console *c, const struct pr_store_case *k)
{
	fact(f, PR_STR("Reference"), k->reference);
	fact(f, PR_STR("Team"), k->team);
	fact(f, PR_STR("Where"), k->queue);
	fact(f, PR_STR("Service"), service_text(c, k->lgsl, k->lgil, f->arena));
	fact(f, PR_STR("State"), k->state);
	fact(f, PR_STR("Why"), k->why);
	fact(f, PR_STR("Opened"), time_text(k->opened_at, f->arena));
	if (k->due_at)
		fact(f, PR_STR("Due"), pr_day_text(pr_day_of(k->due_at), false, f->arena));
	fact(f, PR_STR("Restricted"), k->restricted ? PR_STR("yes") : PR_STR_NONE);
}

static struct pr_page_row *
outbox_rows(const struct pr_store_outbox *o, size_t n, struct pr_arena *a)
{
	struct pr_page_row *rows = pr_arena_array(a, n, sizeof(*rows));

	for (size_t i = 0; i < n; i++) {
		const struct pr_page_value v[] = {
		    {.name = "kind", .text = o[i].kind},
		    {.name = "channel", .text = o[i].channel},
		    {.name = "state", .text = pr_str_c(pr_outbox_state_name(o[i].state))},
		    {.name = "attempt",
		     .text = pr_arena_printf(a, "%lld", (long long)o[i].attempt)},
		    {.name = "detail", .text = o[i].detail},
		    {.name = "outbox_id", .text = pr_arena_printf(a, "%lld", (long long)o[i].id)},
		    {.name = "is_unknown",
		     .text = o[i].state == PR_OUTBOX_UNKNOWN ? PR_STR("yes") : PR_STR_NONE}};
		row_values(&rows[i], a, v, sizeof(v) / sizeof(v[0]));
	}
	return rows;
}

/* ---- reading it together ---- */

struct contact_view {
	struct pr_contact contact;
	struct pr_store_contact row;
	struct pr_store_case kase;
	bool has_row, has_case;
	struct pr_store_outbox *outbox;
	size_t noutbox;
	struct pr_page_row *files;
	size_t nfiles;
};

/* The sidecar as classify left it; before that only what arrived. */
static int
load_contact(struct console *c, const struct pr_cid *cid, const struct pr_bundle *bundle,
	     struct pr_arena *a, struct contact_view *view, struct pr_err *err)
{
	struct pr_buf bytes;
	struct pr_str kept;
	int result;

	pr_buf_init(&bytes, SIDECAR_MAX);
	result = pr_spool_contact_read(c->spool, cid, &bytes, err);
	kept = pr_arena_left(a) > bytes.n + PAGE_ROOM ? pr_arena_dup(a, pr_buf_str(&bytes))
						      : PR_STR_NONE;
	pr_buf_release(&bytes);
	if (result == 0 && kept.n &&
	    pr_contact_decode(kept, PR_STAGE_DISPATCH, a, &view->contact, err) == 0)
		return 0;
	return pr_bundle_receipt(bundle, a, &view->contact, err);
}

static void
load_files(const struct pr_bundle *bundle, struct pr_arena *a, struct contact_view *view)
{
	view->files = pr_arena_array(a, bundle->nparts, sizeof(*view->files));
	for (size_t i = 0; i < bundle->nparts; i++) {
		const struct pr_part *p = &bundle->parts[i];
		if (p->kind != PR_PART_FILE)
			continue;
		const struct pr_page_value v[] = {
		    {.name = "index", .text = pr_arena_printf(a, "%zu", i)},
		    {.name = "name", .text = pr_arena_dup(a, p->name)},
		    {.name = "bytes", .text = pr_arena_printf(a, "%zu", p->bytes.n)}};
		row_values(&view->files[view->nfiles++], a, v, 3);
	}
}

static int
load_store(struct console *c, struct pr_str cid, struct pr_arena *a, struct contact_view *view,
	   struct pr_err *err)
{
	int found, result = -1;

	pthread_mutex_lock(&c->store_lock);
	found = pr_store_contact_find(c->store, cid, a, &view->row, err);
	view->has_row = found == 1;
	if (found == 1 && view->row.case_id) {
		found = pr_store_case_get(c->store, view->row.case_id, a, &view->kase, err);
		view->has_case = found >= 0;
	}
	if (found >= 0)
		result = pr_store_outbox_of(c->store, cid, a, &view->outbox, &view->noutbox, err);
	pthread_mutex_unlock(&c->store_lock);
	return result;
}

static int
show(struct console *c, const struct session *session, const struct pr_cid *cid,
     const struct contact_view *w, struct pr_arena *a, struct pr_web_reply *reply,
     struct pr_err *err)
{
	struct facts *what = pr_arena_alloc(a, 3 * sizeof(*what)), *sorted = what + 1,
		     *kase = what + 2;
	struct pr_page_value v[VALUES_MAX];
	size_t n = 0;

	what->arena = sorted->arena = kase->arena = a;
	arrived(what, &w->contact);
	verdict(sorted, c, &w->contact);
	avoidable(sorted, &w->contact, w->has_row ? &w->row : NULL);
	if (w->has_case)
		case_facts(kase, c, &w->kase);
	struct pr_str heading = pr_arena_printf(
	    a, "Contact " PR_S_FMT, PR_S(w->has_row ? w->row.reference : pr_str_c(cid->hex)));
	v[n++] = (struct pr_page_value){.name = "title", .text = heading};
	v[n++] = (struct pr_page_value){.name = "heading", .text = heading};
	v[n++] = (struct pr_page_value){.name = "cid", .text = pr_str_c(cid->hex)};
	v[n++] = (struct pr_page_value){.name = "unreadable", .text = w->contact.unreadable};
	v[n++] =
	    (struct pr_page_value){.name = "duplicate_of", .text = w->contact.possible_duplicate};
	v[n++] = (struct pr_page_value){.name = "case_id",
					.text = w->has_case ? PR_STR("yes") : PR_STR_NONE};
	v[n++] = (struct pr_page_value){.name = "facts", .rows = what->rows, .nrows = what->n};
	v[n++] = (struct pr_page_value){.name = "text", .text = text_shown(w->contact.text, a)};
	v[n++] = (struct pr_page_value){.name = "files", .rows = w->files, .nrows = w->nfiles};
	v[n++] =
	    (struct pr_page_value){.name = "verdict", .rows = sorted->rows, .nrows = sorted->n};
	v[n++] = (struct pr_page_value){.name = "has_rules",
					.text = w->contact.rules.n ? PR_STR("yes") : PR_STR_NONE};
	v[n++] = (struct pr_page_value){
	    .name = "rules", .rows = rule_rows(&w->contact, a), .nrows = w->contact.rules.n};
	v[n++] = (struct pr_page_value){.name = "guess", .text = guess_id(&w->contact, a)};
	v[n++] = (struct pr_page_value){
	    .name = "guess_name", .text = service_text(c, w->contact.lgsl, w->contact.lgil, a)};
	v[n++] = (struct pr_page_value){.name = "case", .rows = kase->rows, .nrows = kase->n};
	v[n++] = (struct pr_page_value){
	    .name = "outbox", .rows = outbox_rows(w->outbox, w->noutbox, a), .nrows = w->noutbox};
	return console_render(c, CONSOLE_CONTACT, session, v, n, reply, err);
}

/* ---- handlers ---- */

bool
console_path_cid(const struct pr_web_request *q, const char *prefix, struct pr_cid *cid,
		 struct pr_str *rest)
{
	struct pr_str path = pr_str_sub(q->path, strlen(prefix), q->path.n);

	if (!pr_cid_parse(pr_str_sub(path, 0, PR_CID_LENGTH), cid))
		return false;
	*rest = pr_str_sub(path, PR_CID_LENGTH, path.n);
	return true;
}

static int
not_here(struct console *c, const struct session *session, struct pr_web_reply *reply,
	 struct pr_err *err)
{
	return console_sorry(c, session, 404, "There is no such contact",
			     "It may have been erased, or the address was cut short.", reply, err);
}

int
console_contact(struct console *c, const struct session *session, const struct pr_web_request *q,
		struct pr_web_reply *reply, struct pr_err *err)
{
	struct contact_view *view = pr_arena_alloc(q->arena, sizeof(*view));
	struct pr_bundle *bundle = pr_arena_alloc(q->arena, sizeof(*bundle));
	struct pr_cid cid;
	struct pr_str rest;
	int result;

	if (!console_path_cid(q, "/contact/", &cid, &rest) || rest.n)
		return not_here(c, session, reply, err);
	if (pr_spool_bundle(c->spool, &cid, bundle, err) < 0)
		return err->sys == ENOENT ? not_here(c, session, reply, err) : -1;
	result = load_contact(c, &cid, bundle, q->arena, view, err);
	if (result == 0)
		result = load_store(c, pr_str_c(cid.hex), q->arena, view, err);
	if (result == 0) {
		load_files(bundle, q->arena, view);
		result = show(c, session, &cid, view, q->arena, reply, err);
	}
	pr_bundle_close(bundle);
	pr_log(PR_INFO, cid.hex, "viewed", "who=%s", c->conf->user);
	return result;
}

/* A stranger's bytes: to be saved, never to be shown by the browser. */
static void
download(struct pr_web_reply *reply, struct pr_str bytes, struct pr_str filename)
{
	pr_buf_release(&reply->body);
	pr_buf_init(&reply->body, PR_BUNDLE_MAX + 1);
	pr_buf_add_str(&reply->body, bytes);
	reply->content_type = "application/octet-stream";
	pr_buf_addf(&reply->headers, "Content-Disposition: attachment; filename=\"" PR_S_FMT "\"\n",
		    PR_S(filename));
	pr_web_reply_header(reply, "Content-Security-Policy",
			    PR_STR("sandbox; default-src 'none'"));
}

int
console_raw(struct console *c, const struct session *session, const struct pr_web_request *q,
	    struct pr_web_reply *reply, struct pr_err *err)
{
	struct pr_bundle *bundle = pr_arena_alloc(q->arena, sizeof(*bundle));
	const struct pr_part *raw;
	struct pr_cid cid;
	struct pr_str rest;

	if (!console_path_cid(q, "/raw/", &cid, &rest) || rest.n)
		return not_here(c, session, reply, err);
	if (pr_spool_bundle(c->spool, &cid, bundle, err) < 0)
		return err->sys == ENOENT ? not_here(c, session, reply, err) : -1;
	raw = pr_bundle_find(bundle, PR_PART_RAW, PR_STR_NONE);
	/* A form has no raw body: then the bundle itself, which reads well as text. */
	if (raw)
		download(reply, raw->bytes, pr_arena_printf(q->arena, "%s.eml", cid.hex));
	else
		download(reply, pr_str_n(bundle->map, bundle->size),
			 pr_arena_printf(q->arena, "%s.txt", cid.hex));
	pr_bundle_close(bundle);
	pr_log(PR_INFO, cid.hex, "downloaded", "who=%s", c->conf->user);
	return 0;
}

int
console_file(struct console *c, const struct session *session, const struct pr_web_request *q,
	     struct pr_web_reply *reply, struct pr_err *err)
{
	struct pr_bundle *bundle = pr_arena_alloc(q->arena, sizeof(*bundle));
	struct pr_cid cid;
	struct pr_str rest;
	int64_t i;
	bool found;

	if (!console_path_cid(q, "/file/", &cid, &rest) || !pr_str_starts(rest, PR_STR("/")) ||
	    !pr_str_int(pr_str_sub(rest, 1, rest.n), 0, PR_BUNDLE_PARTS_MAX - 1, &i))
		return not_here(c, session, reply, err);
	if (pr_spool_bundle(c->spool, &cid, bundle, err) < 0)
		return err->sys == ENOENT ? not_here(c, session, reply, err) : -1;
	found = (size_t)i < bundle->nparts && bundle->parts[i].kind == PR_PART_FILE;
	if (found)
		download(reply, bundle->parts[i].bytes,
			 pr_arena_printf(q->arena, "%s-%lld.bin", cid.hex, (long long)i));
	pr_bundle_close(bundle);
	return found ? 0 : not_here(c, session, reply, err);
}
