/*
 * identity: the first cut of who wrote. The same e-mail address or E.164 number under the same name
 * is the same citizen, claimed and not verified; anything else is a new one. Households share
 * addresses: a point alone, without the name, is no identity.
 */
#include "dispatch/cases/cases.h"

#include "postroom/phone.h"
#include "postroom/utf8.h"

#define LINK_SCORE 900 /* thousandths: claimed, not verified */

/* U+00C0 to U+017F: Latin-1 and Latin Extended-A, 64 letters a line. */
static const char base_letters[] =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

char
pr_identity_base_letter(uint32_t cp)
{
	if (cp >= 0xc0 && cp < 0xc0 + sizeof(base_letters) - 1 && base_letters[cp - 0xc0] != ' ')
		return base_letters[cp - 0xc0];
	if (cp >= 0x1e80 && cp <= 0x1e85) /* Ẁ to ẅ */
		return 'w';
	return cp == 0x1ef2 || cp == 0x1ef3 ? 'y' : 0; /* Ỳ ỳ */
}

struct pr_str
pr_identity_name_key(struct pr_str name, struct pr_arena *a)
{
	char *key = pr_arena_alloc(a, name.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < name.n;) {
		uint32_t cp;
		size_t bytes = pr_utf8_decode(pr_str_sub(name, i, name.n), &cp);
		if (bytes == 0)
			break;
		bool upper = cp >= 'A' && cp <= 'Z', lower = cp >= 'a' && cp <= 'z';
		char base = pr_identity_base_letter(cp);
		if (upper || lower)
			key[n++] = (char)(upper ? cp + ('a' - 'A') : cp);
		else if (base)
			key[n++] = base;
		else if (cp >= 0x370 &&
			 !(cp >= 0x2000 && cp <= 0x206f)) /* other scripts, but no punctuation */
			for (size_t k = 0; k < bytes; k++)
				key[n++] = name.p[i + k];
		i += bytes;
	}
	return pr_str_n(key, n);
}

static bool
atom_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool
label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

/* Parts of `ok` characters, none empty, divided by single dots; *parts is how many. */
static bool
dotted(struct pr_str s, bool (*ok)(char), size_t max_part, size_t *parts)
{
	size_t run = 0;

	*parts = 1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '.' && !ok(s.p[i]))
			return false;
		if (s.p[i] == '.' && run == 0)
			return false;
		run = s.p[i] == '.' ? 0 : run + 1;
		if (run > max_part)
			return false;
		*parts += s.p[i] == '.';
	}
	return run > 0;
}

bool
pr_identity_email_ok(struct pr_str address)
{
	struct pr_str domain = address, local;
	size_t parts;

	if (address.n > 254 || !pr_str_cut(&domain, '@', &local) || local.n > 64 || domain.n == 0)
		return false;
	if (!dotted(local, atom_char, 64, &parts) || !dotted(domain, label_char, 63, &parts))
		return false;
	return (parts >= 2 || pr_str_eq_nocase(domain, PR_STR("localhost"))) &&
	       domain.p[0] != '-' && domain.p[domain.n - 1] != '-';
}

void
pr_identity_points(struct pr_deed *d)
{
	struct pr_phone phone = pr_phone_parse(d->c->from_phone);

	if (pr_identity_email_ok(d->c->from_email)) {
		char *lower = pr_arena_dup_c(d->a, d->c->from_email);
		for (char *p = lower; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p + ('a' - 'A'));
		d->email = pr_str_n(lower, d->c->from_email.n);
	}
	if (phone.kind == PR_PHONE_E164)
		d->phone = pr_arena_dup(d->a, pr_str_c(phone.text));
}

int
pr_identity_same_sender(struct pr_deed *d, int64_t citizen_id, struct pr_err *err)
{
	int same = 0;

	if (citizen_id == 0)
		return 0;
	if (d->email.n)
		same = pr_store_point_of(d->store, citizen_id, PR_STR("email"), d->email, err);
	if (same == 0 && d->phone.n)
		same = pr_store_point_of(d->store, citizen_id, PR_STR("phone"), d->phone, err);
	return same;
}

/* The citizen by either point; *evidence says by which. 1, 0, -1. */
static int
find(struct pr_deed *d, struct pr_str name_key, int64_t *citizen_id, struct pr_str *evidence,
     struct pr_err *err)
{
	int found = 0;

	*evidence = PR_STR("same e-mail address and name");
	if (d->email.n)
		found = pr_store_citizen_find(d->store, PR_STR("email"), d->email, name_key,
					      citizen_id, err);
	if (found == 0 && d->phone.n) {
		*evidence =
		    name_key.n ? PR_STR("same phone number and name") : PR_STR("same phone number");
		found = pr_store_citizen_find(d->store, PR_STR("phone"), d->phone, name_key,
					      citizen_id, err);
	}
	return found;
}

/* Nobody's profile is built from a canary, an automatic message, an anonymous one or a restricted
 * service. */
static bool
no_profile(const struct pr_deed *d)
{
	return d->c->canary || d->service->restricted || d->k.restricted ||
	       (d->c->automated.n && !pr_deed_is(d->c->automated, "no")) ||
	       (!d->email.n && !d->phone.n && !d->c->from_name.n);
}

int
pr_identity_decide(struct pr_deed *d, int64_t *citizen_id, struct pr_err *err)
{
	struct pr_str evidence, key;
	int found;

	*citizen_id = 0;
	if (no_profile(d))
		return 0;
	key = pr_identity_name_key(d->c->from_name, d->a);
	if ((found = find(d, key, citizen_id, &evidence, err)) < 0)
		return -1;
	if (!found) {
		evidence = PR_STR("first contact under this name and address");
		if (pr_store_citizen_add(d->store, d->c->from_name, key, d->now, citizen_id, err) <
		    0)
			return -1;
	}
	if (d->email.n &&
	    pr_store_point_add(d->store, *citizen_id, PR_STR("email"), d->email, d->now, err) < 0)
		return -1;
	if (d->phone.n &&
	    pr_store_point_add(d->store, *citizen_id, PR_STR("phone"), d->phone, d->now, err) < 0)
		return -1;
	return pr_store_link_add(d->store, d->c->cid, *citizen_id, LINK_SCORE, evidence,
				 PR_STR("postroom"), d->now, err);
}
