/*
 * stdin: one message from an MTA's pipe. The MTA keeps its copy until we leave with 0, so nothing
 * may be said before the bundle is durable; every failure is 75, and the MTA tries again.
 */
#include "ingest/email/mailbox.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"

int
pr_stdin_take(int fd, const struct pr_stdin_conf *conf, struct pr_submit *submit,
	      struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf raw;
	struct pr_arrival arrival = {.channel = PR_CHANNEL_EMAIL};

	pr_buf_init(&raw, PR_MAIL_BYTES_MAX);
	if (pr_read_all(fd, &raw, err) < 0)
		return pr_fail_in(err, "message on standard input");
	if (raw.n == 0)
		return pr_fail(err, PR_RETRY, 0, "standard input is empty; give one message on it");
	arrival.account = pr_str_c(conf->account);
	arrival.peer = pr_str_c(conf->sender);
	arrival.local = pr_str_c(conf->recipient);
	arrival.raw = pr_buf_str(&raw);
	return pr_submit(submit, &arrival, 1, err);
}
