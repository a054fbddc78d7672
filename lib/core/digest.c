/*
 * digest: SHA-256, keyed digests, random bytes and passwords, over libsodium.
 */
#include "postroom/digest.h"

#include "postroom/err.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(struct pr_sha256),
	       "pr_sha256 is too small for libsodium's state");
_Static_assert(_Alignof(crypto_hash_sha256_state) <= _Alignof(struct pr_sha256),
	       "pr_sha256 is aligned too loosely for libsodium's state");
_Static_assert(crypto_hash_sha256_BYTES == PR_SHA256_BYTES, "SHA-256 has 32 bytes");
_Static_assert(crypto_pwhash_STRBYTES == PR_PASSWORD_HASH_BYTES, "an Argon2 string has 128 bytes");

static crypto_hash_sha256_state *
sodium_state(struct pr_sha256 *h)
{
	return (crypto_hash_sha256_state *)(void *)h->state;
}

/* libsodium wants non-null pointers even for no bytes. */
static const unsigned char *
bytes_of(const void *p)
{
	return p ? p : (const unsigned char *)"";
}

/* Picks the random source and the fastest code for this CPU; cheap and harmless when it was done.
 */
static void
sodium_ready(void)
{
	if (sodium_init() < 0)
		pr_bug("libsodium cannot start: no source of random bytes");
}

void
pr_sha256_init(struct pr_sha256 *h)
{
	crypto_hash_sha256_init(sodium_state(h));
}

void
pr_sha256_add(struct pr_sha256 *h, const void *p, size_t n)
{
	crypto_hash_sha256_update(sodium_state(h), bytes_of(p), n);
}

void
pr_sha256_add_field(struct pr_sha256 *h, struct pr_str field)
{
	unsigned char length[8];
	uint64_t n = field.n;

	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)(n >> (56 - 8 * i));
	pr_sha256_add(h, length, sizeof(length));
	pr_sha256_add(h, field.p, field.n);
}

void
pr_sha256_end(struct pr_sha256 *h, unsigned char out[PR_SHA256_BYTES])
{
	crypto_hash_sha256_final(sodium_state(h), out);
}

void
pr_sha256_of(struct pr_str bytes, unsigned char out[PR_SHA256_BYTES])
{
	crypto_hash_sha256(out, bytes_of(bytes.p), bytes.n);
}

void
pr_hmac_sha256(struct pr_str key, struct pr_str bytes, unsigned char out[PR_SHA256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, bytes_of(key.p), key.n);
	crypto_auth_hmacsha256_update(&state, bytes_of(bytes.p), bytes.n);
	crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}

void
pr_hex(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Lower case only: one value has one spelling, so that no flipped bit goes unseen. */
bool
pr_unhex(struct pr_str hex, unsigned char *out, size_t n)
{
	if (hex.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(hex.p[2 * i]);
		int low = hex_value(hex.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
pr_secret_eq(struct pr_str a, struct pr_str b)
{
	if (a.n != b.n)
		return false;
	return sodium_memcmp(bytes_of(a.p), bytes_of(b.p), a.n) == 0;
}

void
pr_random(void *p, size_t n)
{
	sodium_ready();
	randombytes_buf(p, n);
}

void
pr_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

int
pr_password_hash(struct pr_str password, char out[PR_PASSWORD_HASH_BYTES])
{
	sodium_ready();
	return crypto_pwhash_str(out, password.p ? password.p : "", password.n,
				 crypto_pwhash_OPSLIMIT_INTERACTIVE,
				 crypto_pwhash_MEMLIMIT_INTERACTIVE);
}

bool
pr_password_ok(struct pr_str password, const char *hash)
{
	sodium_ready();
	return crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n) == 0;
}
