/*
 * postroom parse --json FILE...: what the classifier is given of each message, as JSON Lines.
 *
 * Each file becomes a bundle in memory and goes through a zygote's child, just as a daemon reads
 * it: what crashes or stalls the parser gives a line that says so, and its neighbours are not
 * disturbed.
 */
#include "tools/tools.h"

#include "postroom/bundle.h"
#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/file.h"
#include "postroom/mail.h"
#include "postroom/utf8.h"
#include "postroom/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/mman.h>

#define LINE_ARENA_MAX ((size_t)64 << 20)
#define ANSWER_MAX     ((size_t)8 << 20)

/* Messages in hand at once: their bundles are descriptors and memory. */
enum { BATCH = 16 };

struct batch {
	const char *files[BATCH];
	int fds[BATCH]; /* -1: the file could not be read, errs[] says why */
	struct pr_buf answers[BATCH];
	enum pr_zygote_outcome outcomes[BATCH];
	struct pr_err errs[BATCH];
	size_t n;
};

static int
usage(void)
{
	fprintf(stderr, "usage: postroom parse --json FILE...\n");
	return PR_EXIT_CONFIG;
}

/* ---- in: a file as a bundle ---- */

static int
bundle_write(int fd, struct pr_str raw, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf receipt;
	struct pr_cid cid = pr_cid_email(PR_STR("parse"), raw);
	struct pr_contact c = {.cid = pr_str_c(cid.hex),
			       .channel = PR_STR("email"),
			       .account = PR_STR("parse"),
			       .received_at = pr_now()};

	pr_buf_init(&receipt, 4096);
	pr_contact_encode(&c, PR_STAGE_INGEST, &receipt);
	const struct pr_part parts[] = {
	    {PR_PART_RECEIPT, PR_STR("-"), pr_buf_str(&receipt)},
	    {PR_PART_RAW, PR_STR("-"), raw},
	};
	return pr_bundle_write(fd, parts, 2, err);
}

static int
bundle_of(const char *file, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf raw;
	int fd;

	pr_buf_init(&raw, PR_BUNDLE_MAX - 65536);
	if (pr_file_read(AT_FDCWD, file, &raw, err) < 0)
		return -1;
	if ((fd = memfd_create("postroom-parse", MFD_CLOEXEC)) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot make a file in memory");
	if (bundle_write(fd, pr_buf_str(&raw), err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- out ---- */

static json_t *
json_text(struct pr_str s)
{
	return json_stringn(s.n ? s.p : "", s.n);
}

static json_t *
json_texts(struct pr_list list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list.n; i++)
		json_array_append_new(array, json_text(list.v[i]));
	return array;
}

/* "bytes content/type file name" */
static json_t *
json_attachment(struct pr_str line)
{
	struct pr_str bytes = PR_STR_NONE, type = PR_STR_NONE;
	int64_t n = 0;

	pr_str_cut(&line, ' ', &bytes);
	pr_str_cut(&line, ' ', &type);
	pr_str_int(bytes, 0, INT64_MAX, &n);
	json_t *o = json_object();
	json_object_set_new(o, "filename", json_text(line));
	json_object_set_new(o, "content_type", json_text(type));
	json_object_set_new(o, "bytes", json_integer(n));
	return o;
}

static json_t *
json_attachments(struct pr_list list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list.n; i++)
		json_array_append_new(array, json_attachment(list.v[i]));
	return array;
}

static json_t *
json_date(int64_t ms)
{
	char text[21];

	return json_string(ms > 0 ? pr_time_text(ms, text) : "");
}

static json_t *
json_file(const char *file)
{
	PR_AUTO_BUF struct pr_buf name;

	pr_buf_init(&name, 65536);
	pr_utf8_repair(&name, pr_str_c(file));
	return json_text(pr_buf_str(&name));
}

static int
print_line(const char *file, const struct pr_contact *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "file", json_file(file));
	json_object_set_new(o, "from_email", json_text(c->from_email));
	json_object_set_new(o, "from_name", json_text(c->from_name));
	json_object_set_new(o, "to", json_texts(c->to));
	json_object_set_new(o, "cc", json_texts(c->cc));
	json_object_set_new(o, "subject", json_text(c->subject));
	json_object_set_new(o, "message_id", json_text(c->message_id));
	json_object_set_new(o, "in_reply_to", json_text(c->in_reply_to));
	json_object_set_new(o, "references", json_texts(c->references));
	json_object_set_new(o, "date", json_date(c->date));
	json_object_set_new(o, "text", json_text(c->text));
	json_object_set_new(o, "new_text", json_text(c->new_text));
	json_object_set_new(o, "attachments", json_attachments(c->attachments));
	json_object_set_new(o, "automated", json_text(c->automated));
	json_object_set_new(o, "failed_recipients", json_texts(c->failed_recipients));
	json_object_set_new(o, "ack", json_text(c->ack_allowed));
	json_object_set_new(o, "ack_reason", json_text(c->ack_reason));
	json_object_set_new(o, "problems", json_texts(c->problems));
	int bad = json_dumpf(o, stdout, JSON_COMPACT) < 0 || putchar('\n') < 0;
	json_decref(o);
	return bad ? -1 : 0;
}

/* A message that nothing could be read of: a whole line all the same, with the reason among its
 * problems. */
static int
print_unreadable(const char *file, struct pr_str why)
{
	struct pr_contact c = {.automated = PR_STR("no"),
			       .ack_allowed = PR_STR("no"),
			       .ack_reason = PR_STR("it could not be read"),
			       .problems = {&why, 1}};

	return print_line(file, &c);
}

static int
print_answer(struct batch *b, size_t i)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_contact c;

	pr_arena_init(&a, LINE_ARENA_MAX);
	memset(&c, 0, sizeof(c));
	if (b->fds[i] < 0 || b->outcomes[i] != PR_ZYGOTE_OK ||
	    pr_contact_decode(pr_buf_str(&b->answers[i]), PR_STAGE_CLASSIFY, &a, &c, &b->errs[i]) <
		0) {
		PR_AUTO_BUF struct pr_buf why;

		pr_buf_init(&why, 4 * sizeof(b->errs[i].msg));
		pr_utf8_repair(&why, pr_str_c(b->errs[i].msg));
		return print_unreadable(b->files[i], pr_buf_str(&why));
	}
	return print_line(b->files[i], &c);
}

