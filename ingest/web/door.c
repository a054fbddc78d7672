/*
 * door: GET the form, POST a report, GET what was received. A report is answered after it is
 * durable.
 */
#include "ingest/web/door.h"

#include "postroom/clock.h"
#include "postroom/log.h"
#include "postroom/reference.h"

#define PURPOSE_FORM     PR_STR("web-form")
#define PURPOSE_RECEIVED PR_STR("web-received")
#define FORM_OVERHEAD    ((size_t)512 << 10) /* beside the photo: texts and multipart headers */

static struct pr_str
key_of(const struct door *d)
{
	return pr_str_c(d->council->instance_key);
}

/* ---- GET / and /cy ---- */

/* Why the form is shown: for the first time, or again with what was typed. */
enum form_why { FORM_FRESH, FORM_WRONG, FORM_EXPIRED, FORM_BUSY };

static int
show_form(const struct door *d, const struct form *f, enum form_why why, struct pr_arena *a,
	  struct pr_web_reply *reply, struct pr_err *err)
{
	static const struct {
		const char *flag;
		int status;
	} cases[] = {[FORM_FRESH] = {NULL, 200},
		     [FORM_WRONG] = {"problems_shown", 400},
		     [FORM_EXPIRED] = {"expired", 400},
		     [FORM_BUSY] = {"busy", 503}};
	struct pr_page_value v[FORM_VALUES_MAX + 2];
	char token[PR_WEB_TOKEN_BYTES];
	size_t n = form_values(f, a, v);

	/* What was sent under a token that is good goes under the same one again: it stays one
	 * contact. */
	if (why == FORM_BUSY || why == FORM_WRONG) {
		v[n++] = (struct pr_page_value){.name = "token", .text = f->token};
	} else {
		pr_web_token_make(key_of(d), PURPOSE_FORM, pr_now(), token);
		v[n++] = (struct pr_page_value){.name = "token",
						.text = pr_arena_dup(a, pr_str_c(token))};
	}
	if (cases[why].flag)
		v[n++] = (struct pr_page_value){.name = cases[why].flag, .text = PR_STR("yes")};
	reply->status = cases[why].status;
	if (why == FORM_BUSY)
		pr_web_reply_header(reply, "Retry-After", PR_STR("30"));
	return door_page_render(d, f->welsh ? DOOR_FORM_CY : DOOR_FORM_EN, v, n, a, &reply->body,
				err);
}

static int
get_form(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply, struct pr_err *err)
{
	struct form f = {0};

	f.welsh = pr_str_eq_c(q->path, "/cy") ||
		  pr_str_eq_c(pr_web_get(q->query, q->nquery, PR_STR("lang")), "cy");
	return show_form(ctx, &f, FORM_FRESH, q->arena, reply, err);
}

/* ---- POST /report ---- */

static bool
token_good(const struct door *d, const struct form *f)
{
	int64_t age;

	return pr_web_token_ok(key_of(d), PURPOSE_FORM, f->token, pr_now(), &age) &&
	       age <= d->conf->token_life && age >= -60000;
}

/* The contact, durable, or -1. The same token with the same words is the same contact. */
static int
submit_form(const struct door *d, const struct form *f, struct pr_cid *cid, struct pr_err *err)
{
	struct pr_field fields[FORM_FIELDS];
	size_t n = form_fields(f, fields);
	const struct pr_field photo = {.name = pr_str_c(form_names[FORM_PHOTO]),
				       .value = f->value[FORM_PHOTO]};
	size_t nfiles = photo.value.n > 0;
	struct pr_str account = pr_str_c(d->conf->account);
	struct pr_cid first, expected = pr_cid_web(account, f->token, fields, n, &photo, nfiles);
	struct pr_arrival arrival = {.channel = PR_CHANNEL_WEB,
				     .account = account,
				     .token = f->token,
				     .fields = fields,
				     .nfields = n,
				     .files = &photo,
				     .filenames = &f->photo_name,
				     .nfiles = nfiles};

	if (seen_other(d->seen, f->token, &expected, pr_mono(), &first))
		arrival.possible_duplicate = pr_str_n(first.hex, PR_CID_LENGTH);
	if (committer_submit(d->committer, &arrival, err) < 0)
		return -1;
	seen_add(d->seen, f->token, &arrival.cid, pr_mono());
	*cid = arrival.cid;
	return 0;
}

