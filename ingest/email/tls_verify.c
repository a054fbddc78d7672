/*
 * tls_verify: is this the server that it claims to be? libetpan's handshake accepts any
 * certificate, so the chain and the host name are checked here, after the handshake and before the
 * first byte of a credential.
 */
#include "ingest/email/mailbox.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#define CHAIN_MAX 16

/* What a verification status means to the person who has to mend it; the first that fits is told.
 */
static const struct {
	unsigned status;
	const char *words;
} meanings[] = {
    {GNUTLS_CERT_UNEXPECTED_OWNER,
     "is for another host; write in 'host' the name that the certificate carries"},
    {GNUTLS_CERT_EXPIRED, "has expired; the server's administrator must renew it"},
    {GNUTLS_CERT_NOT_ACTIVATED, "is not valid yet; check this machine's clock"},
    {GNUTLS_CERT_REVOKED, "was revoked by its authority"},
    {GNUTLS_CERT_SIGNER_NOT_FOUND,
     "is signed by an authority that is not trusted here; name its PEM file in 'ca_file'"},
    /* an authority of the same name with another key */
    {GNUTLS_CERT_SIGNATURE_FAILURE,
     "is signed by an authority that is not trusted here; name its PEM file in 'ca_file'"},
    {GNUTLS_CERT_SIGNER_NOT_CA, "is signed by something that is no authority"},
    {GNUTLS_CERT_INSECURE_ALGORITHM, "uses an algorithm that is not safe any more"},
    {GNUTLS_CERT_PURPOSE_MISMATCH, "is not meant for servers"},
};

static int
status_fail(unsigned status, const char *host, struct pr_err *err)
{
	const char *words = "does not verify";

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (status & meanings[i].status) {
			words = meanings[i].words;
			break;
		}
	return pr_fail(err, PR_RETRY, 0,
		       "the certificate of '%s' %s (status 0x%x); nothing was sent to it", host,
		       words, status);
}

static int
load_trust(gnutls_x509_trust_list_t trust, const char *ca_file, struct pr_err *err)
{
	int n = *ca_file ? gnutls_x509_trust_list_add_trust_file(trust, ca_file, NULL,
								 GNUTLS_X509_FMT_PEM, 0, 0)
			 : gnutls_x509_trust_list_add_system_trust(trust, 0, 0);

	if (n > 0)
		return 0;
	if (*ca_file)
		return pr_fail(err, PR_RETRY, 0,
			       "ca_file '%s' holds no certificate that can be read", ca_file);
	return pr_fail(
	    err, PR_RETRY, 0,
	    "this machine trusts no authority; install ca-certificates or set 'ca_file'");
}

static int
verify_in(gnutls_x509_trust_list_t trust, gnutls_x509_crt_t *crt, unsigned n, const char *host,
	  struct pr_err *err)
{
	char name[256], purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st what[] = {
	    {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)name, 0},
	    {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)purpose, 0},
	};
	unsigned status = 0;

	snprintf(name, sizeof(name), "%s", host);
	int r = gnutls_x509_trust_list_verify_crt2(trust, crt, n, what, 2, 0, &status, NULL);
	if (r < 0)
		return pr_fail(err, PR_RETRY, 0, "the certificate of '%s' cannot be checked: %s",
			       host, gnutls_strerror(r));
	return status ? status_fail(status, host, err) : 0;
}

static int
verify_chain(gnutls_x509_crt_t *crt, unsigned n, const char *host, const char *ca_file,
	     struct pr_err *err)
{
	gnutls_x509_trust_list_t trust;

	if (gnutls_x509_trust_list_init(&trust, 0) < 0)
		pr_out_of_memory();
	int r = load_trust(trust, ca_file, err);
	if (r == 0)
		r = verify_in(trust, crt, n, host, err);
	gnutls_x509_trust_list_deinit(trust, 1);
	return r;
}

int
pr_tls_verify(const struct pr_str *der, size_t n, const char *host, const char *ca_file,
	      struct pr_err *err)
{
	gnutls_x509_crt_t crt[CHAIN_MAX];
	unsigned have = 0;
	int r = 0;

	if (n == 0 || n > CHAIN_MAX)
		return pr_fail(err, PR_RETRY, 0, "'%s' showed %zu certificates instead of 1 to %d",
			       host, n, CHAIN_MAX);
	while (r == 0 && have < n) {
		gnutls_datum_t datum = {(unsigned char *)(uintptr_t)der[have].p,
					(unsigned)der[have].n};
		if (gnutls_x509_crt_init(&crt[have]) < 0)
			pr_out_of_memory();
		if (gnutls_x509_crt_import(crt[have++], &datum, GNUTLS_X509_FMT_DER) < 0)
			r = pr_fail(err, PR_RETRY, 0,
				    "'%s' showed a certificate that cannot be read", host);
	}
	if (r == 0)
		r = verify_chain(crt, have, host, ca_file, err);
	while (have)
		gnutls_x509_crt_deinit(crt[--have]);
	return r;
}
