/*
 * serve: the hooks of postroom-ingest-email's service (private to ingest/email/).
 */
#ifndef INGEST_EMAIL_SERVE_H
#define INGEST_EMAIL_SERVE_H

#include "ingest/canary.h"
#include "ingest/email/mailbox.h"
#include "postroom/service.h"

struct pr_email {
	struct pr_spool *spool;
	struct pr_queue *queue;
	struct pr_submit submit;
	struct pr_canary canary;
	struct pr_mail_batch batch;
	struct pr_mailbox *boxes;
	size_t n, next;
	int wake_fd;
	char state_dir[4200];
};

/* The way into the spool alone: all that --stdin needs. */
int pr_email_open_door(struct pr_service_ctx *ctx, struct pr_email *e, struct pr_err *err);

int pr_email_open(struct pr_service_ctx *ctx, struct pr_err *err);
enum pr_step pr_email_step(struct pr_service_ctx *ctx, struct pr_err *err);
int pr_email_reload(struct pr_service_ctx *ctx, struct pr_err *err);
void pr_email_close(struct pr_service_ctx *ctx);

#endif
