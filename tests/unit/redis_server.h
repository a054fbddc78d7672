/*
 * A real redis-server of a test's own: on a Unix socket in a folder under /tmp, as an ordinary
 * user, with the settings of an installation, stopped by its pid. When the test dies, it dies.
 */
#ifndef TESTS_UNIT_REDIS_SERVER_H
#define TESTS_UNIT_REDIS_SERVER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct redis_server {
	char dir[32];
	char socket[48];
	pid_t pid;
};

static inline int
redis_server_connect(const struct redis_server *s)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", s->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	close(fd);
	return -1;
}

/*
 * Send one command in its inline form; the whole answer, as it stands on the wire, into text. The
 * answers that are asked for here are one line or one bulk string.
 */
static inline int
redis_server_ask(const struct redis_server *s, const char *command, char *text, size_t room)
{
	int fd = redis_server_connect(s);
	size_t n = 0, whole = 0;
	if (fd < 0 || dprintf(fd, "%s\r\n", command) < 0)
		return -1;
	while (n + 1 < room && (!whole || n < whole)) {
		ssize_t got = read(fd, text + n, room - n - 1);
		if (got <= 0)
			break;
		n += (size_t)got;
		text[n] = 0;
		const char *line = strstr(text, "\r\n");
		if (line && !whole)
			whole = (size_t)(line - text) + 2 +
				(*text == '$' ? (size_t)strtol(text + 1, NULL, 10) + 2 : 0);
	}
	close(fd);
	return n && n == whole ? 0 : -1;
}

static inline void
redis_server_exec(const struct redis_server *s)
{
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(127);
	if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(127);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after setuid, which clears it */
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", s->socket, "--dir",
	       s->dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
	       "--maxmemory-policy", "noeviction", (char *)NULL);
	_exit(127);
}

static inline bool
redis_server_answers(const struct redis_server *s)
{
	char text[64] = "";
	for (int tries = 0; tries < 1000; tries++) {
		if (redis_server_ask(s, "PING", text, sizeof(text)) == 0 &&
		    strcmp(text, "+PONG\r\n") == 0)
			return true;
		usleep(5000);
	}
	return false;
}

/* Again in the same folder after redis_server_kill: it reads its log. */
static inline bool
redis_server_start_again(struct redis_server *s)
{
	s->pid = fork();
	if (s->pid == 0)
		redis_server_exec(s);
	return s->pid > 0 && redis_server_answers(s);
}

static inline bool
redis_server_start(struct redis_server *s)
{
	snprintf(s->dir, sizeof(s->dir), "/tmp/postroom-redis-XXXXXX");
	if (!mkdtemp(s->dir) || (getuid() == 0 && chown(s->dir, 65534, 65534) < 0))
		return false;
	snprintf(s->socket, sizeof(s->socket), "%s/socket", s->dir);
	return redis_server_start_again(s);
}

static inline void
redis_server_kill(struct redis_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
	unlink(s->socket);
}

static inline void
redis_server_stop(struct redis_server *s)
{
	redis_server_kill(s);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", s->dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

#endif
