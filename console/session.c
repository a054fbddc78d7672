/*
 * session: a small table under a lock, and the password check.
 */
#include "console/session.h"

#include "postroom/digest.h"
#include "postroom/err.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define SESSIONS_MAX     64
#define FAILURES_MAX     10
#define FAILURES_FOR     60000
#define FAILURE_PAUSE_US 1000000

struct entry {
	unsigned char hash[PR_SHA256_BYTES];
	struct session session;
	int64_t used; /* 0: free */
};

struct sessions {
	pthread_mutex_t lock, password;
	int64_t idle;
	struct entry table[SESSIONS_MAX];
	int failures;
	int64_t failed_at;
};

struct sessions *
sessions_new(int64_t idle_ms)
{
	struct sessions *s = pr_calloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->password, NULL);
	s->idle = idle_ms;
	return s;
}

void
sessions_free(struct sessions **s)
{
	if (!*s)
		return;
	pthread_mutex_destroy(&(*s)->lock);
	pthread_mutex_destroy(&(*s)->password);
	pr_wipe(*s, sizeof(**s));
	free(*s);
	*s = NULL;
}

static void
draw(char out[SESSION_ID_BYTES])
{
	unsigned char bytes[32];

	pr_random(bytes, sizeof(bytes));
	pr_hex(bytes, sizeof(bytes), out);
	pr_wipe(bytes, sizeof(bytes));
}

/* The one that nobody used for the longest time gives way. */
void
sessions_add(struct sessions *s, int64_t now, char id[SESSION_ID_BYTES])
{
	struct entry *oldest = &s->table[0];

	draw(id);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 1; i < SESSIONS_MAX; i++)
		if (s->table[i].used < oldest->used)
			oldest = &s->table[i];
	pr_sha256_of(pr_str_c(id), oldest->hash);
	draw(oldest->session.csrf);
	oldest->used = now > 0 ? now : 1;
	pthread_mutex_unlock(&s->lock);
}

/* Under the lock. */
static struct entry *
find(struct sessions *s, struct pr_str id)
{
	unsigned char hash[PR_SHA256_BYTES];

	pr_sha256_of(id, hash);
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->table[i].used && pr_secret_eq(pr_str_n(hash, sizeof(hash)),
						     pr_str_n(s->table[i].hash, sizeof(hash))))
			return &s->table[i];
	return NULL;
}

bool
sessions_find(struct sessions *s, struct pr_str id, int64_t now, struct session *session)
{
	struct entry *e;
	bool alive;

	pthread_mutex_lock(&s->lock);
	e = find(s, id);
	alive = e && now - e->used <= s->idle;
	if (alive) {
		e->used = now > 0 ? now : 1;
		*session = e->session;
	} else if (e) {
		pr_wipe(e, sizeof(*e));
	}
	pthread_mutex_unlock(&s->lock);
	return alive;
}

void
sessions_end(struct sessions *s, struct pr_str id)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = find(s, id);
	if (e)
		pr_wipe(e, sizeof(*e));
	pthread_mutex_unlock(&s->lock);
}

int
sessions_check(struct sessions *s, struct pr_str password, const char *hash, int64_t now)
{
	bool right;

	pthread_mutex_lock(&s->password);
	if (s->failures >= FAILURES_MAX && now - s->failed_at < FAILURES_FOR) {
		pthread_mutex_unlock(&s->password);
		return -1;
	}
	right = pr_password_ok(password, hash);
	s->failures = right ? 0 : s->failures + 1;
	s->failed_at = now;
	pthread_mutex_unlock(&s->password);
	if (!right)
		usleep(FAILURE_PAUSE_US);
	return right;
}
