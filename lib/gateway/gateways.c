/*
 * gateways: the list of providers (a new one is a file and a line here), their settings, what they
 * share.
 */
#include "lib/gateway/gateway_common.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/digest.h"
#include "postroom/utf8.h"

#include <errno.h>
#include <iconv.h>

const struct pr_gateway *const pr_gateways[] = {&gateway_kannel, &gateway_webhook, &gateway_null,
						NULL};
#define GATEWAYS (sizeof(pr_gateways) / sizeof(pr_gateways[0]) - 1)

const struct pr_gateway *
pr_gateway_find(const char *name)
{
	for (const struct pr_gateway *const *g = pr_gateways; *g; g++)
		if (!strcmp((*g)->name, name))
			return *g;
	return NULL;
}

/* ---- settings ---- */

static void
check_provider(const void *p, struct pr_mark mark, struct pr_diag *diag)
{
	const struct pr_gateway_conf *conf = p;
	const char *names[GATEWAYS];
	const char *near;

	if (pr_gateway_find(conf->provider))
		return;
	for (size_t n = 0; n < GATEWAYS; n++)
		names[n] = pr_gateways[n]->name;
	near = pr_diag_nearest(pr_str_c(conf->provider), names, GATEWAYS);
	pr_diag_add(diag, mark, "'%s' is no SMS provider that postroom knows; write %s",
		    conf->provider, near ? near : "kannel, webhook or null");
}

/* clang-format off */
#define CONF struct pr_gateway_conf
#define SMS_OPTIONS(RECEIVE_SECRET, SEND_SECRET)                                                                              \
	PR_OPTION_(CONF, name, TEXT, NULL, 1, 64, NULL, "the account: part of the webhook's address /hook/sms/<name>"),       \
	PR_OPTION_TEXT(CONF, provider, NULL, "kannel, webhook (any gateway that can post JSON or a form) or null"),           \
	RECEIVE_SECRET(CONF, webhook_secret, "", "file with the secret that a webhook must carry; read by ingest-sms only"),  \
	PR_OPTION_LIST(CONF, allow_from, "", "addresses that may call the webhook; when absent only this machine"),           \
	PR_OPTION_TEXT(CONF, send_url, "", "where texts are sent to: http://127.0.0.1:13013/cgi-bin/sendsms; https unless on this machine"), \
	PR_OPTION_TEXT(CONF, username, "", "the account's name at the gateway"),                                              \
	SEND_SECRET(CONF, password, "", "file with the password for sending; read by send only"),                             \
	PR_OPTION_TEXT(CONF, sender, "", "our number, short code or sender name"),                                            \
	PR_OPTION_END

static const struct pr_option receive_options[] = {SMS_OPTIONS(PR_OPTION_SECRET, PR_OPTION_TEXT)};
static const struct pr_option send_options[] = {SMS_OPTIONS(PR_OPTION_TEXT, PR_OPTION_SECRET)};
/* clang-format on */

const struct pr_section pr_sms_receive_section = {
    "sms", "SMS gateways", true, sizeof(struct pr_gateway_conf), receive_options, check_provider};
const struct pr_section pr_sms_section = {
    "sms", "SMS gateways", true, sizeof(struct pr_gateway_conf), send_options, check_provider};

/* ---- shared ---- */

struct pr_str
gateway_query(const struct pr_gateway_request *request, const char *name)
{
	for (size_t i = 0; i < request->nquery; i++)
		if (pr_str_eq_c(request->query[i].name, name))
			return request->query[i].value;
	return PR_STR_NONE;
}

struct pr_str
gateway_header(const struct pr_gateway_request *request, const char *name)
{
	for (size_t i = 0; i < request->nheaders; i++)
		if (pr_str_eq_nocase(request->headers[i].name, pr_str_c(name)))
			return request->headers[i].value;
	return PR_STR_NONE;
}

int
gateway_authentic(const struct pr_gateway_conf *conf, const struct pr_gateway_request *request,
		  struct pr_err *err)
{
	struct pr_str given = gateway_header(request, "X-Postroom-Secret");

	if (!given.n)
		given = gateway_query(request, "secret");
	if (!*conf->webhook_secret)
		return pr_fail(err, PR_REJECT, EACCES,
			       "sms '%s' takes no texts: set its webhook_secret", conf->name);
	if (!pr_secret_eq(given, pr_str_c(conf->webhook_secret)))
		return pr_fail(err, PR_REJECT, EACCES, "sms '%s': a webhook %s", conf->name,
			       given.n ? "with a wrong secret" : "without its secret");
	return 0;
}

bool
gateway_is_report(const struct pr_gateway_request *request)
{
	return pr_str_ends(request->path, PR_STR("/dlr"));
}

/* iconv's name for what gateways write. */
static const char *
iconv_name(struct pr_str charset)
{
	static const struct {
		const char *theirs, *ours;
	} names[] = {
	    {"UTF-16BE", "UTF-16BE"},        {"UCS-2", "UTF-16BE"},        {"UCS2", "UTF-16BE"},
	    {"8-BIT", "ISO-8859-1"},         {"ISO-8859-1", "ISO-8859-1"}, {"LATIN1", "ISO-8859-1"},
	    {"WINDOWS-1252", "WINDOWS-1252"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pr_str_eq_nocase(charset, pr_str_c(names[i].theirs)))
			return names[i].ours;
	return NULL;
}

/* What the character set does not have becomes U+FFFD; the rest is kept. */
static void
convert(iconv_t cd, struct pr_str bytes, size_t unit, struct pr_buf *out)
{
	char piece[1024], *in = (char *)(uintptr_t)bytes.p;
	size_t left = bytes.n;

	while (left) {
		char *to = piece;
		size_t room = sizeof(piece), done = iconv(cd, &in, &left, &to, &room);
		int failed = done == (size_t)-1 ? errno : 0;
		size_t skip = left < unit ? left : unit;

		pr_buf_add(out, piece, sizeof(piece) - room);
		if (failed && failed != E2BIG) {
			pr_buf_add_c(out, "\xef\xbf\xbd");
			in += skip;
			left -= skip;
		}
	}
}

struct pr_str
gateway_utf8(struct pr_str bytes, struct pr_str charset, struct pr_arena *a)
{
	const char *name = iconv_name(charset);
	iconv_t cd = name ? iconv_open("UTF-8", name) : (iconv_t)-1;
	PR_AUTO_BUF struct pr_buf out, clean;

	pr_buf_init(&out, 4 * bytes.n + 16);
	pr_buf_init(&clean, 12 * bytes.n + 64);
	if (cd == (iconv_t)-1) {
		pr_utf8_repair(&clean, bytes);
	} else {
		convert(cd, bytes, !strcmp(name, "UTF-16BE") ? 2 : 1, &out);
		iconv_close(cd);
		pr_utf8_repair(&clean, pr_buf_str(&out)); /* NUL is no text */
	}
	return pr_arena_dup(a, pr_buf_str(&clean));
}

int64_t
gateway_time(struct pr_str text)
{
	char iso[21];
	int64_t t;

	if (pr_str_int(text, 0, 253402300799999, &t))
		return t < 100000000000 ? t * 1000 : t;
	if (pr_time_parse(text, &t))
		return t;
	if (text.n != 19)
		return 0;
	memcpy(iso, text.p, 19);
	iso[10] = 'T';
	memcpy(iso + 19, "Z", 2);
	return pr_time_parse(pr_str_c(iso), &t) ? t : 0;
}
