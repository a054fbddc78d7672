/*
 * listen: "127.0.0.1:8080", "[::1]:8080" or "unix:/run/postroom/web.sock" to a listening socket of
 * our own, with a backlog that a proxy does not overrun.
 */
#include "lib/web/listen.h"
#include "postroom/cleanup.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 1024

/* A socket file that nobody answers on is left over from a process that was killed. */
static void
unlink_stale(const struct sockaddr_un *sa)
{
	PR_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 &&
	    errno == ECONNREFUSED)
		unlink(sa->sun_path);
}

static int
listen_unix(const char *path, struct pr_err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path))
		return pr_fail(err, PR_FATAL, 0, "socket path '%s' is longer than %zu bytes", path,
			       sizeof(sa.sun_path) - 1);
	memcpy(sa.sun_path, path, strlen(path) + 1);
	unlink_stale(&sa);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    chmod(path, 0660) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	pr_fail(err, PR_FATAL, errno, "cannot listen on '%s'", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
listen_address(const struct addrinfo *ai, const char *address, struct pr_err *err)
{
	int on = 1, fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	pr_fail(err, PR_FATAL, errno, "cannot listen on %s", address);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
listen_tcp(const char *address, struct pr_err *err)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
				 .ai_socktype = SOCK_STREAM},
			*ai = NULL;
	const char *colon = strrchr(address, ':');
	struct pr_str host = pr_str_n(address, colon ? (size_t)(colon - address) : 0);
	char name[64];
	int64_t port;
	int fd;

	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = pr_str_sub(host, 1, host.n - 2);
	memcpy(name, address + (host.p ? host.p - address : 0), host.n < sizeof(name) ? host.n : 0);
	name[host.n < sizeof(name) ? host.n : 0] = '\0';
	if (!colon || !pr_str_int(pr_str_c(colon + 1), 0, 65535, &port) || !host.n ||
	    host.n >= sizeof(name) || getaddrinfo(name, colon + 1, &hints, &ai) != 0)
		return pr_fail(
		    err, PR_FATAL, 0,
		    "'%s' is nothing to listen on: write 127.0.0.1:8080, [::1]:8080 or unix:/path",
		    address);
	fd = listen_address(ai, address, err);
	freeaddrinfo(ai);
	return fd;
}

int
web_listen(const char *address, struct pr_err *err)
{
	if (!strncmp(address, "unix:", 5))
		return listen_unix(address + 5, err);
	return listen_tcp(address, err);
}

int
web_listen_port(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t n = sizeof(ss);
	char port[16];

	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0 || ss.ss_family == AF_UNIX ||
	    getnameinfo((struct sockaddr *)&ss, n, NULL, 0, port, sizeof(port), NI_NUMERICSERV) !=
		0)
		return 0;
	return (int)strtol(port, NULL, 10);
}

bool
web_listen_is_local(const char *address)
{
	return !strncmp(address, "unix:", 5) || !strncmp(address, "127.", 4) ||
	       !strncmp(address, "[::1]", 5);
}
