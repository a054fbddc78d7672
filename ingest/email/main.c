/*
 * postroom-ingest-email: takes mail from mailboxes, or one message from an MTA's pipe, into the
 * spool.
 */
#include "ingest/email/serve.h"
#include "postroom/sections.h"

#include <unistd.h>

/* ---- --stdin: a service of its own, which reads no mailbox password ---- */

static struct pr_stdin_conf pipe_conf = {.account = "stdin", .sender = "", .recipient = ""};

static int
set_nothing(struct pr_service_ctx *ctx, const char *arg)
{
	(void)ctx;
	(void)arg;
	return 0;
}

static int
set_account(struct pr_service_ctx *ctx, const char *arg)
{
	(void)ctx;
	pipe_conf.account = arg;
	return *arg && strlen(arg) <= 64 ? 0 : -1;
}

static int
set_sender(struct pr_service_ctx *ctx, const char *arg)
{
	(void)ctx;
	pipe_conf.sender = arg;
	return 0;
}

static int
set_recipient(struct pr_service_ctx *ctx, const char *arg)
{
	(void)ctx;
	pipe_conf.recipient = arg;
	return 0;
}

static int
pipe_open(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_email *e = pr_calloc(1, sizeof(*e));

	ctx->self = e;
	return pr_email_open_door(ctx, e, err);
}

static enum pr_step
pipe_step(struct pr_service_ctx *ctx, struct pr_err *err)
{
	struct pr_email *e = ctx->self;

	return pr_stdin_take(STDIN_FILENO, &pipe_conf, &e->submit, err) < 0 ? PR_STEP_ERROR
									    : PR_STEP_DONE;
}

static const struct pr_service_flag flags[] = {
    {"--stdin", NULL, "take one message from standard input and leave: 0 when it is safe, else 75",
     set_nothing},
    {"--account", "NAME", "with --stdin: the account of the contact (default: stdin)", set_account},
    {"--sender", "ADDRESS", "with --stdin: the envelope's sender, empty for a bounce", set_sender},
    {"--recipient", "ADDRESS", "with --stdin: the envelope's recipient", set_recipient},
    {NULL, NULL, NULL, NULL}};

static const struct pr_section *const mailbox_sections[] = {&pr_spool_section, &pr_queue_section,
							    &pr_mailboxes_section, NULL};
static const struct pr_section *const pipe_sections[] = {&pr_spool_section, &pr_queue_section,
							 NULL};

static const struct pr_service mailbox_service = {
    .name = "postroom-ingest-email",
    .summary = "takes mail from mailboxes into the spool",
    .sections = mailbox_sections,
    .flags = flags,
    .open = pr_email_open,
    .step = pr_email_step,
    .reload = pr_email_reload,
    .close = pr_email_close,
};

static const struct pr_service pipe_service = {
    .name = "postroom-ingest-email",
    .summary = "takes one message from standard input into the spool",
    .sections = pipe_sections,
    .flags = flags,
    .quick = true,
    .open = pipe_open,
    .step = pipe_step,
    .close = pr_email_close,
};

int
main(int argc, char **argv)
{
	const struct pr_service *service = &mailbox_service;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--stdin"))
			service = &pipe_service;
	return pr_service_main(argc, argv, service);
}
