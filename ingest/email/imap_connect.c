/*
 * imap_connect: from a host name to a session that is verified and logged in, and its end.
 *
 * libetpan's TLS checks nothing: tls_verify.c does, before a credential is sent. Its time limit is
 * per read: a timer that shuts the socket stands behind it.
 */
#include "ingest/email/imap_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define DEADLINE_BYTES_PER_MS 256 /* slower than this is not a mail server at work */
#define CHAIN_MAX             16

/* ---- the deadline: SIGALRM shuts the socket, whoever reads from it gets an error ---- */

static volatile sig_atomic_t guarded_fd = -1;

static void
on_deadline(int sig)
{
	int saved = errno;

	(void)sig;
	if (guarded_fd >= 0)
		shutdown(guarded_fd, SHUT_RDWR);
	errno = saved;
}

void
imap_deadline_set(const struct imap_session *s, int64_t bytes)
{
	int64_t ms = s->conf->deadline + bytes / DEADLINE_BYTES_PER_MS;
	struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};
	struct sigaction action = {.sa_handler = on_deadline};
	sigset_t alarm_only;

	guarded_fd = s->guard;
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void
imap_deadline_clear(void)
{
	struct itimerval never = {0};

	setitimer(ITIMER_REAL, &never, NULL);
	guarded_fd = -1;
}

/* ---- words for libetpan's codes ---- */

static const struct {
	int code;
	const char *words;
} meanings[] = {
    {MAILIMAP_ERROR_STREAM, "the connection broke or the server fell silent"},
    {MAILIMAP_ERROR_PARSE, "the server's answer cannot be understood"},
    {MAILIMAP_ERROR_DONT_ACCEPT_CONNECTION, "the server turned the connection away"},
    {MAILIMAP_ERROR_LOGIN, "the server refused the login; check username and password"},
    {MAILIMAP_ERROR_SELECT, "the folder cannot be opened; check 'folder' and its permissions"},
    {MAILIMAP_ERROR_EXAMINE, "the folder cannot be opened; check 'folder' and its permissions"},
    {MAILIMAP_ERROR_STARTTLS, "the server offers no STARTTLS; use its port for implicit TLS"},
    {MAILIMAP_ERROR_SSL, "TLS could not be set up"},
    {MAILIMAP_ERROR_BAD_STATE, "the server closed the session"},
};

/* The server's own words are left out: they may quote an address. */
int
imap_fail(struct imap_session *s, int code, const char *doing, struct pr_err *err)
{
	const char *words = "the server refused it";

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].code == code)
			words = meanings[i].words;
	s->broken = true;
	return pr_fail(err, PR_RETRY, 0, "%s:%lld, %s: %s (libetpan %d)", s->conf->host,
		       (long long)s->conf->port, doing, words, code);
}

static bool
is_ok(int code)
{
	return code == MAILIMAP_NO_ERROR || code == MAILIMAP_NO_ERROR_AUTHENTICATED ||
	       code == MAILIMAP_NO_ERROR_NON_AUTHENTICATED;
}

/* ---- connect, secure, verify, log in ---- */

static int
await_connected(int fd, int64_t ms)
{
	struct pollfd p = {fd, POLLOUT, 0};
	int e = ETIMEDOUT;
	socklen_t size = sizeof(e);

	if (poll(&p, 1, (int)ms) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size) < 0)
		e = errno;
	return e;
}

