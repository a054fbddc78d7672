/*
 * mailbox: where e-mail waits for postroom (private to ingest/email/).
 *
 * A driver finds messages that were not taken yet, lends their bytes, and is told when they are
 * durable; only then may it change the source (a flag, a move, a rename). It keeps its own memory
 * of what it took. One driver is one file and one line in mailboxes.c:
 *
 *     n = m->driver->fetch(m, batch, err);
 *     if (n > 0 && submitted(batch))
 *             m->driver->done(m, batch, err);
 *
 * A failure of open, fetch or done closes the mailbox; it is opened again after a back-off. Its
 * neighbours go on.
 */
#ifndef INGEST_EMAIL_MAILBOX_H
#define INGEST_EMAIL_MAILBOX_H

#include "postroom/bundle.h"
#include "postroom/config.h"
#include "postroom/submit.h"

/* What fits into a bundle beside its receipt. A longer message is left where it is, and said
 * loudly. */
#define PR_MAIL_BYTES_MAX (PR_BUNDLE_MAX - ((size_t)64 << 10))
/* Bytes of a batch after which no further message joins it. */
#define PR_MAIL_BATCH_BYTES ((size_t)16 << 20)

enum pr_mailbox_type { PR_MAILBOX_MAILDIR, PR_MAILBOX_IMAP }; /* the order of pr_mailbox_drivers */
enum pr_mailbox_tls { PR_MAILBOX_TLS_IMPLICIT, PR_MAILBOX_TLS_STARTTLS };
enum pr_mailbox_done { PR_MAILBOX_DONE_KEYWORD, PR_MAILBOX_DONE_MOVE, PR_MAILBOX_DONE_NONE };

/* One entry of `mailboxes:` in postroom.yaml. */
struct pr_mailbox_conf {
	const char *name;
	int type; /* enum pr_mailbox_type */
	const char *path;
	const char *host;
	int64_t port;
	int tls;
	const char *ca_file;
	const char *username, *password;
	const char *folder;
	int done;
	const char *done_folder;
	int64_t poll, timeout, deadline;
	int64_t size_max;
	const char *state_dir;
};
extern const struct pr_section pr_mailboxes_section;

/* One message of a batch: its bytes, and who it is for the driver that fetched it. */
struct pr_mail_item {
	struct pr_buf raw;
	char source_id[512];
	int64_t source_time;
	uint32_t uid;   /* imap */
	char name[256]; /* maildir: the file */
	bool in_cur;    /* maildir: it stood in cur/ */
	bool refused;   /* set between fetch and done: the spool refuses this one for ever */
};

struct pr_mail_batch {
	struct pr_mail_item
	    *v; /* PR_SUBMIT_BATCH of them, their buffers kept from batch to batch */
	size_t n;
};

struct pr_uid_range {
	uint32_t first, last;
};

/* Sorted ranges that do not touch, under one UIDVALIDITY. */
struct pr_uid_state {
	uint32_t validity; /* 0: never seen */
	struct pr_uid_range *v;
	size_t n, room;
};

struct pr_mailbox_driver;

/* What a mailbox has trouble with; it outlives a lost connection. */
struct pr_mail_trouble {
	struct pr_uid_state left; /* not to be tried again before the next start */
	bool
	    one_by_one; /* the last batch could not be fetched: find the message that is to blame */
	uint32_t suspect;
	unsigned strikes;
	bool noted; /* that the server allows no keyword, or no move */
};

struct pr_mailbox {
	const struct pr_mailbox_conf *conf;
	const struct pr_mailbox_driver *driver;
	const char *state_dir;
	bool shadow;   /* change nothing at the source */
	int wake_fd;   /* an inotify descriptor that a driver may add watches to */
	void *self;    /* the driver's own, NULL while closed */
	int64_t due;   /* monotonic ms: when it is looked at again */
	int64_t pause; /* the back-off in force, 0 when all is well */
	struct pr_mail_trouble trouble;
};

