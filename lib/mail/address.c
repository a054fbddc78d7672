/*
 * address: the people in a header, and the one check of an address before it may reach an SMTP
 * command.
 */
#include "mail_internal.h"

#define NESTING_MAX 20
#define LOCAL_MAX   64
#define ADDRESS_MAX 254
#define LABEL_MAX   63

/*
 * A copy that a recursive parser can survive: comments nested deeper than NESTING_MAX, group colons
 * and addresses beyond the limits become blanks.
 */
static char *
tamed(struct pr_str value, struct pr_arena *a)
{
	char *p = pr_arena_dup_c(a, value);
	size_t depth = 0, colons = 0, separators = 0;
	bool quoted = false;

	for (size_t i = 0; i < value.n; i++) {
		char ch = p[i];

		if (ch == '\\' && i + 1 < value.n)
			i++;
		else if (ch == '"' && depth == 0)
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (ch == '(' && depth < NESTING_MAX)
			depth++;
		else if (ch == '(')
			p[i] = ' ';
		else if (ch == ')' && depth > 0)
			depth--;
		else if (ch == ':' && ++colons > NESTING_MAX)
			p[i] = ' ';
		else if ((ch == ',' || ch == ';') && ++separators > PR_MAIL_ADDRESSES_MAX) {
			p[i] = '\0';
			break;
		}
	}
	return p;
}

/* The domain in lower case; an address without one is none. */
static bool
address_fill(InternetAddress *ia, struct pr_arena *a, struct pr_mail_address *out)
{
	const char *addr = internet_address_mailbox_get_addr((InternetAddressMailbox *)(void *)ia);
	struct pr_str email = pr_mail_clean_line(addr, a);
	const char *at = email.n ? memrchr(email.p, '@', email.n) : NULL;

	if (!at || at == email.p || at + 1 == email.p + email.n)
		return false;
	char *copy = pr_arena_dup_c(a, email);
	for (size_t i = (size_t)(at - email.p); i < email.n; i++)
		copy[i] =
		    (char)(copy[i] >= 'A' && copy[i] <= 'Z' ? copy[i] + ('a' - 'A') : copy[i]);
	out->email = pr_str_n(copy, email.n);
	out->name = pr_mail_clean_line(internet_address_get_name(ia), a);
	return true;
}

static size_t
addresses_walk(InternetAddressList *list, int depth, struct pr_arena *a,
	       struct pr_mail_address *out, size_t max)
{
	size_t n = 0;
	int length = internet_address_list_length(list);

	for (int i = 0; i < length && n < max; i++) {
		InternetAddress *ia = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(ia)) {
			if (address_fill(ia, a, &out[n]))
				n++;
		} else if (INTERNET_ADDRESS_IS_GROUP(ia) && depth < NESTING_MAX) {
			InternetAddressList *members =
			    internet_address_group_get_members((InternetAddressGroup *)(void *)ia);

			if (members)
				n += addresses_walk(members, depth + 1, a, out + n, max - n);
		}
	}
	return n;
}

size_t
pr_mail_addresses(struct pr_str value, struct pr_arena *a, struct pr_mail_address *out, size_t max)
{
	if (value.n == 0)
		return 0;
	InternetAddressList *list = internet_address_list_parse(pr_mail_options(), tamed(value, a));
	if (!list)
		return 0;
	size_t n = addresses_walk(list, 0, a, out, max);
	g_object_unref(list);
	return n;
}

static bool
is_atext(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	       (ch != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", ch));
}

/* Dot-atom, and no leading '-': some program behind the MTA may take it for an option. */
static bool
local_ok(struct pr_str local)
{
	if (local.n == 0 || local.n > LOCAL_MAX || local.p[0] == '-')
		return false;
	for (size_t i = 0; i < local.n; i++) {
		bool dot = local.p[i] == '.';

		if (dot && (i == 0 || i + 1 == local.n || local.p[i + 1] == '.'))
			return false;
		if (!dot && !is_atext(local.p[i]))
			return false;
	}
	return true;
}

static bool
label_ok(struct pr_str label, bool *digits)
{
	*digits = true;
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++) {
		char ch = label.p[i];

		if ((ch >= 'a' && ch <= 'z') || ch == '-')
			*digits = false;
		else if (ch < '0' || ch > '9')
			return false;
	}
	return true;
}

/* `domain` is in lower case. The last label is never all digits: that would be an address without
 * brackets. */
static bool
domain_ok(struct pr_str domain)
{
	struct pr_str rest = domain, label;
	size_t labels = 0;
	bool digits = false;

	if (domain.n == 0 || domain.p[domain.n - 1] == '.')
		return false;
	while (pr_str_cut(&rest, '.', &label)) {
		if (!label_ok(label, &digits))
			return false;
		labels++;
	}
	return !digits && (labels > 1 || pr_str_eq(domain, PR_STR("localhost")));
}

bool
pr_mail_address_ok(struct pr_str address, char out[256])
{
	const char *at = address.n ? memrchr(address.p, '@', address.n) : NULL;

	if (!at || address.n > ADDRESS_MAX)
		return false;
	size_t local = (size_t)(at - address.p);
	memcpy(out, address.p, address.n);
	out[address.n] = '\0';
	for (size_t i = local; i < address.n; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
	return local_ok(pr_str_n(out, local)) &&
	       domain_ok(pr_str_n(out + local + 1, address.n - local - 1));
}