static int
connect_to(const struct addrinfo *at, int64_t ms, int *fd)
{
	*fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return errno;
	int e = connect(*fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
	if (e == EINPROGRESS)
		e = await_connected(*fd, ms);
	if (e == 0 && *fd >= FD_SETSIZE)
		e = EMFILE; /* select() would end the process */
	if (e) {
		close(*fd);
		*fd = -1;
	}
	return e;
}

/* The connected socket, or -1. */
static int
connect_tcp(struct imap_session *s, struct pr_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
	char port[24];
	int e = 0, fd = -1;

	snprintf(port, sizeof(port), "%lld", (long long)s->conf->port);
	int r = getaddrinfo(s->conf->host, port, &hints, &all);
	if (r)
		return pr_fail(err, PR_RETRY, 0, "host '%s' cannot be found: %s", s->conf->host,
			       gai_strerror(r));
	for (const struct addrinfo *at = all; at && fd < 0; at = at->ai_next)
		e = connect_to(at, s->conf->timeout, &fd);
	freeaddrinfo(all);
	if (fd < 0)
		return pr_fail(err, PR_RETRY, e, "cannot connect to %s port %s", s->conf->host,
			       port);
	s->guard = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (s->guard < 0) {
		pr_fail(err, PR_RETRY, errno, "cannot watch over the connection to %s",
			s->conf->host);
		close(fd);
		return -1;
	}
	return fd;
}

/* SNI, which is for names only. */
static void
name_the_host(struct mailstream_ssl_context *context, void *data)
{
	const struct imap_session *s = data;
	struct in6_addr ip;
	char host[256];

	if (inet_pton(AF_INET, s->conf->host, &ip) == 1 ||
	    inet_pton(AF_INET6, s->conf->host, &ip) == 1)
		return;
	snprintf(host, sizeof(host), "%s", s->conf->host);
	mailstream_ssl_set_server_name(context, host);
}

static int
verify(const struct imap_session *s, mailstream *stream, struct pr_err *err)
{
	carray *chain = mailstream_get_certificate_chain(stream);
	struct pr_str der[CHAIN_MAX];
	unsigned n = chain ? carray_count(chain) : 0;

	if (n > CHAIN_MAX)
		n = CHAIN_MAX;
	for (unsigned i = 0; i < n; i++) {
		const MMAPString *bytes = carray_get(chain, i);
		der[i] = pr_str_n(bytes->str, bytes->len);
	}
	int r = pr_tls_verify(der, n, s->conf->host, s->conf->ca_file, err);
	if (chain)
		mailstream_certificate_chain_free(chain);
	return r;
}

/* A server that says it knows us already (PREAUTH) did not ask who we are, and its STARTTLS is out
 * of reach. */
static int
greet(struct imap_session *s, mailstream *stream, struct pr_err *err)
{
	int r = mailimap_connect(s->imap, stream);

	if (r == MAILIMAP_NO_ERROR_AUTHENTICATED)
		return pr_fail(err, PR_RETRY, 0, "%s greets with PREAUTH, which is not trusted",
			       s->conf->host);
	return is_ok(r) ? 0 : imap_fail(s, r, "greeting", err);
}

static int
secure_implicit(struct imap_session *s, int fd, struct pr_err *err)
{
	mailstream *stream = mailstream_ssl_open_with_callback_timeout(fd, s->conf->timeout / 1000,
								       name_the_host, s);

	if (!stream) {
		close(fd);
		return pr_fail(
		    err, PR_RETRY, 0,
		    "TLS with %s port %lld cannot be set up; is it a port for implicit TLS?",
		    s->conf->host, (long long)s->conf->port);
	}
	if (verify(s, stream, err) < 0) {
		mailstream_close(stream);
		return -1;
	}
	return greet(s, stream, err);
}

static int
secure_starttls(struct imap_session *s, int fd, struct pr_err *err)
{
	mailstream *stream = mailstream_socket_open_timeout(fd, s->conf->timeout / 1000);

	if (!stream)
		pr_out_of_memory();
	if (greet(s, stream, err) < 0)
		return -1;
	int r = mailimap_socket_starttls_with_callback(s->imap, name_the_host, s);
	if (r != MAILIMAP_NO_ERROR)
		return imap_fail(s, r, "STARTTLS", err);
	return verify(s, s->imap->imap_stream, err);
}

static int
login(struct imap_session *s, struct pr_err *err)
{
	struct mailimap_capability_data *capabilities = NULL;
	int r = mailimap_login(s->imap, s->conf->username, s->conf->password);

	if (!is_ok(r))
		return imap_fail(s, r, "login", err);
	r = mailimap_capability(s->imap, &capabilities);
	if (r != MAILIMAP_NO_ERROR)
		return imap_fail(s, r, "capabilities", err);
	mailimap_capability_data_free(capabilities);
	s->can_move = mailimap_has_extension(s->imap, "MOVE");
	return 0;
}

static int
establish(struct imap_session *s, struct pr_err *err)
{
	int fd = connect_tcp(s, err);

	if (fd < 0)
		return -1;
	imap_deadline_set(s, 0);
	int r = s->conf->tls == PR_MAILBOX_TLS_STARTTLS ? secure_starttls(s, fd, err)
							: secure_implicit(s, fd, err);
	if (r == 0)
		r = login(s, err);
	imap_deadline_clear();
	s->broken = r < 0;
	return r;
}

struct imap_session *
imap_session_open(const struct pr_mailbox_conf *conf, struct pr_err *err)
{
	struct imap_session *s = pr_calloc(1, sizeof(*s));

	s->conf = conf;
	s->guard = -1;
	s->imap = mailimap_new(0, NULL);
	if (!s->imap)
		pr_out_of_memory();
	mailimap_set_timeout(s->imap, conf->timeout / 1000);
	if (establish(s, err) < 0)
		imap_session_close(&s);
	return s;
}

void
imap_session_close(struct imap_session **session)
{
	struct imap_session *s = *session;

	if (!s)
		return;
	if (s->broken && s->guard >= 0)
		shutdown(s->guard, SHUT_RDWR);
	imap_deadline_set(s, 0);
	mailimap_free(s->imap); /* says LOGOUT when there is a session left */
	imap_deadline_clear();
	if (s->guard >= 0)
		close(s->guard);
	free(s);
	*session = NULL;
}
