/*
 * options: the section `send` of postroom.yaml.
 */
#include "dispatch/send/send.h"

#include <arpa/inet.h>

#define T struct pr_send_conf
/* clang-format off */
static const struct pr_option send_options[] = {
	PR_OPTION_TEXT(T, smtp_url, "smtp://127.0.0.1:25", "the mail server that takes what we send: smtp://HOST:PORT/NAME or smtps://…; NAME is what EHLO says"),
	PR_OPTION_CHOICE(T, smtp_tls, "none", "none|required", "required: TLS or nothing; none: to this machine only"),
	PR_OPTION_TEXT(T, smtp_ca_file, "", "PEM file of the authority that signed its certificate; empty: those the system trusts"),
	PR_OPTION_TEXT(T, smtp_username, "", "whom to log in as; empty: no login"),
	PR_OPTION_SECRET(T, smtp_password, "", "file with the password"),
	PR_OPTION_DURATION(T, smtp_connect, "10s", 100, 600000, "how long connecting may take"),
	PR_OPTION_DURATION(T, smtp_timeout, "120s", 100, 3600000, "how long one message may take, and never more than half of lease; silence after its last byte makes it unknown"),
	PR_OPTION_DURATION(T, lease, "15m", 1000, 86400000, "after this a message in hand is unknown, whoever holds it"),
	PR_OPTION_DURATION(T, poll, "1s", 10, 3600000, "how often the outbox is looked at"),
	PR_OPTION_DURATION(T, give_up, "3d", 60000, INT64_C(31536000000), "after this a message that nobody takes is dead"),
	PR_OPTION_INT(T, batch, "1", 1, 64, "messages taken in one transaction; a crash makes all of them unknown"),
	PR_OPTION_BOOL(T, hold, "no", "yes: nothing is sent, for instance after a restore from backup"),
	PR_OPTION_END };
/* clang-format on */
#undef T

/* The host of scheme://user@host:port/path, as curl will read it. */
static struct pr_str
host_of(struct pr_str url)
{
	struct pr_str rest = pr_str_sub(url, pr_str_find(url, PR_STR("://")) + 3, url.n);
	struct pr_str authority = PR_STR_NONE, host = PR_STR_NONE;
	size_t at;

	pr_str_cut(&rest, '/', &authority);
	while ((at = pr_str_find(authority, PR_STR("@"))) != (size_t)-1)
		authority = pr_str_sub(authority, at + 1, authority.n);
	if (pr_str_starts(authority, PR_STR("["))) {
		authority = pr_str_sub(authority, 1, authority.n);
		pr_str_cut(&authority, ']', &host);
	} else {
		pr_str_cut(&authority, ':', &host);
	}
	return host;
}

static bool
is_loopback(struct pr_str host)
{
	char text[64];
	struct in_addr ip;

	snprintf(text, sizeof(text), PR_S_FMT, PR_S(pr_str_sub(host, 0, sizeof(text) - 1)));
	if (inet_pton(AF_INET, text, &ip) == 1)
		return ntohl(ip.s_addr) >> 24 == 127;
	return pr_str_eq_c(host, "localhost") || pr_str_eq_c(host, "::1");
}

static void
send_check(const void *p, struct pr_mark mark, struct pr_diag *diag)
{
	const struct pr_send_conf *c = p;
	struct pr_str url = pr_str_c(c->smtp_url);
	bool plain = pr_str_starts(url, PR_STR("smtp://")),
	     implicit = pr_str_starts(url, PR_STR("smtps://"));

	if (!plain && !implicit)
		pr_diag_add(diag, mark, "smtp_url must begin with smtp:// or smtps://");
	else if (plain && c->smtp_tls == PR_SMTP_TLS_NONE && !is_loopback(host_of(url)))
		pr_diag_add(
		    diag, mark,
		    "smtp_url leaves this machine: set 'smtp_tls: required' or use smtps://");
	if (!*c->smtp_username != !*c->smtp_password)
		pr_diag_add(diag, mark, "smtp_username and smtp_password belong together");
}

const struct pr_section pr_send_section = {
    "send",       "acknowledgements and other messages on their way out",
    false,        sizeof(struct pr_send_conf),
    send_options, send_check};
