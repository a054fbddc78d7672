/*
 * contact: encode, decode and set, all driven by the field table in contact.h.
 */
#include "postroom/contact.h"

#include "postroom/cleanup.h"
#include "postroom/record.h"
#include "postroom/utf8.h"

/* What a copy takes beside its bytes: its NUL and the padding. */
#define ARENA_SPARE 64

#define PR_CONTACT_ROW(name, type, stage, max, required, help)                                     \
	{#name, PR_FIELD_##type, PR_STAGE_##stage,                                                 \
	 max,   (required) != 0, offsetof(struct pr_contact, name),                                \
	 help},
/* clang-format off */
const struct pr_contact_field pr_contact_fields[] = {
	PR_CONTACT_FIELDS(PR_CONTACT_ROW)
};
/* clang-format on */
const size_t pr_contact_fields_n = PR_CONTACT_FIELDS_N;

static const char *const channel_names[PR_CHANNELS] = {"email", "sms", "web"};

/* The member of *c that the table's row describes. */
static void *
member(struct pr_contact *c, const struct pr_contact_field *f)
{
	return (char *)c + f->offset;
}

static const void *
member_const(const struct pr_contact *c, const struct pr_contact_field *f)
{
	return (const char *)c + f->offset;
}

const char *
pr_channel_name(enum pr_channel channel)
{
	return channel_names[channel];
}

bool
pr_channel_parse(struct pr_str name, enum pr_channel *channel)
{
	for (int i = 0; i < PR_CHANNELS; i++) {
		if (pr_str_eq_c(name, channel_names[i])) {
			*channel = (enum pr_channel)i;
			return true;
		}
	}
	return false;
}

static void
number_encode(struct pr_buf *b, struct pr_str name, int64_t number)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%lld", (long long)number);

	pr_record_add(b, name, pr_str_n(digits, (size_t)n));
}

static void
field_encode(const struct pr_contact *c, const struct pr_contact_field *f, struct pr_buf *b)
{
	struct pr_str name = pr_str_c(f->name);
	const void *at = member_const(c, f);

	if (f->type == PR_FIELD_TEXT) {
		const struct pr_str *text = at;
		if (text->n > 0)
			pr_record_add(b, name, *text);
	} else if (f->type == PR_FIELD_NUMBER) {
		const int64_t *number = at;
		if (*number != 0 || f->required)
			number_encode(b, name, *number);
	} else {
		const struct pr_list *list = at;
		for (size_t i = 0; i < list->n; i++)
			pr_record_add(b, name, list->v[i]);
	}
}

void
pr_contact_encode(const struct pr_contact *c, enum pr_stage last, struct pr_buf *b)
{
	number_encode(b, PR_STR("version"), PR_CONTACT_VERSION);
	for (size_t i = 0; i < pr_contact_fields_n; i++)
		if (pr_contact_fields[i].stage <= last)
			field_encode(c, &pr_contact_fields[i], b);
}

/*
 * Room for one more value. A list that was grown here has room for the next power of two, so that
 * its length alone tells when it is full: 0, 8, 16, 32 ...
 */
static bool
list_push(struct pr_list *list, struct pr_arena *a, struct pr_str text)
{
	bool full = list->n == 0 || (list->n >= 8 && (list->n & (list->n - 1)) == 0);
	size_t room = list->n ? 2 * list->n : 8;

	if (list->n >= PR_LIST_MAX)
		return false;
	if (full) {
		if (pr_arena_left(a) < (room + 1) * sizeof(*list->v))
			return false;
		struct pr_str *v = pr_arena_array(a, room, sizeof(*v));
		if (list->n > 0)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
	}
	list->v[list->n++] = text;
	return true;
}

static const struct pr_contact_field *
field_by_name(struct pr_str name)
{
	for (size_t i = 0; i < pr_contact_fields_n; i++)
		if (pr_str_eq_c(name, pr_contact_fields[i].name))
			return &pr_contact_fields[i];
	return NULL;
}

static int
refuse(struct pr_err *err, const struct pr_contact_field *f, const char *why)
{
	return pr_fail(err, PR_REJECT, 0, "contact: field '%s' %s", f->name, why);
}

static int
value_decode(const struct pr_contact_field *f, struct pr_str value, bool again, struct pr_arena *a,
	     void *at, struct pr_err *err)
{
	if (again && f->type != PR_FIELD_LIST)
		return refuse(err, f, "is there twice");
	if (f->type == PR_FIELD_NUMBER) {
		if (!pr_str_int(value, -f->max, f->max, at))
			return refuse(err, f, "is no number or out of its range");
		return 0;
	}
	if (value.n > (size_t)f->max)
		return refuse(err, f, "is longer than it may be");
	if (!pr_utf8_ok(value))
		return refuse(err, f, "is no valid UTF-8 without NUL");
	if (f->type == PR_FIELD_TEXT)
		*(struct pr_str *)at = value;
	else if (!list_push(at, a, value))
		return refuse(err, f, "has too many values");
	return 0;
}

