/*
 * committer: a queue, a thread, and a wake-up for everybody whose contact is safe.
 */
#include "ingest/committer.h"

#include <pthread.h>
#include <signal.h>

struct waiting {
	struct pr_arrival *arrival;
	struct pr_err *err;
	int result;
	bool done;
	pthread_cond_t woken; /* each its own: a batch wakes nobody who must wait on */
	struct waiting *next;
};

struct committer {
	struct pr_submit *submit;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct waiting *first, **last;
	bool stopping;
};

static size_t
take_batch(struct committer *c, struct waiting *batch[PR_SUBMIT_BATCH])
{
	size_t n = 0;

	while (c->first && n < PR_SUBMIT_BATCH) {
		batch[n++] = c->first;
		c->first = c->first->next;
	}
	if (!c->first)
		c->last = &c->first;
	return n;
}

/* One contact that cannot be taken must not stop its neighbours: then each goes through alone. */
static void
commit_batch(struct committer *c, struct waiting *const *batch, size_t n)
{
	struct pr_arrival arrivals[PR_SUBMIT_BATCH];
	struct pr_err err = {0};
	int result;

	for (size_t i = 0; i < n; i++)
		arrivals[i] = *batch[i]->arrival;
	result = pr_submit(c->submit, arrivals, n, &err);
	if (result < 0 && err.fault == PR_REJECT && n > 1) {
		for (size_t i = 0; i < n; i++)
			commit_batch(c, batch + i, 1);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		*batch[i]->arrival = arrivals[i];
		batch[i]->result = result;
		if (result < 0)
			*batch[i]->err = err;
	}
}

static void *
committer_thread(void *arg)
{
	struct committer *c = arg;
	struct waiting *batch[PR_SUBMIT_BATCH];
	size_t n;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->first && !c->stopping)
			pthread_cond_wait(&c->work, &c->lock);
		if (!c->first)
			break;
		n = take_batch(c, batch);
		pthread_mutex_unlock(&c->lock);
		commit_batch(c, batch, n);
		pthread_mutex_lock(&c->lock);
		for (size_t i = 0; i < n; i++) {
			batch[i]->done = true;
			pthread_cond_signal(&batch[i]->woken);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct committer *
committer_start(struct pr_submit *submit, struct pr_err *err)
{
	struct committer *c = pr_calloc(1, sizeof(*c));
	sigset_t all, before;
	int failed;

	c->submit = submit;
	c->last = &c->first;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&c->thread, NULL, committer_thread, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		free(c);
		pr_fail(err, PR_FATAL, failed, "cannot start the committer's thread");
		return NULL;
	}
	return c;
}

int
committer_submit(struct committer *c, struct pr_arrival *arrival, struct pr_err *err)
{
	struct waiting w = {.arrival = arrival, .err = err};

	pthread_cond_init(&w.woken, NULL);
	pthread_mutex_lock(&c->lock);
	*c->last = &w;
	c->last = &w.next;
	pthread_cond_signal(&c->work);
	while (!w.done)
		pthread_cond_wait(&w.woken, &c->lock);
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&w.woken);
	return w.result;
}

void
committer_stop(struct committer **committer)
{
	struct committer *c = *committer;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	free(c);
	*committer = NULL;
}
