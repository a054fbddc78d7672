/*
 * submit: from what arrived to a durable bundle and an id in the queue. Nothing is parsed here, and
 * the raw bytes and files are never copied.
 */
#include "postroom/submit.h"

#include "postroom/cleanup.h"
#include "postroom/clock.h"
#include "postroom/digest.h"
#include "postroom/log.h"
#include "postroom/utf8.h"

#include <errno.h>

#define NAME_BYTES     64
#define FILENAME       ".filename"
#define TOKEN_BYTES    16
#define RECEIPT_BYTES  16384
#define ARENA_BYTES    (4 * PR_BUNDLE_MAX)
#define SMS_TEXT_FIELD "text"

static bool
name_byte_ok(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

/* A form may call its fields anything; a part's name is 1 to 64 of [A-Za-z0-9_.-]. */
static struct pr_str
name_fit(struct pr_arena *a, struct pr_str name, size_t max)
{
	char *fit;

	if (name.n == 0)
		return PR_STR("_");
	name = pr_str_sub(name, 0, max);
	fit = pr_arena_dup_c(a, name);
	for (size_t i = 0; i < name.n; i++)
		if (!name_byte_ok(fit[i]))
			fit[i] = '_';
	return pr_str_n(fit, name.n);
}

/* Lent as it is when it is good already, which is the rule. */
static int
text_fit(struct pr_arena *a, struct pr_str text, struct pr_str *fit, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 3 * text.n + 1);
	*fit = text;
	if (pr_utf8_ok(text))
		return 0;
	if (3 * text.n + 64 > pr_arena_left(a))
		return pr_fail(err, PR_REJECT, EFBIG, "submit: a field is too large to repair");
	pr_utf8_repair(&b, text);
	*fit = pr_arena_dup(a, pr_buf_str(&b));
	return 0;
}

static int
size_check(const struct pr_arrival *in, struct pr_err *err)
{
	size_t parts = 2, bytes = in->raw.n;

	parts += in->nfields + 2 * in->nfiles;
	if (in->nfields > PR_BUNDLE_PARTS_MAX || in->nfiles > PR_BUNDLE_PARTS_MAX ||
	    parts > PR_BUNDLE_PARTS_MAX)
		return pr_fail(err, PR_REJECT, E2BIG, "submit: more than %d fields and files",
			       PR_BUNDLE_PARTS_MAX);
	for (size_t i = 0; i < in->nfields; i++)
		bytes += in->fields[i].value.n;
	for (size_t i = 0; i < in->nfiles; i++)
		bytes += in->files[i].value.n;
	if (bytes > PR_BUNDLE_MAX)
		return pr_fail(err, PR_REJECT, EFBIG, "submit: %zu bytes, the limit is %zu", bytes,
			       PR_BUNDLE_MAX);
	return 0;
}

/* Fields and files under names that a bundle takes, fields as valid UTF-8: what is stored and what
 * is hashed. */
struct canonical {
	struct pr_field *fields, *files;
	struct pr_str token;
};

static struct pr_str
token_make(const struct pr_arrival *in, struct pr_arena *a)
{
	unsigned char drawn[TOKEN_BYTES];
	char hex[2 * TOKEN_BYTES + 1];

	if (in->token.n > 0 || in->channel == PR_CHANNEL_EMAIL)
		return in->token;
	if (in->channel == PR_CHANNEL_SMS && in->source_time != 0 && in->peer.n > 0) {
		struct pr_str peer = pr_str_sub(in->peer, 0, 256);
		return pr_arena_printf(a, PR_S_FMT "/%lld", PR_S(peer), (long long)in->source_time);
	}
	pr_random(drawn, sizeof(drawn));
	pr_hex(drawn, sizeof(drawn), hex);
	return pr_arena_dup(a, pr_str_c(hex));
}