struct pr_mailbox_driver {
	const char *name;
	int64_t poll_max; /* ms: how long it may be left alone, whatever `poll` says; 0: as `poll`
			     says */
	/* On failure nothing is left open. */
	int (*open)(struct pr_mailbox *m, struct pr_err *err);
	/* Fill the batch with messages not taken yet. Returns how many, 0 when there are none, -1.
	 */
	int (*fetch)(struct pr_mailbox *m, struct pr_mail_batch *batch, struct pr_err *err);
	/* Everything in the batch that is not `refused` is durable: remember it, then tell the
	 * source. */
	int (*done)(struct pr_mailbox *m, const struct pr_mail_batch *batch, struct pr_err *err);
	void (*close)(struct pr_mailbox *m);
};
extern const struct pr_mailbox_driver pr_mailbox_maildir, pr_mailbox_imap;
extern const struct pr_mailbox_driver *const pr_mailbox_drivers[];

void pr_mail_batch_init(struct pr_mail_batch *batch);
void pr_mail_batch_reset(struct pr_mail_batch *batch);
void pr_mail_batch_release(struct pr_mail_batch *batch);
/* The next free item of the batch, emptied; NULL when it is full. It counts once n is raised. */
struct pr_mail_item *pr_mail_batch_next(struct pr_mail_batch *batch);

/*
 * Name of a mailbox's state file: its name and a digest of where it is, so that an entry of
 * postroom.yaml that is pointed at another server does not believe the old one's memory. suffix:
 * "uids", "shadow.uids" …
 */
void pr_mailbox_state_name(const struct pr_mailbox *m, const char *suffix, char out[160]);

/*
 * Submit a batch. 0: all that is not `refused` is durable. When the spool rejects the batch as a
 * whole its messages are tried one by one, so that one bad message does not hold up its neighbours.
 */
int pr_mailbox_submit(struct pr_submit *submit, struct pr_str account, struct pr_mail_batch *batch,
		      struct pr_err *err) PR_MUST_CHECK;

/* ---- uid_state.c: which UIDs of a folder were taken ---- */

void pr_uid_state_reset(struct pr_uid_state *s, uint32_t validity);
void pr_uid_state_release(struct pr_uid_state *s);
bool pr_uid_state_has(const struct pr_uid_state *s, uint32_t uid);
/* uid 0 is no UID and ignored. */
void pr_uid_state_add(struct pr_uid_state *s, uint32_t uid);
/* The whole file as text, and back; PR_REJECT when it is cut or damaged, and *s is empty. */
void pr_uid_state_text(const struct pr_uid_state *s, struct pr_buf *out);
int
pr_uid_state_parse(struct pr_str text, struct pr_uid_state *s, struct pr_err *err) PR_MUST_CHECK;
/* An absent file is an empty state. Save is durable when it returns 0. */
int pr_uid_state_load(const char *dir, const char *name, struct pr_uid_state *s,
		      struct pr_err *err) PR_MUST_CHECK;
int pr_uid_state_save(const char *dir, const char *name, const struct pr_uid_state *s,
		      struct pr_err *err) PR_MUST_CHECK;

/* ---- name_set.c: names that were seen; with a file behind it, it survives ---- */

struct pr_name_set {
	unsigned char (*slots)[16]; /* open addressing over digests of names; all zero is free */
	size_t n, room;
};

void pr_name_set_release(struct pr_name_set *s);
bool pr_name_set_has(const struct pr_name_set *s, struct pr_str name);
void pr_name_set_add(struct pr_name_set *s, struct pr_str name);
/* Append these names' digests to the file, durably; and read them all back. Absent: nothing. A cut
 * last line is passed over. */
int pr_name_set_append(const char *dir, const char *file, const struct pr_str *names, size_t n,
		       struct pr_err *err) PR_MUST_CHECK;
int pr_name_set_load(const char *dir, const char *file, struct pr_name_set *s,
		     struct pr_err *err) PR_MUST_CHECK;

/* ---- tls_verify.c ---- */

/*
 * Is this certificate chain (DER, leaf first) good for that host name under that CA file ("": the
 * system's)? To be called before any credential: libetpan verifies nothing. The words say what is
 * wrong and what to do about it.
 */
int pr_tls_verify(const struct pr_str *der, size_t n, const char *host, const char *ca_file,
		  struct pr_err *err) PR_MUST_CHECK;

/* ---- stdin.c ---- */

struct pr_stdin_conf {
	const char *account, *sender, *recipient;
};
/* Read one message from fd until its end and make it durable. An empty one is a failure. */
int pr_stdin_take(int fd, const struct pr_stdin_conf *conf, struct pr_submit *submit,
		  struct pr_err *err) PR_MUST_CHECK;

#endif
