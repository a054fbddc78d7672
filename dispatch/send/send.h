/*
 * send: the outbox and its carriers (private to dispatch/send/).
 *
 * A row goes pending -> sending -> sent | deferred | unknown | dead in two short transactions
 * around one outside call, which a carrier makes. What a carrier answers is the promise: `deferred`
 * and `dead` only when the other side certainly has not taken the message, `sent` only when it said
 * yes, `unknown` for everything else; an unknown one is shown to staff and never sent again by
 * itself. One carrier is one file and one line in send.c.
 */
#ifndef DISPATCH_SEND_SEND_H
#define DISPATCH_SEND_SEND_H

#include "postroom/council.h"
#include "postroom/store.h"

enum pr_smtp_tls { PR_SMTP_TLS_NONE, PR_SMTP_TLS_REQUIRED };

/* The section `send:` of postroom.yaml. */
struct pr_send_conf {
	const char *smtp_url;
	int smtp_tls;
	const char *smtp_ca_file;
	const char *smtp_username, *smtp_password;
	int64_t smtp_connect, smtp_timeout;
	int64_t lease, poll, give_up;
	int64_t batch;
	bool hold;
};
extern const struct pr_section pr_send_section;

/* What a carrier is opened with; it all outlives the carrier. */
struct pr_carrier_conf {
	const struct pr_send_conf *send;
	const struct pr_council_conf *council;
	const struct pr_config *config; /* the gateways of `sms:` */
};

struct pr_carrier_message {
	const struct pr_store_outbox *row;
	struct pr_str
	    account; /* of the contact that is answered, when it came by this channel; else empty */
};

struct pr_carrier {
	const char *channel; /* "email", "sms" */
	int (*open)(const struct pr_carrier_conf *conf, void **self, struct pr_err *err);
	/*
	 * One attempt: SENT, DEFERRED, UNKNOWN or DEAD. err->msg says in all cases but SENT why,
	 * without personal data: it is shown to staff and logged.
	 */
	enum pr_outbox_state (*send)(void *self, const struct pr_carrier_message *m,
				     struct pr_err *err);
	void (*close)(void **self);
};
extern const struct pr_carrier pr_carrier_smtp, pr_carrier_sms;
extern const struct pr_carrier *const pr_carriers[]; /* NULL-terminated */
#define PR_CARRIERS_MAX 4

struct pr_send {
	struct pr_store *store;
	const struct pr_send_conf *conf;
	const struct pr_carrier *const *carriers; /* pr_carriers, or a test's */
	void *carrier_self[PR_CARRIERS_MAX];
	int64_t expire_due; /* monotonic ms */
};

/* How long a carrier may take for one message: its lease must not end while it is still at it. */
int64_t pr_send_patience(const struct pr_send_conf *conf);

int pr_send_open(struct pr_send *s, const struct pr_carrier_conf *conf, struct pr_store *store,
		 struct pr_err *err) PR_MUST_CHECK;
void pr_send_close(struct pr_send *s);
/*
 * One round: expired leases, then one batch. Returns how many rows were dealt with, 0 when nothing
 * is due, -1 when the store fails: a row in hand stays `sending`, and its lease makes it unknown.
 */
int pr_send_round(struct pr_send *s, struct pr_arena *a, struct pr_err *err) PR_MUST_CHECK;

/*
 * When a deferred row is tried again, in wall time: 1 m, 5 m, 15 m, 1 h, then every 4 h; 0 when it
 * is old and tried enough to be given up.
 */
int64_t pr_send_next_at(const struct pr_store_outbox *row, int64_t give_up, int64_t now);

#endif
