/*
 * floor: what one contact costs at the least on this disk, one contact after another, nothing
 * shared:
 *
 *     bundle   the file written and fsynced, two links, both folders fsynced
 *     queue    two XADD to a Redis that fsyncs each (into contacts, into classified)
 *     parse    a fork, GMime over the same mail, its answer through a pipe
 *     store    one SQLite transaction (WAL, synchronous=FULL) of seven rows
 *
 *     floor DIR REDIS-SOCKET N MAIL        prints the seconds that each part took for all N
 *
 * DIR is empty and on the disk in question. What postroom does beyond this (rules, sandbox,
 * sidecars, a queue that hands out) is its own cost; what it does faster, it owes to sharing
 * flushes among contacts.
 */
#include "postroom/cleanup.h"
#include "postroom/file.h"
#include "postroom/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct floor {
	struct pr_buf mail;
	int dir, new_dir, ab_dir;
	redisContext *redis;
	sqlite3 *db;
	sqlite3_stmt *begin, *commit, *insert;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(111);
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the parts ---- */

static void
bundle(struct floor *f, long i)
{
	char name[64], new_name[64], ab_name[64];
	struct pr_err err;

	snprintf(name, sizeof(name), "tmp.%ld", i);
	snprintf(new_name, sizeof(new_name), "new/%032lx", i);
	snprintf(ab_name, sizeof(ab_name), "ab/%032lx", i);
	int fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0 || pr_write_all(fd, f->mail.p, f->mail.n, &err) < 0 || fsync(fd) < 0)
		die("cannot write a bundle");
	close(fd);
	if (linkat(f->dir, name, f->dir, new_name, 0) < 0 || fsync(f->new_dir) < 0 ||
	    linkat(f->dir, name, f->dir, ab_name, 0) < 0 || fsync(f->ab_dir) < 0 ||
	    unlinkat(f->dir, name, 0) < 0)
		die("cannot link a bundle");
}

static void
queue(struct floor *f, long i)
{
	static const char *const streams[] = {"floor:contacts", "floor:classified"};
	static const size_t lengths[] = {4, 0, 1, 3, 32, 7, 5};
	char cid[33];

	snprintf(cid, sizeof(cid), "%032lx", i);
	for (size_t s = 0; s < 2; s++) {
		const char *argv[] = {"XADD", streams[s], "*", "cid", cid, "channel", "email"};
		size_t n[7];
		memcpy(n, lengths, sizeof(n));
		n[1] = strlen(streams[s]);
		redisReply *reply = redisCommandArgv(f->redis, 7, argv, n);
		if (!reply || reply->type == REDIS_REPLY_ERROR)
			die("XADD failed");
		freeReplyObject(reply);
	}
}

static _Noreturn void
parse_child(struct floor *f, int pipe)
{
	struct pr_contact c = {.cid = PR_STR("-")};
	struct pr_arena a;
	struct pr_buf out;
	struct pr_err err;

	pr_arena_init(&a, (size_t)64 << 20);
	pr_buf_init(&out, (size_t)8 << 20);
	if (pr_mail_parse(pr_buf_str(&f->mail), &a, &c, &err) < 0)
		_exit(1);
	pr_contact_encode(&c, PR_STAGE_CLASSIFY, &out);
	_exit(pr_write_all(pipe, out.p, out.n, &err) < 0);
}

static void
parse(struct floor *f, long i)
{
	char answer[65536];
	int ends[2], status;
	ssize_t n, total = 0;

	(void)i;
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("no pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("cannot fork");
	if (pid == 0)
		parse_child(f, ends[1]);
	close(ends[1]);
	while ((n = read(ends[0], answer, sizeof(answer))) > 0)
		total += n;
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0 || total == 0)
		die("the mail could not be parsed");
}

static void
step(struct floor *f, sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE || sqlite3_reset(stmt) != SQLITE_OK)
		die(sqlite3_errmsg(f->db));
}

/* A case, a contact, a citizen, a point, a link, an event and an acknowledgement: seven rows of
 * some 200 bytes. */
static void
store(struct floor *f, long i)
{
	char key[64];

	step(f, f->begin);
	for (int row = 0; row < 7; row++) {
		snprintf(key, sizeof(key), "%02d%030lx", row, i * 2654435761L & 0xffffffffL);
		sqlite3_bind_text(f->insert, 1, key, -1, SQLITE_STATIC);
		sqlite3_bind_text(f->insert, 2, f->mail.p, 200, SQLITE_STATIC);
		sqlite3_bind_int64(f->insert, 3, i);
		step(f, f->insert);
	}
	step(f, f->commit);
}

/* ---- ready, go ---- */

static int
folder(const char *path, const char *name)
{
	char full[4200];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	if (mkdir(full, 0750) < 0 && errno != EEXIST)
		die("cannot make a folder");
	if ((fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		die("cannot open a folder");
	return fd;
}

static void
open_store(struct floor *f, const char *dir)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/store.db", dir);
	if (sqlite3_open(path, &f->db) != SQLITE_OK ||
	    sqlite3_exec(
		f->db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		"CREATE TABLE row (key TEXT PRIMARY KEY, text TEXT, number INTEGER) STRICT",
		NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(f->db, "BEGIN IMMEDIATE", -1, &f->begin, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(f->db, "COMMIT", -1, &f->commit, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(f->db, "INSERT INTO row VALUES (?1, ?2, ?3)", -1, &f->insert,
			       NULL) != SQLITE_OK)
		die(sqlite3_errmsg(f->db));
}

static void
open_all(struct floor *f, char **argv)
{
	struct pr_err err;

	f->dir = folder(argv[1], "");
	f->new_dir = folder(argv[1], "new");
	f->ab_dir = folder(argv[1], "ab");
	f->redis = redisConnectUnix(argv[2]);
	if (!f->redis || f->redis->err)
		die("cannot connect to Redis");
	pr_buf_init(&f->mail, (size_t)1 << 20);
	if (pr_file_read(AT_FDCWD, argv[4], &f->mail, &err) < 0)
		die(err.msg);
	if (f->mail.n < 200)
		die("the mail is too short");
	open_store(f, argv[1]);
	pr_mail_warm();
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct floor *f, long i);
	} parts[] = {{"bundle", bundle}, {"queue", queue}, {"parse", parse}, {"store", store}};
	enum { PARTS = sizeof(parts) / sizeof(*parts) };
	double took[PARTS] = {0};
	struct floor f = {0};
	long n = argc == 5 ? strtol(argv[3], NULL, 10) : 0;

	if (n < 1)
		die("usage: floor DIR REDIS-SOCKET N MAIL");
	open_all(&f, argv);
	for (long i = 0; i < n; i++)
		for (size_t p = 0; p < PARTS; p++) {
			double start = seconds_now();
			parts[p].run(&f, i);
			took[p] += seconds_now() - start;
		}
	for (size_t p = 0; p < PARTS; p++)
		printf("%s %.6f\n", parts[p].name, took[p]);
	return 0;
}
