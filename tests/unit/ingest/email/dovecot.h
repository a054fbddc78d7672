/*
 * dovecot: a private IMAP server for a test, started as an ordinary user and stopped by its pid.
 */
#ifndef TESTS_DOVECOT_H
#define TESTS_DOVECOT_H

#include "tests/unit/ingest/email/certs.h"
#include "tests/unit/ingest/email/spool_fixture.h"

#include <arpa/inet.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct dovecot {
	char dir[64]; /* nobody may write above it; it is the server's alone */
	int imap, imaps;
	pid_t pid;
	struct cert authority, server;
};

static int
free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		abort();
	close(fd);
	return ntohs(at.sin_port);
}

static bool
port_answers(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return yes;
}

/* Root's tests give their servers to nobody. */
static const char *
server_user(void)
{
	const struct passwd *me = getpwuid(getuid());

	return getuid() == 0 || !me ? "nobody" : me->pw_name;
}

static void
become_server_user(void)
{
	const struct passwd *user = getpwnam("nobody");

	if (getuid() != 0)
		return;
	if (!user || setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
		_exit(127);
}

static void
give_away(const char *path)
{
	const struct passwd *user = getpwnam("nobody");

	if (getuid() == 0 && user && lchown(path, user->pw_uid, user->pw_gid) < 0)
		abort();
}

static int
give_away_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	give_away(path);
	return 0;
}

/* The template with its values, into DIR/dovecot.conf. */
static void
dovecot_configure(const struct dovecot *d)
{
	const char *source = getenv("POSTROOM_SOURCE");
	const struct group *group = getgrgid(getuid() == 0 ? getpwnam("nobody")->pw_gid : getgid());
	char in_path[300], out_path[100], line[300], imap[12], imaps[12];

	snprintf(in_path, sizeof(in_path), "%.200s/tests/support/dovecot.conf.in",
		 source ? source : ".");
	snprintf(out_path, sizeof(out_path), "%s/dovecot.conf", d->dir);
	snprintf(imap, sizeof(imap), "%d", d->imap);
	snprintf(imaps, sizeof(imaps), "%d", d->imaps);
	const char *const values[][2] = {{"@DIR@", d->dir},
					 {"@USER@", server_user()},
					 {"@IMAP@", imap},
					 {"@GROUP@", group->gr_name},
					 {"@IMAPS@", imaps}};
	FILE *in = fopen(in_path, "r"), *out = fopen(out_path, "w");
	if (!in || !out)
		abort();
	while (fgets(line, sizeof(line), in)) {
		char *rest = line;
		for (char *at; (at = strchr(rest, '@'));) {
			fprintf(out, "%.*s", (int)(at - rest), rest);
			for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
				if (!strncmp(at, values[i][0], strlen(values[i][0]))) {
					fputs(values[i][1], out);
					at += strlen(values[i][0]);
					break;
				}
			if (*at == '@')
				at++;
			rest = at;
		}
		fputs(rest, out);
	}
	fclose(in);
	fclose(out);
}

static void
dovecot_start(struct dovecot *d, const char *host)
{
	char path[100], key[100];

	*d = (struct dovecot){
	    .dir = "/tmp/dovecot-XXXXXX", .imap = free_port(), .imaps = free_port()};
	if (!mkdtemp(d->dir))
		abort();
	cert_make(&d->authority, NULL, NULL, -1, 10);
	cert_make(&d->server, host, &d->authority, -1, 10);
	snprintf(path, sizeof(path), "%s/ca.pem", d->dir);
	cert_write(&d->authority, path, NULL);
	snprintf(path, sizeof(path), "%s/server.pem", d->dir);
	snprintf(key, sizeof(key), "%s/server.key", d->dir);
	cert_write(&d->server, path, key);
	snprintf(path, sizeof(path), "%s/passwd", d->dir);
	FILE *passwd = fopen(path, "w");
	if (!passwd)
		abort();
	fputs("post:opensesame\n", passwd);
	fclose(passwd);
	dovecot_configure(d);
	const char *const subs[] = {"mail",          "mail/post",     "mail/post/new",
				    "mail/post/cur", "mail/post/tmp", "run"};
	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", d->dir, subs[i]);
		mkdir(path, 0700);
	}
	nftw(d->dir, give_away_one, 16, FTW_PHYS);
	snprintf(path, sizeof(path), "%s/dovecot.conf", d->dir);
	d->pid = fork();
	if (d->pid == 0) {
		become_server_user();
		execl("/usr/sbin/dovecot", "/usr/sbin/dovecot", "-F", "-c", path, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !port_answers(d->imaps); i++)
		usleep(10000);
}

static void
dovecot_stop(struct dovecot *d)
{
	kill(d->pid, SIGTERM);
	waitpid(d->pid, NULL, 0);
	cert_free(&d->server);
	cert_free(&d->authority);
	nftw(d->dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A message for post@; the deliverer's way: written to tmp/, renamed into new/. */
static void
dovecot_deliver(const struct dovecot *d, const char *name, const char *text, size_t n)
{
	char from[160], to[160];

	snprintf(from, sizeof(from), "%s/mail/post/tmp/%s", d->dir, name);
	snprintf(to, sizeof(to), "%s/mail/post/new/%s", d->dir, name);
	FILE *f = fopen(from, "w");
	if (!f)
		abort();
	fwrite(text, 1, n, f);
	fclose(f);
	give_away(from);
	if (rename(from, to) < 0)
		abort();
}

/* Output of `doveadm <arguments>`, at most n - 1 bytes. */
static void
doveadm(const struct dovecot *d, char *out, size_t n, const char *const *args)
{
	const char *argv[16] = {"doveadm", "-c"};
	char path[100];
	int pipe_fd[2];
	size_t argc = 3, have = 0;

	snprintf(path, sizeof(path), "%s/dovecot.conf", d->dir);
	argv[2] = path;
	while (*args && argc < 15)
		argv[argc++] = *args++;
	if (pipe(pipe_fd) < 0)
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		become_server_user();
		dup2(pipe_fd[1], STDOUT_FILENO);
		execv("/usr/bin/doveadm", (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(pipe_fd[1]);
	for (ssize_t got; have < n - 1 && (got = read(pipe_fd[0], out + have, n - 1 - have)) > 0;)
		have += (size_t)got;
	out[have] = '\0';
	close(pipe_fd[0]);
	waitpid(pid, NULL, 0);
}

#endif