/* See other: reloading the answer sends nothing again. */
static void
redirect_to_reference(const struct door *d, const struct pr_cid *cid, bool welsh,
		      struct pr_arena *a, struct pr_web_reply *reply)
{
	char reference[PR_REFERENCE_BYTES], mark[PR_WEB_SIGN_BYTES];

	pr_reference_make(pr_str_c(d->council->prefix), key_of(d), cid, reference);
	pr_web_sign(key_of(d), PURPOSE_RECEIVED, pr_str_c(reference), mark);
	pr_web_redirect(reply, pr_arena_printf(a, "/received?ref=%s&mark=%s%s", reference, mark,
					       welsh ? "&lang=cy" : ""));
}

static int
post_report(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
	    struct pr_err *err)
{
	const struct door *d = ctx;
	struct form f;
	struct pr_cid cid;

	form_read(q, d->conf->upload_max, &f);
	if (!token_good(d, &f))
		return show_form(d, &f, FORM_EXPIRED, q->arena, reply, err);
	if (f.nproblems)
		return show_form(d, &f, FORM_WRONG, q->arena, reply, err);
	if (submit_form(d, &f, &cid, err) < 0) {
		if (err->fault != PR_RETRY)
			return -1;
		pr_log_err(PR_ERROR, NULL, "form_refused", err);
		return show_form(d, &f, FORM_BUSY, q->arena, reply, err);
	}
	redirect_to_reference(d, &cid, f.welsh, q->arena, reply);
	return 0;
}

/* ---- GET /received ---- */

static int
get_received(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
	     struct pr_err *err)
{
	const struct door *d = ctx;
	struct pr_str reference = pr_web_get(q->query, q->nquery, PR_STR("ref"));
	bool welsh = pr_str_eq_c(pr_web_get(q->query, q->nquery, PR_STR("lang")), "cy");
	const struct pr_page_value v[] = {
	    {.name = "reference", .text = reference},
	    {.name = "lang", .text = welsh ? PR_STR("cy") : PR_STR("en")},
	    {.name = "welsh", .text = welsh ? PR_STR("cy") : PR_STR_NONE}};

	if (!pr_web_sign_ok(key_of(d), PURPOSE_RECEIVED, reference,
			    pr_web_get(q->query, q->nquery, PR_STR("mark")))) {
		reply->status = 404;
		door_error_page(ctx, q, 404, reply);
		return 0;
	}
	return door_page_render(d, welsh ? DOOR_RECEIVED_CY : DOOR_RECEIVED_EN, v, 3, q->arena,
				&reply->body, err);
}

/* ---- the rest ---- */

void
door_error_page(void *ctx, const struct pr_web_request *request, int status,
		struct pr_web_reply *reply)
{
	static const struct {
		int status;
		const char *flag;
	} flags[] = {{413, "too_large"}, {503, "busy"}, {404, "not_found"}, {0, "other"}};
	struct pr_page_value v[] = {{.name = "other", .text = PR_STR("yes")},
				    {.name = "lang", .text = PR_STR("en")}};
	struct pr_err err;

	for (size_t i = 0; flags[i].status; i++)
		if (flags[i].status == status)
			v[0].name = flags[i].flag;
	if (door_page_render(ctx, DOOR_SORRY, v, 2, request->arena, &reply->body, &err) < 0)
		pr_buf_reset(&reply->body);
}

void
door_routes(const struct pr_form_conf *conf, struct pr_web_route routes[DOOR_ROUTES])
{
	const struct pr_web_route table[DOOR_ROUTES] = {
	    {"GET", "/", 0, 0, get_form},
	    {"GET", "/cy", 0, 0, get_form},
	    {"POST", "/report", (size_t)conf->upload_max + FORM_OVERHEAD, 0, post_report},
	    {"GET", "/received", 0, 0, get_received},
	    {"GET", "/style.css", 0, 0, pr_web_style},
	    {"GET", "/healthz", 0, 0, pr_web_health},
	};

	memcpy(routes, table, sizeof(table));
}
