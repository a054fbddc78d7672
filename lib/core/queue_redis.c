/*
 * The queue's connection to Redis 7 and the only file that knows hiredis (0.14.1: argv forms only,
 * no TLS). What is sent over it stands in queue.c, what the server does with it in queue.lua.
 */
#include "lib/core/queue_link.h"
#include "postroom/clock.h"
#include "postroom/embed.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>

PR_EMBED(queue_lua, "lib/core/queue.lua");

enum {
	REPLY_S = 10, /* longer than any BLOCK and than any fsync that is worth waiting for */
	/* Of a call without patience: somebody stands at the door, and the spool has the contact.
	 */
	DOOR_REPLY_S = 1,
	DOOR_SHUT_MS = 10000, /* after no answer in that time, so that not everybody waits for it */
	BACKOFF_FIRST_MS = 50,
	MOST_VALUES = 8 + 5 * PR_LINK_BATCH,
};

struct pr_queue_link {
	redisContext *redis;
	char *socket;
	bool loaded; /* the Functions, once in the life of this process */
	int reply_s; /* the connection's limit */
	int64_t shut_until;
	int backoff_ms;
	size_t argc;
	const char *argv[PR_LINK_ARGS];
	size_t length[PR_LINK_ARGS];
	redisReply *reply;
	struct pr_link_value values[MOST_VALUES];
	size_t nvalues;
};

struct pr_queue_link *
pr_link_new(const char *socket)
{
	struct pr_queue_link *link = pr_calloc(1, sizeof(*link));
	link->socket = strdup(socket);
	if (!link->socket)
		pr_out_of_memory();
	return link;
}

static void
forget_answer(struct pr_queue_link *link)
{
	if (link->reply)
		freeReplyObject(link->reply);
	link->reply = NULL;
	link->nvalues = 0;
}

static void
hang_up(struct pr_queue_link *link)
{
	if (link->redis)
		redisFree(link->redis);
	link->redis = NULL;
}

void
pr_link_free(struct pr_queue_link **link)
{
	if (!*link)
		return;
	forget_answer(*link);
	hang_up(*link);
	free((*link)->socket);
	free(*link);
	*link = NULL;
}

/* ---- building a call ---- */

void
pr_link_arg_n(struct pr_queue_link *link, const char *arg, size_t n)
{
	if (link->argc >= PR_LINK_ARGS)
		pr_bug("a queue call of more than %d arguments", (int)PR_LINK_ARGS);
	link->argv[link->argc] = arg;
	link->length[link->argc++] = n;
}

void
pr_link_arg(struct pr_queue_link *link, const char *arg)
{
	pr_link_arg_n(link, arg, strlen(arg));
}

void
pr_link_begin(struct pr_queue_link *link, const char *command)
{
	link->argc = 0;
	pr_link_arg(link, command);
}

void
pr_link_begin_call(struct pr_queue_link *link, const char *function, const char *const *keys,
		   size_t nkeys)
{
	static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
	pr_link_begin(link, "FCALL");
	pr_link_arg(link, function);
	pr_link_arg(link, numbers[nkeys]);
	for (size_t i = 0; i < nkeys; i++)
		pr_link_arg(link, keys[i]);
}

/* What was asked, for the words of an error. */
static const char *
called(const struct pr_queue_link *link)
{
	return link->argv[strcmp(link->argv[0], "FCALL") == 0 ? 1 : 0];
}

/* ---- connecting ---- */

static int
lost(struct pr_queue_link *link, const char *doing, struct pr_err *err)
{
	char words[128] = "out of memory";
	if (link->redis && link->redis->err == REDIS_ERR_IO && errno == EAGAIN)
		link->shut_until = pr_mono() + DOOR_SHUT_MS;
	if (link->redis)
		snprintf(words, sizeof(words), "%s", link->redis->errstr);
	hang_up(link);
	return pr_fail(err, PR_RETRY, 0, "redis at '%.90s': %s: %s", link->socket, doing, words);
}

static int
load_functions(struct pr_queue_link *link, struct pr_err *err)
{
	struct pr_str code = PR_EMBEDDED(queue_lua);
	const char *argv[] = {"FUNCTION", "LOAD", "REPLACE", code.p};
	const size_t length[] = {8, 4, 7, code.n};
	redisReply *reply = redisCommandArgv(link->redis, 4, argv, length);
	if (!reply)
		return lost(link, "loading the queue's functions", err);
	int rc = 0;
	/* Where only an administrator may load, the functions are there already or their call will
	 * say so. */
	if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOPERM", 6) != 0)
		rc = pr_fail(err, PR_RETRY, 0, "redis does not load the queue's functions: %.180s",
			     reply->str);
	freeReplyObject(reply);
	link->loaded = link->loaded || rc == 0;
	return rc;
}