/* ---- batches ---- */

/* The readable ones are packed for the zygote and their answers put back in their places. */
static int
batch_run(struct pr_zygote *z, struct batch *b, struct pr_err *err)
{
	int fds[BATCH];
	size_t places[BATCH], n = 0;
	struct pr_buf answers[BATCH];
	enum pr_zygote_outcome outcomes[BATCH];
	struct pr_err errs[BATCH];

	for (size_t i = 0; i < b->n; i++) {
		if (b->fds[i] < 0)
			continue;
		fds[n] = b->fds[i];
		answers[n] = b->answers[i];
		places[n++] = i;
	}
	memset(errs, 0, sizeof(errs));
	int rc = n ? pr_zygote_run_batch(z, fds, n, answers, outcomes, errs, err) : 0;
	for (size_t k = 0; k < n; k++) {
		b->answers[places[k]] = answers[k];
		b->outcomes[places[k]] = rc == 0 ? outcomes[k] : PR_ZYGOTE_CRASHED;
		b->errs[places[k]] = errs[k];
	}
	return rc;
}

static int
batch_parse(struct pr_zygote *z, char **files, size_t n, bool *unread, struct pr_err *err)
{
	static struct batch b;
	int rc = 0;

	memset(&b, 0, sizeof(b));
	b.n = n;
	for (size_t i = 0; i < n; i++) {
		b.files[i] = files[i];
		pr_buf_init(&b.answers[i], ANSWER_MAX);
		b.fds[i] = bundle_of(files[i], &b.errs[i]);
		*unread |= b.fds[i] < 0;
	}
	if (batch_run(z, &b, err) < 0)
		rc = -1;
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && print_answer(&b, i) < 0)
			rc = pr_fail(err, PR_RETRY, errno, "cannot write to standard output");
		if (b.fds[i] >= 0)
			close(b.fds[i]);
		pr_buf_release(&b.answers[i]);
	}
	return rc;
}

int
pr_tool_parse(int argc, char **argv)
{
	struct pr_err err = {0};
	bool unread = false;

	if (argc < 3 || strcmp(argv[1], "--json") != 0)
		return usage();
	struct pr_zygote *z = pr_zygote_start(&pr_mail_work, &err);
	if (!z)
		return pr_tool_failed(&err);
	int rc = 0;
	for (int i = 2; i < argc && rc == 0; i += BATCH)
		rc = batch_parse(z, argv + i, (size_t)(argc - i < BATCH ? argc - i : BATCH),
				 &unread, &err);
	pr_zygote_stop(&z);
	if (rc < 0)
		return pr_tool_failed(&err);
	return unread ? PR_EXIT_TEMPORARY : PR_EXIT_OK;
}
