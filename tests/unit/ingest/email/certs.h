/*
 * certs: throw-away certificates for the tests of TLS (gnutls; Ed25519, made in a millisecond).
 */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cert {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

#define CERT_DAY 86400

static void
cert_ok(int r)
{
	if (r < 0) {
		fprintf(stderr, "certs: %s\n", gnutls_strerror(r));
		abort();
	}
}

/* host NULL: an authority. by NULL: signed by itself. Valid from `from` to `to` days from today. */
static void
cert_make(struct cert *c, const char *host, const struct cert *by, int from, int to)
{
	static unsigned char serial;
	time_t now = time(NULL);

	serial++;
	cert_ok(gnutls_x509_privkey_init(&c->key));
	cert_ok(gnutls_x509_privkey_generate(c->key, GNUTLS_PK_ECDSA,
					     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	cert_ok(gnutls_x509_crt_init(&c->crt));
	cert_ok(gnutls_x509_crt_set_version(c->crt, 3));
	cert_ok(gnutls_x509_crt_set_serial(c->crt, &serial, 1));
	cert_ok(gnutls_x509_crt_set_activation_time(c->crt, now + from * CERT_DAY));
	cert_ok(gnutls_x509_crt_set_expiration_time(c->crt, now + to * CERT_DAY));
	cert_ok(gnutls_x509_crt_set_key(c->crt, c->key));
	const char *name = host ? host : "Test Authority";
	cert_ok(gnutls_x509_crt_set_dn_by_oid(c->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					      (unsigned)strlen(name)));
	cert_ok(gnutls_x509_crt_set_basic_constraints(c->crt, host ? 0 : 1, -1));
	if (host) {
		cert_ok(gnutls_x509_crt_set_subject_alt_name(
		    c->crt, GNUTLS_SAN_DNSNAME, host, (unsigned)strlen(host), GNUTLS_FSAN_SET));
		cert_ok(gnutls_x509_crt_set_key_purpose_oid(c->crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
	} else {
		cert_ok(gnutls_x509_crt_set_key_usage(c->crt, GNUTLS_KEY_KEY_CERT_SIGN));
	}
	cert_ok(gnutls_x509_crt_sign2(c->crt, by ? by->crt : c->crt, by ? by->key : c->key,
				      GNUTLS_DIG_SHA256, 0));
}

static void
cert_free(struct cert *c)
{
	gnutls_x509_crt_deinit(c->crt);
	gnutls_x509_privkey_deinit(c->key);
}

static void
cert_write(const struct cert *c, const char *pem, const char *key_pem)
{
	const char *const paths[] = {pem, key_pem};

	for (int i = 0; i < 2 && paths[i]; i++) {
		gnutls_datum_t out;
		FILE *f = fopen(paths[i], "w");
		if (!f)
			abort();
		cert_ok(i ? gnutls_x509_privkey_export2(c->key, GNUTLS_X509_FMT_PEM, &out)
			  : gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &out));
		fwrite(out.data, 1, out.size, f);
		fclose(f);
		gnutls_free(out.data);
	}
}

#endif
