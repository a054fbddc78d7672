/*
 * seen: a table of fixed size; a token has eight places it may stand in, the oldest gives way.
 */
#include "ingest/web/seen.h"

#include "postroom/digest.h"
#include "postroom/err.h"

#include <pthread.h>

#define BUCKETS 16384u
#define PLACES  8u

struct entry {
	unsigned char token[16]; /* of its SHA-256 */
	struct pr_cid cid;
	int64_t until; /* 0: free */
};

struct seen {
	pthread_mutex_t lock;
	int64_t life;
	struct entry table[BUCKETS][PLACES];
};

struct seen *
seen_new(int64_t life_ms)
{
	struct seen *s = pr_calloc(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	s->life = life_ms;
	return s;
}

void
seen_free(struct seen **s)
{
	if (!*s)
		return;
	pthread_mutex_destroy(&(*s)->lock);
	free(*s);
	*s = NULL;
}

/* The token's entry, or the place where it would go (until <= now, or the oldest). */
static struct entry *
place_of(struct seen *s, struct pr_str token, int64_t now, unsigned char digest[PR_SHA256_BYTES])
{
	struct entry *bucket, *best;

	pr_sha256_of(token, digest);
	bucket = s->table[((unsigned)digest[30] << 8 | digest[31]) % BUCKETS];
	best = &bucket[0];
	for (size_t i = 0; i < PLACES; i++) {
		if (bucket[i].until > now &&
		    !memcmp(bucket[i].token, digest, sizeof(bucket[i].token)))
			return &bucket[i];
		if (bucket[i].until < best->until)
			best = &bucket[i];
	}
	return best;
}

static bool
is_of(const struct entry *e, const unsigned char digest[PR_SHA256_BYTES], int64_t now)
{
	return e->until > now && !memcmp(e->token, digest, sizeof(e->token));
}

bool
seen_other(struct seen *s, struct pr_str token, const struct pr_cid *cid, int64_t now,
	   struct pr_cid *first)
{
	unsigned char digest[PR_SHA256_BYTES];
	const struct entry *e;
	bool other;

	pthread_mutex_lock(&s->lock);
	e = place_of(s, token, now, digest);
	other = is_of(e, digest, now) && strcmp(e->cid.hex, cid->hex) != 0;
	if (other)
		*first = e->cid;
	pthread_mutex_unlock(&s->lock);
	return other;
}

void
seen_add(struct seen *s, struct pr_str token, const struct pr_cid *cid, int64_t now)
{
	unsigned char digest[PR_SHA256_BYTES];
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = place_of(s, token, now, digest);
	if (!is_of(e, digest, now)) {
		memcpy(e->token, digest, sizeof(e->token));
		e->cid = *cid;
		e->until = now + s->life;
	}
	pthread_mutex_unlock(&s->lock);
}