static int
connect_now(struct pr_queue_link *link, int reply_s, struct pr_err *err)
{
	const struct timeval limit = {.tv_sec = reply_s};
	link->redis = redisConnectUnixWithTimeout(link->socket, limit);
	if (!link->redis || link->redis->err || redisSetTimeout(link->redis, limit) != REDIS_OK)
		return lost(link, "cannot connect", err);
	link->reply_s = reply_s;
	return link->loaded ? 0 : load_functions(link, err);
}

/* The connection as it is, or a new one; an answer is waited for reply_s. */
static int
be_connected(struct pr_queue_link *link, int reply_s, struct pr_err *err)
{
	const struct timeval limit = {.tv_sec = reply_s};
	if (!link->redis)
		return connect_now(link, reply_s, err);
	if (link->reply_s != reply_s && redisSetTimeout(link->redis, limit) != REDIS_OK)
		return lost(link, "cannot set its time limit", err);
	link->reply_s = reply_s;
	return 0;
}

/* A server that is away is asked again at a decent pace, however fast the caller comes back. */
static void
pause_for_redis(struct pr_queue_link *link, int most_ms)
{
	link->backoff_ms = link->backoff_ms ? link->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (link->backoff_ms > PR_LINK_BACKOFF_MS)
		link->backoff_ms = PR_LINK_BACKOFF_MS;
	int ms = link->backoff_ms < most_ms ? link->backoff_ms : most_ms;
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* ---- calling ---- */

/*
 * A connection found dead (Redis was restarted since) and Functions found missing (it was emptied)
 * are mended here, once. A reply that timed out is not: it would again.
 */
static redisReply *
ask(struct pr_queue_link *link, int reply_s, struct pr_err *err)
{
	for (int mended = 0;; mended++) {
		if (be_connected(link, reply_s, err) < 0)
			return NULL;
		assert(link->redis);
		redisReply *reply =
		    redisCommandArgv(link->redis, (int)link->argc, link->argv, link->length);
		if (!reply) {
			bool slow = link->redis->err == REDIS_ERR_IO && errno == EAGAIN;
			lost(link, "no answer", err);
			if (slow || mended > 0)
				return NULL;
			continue;
		}
		if (reply->type != REDIS_REPLY_ERROR)
			return reply;
		bool missing = strstr(reply->str, "Function not found") != NULL;
		pr_fail(err, PR_RETRY, 0, "redis refuses %s: %.180s", called(link), reply->str);
		freeReplyObject(reply);
		if (!missing || mended > 0 || load_functions(link, err) < 0)
			return NULL;
	}
}

static void
add_value(struct pr_queue_link *link, const redisReply *from)
{
	if (link->nvalues >= MOST_VALUES)
		return;
	if (from->type == REDIS_REPLY_INTEGER)
		link->values[link->nvalues++] =
		    (struct pr_link_value){.number = from->integer, .is_number = true};
	else if (from->type == REDIS_REPLY_STRING)
		link->values[link->nvalues++] =
		    (struct pr_link_value){.text = pr_str_n(from->str, from->len)};
}

int
pr_link_strange(struct pr_err *err)
{
	return pr_fail(err, PR_RETRY, 0,
		       "redis answers the queue in an unknown form: is it Redis 7?");
}

int
pr_link_call(struct pr_queue_link *link, int patience_ms, struct pr_link_answer *answer,
	     struct pr_err *err)
{
	bool at_door = patience_ms == 0;
	forget_answer(link);
	if (at_door && pr_mono() < link->shut_until)
		return pr_fail(err, PR_RETRY, 0, "redis at '%.90s' gave no answer a moment ago",
			       link->socket);
	link->reply = ask(link, at_door ? DOOR_REPLY_S : REPLY_S, err);
	if (!link->reply) {
		pause_for_redis(link, patience_ms);
		return -1;
	}
	link->backoff_ms = 0;
	add_value(link, link->reply);
	for (size_t i = 0; link->reply->type == REDIS_REPLY_ARRAY && i < link->reply->elements; i++)
		add_value(link, link->reply->element[i]);
	*answer = (struct pr_link_answer){link->values, link->nvalues};
	return 0;
}
