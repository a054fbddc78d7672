/*
 * gateway: an SMS provider. One provider is one file lib/gateway/gateway_<name>.c and one line in
 * gateways.c.
 *
 * Ingest uses the receiving half (what a webhook request means, no connection of its own), send the
 * sending half.
 */
#ifndef POSTROOM_GATEWAY_H
#define POSTROOM_GATEWAY_H

#include "postroom/arena.h"
#include "postroom/http_client.h"
#include "postroom/option.h"
#include "postroom/record.h"

/* One entry of `sms:` in postroom.yaml. */
struct pr_gateway_conf {
	const char *name;                 /* the account: "kannel" */
	const char *provider;             /* a gateway's name: kannel, webhook, null */
	const char *webhook_secret;       /* secret: what a webhook's header X-Postroom-Secret or
					     `secret=` must carry */
	struct pr_option_list allow_from; /* addresses that may call the webhook; none: loopback and
					     the Unix socket */
	const char *send_url;             /* http://127.0.0.1:13013/cgi-bin/sendsms */
	const char *username;
	const char *password; /* secret */
	const char *sender;   /* our number or short code */
};
/*
 * Two sections over the same list. Send (and the command) use the first: it reads the password, and
 * leaves `webhook_secret` as the name of a file that it never opens. Ingest uses the second, which
 * does it the other way round.
 */
extern const struct pr_section pr_sms_section;
extern const struct pr_section pr_sms_receive_section;

/* A webhook request as the web server got it. */
struct pr_gateway_request {
	struct pr_str method, path, content_type, body;
	const struct pr_field *query; /* decoded names and values, as bytes */
	size_t nquery;
	const struct pr_field *headers;
	size_t nheaders;
};

/* One text that arrived; all in the arena, text valid UTF-8. */
struct pr_gateway_text {
	struct pr_str provider_id, from, to, text;
	int64_t sent_at; /* ms, 0 when the provider does not say */
};

enum pr_gateway_fate {
	PR_GATEWAY_SENT,     /* the gateway has it */
	PR_GATEWAY_DEFERRED, /* it certainly has not: try again */
	PR_GATEWAY_REFUSED,  /* it will never take this one */
	PR_GATEWAY_UNKNOWN,  /* nobody can tell */
};

struct pr_gateway {
	const char *name;
	const char *help;
	/*
	 * 1: *text is filled; 0: a request that carries no text (a delivery report) and is to be
	 * answered yes; -1: not authentic (PR_REJECT, err->sys = EACCES) or not of this provider's
	 * form (PR_REJECT, EINVAL).
	 */
	int (*receive)(const struct pr_gateway_conf *conf, const struct pr_gateway_request *request,
		       struct pr_arena *a, struct pr_gateway_text *text, struct pr_err *err);
	/* Send `text` (UTF-8) to an E.164 number; `reference` is ours and unique. err says why when
	 * it was not SENT. */
	enum pr_gateway_fate (*send)(const struct pr_gateway_conf *conf,
				     struct pr_http_client *http, struct pr_str to,
				     struct pr_str text, struct pr_str reference,
				     struct pr_err *err);
	/* What the webhook answers when all is well: body of the 200. */
	const char *answer;
};

/* By its name, or NULL; all of them, NULL-terminated, for help texts. */
const struct pr_gateway *pr_gateway_find(const char *name);
extern const struct pr_gateway *const pr_gateways[];

/* GSM 03.38: can the text go as 7-bit; how many messages it makes (160/153, 70/67); both 0 on an
 * empty text. */
bool pr_gsm7_ok(struct pr_str text);
int pr_sms_parts(struct pr_str text);

#endif
