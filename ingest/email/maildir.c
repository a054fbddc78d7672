/*
 * maildir: mail in a folder of files (new/, cur/, tmp/), a deliverer's or a mail server's.
 *
 * A file in new/ is whole: that is the Maildir's own rule. It is taken, and only when it is durable
 * renamed to cur/ with the flag S. A kill in between finds it again in new/, on the same cid. cur/
 * is looked through at open and at each `poll` for what somebody moved there without the flag.
 * --shadow renames nothing and keeps a file of names instead.
 */
#include "ingest/email/mailbox.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/file.h"
#include "postroom/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHADOW_FILE     "shadow.names"
#define STILL_WRITTEN_S 5

struct maildir {
	int new_fd, cur_fd, watch;
	DIR *scan; /* a listing in progress, kept from batch to batch: a crowded folder is read once
		    */
	bool in_cur;   /* of cur/ */
	bool fruitful; /* it gave something, so another look is due before the folder counts as
			  empty */
	int64_t cur_due;
	struct pr_name_set left; /* what cannot be taken: passed over until the next start */
	struct pr_name_set seen; /* shadow: what was taken */
};

/* The name that a message keeps while its flags change. */
static struct pr_str
base_of(const char *name)
{
	struct pr_str base = PR_STR_NONE, rest = pr_str_c(name);

	pr_str_cut(&rest, ':', &base);
	return base;
}

static bool
is_seen_flag_set(const char *name)
{
	const char *flags = strstr(name, ":2,");

	return flags && strchr(flags + 3, 'S');
}

/* "1.a" and "1.a:2," become "1.a:2,S", "1.a:2,FT" becomes "1.a:2,FST": flags stand in ASCII order.
 */
static bool
done_name(const char *name, struct pr_buf *out)
{
	const char *flags = strstr(name, ":2,");
	size_t at = flags ? (size_t)(flags - name) + 3 : strlen(name);

	while (flags && name[at] && name[at] < 'S')
		at++;
	pr_buf_add(out, name, at);
	pr_buf_add_c(out, flags ? "S" : ":2,S");
	return pr_buf_add_c(out, name + at) == 0;
}

