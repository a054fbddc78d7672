/*
 * pg_server: a PostgreSQL of the test's own, on a Unix socket in a temporary folder, stopped by its
 * pid. As root it is started as nobody, because PostgreSQL refuses root.
 */
#ifndef TESTS_PG_SERVER_H
#define TESTS_PG_SERVER_H

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PG_BIN "/usr/lib/postgresql/15/bin"

struct pg_server {
	pid_t pid;
	char dir[64];
	char data[96];
	char url[192];
};

#define PG_AS_NOBODY "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"

/* argv starts with the words that drop root; an ordinary user leaves them out. */
static pid_t
pg_spawn(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		if (null < 0 || chdir("/") < 0)
			_exit(127);
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
		argv += geteuid() == 0 ? 0 : 4;
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static bool
pg_done(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static bool
pg_answers(const struct pg_server *pg)
{
	char *argv[] = {PG_AS_NOBODY, PG_BIN "/pg_isready", "-q", "-h", NULL, NULL};
	char host[64];

	snprintf(host, sizeof(host), "%s", pg->dir);
	argv[7] = host;
	return pg_done(pg_spawn(argv));
}

/* False with a word on stderr when there is none to be had. */
static bool
pg_start(struct pg_server *pg)
{
	pg->pid = 0;
	if (access(PG_BIN "/postgres", X_OK) < 0) {
		fprintf(
		    stderr,
		    "SKIPPED: the store's contract on PostgreSQL: %s/postgres is not installed\n",
		    PG_BIN);
		return false;
	}
	snprintf(pg->dir, sizeof(pg->dir), "%s", "/tmp/pr-pg-XXXXXX");
	if (!mkdtemp(pg->dir) || chmod(pg->dir, 0700) < 0)
		return false;
	if (geteuid() == 0 && chown(pg->dir, 65534, 65534) < 0)
		return false;
	snprintf(pg->data, sizeof(pg->data), "%s/data", pg->dir);
	snprintf(pg->url, sizeof(pg->url), "postgresql:///postgres?host=%s&user=postroom", pg->dir);
	char *init[] = {PG_AS_NOBODY,
			PG_BIN "/initdb",
			"-D",
			pg->data,
			"-U",
			"postroom",
			"-A",
			"trust",
			"-E",
			"UTF8",
			"--locale=C",
			"--no-sync",
			"--no-instructions",
			NULL};
	char *serve[] = {
	    PG_AS_NOBODY, PG_BIN "/postgres",  "-D", pg->data,    "-k", pg->dir,
	    "-c",         "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB",
	    NULL};
	if (!pg_done(pg_spawn(init)))
		return false;
	pg->pid = pg_spawn(serve);
	for (int i = 0; i < 200 && pg->pid > 0; i++) {
		if (pg_answers(pg))
			return true;
		usleep(20000);
	}
	return false;
}

static void
pg_stop(struct pg_server *pg)
{
	char *argv[] = {"", "", "", "", "rm", "-rf", pg->dir, NULL};

	if (pg->pid > 0) {
		kill(pg->pid, SIGINT);
		waitpid(pg->pid, NULL, 0);
	}
	if (pg->dir[0]) {
		pid_t pid = fork();
		if (pid == 0) {
			execvp(argv[4], argv + 4);
			_exit(127);
		}
		pg_done(pid);
	}
}

#endif
