/*
 * cid: a contact's id, derived from what it is; see cid.h.
 */
#include "postroom/cid.h"

#include "postroom/digest.h"

static struct pr_cid
cid_end(struct pr_sha256 *h)
{
	unsigned char digest[PR_SHA256_BYTES];
	struct pr_cid cid = {""};

	pr_sha256_end(h, digest);
	pr_hex(digest, PR_CID_LENGTH / 2, cid.hex);
	return cid;
}

static void
cid_begin(struct pr_sha256 *h, struct pr_str kind, struct pr_str account)
{
	pr_sha256_init(h);
	pr_sha256_add_field(h, kind);
	pr_sha256_add_field(h, account);
}

struct pr_cid
pr_cid_email(struct pr_str account, struct pr_str raw)
{
	struct pr_sha256 h;

	cid_begin(&h, PR_STR("email"), account);
	pr_sha256_add_field(&h, raw);
	return cid_end(&h);
}

struct pr_cid
pr_cid_sms(struct pr_str account, struct pr_str provider_id, struct pr_str text)
{
	struct pr_sha256 h;

	cid_begin(&h, PR_STR("sms"), account);
	pr_sha256_add_field(&h, provider_id);
	pr_sha256_add_field(&h, text);
	return cid_end(&h);
}

struct pr_cid
pr_cid_web(struct pr_str account, struct pr_str token, const struct pr_field *fields,
	   size_t nfields, const struct pr_field *files, size_t nfiles)
{
	struct pr_sha256 h;
	char count[24];
	unsigned char digest[PR_SHA256_BYTES];

	cid_begin(&h, PR_STR("web"), account);
	pr_sha256_add_field(&h, token);
	/* how many fields, so that a field cannot pass for a file */
	snprintf(count, sizeof(count), "%zu", nfields);
	pr_sha256_add_field(&h, pr_str_c(count));
	for (size_t i = 0; i < nfields; i++) {
		pr_sha256_add_field(&h, fields[i].name);
		pr_sha256_add_field(&h, fields[i].value);
	}
	for (size_t i = 0; i < nfiles; i++) {
		pr_sha256_of(files[i].value, digest);
		pr_sha256_add_field(&h, files[i].name);
		pr_sha256_add_field(&h, pr_str_n(digest, sizeof(digest)));
	}
	return cid_end(&h);
}

bool
pr_cid_parse(struct pr_str text, struct pr_cid *cid)
{
	unsigned char bytes[PR_CID_LENGTH / 2];

	if (!pr_unhex(text, bytes, sizeof(bytes)))
		return false;
	memcpy(cid->hex, text.p, PR_CID_LENGTH);
	cid->hex[PR_CID_LENGTH] = '\0';
	return true;
}