static int
open_sub(const char *path, const char *sub)
{
	char name[4200];

	snprintf(name, sizeof(name), "%s/%s", path, sub);
	return open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
maildir_close(struct pr_mailbox *m)
{
	struct maildir *d = m->self;

	m->self = NULL;
	if (!d)
		return;
	if (d->scan)
		closedir(d->scan);
	if (d->watch >= 0)
		inotify_rm_watch(m->wake_fd, d->watch);
	if (d->cur_fd >= 0)
		close(d->cur_fd);
	if (d->new_fd >= 0)
		close(d->new_fd);
	pr_name_set_release(&d->left);
	pr_name_set_release(&d->seen);
	free(d);
}

static int
load_seen(struct pr_mailbox *m, struct maildir *d, struct pr_err *err)
{
	char file[160];

	if (!m->shadow)
		return 0;
	pr_mailbox_state_name(m, SHADOW_FILE, file);
	return pr_name_set_load(m->state_dir, file, &d->seen, err);
}

static int
maildir_open(struct pr_mailbox *m, struct pr_err *err)
{
	struct maildir *d = pr_calloc(1, sizeof(*d));
	char path[4200];

	m->self = d;
	d->watch = -1;
	d->new_fd = open_sub(m->conf->path, "new");
	d->cur_fd = open_sub(m->conf->path, "cur");
	if (d->new_fd < 0 || d->cur_fd < 0) {
		pr_fail(err, PR_RETRY, errno,
			"'%s' cannot be opened as a Maildir (it needs new, cur and tmp)",
			m->conf->path);
		maildir_close(m);
		return -1;
	}
	if (load_seen(m, d, err) < 0) {
		maildir_close(m);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/new", m->conf->path);
	/* No watch (too many, or a network file system) costs a second of delay, no more. */
	if (m->wake_fd >= 0)
		d->watch = inotify_add_watch(m->wake_fd, path, IN_MOVED_TO | IN_CREATE);
	return 0;
}

static int
scan_start(struct maildir *d, bool in_cur, struct pr_err *err)
{
	int fd = openat(in_cur ? d->cur_fd : d->new_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "its folder cannot be listed");
	d->scan = fdopendir(fd);
	if (!d->scan)
		pr_out_of_memory();
	d->in_cur = in_cur;
	d->fruitful = false;
	return 0;
}

/* The listing came to its end: what is to be listed next? 1, 0 nothing now, -1. */
static int
scan_more(struct pr_mailbox *m, struct maildir *d, bool have_batch, struct pr_err *err)
{
	bool fruitful = d->fruitful, was_cur = d->in_cur;

	closedir(d->scan);
	d->scan = NULL;
	if (have_batch) /* not renamed yet: another look would find the same files */
		return 0;
	if (fruitful)
		return scan_start(d, false, err) < 0 ? -1 : 1;
	if (was_cur || pr_mono() < d->cur_due)
		return 0;
	d->cur_due = pr_mono() + m->conf->poll;
	return scan_start(d, true, err) < 0 ? -1 : 1;
}

/* The next name to look at in new/, then, when it is due, in cur/. 1, 0 at the end, -1. */
static int
scan_next(struct pr_mailbox *m, struct maildir *d, bool have_batch, const char **name,
	  struct pr_err *err)
{
	int r = d->scan ? 1 : scan_start(d, false, err) < 0 ? -1 : 1;

	while (r > 0 && d->scan) {
		errno = 0;
		const struct dirent *entry = readdir(d->scan);
		if (entry) {
			*name = entry->d_name;
			return 1;
		}
		if (errno)
			return pr_fail(err, PR_RETRY, errno, "its folder cannot be listed");
		r = scan_more(m, d, have_batch, err);
	}
	return r;
}

static bool
is_wanted(const struct pr_mailbox *m, const struct maildir *d, const char *name)
{
	if (name[0] == '.' || strlen(name) >= sizeof(((struct pr_mail_item *)NULL)->name))
		return false;
	if (d->in_cur && !m->shadow && is_seen_flag_set(name))
		return false;
	return !pr_name_set_has(&d->left, base_of(name)) &&
	       !pr_name_set_has(&d->seen, base_of(name));
}

/* Not now and not at the next look either; a person has to see to it. The file name holds nobody's
 * name. */
static void
leave(const struct pr_mailbox *m, struct maildir *d, const char *name, const char *why)
{
	pr_name_set_add(&d->left, base_of(name));
	pr_log(PR_ERROR, NULL, "message_left", "mailbox=%s file='%s' why=\"%s\"", m->conf->name,
	       name, why);
}

/* Exactly the bytes that stand there; a Maildir file does not change once it is in new/. */
static int
read_whole(int fd, size_t size, struct pr_buf *raw)
{
	char *p = pr_buf_reserve(raw, size + 1);
	size_t n = 0;

	while (p && n <= size) {
		ssize_t got = read(fd, p + n, size + 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	pr_buf_grew(raw, n);
	return n == size ? 0 : -1;
}

/* 1: *item holds it; 0: not this one. */
static int
take_file(const struct pr_mailbox *m, struct maildir *d, const char *name,
	  struct pr_mail_item *item)
{
	struct stat st;
	int fd = openat(d->in_cur ? d->cur_fd : d->new_fd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		/* somebody was faster, or this process has no descriptor or memory just now */
		bool passing = errno == ENOENT || errno == EMFILE || errno == ENFILE ||
			       errno == ENOMEM || errno == EINTR;
		if (!passing)
			leave(m, d, name, strerror(errno));
		return 0;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		leave(m, d, name, "it is no file");
	else if (st.st_size == 0 && time(NULL) - st.st_mtim.tv_sec < STILL_WRITTEN_S)
		; /* somebody writes straight into new/: look again later */
	else if ((size_t)st.st_size > PR_MAIL_BYTES_MAX - 1)
		leave(m, d, name, "it is longer than postroom can take; deal with it by hand");
	else if (read_whole(fd, (size_t)st.st_size, &item->raw) == 0) {
		if (st.st_size > m->conf->size_max)
			pr_log(PR_WARN, NULL, "message_big", "mailbox=%s bytes=%lld", m->conf->name,
			       (long long)st.st_size);
		close(fd);
		snprintf(item->name, sizeof(item->name), "%s", name);
		snprintf(item->source_id, sizeof(item->source_id), PR_S_FMT, PR_S(base_of(name)));
		item->source_time = (int64_t)st.st_mtim.tv_sec * 1000;
		item->in_cur = d->in_cur;
		return 1;
	}
	close(fd);
	return 0;
}

static int
maildir_fetch(struct pr_mailbox *m, struct pr_mail_batch *batch, struct pr_err *err)
{
	struct maildir *d = m->self;
	struct pr_mail_item *item;
	const char *name = "";
	size_t bytes = 0;
	int r = 0;

	while (bytes < PR_MAIL_BATCH_BYTES && (item = pr_mail_batch_next(batch)) &&
	       (r = scan_next(m, d, batch->n > 0, &name, err)) > 0) {
		if (!is_wanted(m, d, name) || !take_file(m, d, name, item))
			continue;
		bytes += item->raw.n;
		batch->n++;
		d->fruitful = true;
	}
	return r < 0 ? -1 : (int)batch->n;
}

static int
remember_seen(struct pr_mailbox *m, struct maildir *d, const struct pr_mail_batch *batch,
	      struct pr_err *err)
{
	struct pr_str names[PR_SUBMIT_BATCH];
	char file[160];
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++)
		if (!batch->v[i].refused)
			names[n++] = base_of(batch->v[i].name);
	pr_mailbox_state_name(m, SHADOW_FILE, file);
	if (pr_name_set_append(m->state_dir, file, names, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		pr_name_set_add(&d->seen, names[i]);
	return 0;
}

static int
rename_done(struct maildir *d, const struct pr_mail_item *item, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf to;

	pr_buf_init(&to, NAME_MAX);
	const char *name =
	    done_name(item->name, &to) ? to.p : item->name; /* a name of full length gets no flag */
	if (renameat(item->in_cur ? d->cur_fd : d->new_fd, item->name, d->cur_fd, name) == 0 ||
	    errno == ENOENT)
		return 0;
	return pr_fail(
	    err, PR_RETRY, errno,
	    "a message that was taken cannot be moved to cur; postroom must own the folder");
}

static int
maildir_done(struct pr_mailbox *m, const struct pr_mail_batch *batch, struct pr_err *err)
{
	struct maildir *d = m->self;

	for (size_t i = 0; i < batch->n; i++) {
		if (batch->v[i].refused)
			leave(m, d, batch->v[i].name, "the spool refuses it");
		else if (!m->shadow && rename_done(d, &batch->v[i], err) < 0)
			return -1;
	}
	return m->shadow ? remember_seen(m, d, batch, err) : 0;
}

const struct pr_mailbox_driver pr_mailbox_maildir = {"maildir",     1000,         maildir_open,
						     maildir_fetch, maildir_done, maildir_close};
