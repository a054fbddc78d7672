/*
 * door: the public form's addresses and what stands behind them.
 */
#ifndef PR_INGEST_DOOR_H
#define PR_INGEST_DOOR_H

#include "ingest/committer.h"
#include "ingest/web/form.h"
#include "ingest/web/seen.h"
#include "postroom/council.h"
#include "postroom/sections.h"

/* The section of postroom.yaml (options.c). */
struct pr_form_conf {
	const char *listen;
	const char *account; /* the form's name in every contact */
	int64_t token_life;  /* ms: how long a page that was fetched may be sent */
	int64_t connections;
	int64_t upload_max; /* bytes of one photo */
};

struct door_pages; /* pages.c */

struct door {
	const struct pr_council_conf *council;
	const struct pr_form_conf *conf;
	struct committer *committer;
	struct seen *seen;
	struct door_pages *pages;
};

#define DOOR_ROUTES 6
/* The table, with the body limits that the settings give. */
void door_routes(const struct pr_form_conf *conf, struct pr_web_route routes[DOOR_ROUTES]);
void door_error_page(void *ctx, const struct pr_web_request *request, int status,
		     struct pr_web_reply *reply);

/* ---- pages.c ---- */

enum door_page {
	DOOR_FORM_EN,
	DOOR_FORM_CY,
	DOOR_RECEIVED_EN,
	DOOR_RECEIVED_CY,
	DOOR_SORRY,
	DOOR_PAGES
};

struct door_pages *door_pages_load(struct pr_err *err) PR_MUST_CHECK;
void door_pages_free(struct door_pages **pages);
/* `more` are the page's own values; the council's are added. */
int door_page_render(const struct door *door, enum door_page page, const struct pr_page_value *more,
		     size_t nmore, struct pr_arena *a, struct pr_buf *out,
		     struct pr_err *err) PR_MUST_CHECK;

#endif