static int
canonical_make(const struct pr_arrival *in, struct pr_arena *a, struct canonical *out,
	       struct pr_err *err)
{
	out->token = token_make(in, a);
	out->fields = pr_arena_array(a, in->nfields, sizeof(*out->fields));
	out->files = pr_arena_array(a, in->nfiles, sizeof(*out->files));
	for (size_t i = 0; i < in->nfields; i++) {
		out->fields[i].name = name_fit(a, in->fields[i].name, NAME_BYTES);
		if (text_fit(a, in->fields[i].value, &out->fields[i].value, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < in->nfiles; i++) {
		/* room for `.filename` behind it */
		out->files[i].name =
		    name_fit(a, in->files[i].name, NAME_BYTES - (sizeof(FILENAME) - 1));
		out->files[i].value = in->files[i].value;
	}
	return 0;
}

static struct pr_str
field_value(const struct pr_field *fields, size_t n, struct pr_str name)
{
	for (size_t i = 0; i < n; i++)
		if (pr_str_eq(fields[i].name, name))
			return fields[i].value;
	return PR_STR_NONE;
}

static struct pr_cid
cid_make(const struct pr_arrival *in, const struct canonical *c)
{
	struct pr_field body = {PR_STR("-"), in->raw};

	if (in->channel == PR_CHANNEL_EMAIL)
		return pr_cid_email(in->account, in->raw);
	if (in->channel == PR_CHANNEL_SMS)
		return pr_cid_sms(in->account, c->token,
				  field_value(c->fields, in->nfields, PR_STR(SMS_TEXT_FIELD)));
	/* a webhook that nobody could take apart is its body */
	if (in->nfields == 0 && in->nfiles == 0)
		return pr_cid_web(in->account, c->token, NULL, 0, &body, in->raw.n > 0);
	return pr_cid_web(in->account, c->token, c->fields, in->nfields, c->files, in->nfiles);
}

/* The encoded receipt: the fields of stage INGEST. */
static struct pr_str
receipt_make(const struct pr_submit *s, const struct pr_arrival *in, struct pr_str token,
	     struct pr_arena *a)
{
	const struct pr_contact_field *time_field = PR_CONTACT_FIELD(source_time);
	struct pr_contact c = {.received_at = pr_now(), .shadow = s->shadow, .canary = in->canary};
	PR_AUTO_BUF struct pr_buf b;

	if (in->source_time >= -time_field->max && in->source_time <= time_field->max)
		c.source_time = in->source_time;
	c.cid = pr_str_n(in->cid.hex, PR_CID_LENGTH);
	c.channel = pr_str_c(pr_channel_name(in->channel));
	pr_contact_text_set(&c, PR_CONTACT_FIELD(account), a, in->account);
	pr_contact_text_set(&c, PR_CONTACT_FIELD(source_id), a,
			    in->source_id.n ? in->source_id : token);
	pr_contact_text_set(&c, PR_CONTACT_FIELD(peer), a, in->peer);
	pr_contact_text_set(&c, PR_CONTACT_FIELD(local), a, in->local);
	pr_contact_text_set(&c, PR_CONTACT_FIELD(possible_duplicate), a, in->possible_duplicate);
	pr_buf_init(&b, RECEIPT_BYTES);
	pr_contact_encode(&c, PR_STAGE_INGEST, &b);
	if (b.failed)
		pr_bug("submit: a receipt has more than %d bytes", RECEIPT_BYTES);
	return pr_arena_dup(a, pr_buf_str(&b));
}

static void
part_add(struct pr_part *parts, size_t *n, enum pr_part_kind kind, struct pr_str name,
	 struct pr_str bytes)
{
	parts[(*n)++] = (struct pr_part){kind, name, bytes};
}

static int
file_parts_add(const struct pr_arrival *in, const struct canonical *c, struct pr_arena *a,
	       struct pr_part *parts, size_t *n, struct pr_err *err)
{
	for (size_t i = 0; i < in->nfiles; i++) {
		const struct pr_field *file = &c->files[i];
		if (in->filenames && in->filenames[i].n > 0) {
			struct pr_str name, filename;
			name = pr_arena_printf(a, PR_S_FMT FILENAME, PR_S(file->name));
			if (text_fit(a, in->filenames[i], &filename, err) < 0)
				return -1;
			part_add(parts, n, PR_PART_FIELD, name, filename);
		}
		part_add(parts, n, PR_PART_FILE, file->name, file->value);
	}
	return 0;
}

/* One arrival as the spool wants it. */
static int
item_make(const struct pr_submit *s, struct pr_arrival *in, struct pr_arena *a,
	  struct pr_spool_item *item, struct pr_err *err)
{
	struct canonical c;
	struct pr_part *parts;
	size_t n = 0;

	if (in->account.n == 0)
		pr_bug("submit: an arrival without an account");
	if (size_check(in, err) < 0 || canonical_make(in, a, &c, err) < 0)
		return -1;
	in->cid = cid_make(in, &c);
	parts = pr_arena_array(a, 2 + in->nfields + 2 * in->nfiles, sizeof(*parts));
	part_add(parts, &n, PR_PART_RECEIPT, PR_STR("-"), receipt_make(s, in, c.token, a));
	for (size_t i = 0; i < in->nfields; i++)
		part_add(parts, &n, PR_PART_FIELD, c.fields[i].name, c.fields[i].value);
	/* a mail of no bytes has its part too: a reader always finds one */
	if (in->raw.n > 0 || in->channel == PR_CHANNEL_EMAIL)
		part_add(parts, &n, PR_PART_RAW, PR_STR("-"), in->raw);
	if (file_parts_add(in, &c, a, parts, &n, err) < 0)
		return -1;
	*item = (struct pr_spool_item){.cid = in->cid, .parts = parts, .nparts = n};
	return 0;
}

static size_t
items_bytes(const struct pr_spool_item *items, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < items[i].nparts; j++)
			bytes += items[i].parts[j].bytes.n;
	return bytes;
}

/* Ids into the queue; one that was there and has been dispatched since needs no second look. */
static void
queue_put(const struct pr_submit *s, const struct pr_arrival *arrivals, size_t n)
{
	struct pr_queue_item items[PR_SUBMIT_BATCH];
	struct pr_err err = {0};
	size_t count = 0;

	if (!s->queue)
		return;
	for (size_t i = 0; i < n; i++)
		if (!arrivals[i].known || pr_spool_is_new(s->spool, &arrivals[i].cid))
			items[count++] =
			    (struct pr_queue_item){arrivals[i].cid, arrivals[i].channel};
	if (count > 0 && pr_queue_put(s->queue, items, count, NULL, &err) < 0)
		pr_log(PR_WARN, NULL, "not-queued",
		       "contacts=%zu safe=spool, the sweep will queue them; error=\"%s\"", count,
		       err.msg);
}

int
pr_submit(struct pr_submit *s, struct pr_arrival *arrivals, size_t n, struct pr_err *err)
{
	struct pr_spool_item items[PR_SUBMIT_BATCH];
	PR_AUTO_ARENA struct pr_arena a;

	if (n > PR_SUBMIT_BATCH)
		pr_bug("submit: a batch of %zu", n);
	pr_arena_init(&a, ARENA_BYTES);
	for (size_t i = 0; i < n; i++)
		if (item_make(s, &arrivals[i], &a, &items[i], err) < 0)
			return -1;
	if (pr_spool_room(s->spool, items_bytes(items, n), err) < 0 ||
	    pr_spool_put(s->spool, items, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		arrivals[i].known = items[i].known;
		pr_log(PR_INFO, arrivals[i].cid.hex, "received", "channel=%s known=%d",
		       pr_channel_name(arrivals[i].channel), arrivals[i].known);
	}
	queue_put(s, arrivals, n);
	return 0;
}
