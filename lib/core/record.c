/*
 * record: named, length-prefixed fields; see record.h for the format.
 */
#include "postroom/record.h"

#define NAME_MAX_BYTES 64
#define LENGTH_DIGITS  9

static bool
name_byte_ok(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static bool
name_ok(struct pr_str name)
{
	if (name.n == 0 || name.n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!name_byte_ok(name.p[i]))
			return false;
	return true;
}

void
pr_record_add(struct pr_buf *b, struct pr_str name, struct pr_str value)
{
	if (!name_ok(name))
		pr_bug("record: a field name against the grammar");
	if (value.n > 999999999)
		pr_bug("record: field '" PR_S_FMT "' has %zu bytes", PR_S(name), value.n);
	pr_buf_addf(b, PR_S_FMT " %zu\n", PR_S(name), value.n);
	pr_buf_add_str(b, value);
	pr_buf_add_char(b, '\n');
}

/* One spelling for each length: digits only, no leading zero. */
static bool
length_ok(struct pr_str digits, size_t *length)
{
	if (digits.n == 0 || digits.n > LENGTH_DIGITS || (digits.n > 1 && digits.p[0] == '0'))
		return false;
	*length = 0;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		*length = *length * 10 + (size_t)(digits.p[i] - '0');
	}
	return true;
}

/* The header line is short, so a hostile megabyte without a line feed is not searched to its end.
 */
static int
header_take(struct pr_str *rest, struct pr_str *name, size_t *length)
{
	struct pr_str window = pr_str_sub(*rest, 0, NAME_MAX_BYTES + 1 + LENGTH_DIGITS + 1);
	const char *end = memchr(window.p, '\n', window.n);
	const char *space;

	if (!end)
		return -1;
	space = memchr(window.p, ' ', (size_t)(end - window.p));
	if (!space)
		return -1;
	*name = pr_str_n(window.p, (size_t)(space - window.p));
	if (!name_ok(*name) || !length_ok(pr_str_n(space + 1, (size_t)(end - space - 1)), length))
		return -1;
	*rest = pr_str_sub(*rest, (size_t)(end + 1 - rest->p), rest->n);
	return 0;
}

int
pr_record_next(const char *start, struct pr_str *rest, struct pr_field *field, struct pr_err *err)
{
	size_t length;

	if (rest->n == 0)
		return 0;

	size_t offset = (size_t)(rest->p - start);
	if (header_take(rest, &field->name, &length) < 0)
		return pr_fail(err, PR_REJECT, 0, "no record: byte %zu begins no field", offset);
	if (rest->n <= length || rest->p[length] != '\n')
		return pr_fail(err, PR_REJECT, 0,
			       "no record: field '" PR_S_FMT
			       "' at byte %zu does not end where it says",
			       PR_S(field->name), offset);
	field->value = pr_str_n(rest->p, length);
	*rest = pr_str_n(rest->p + length + 1, rest->n - length - 1);
	return 1;
}
