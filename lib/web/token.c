/*
 * token: what we gave out and recognise again: one-time tokens with their age, and marks on texts.
 */
#include "postroom/digest.h"
#include "postroom/web.h"

#define TOKEN_PAYLOAD 24 /* 16 random bytes, 8 of time, big-endian */
#define TOKEN_TEXT    32 /* the same in base64url */
#define MAC_TEXT      43

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* base64url without padding; returns how many characters. */
static size_t
b64_encode(const unsigned char *in, size_t n, char *out)
{
	size_t o = 0;
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | in[i]) & 0xffffu;
		for (have += 8; have >= 6; have -= 6)
			out[o++] = alphabet[bits >> (have - 6) & 63u];
	}
	if (have)
		out[o++] = alphabet[bits << (6 - have) & 63u];
	return o;
}

static bool
b64_decode(struct pr_str in, unsigned char *out, size_t n)
{
	size_t o = 0;
	unsigned bits = 0, have = 0;

	for (size_t i = 0; i < in.n; i++) {
		const char *at = in.p[i] ? strchr(alphabet, in.p[i]) : NULL;
		if (!at)
			return false;
		bits = (bits << 6 | (unsigned)(at - alphabet)) & 0xffffu;
		have += 6;
		if (have >= 8) {
			have -= 8;
			if (o < n)
				out[o++] = (unsigned char)(bits >> have & 0xffu);
		}
	}
	return o == n;
}

/* The purpose is a field of its own: a mark made for one is none for another. */
static void
mac(struct pr_str key, struct pr_str purpose, struct pr_str text,
    unsigned char out[PR_SHA256_BYTES])
{
	struct pr_sha256 h;
	unsigned char digest[PR_SHA256_BYTES];

	pr_sha256_init(&h);
	pr_sha256_add_field(&h, purpose);
	pr_sha256_add_field(&h, text);
	pr_sha256_end(&h, digest);
	pr_hmac_sha256(key, pr_str_n(digest, sizeof(digest)), out);
}

void
pr_web_token_make(struct pr_str key, struct pr_str purpose, int64_t now,
		  char out[PR_WEB_TOKEN_BYTES])
{
	unsigned char payload[TOKEN_PAYLOAD], m[PR_SHA256_BYTES];
	size_t n;

	pr_random(payload, 16);
	for (unsigned i = 0; i < 8; i++)
		payload[16 + i] = (unsigned char)((uint64_t)now >> (56 - 8 * i));
	n = b64_encode(payload, sizeof(payload), out);
	mac(key, purpose, pr_str_n(out, n), m);
	out[n++] = '.';
	n += b64_encode(m, sizeof(m), out + n);
	out[n] = '\0';
}

bool
pr_web_token_ok(struct pr_str key, struct pr_str purpose, struct pr_str token, int64_t now,
		int64_t *age_ms)
{
	unsigned char payload[TOKEN_PAYLOAD], m[PR_SHA256_BYTES];
	char want[MAC_TEXT + 1];
	uint64_t made = 0;
	size_t n;

	if (token.n != TOKEN_TEXT + 1 + MAC_TEXT || token.p[TOKEN_TEXT] != '.')
		return false;
	mac(key, purpose, pr_str_sub(token, 0, TOKEN_TEXT), m);
	n = b64_encode(m, sizeof(m), want);
	if (!pr_secret_eq(pr_str_n(want, n), pr_str_sub(token, TOKEN_TEXT + 1, MAC_TEXT)) ||
	    !b64_decode(pr_str_sub(token, 0, TOKEN_TEXT), payload, sizeof(payload)))
		return false;
	for (unsigned i = 0; i < 8; i++)
		made = made << 8 | payload[16 + i];
	*age_ms = now - (int64_t)made;
	return true;
}

void
pr_web_sign(struct pr_str key, struct pr_str purpose, struct pr_str text,
	    char out[PR_WEB_SIGN_BYTES])
{
	unsigned char m[PR_SHA256_BYTES];

	mac(key, purpose, text, m);
	pr_hex(m, (PR_WEB_SIGN_BYTES - 1) / 2, out);
}

bool
pr_web_sign_ok(struct pr_str key, struct pr_str purpose, struct pr_str text, struct pr_str mark)
{
	char want[PR_WEB_SIGN_BYTES];

	pr_web_sign(key, purpose, text, want);
	return pr_secret_eq(pr_str_c(want), mark);
}