static int
version_decode(const char *start, struct pr_str *rest, struct pr_err *err)
{
	struct pr_field field;
	int64_t version;
	int got = pr_record_next(start, rest, &field, err);

	if (got < 0)
		return pr_fail_in(err, "contact");
	if (got == 0 || !pr_str_eq_c(field.name, "version") ||
	    !pr_str_int(field.value, 0, INT32_MAX, &version))
		return pr_fail(err, PR_REJECT, 0, "contact: it does not begin with a version");
	if (version != PR_CONTACT_VERSION)
		return pr_fail(err, PR_REJECT, 0,
			       "contact: version %d is unknown, this postroom reads version %d",
			       (int)version, PR_CONTACT_VERSION);
	return 0;
}

static int
required_check(const struct pr_contact *c, const bool *seen, enum pr_stage last, struct pr_err *err)
{
	for (size_t i = 0; i < pr_contact_fields_n; i++) {
		const struct pr_contact_field *f = &pr_contact_fields[i];
		if (!f->required || f->stage > last)
			continue;
		const struct pr_str *text = member_const(c, f);
		if (!seen[i] || (f->type == PR_FIELD_TEXT && text->n == 0))
			return refuse(err, f, "is required and missing");
	}
	return 0;
}

int
pr_contact_decode(struct pr_str bytes, enum pr_stage last, struct pr_arena *a, struct pr_contact *c,
		  struct pr_err *err)
{
	bool seen[PR_CONTACT_FIELDS_N] = {false};
	struct pr_str rest = bytes;
	struct pr_field field;
	int got;

	*c = (struct pr_contact){0};
	if (version_decode(bytes.p, &rest, err) < 0)
		return -1;
	while ((got = pr_record_next(bytes.p, &rest, &field, err)) > 0) {
		const struct pr_contact_field *f = field_by_name(field.name);
		if (!f)
			return pr_fail(err, PR_REJECT, 0,
				       "contact: field '" PR_S_FMT "' is unknown in version %d",
				       PR_S(field.name), PR_CONTACT_VERSION);
		if (f->stage > last)
			return refuse(err, f, "belongs to a later stage");
		bool *was = &seen[f - pr_contact_fields];
		if (value_decode(f, field.value, *was, a, member(c, f), err) < 0)
			return -1;
		*was = true;
	}
	if (got < 0)
		return pr_fail_in(err, "contact");
	return required_check(c, seen, last, err);
}

/*
 * A copy in the arena: valid UTF-8, at most max bytes, and no more than the arena has left (a
 * stranger's thousand attachments end a list, not the process). No repair shrinks a text, so bytes
 * that are more than one character past max need not be looked at.
 */
static struct pr_str
text_fit(struct pr_arena *a, struct pr_str text, size_t max, bool *whole)
{
	size_t left = pr_arena_left(a);
	size_t room = left > ARENA_SPARE ? left - ARENA_SPARE : 0;
	size_t most = max < room ? max : room;
	struct pr_str head = pr_str_sub(text, 0, most + 4);
	PR_AUTO_BUF struct pr_buf b;

	pr_buf_init(&b, 3 * head.n + 1);
	if (!pr_utf8_ok(head)) {
		pr_utf8_repair(&b, head);
		head = pr_buf_str(&b);
	}
	*whole = text.n <= most + 4 && head.n <= most;
	if (most == 0)
		return PR_STR_NONE;
	return pr_arena_dup(a, pr_utf8_clip(head, most));
}

bool
pr_contact_list_add(struct pr_contact *c, const struct pr_contact_field *f, struct pr_arena *a,
		    struct pr_str text)
{
	struct pr_list *list = member(c, f);
	size_t max = (size_t)f->max;
	size_t need =
	    text.n < max / 3 ? 3 * text.n : max; /* a repair may make three bytes of one */
	bool whole;

	if (f->type != PR_FIELD_LIST)
		pr_bug("contact: '%s' is no list", f->name);
	if (list->n >= PR_LIST_MAX || pr_arena_left(a) < need + ARENA_SPARE)
		return false;
	return list_push(list, a, text_fit(a, text, max, &whole));
}

bool
pr_contact_text_set(struct pr_contact *c, const struct pr_contact_field *f, struct pr_arena *a,
		    struct pr_str text)
{
	struct pr_str *at = member(c, f);
	bool whole;

	if (f->type != PR_FIELD_TEXT)
		pr_bug("contact: '%s' is no text", f->name);
	*at = text_fit(a, text, (size_t)f->max, &whole);
	return whole;
}

struct pr_str
pr_contact_form(const struct pr_contact *c, struct pr_str name)
{
	for (size_t i = 0; i < c->form.n; i++) {
		struct pr_str pair = c->form.v[i];
		if (pair.n > name.n && pair.p[name.n] == '=' && pr_str_starts(pair, name))
			return pr_str_sub(pair, name.n + 1, pair.n);
	}
	return PR_STR_NONE;
}
