/*
 * digest: SHA-256, keyed digests and random bytes (libsodium, used nowhere else but lib/core/).
 */
#ifndef POSTROOM_DIGEST_H
#define POSTROOM_DIGEST_H

#include "postroom/str.h"

#define PR_SHA256_BYTES 32

/* An unfinished SHA-256; the size is checked against libsodium's in digest.c. */
struct pr_sha256 {
	_Alignas(16) unsigned char state[112];
};

void pr_sha256_init(struct pr_sha256 *h);
void pr_sha256_add(struct pr_sha256 *h, const void *p, size_t n);
/* A field as part of a key: its length as 8 bytes big-endian, then its bytes, so that fields cannot
 * run together. */
void pr_sha256_add_field(struct pr_sha256 *h, struct pr_str field);
void pr_sha256_end(struct pr_sha256 *h, unsigned char out[PR_SHA256_BYTES]);
void pr_sha256_of(struct pr_str bytes, unsigned char out[PR_SHA256_BYTES]);
/* HMAC-SHA-256 (RFC 2104); the key may have any length. */
void pr_hmac_sha256(struct pr_str key, struct pr_str bytes, unsigned char out[PR_SHA256_BYTES]);

/* Lower-case hex of n bytes, 2n + 1 chars with the NUL. */
void pr_hex(const void *p, size_t n, char *out);
bool pr_unhex(struct pr_str hex, unsigned char *out, size_t n);
/* Constant time; false when the lengths differ. */
bool pr_secret_eq(struct pr_str a, struct pr_str b);
void pr_random(void *p, size_t n);
/* Overwrite a secret; not optimised away. */
void pr_wipe(void *p, size_t n);

/* Argon2id, INTERACTIVE (64 MiB, about 60 ms): a string to keep, and the check against it. */
#define PR_PASSWORD_HASH_BYTES 128
int pr_password_hash(struct pr_str password, char out[PR_PASSWORD_HASH_BYTES]);
bool pr_password_ok(struct pr_str password, const char *hash);

#endif
