/*
 * common: what every door answers alike.
 */
#include "postroom/embed.h"
#include "postroom/web.h"

PR_EMBED(web_style, "lib/web/style.css");

int
pr_web_style(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
	     struct pr_err *err)
{
	(void)ctx;
	(void)q;
	(void)err;
	reply->content_type = "text/css; charset=utf-8";
	pr_web_reply_header(reply, "Cache-Control", PR_STR("public, max-age=3600"));
	pr_buf_add_str(&reply->body, PR_EMBEDDED(web_style));
	return 0;
}

int
pr_web_health(void *ctx, const struct pr_web_request *q, struct pr_web_reply *reply,
	      struct pr_err *err)
{
	(void)ctx;
	(void)q;
	(void)err;
	reply->content_type = "text/plain; charset=utf-8";
	pr_buf_add_c(&reply->body, "ok\n");
	return 0;
}
