/*
 * console: what the staff pages share.
 */
#ifndef PR_CONSOLE_CONSOLE_H
#define PR_CONSOLE_CONSOLE_H

#include "console/session.h"
#include "postroom/catalogue.h"
#include "postroom/council.h"
#include "postroom/page.h"
#include "postroom/sections.h"
#include "postroom/spool.h"
#include "postroom/store.h"
#include "postroom/web.h"

/* The section of postroom.yaml (options.c). */
struct pr_console_conf {
	const char *listen;
	const char *user;
	const char *password_hash; /* secret: an Argon2id string of pr_password_hash() */
	int64_t session_idle;      /* ms */
	const char *public_url; /* https://staff.example.org where a proxy stands in front; empty:
				   plain http on loopback */
};

#include <pthread.h>

struct console_templates; /* templates.c */

struct console {
	const struct pr_council_conf *council;
	const struct pr_console_conf *conf;
	struct sessions *sessions;
	struct console_templates *templates;
	struct pr_spool *spool;
	struct pr_store *store;
	pthread_mutex_t
	    store_lock;        /* one connection, many threads: held for a whole page or action */
	struct pr_arena arena; /* the catalogue's */
	const struct pr_catalogue *catalogue;
	struct pr_page_row *teams, *services; /* for the selects: team; id, name, team */
	size_t nteams;
	unsigned char login_key[32]; /* of the tokens in login pages; drawn at start */
};

/* ---- templates.c ---- */

enum console_page { CONSOLE_LOGIN, CONSOLE_LISTS, CONSOLE_CONTACT, CONSOLE_SORRY, CONSOLE_PAGES };

struct console_templates *console_templates_load(struct pr_err *err) PR_MUST_CHECK;
void console_templates_free(struct console_templates **t);
/* `v` has room for CONSOLE_COMMON more values behind its n, and one to end it. session may be NULL.
 */
#define CONSOLE_COMMON 6
int console_render(struct console *c, enum console_page page, const struct session *session,
		   struct pr_page_value *v, size_t n, struct pr_web_reply *reply,
		   struct pr_err *err) PR_MUST_CHECK;

/* ---- pages.c, contact.c, actions.c: handlers behind the session check of main.c ---- */

typedef int
console_handler(struct console *c, const struct session *session, const struct pr_web_request *q,
		struct pr_web_reply *reply, struct pr_err *err);
console_handler console_lists, console_contact, console_raw, console_file;
console_handler console_assign, console_retry, console_resolve;

/* A page with a heading and a sentence. */
int console_sorry(struct console *c, const struct session *session, int status, const char *title,
		  const char *words, struct pr_web_reply *reply, struct pr_err *err);
/* "3 hours" */
struct pr_str console_age(int64_t ms, struct pr_arena *a);
/* The cid behind `prefix` in a path; *rest is what follows it. */
bool console_path_cid(const struct pr_web_request *q, const char *prefix, struct pr_cid *cid,
		      struct pr_str *rest);

#endif
