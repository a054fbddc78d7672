/* The server's settings: with any other, Redis would forget what it said it has. */
#include "lib/core/queue_link.h"
#include "postroom/buf.h"
#include "postroom/cleanup.h"

static const char *const must_be[][2] = {
    {"appendonly", "yes"},
    {"appendfsync", "always"},
    {"no-appendfsync-on-rewrite", "no"},
    {"maxmemory-policy", "noeviction"},
};

static int
check_version(struct pr_queue_link *link, struct pr_err *err)
{
	struct pr_link_answer a;
	struct pr_str key = PR_STR("redis_version:");
	pr_link_begin(link, "INFO");
	pr_link_arg(link, "server");
	if (pr_link_call(link, 0, &a, err) < 0)
		return -1;
	struct pr_str info = a.n ? a.v[0].text : PR_STR_NONE;
	size_t at = pr_str_find(info, key);
	struct pr_str version = at < info.n ? pr_str_sub(info, at + key.n, 16) : PR_STR_NONE, major;
	int64_t number = 0;
	if (pr_str_cut(&version, '.', &major) && pr_str_int(major, 0, 1000, &number) && number >= 7)
		return 0;
	return pr_fail(err, PR_FATAL, 0, "redis is version %d: install version 7", (int)number);
}

/* Adds "'appendfsync always' (is 'everysec')" to words when it is not so. */
static int
check_setting(struct pr_queue_link *link, const char *name, const char *value, struct pr_buf *words,
	      struct pr_err *err)
{
	struct pr_link_answer a;
	pr_link_begin(link, "CONFIG");
	pr_link_arg(link, "GET");
	pr_link_arg(link, name);
	if (pr_link_call(link, 0, &a, err) < 0)
		return -1;
	struct pr_str is = a.n == 2 ? a.v[1].text : PR_STR_NONE;
	if (!pr_str_eq_c(is, value))
		pr_buf_addf(words, "%s'%s %s' (is '" PR_S_FMT "')", words->n ? ", " : "", name,
			    value, PR_S(pr_str_sub(is, 0, 12)));
	return 0;
}

int
pr_link_check(struct pr_queue_link *link, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf words;
	pr_buf_init(&words, 1024);
	if (check_version(link, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(must_be) / sizeof(*must_be); i++)
		if (check_setting(link, must_be[i][0], must_be[i][1], &words, err) < 0)
			return -1;
	if (words.n)
		return pr_fail(err, PR_FATAL, 0,
			       "redis would lose contacts: in its redis.conf write %s", words.p);
	return 0;
}
