/*
 * gateway_common: what several providers do alike.
 */
#ifndef PR_GATEWAY_COMMON_H
#define PR_GATEWAY_COMMON_H

#include "postroom/gateway.h"

extern const struct pr_gateway gateway_kannel;
extern const struct pr_gateway gateway_webhook;
extern const struct pr_gateway gateway_null;

/* 0, or -1 (PR_REJECT, EACCES): the request does not carry the secret, or there is none to carry.
 */
int gateway_authentic(const struct pr_gateway_conf *conf, const struct pr_gateway_request *request,
		      struct pr_err *err) PR_MUST_CHECK;
/* First value of that name, or PR_STR_NONE; header names without case. */
struct pr_str gateway_query(const struct pr_gateway_request *request, const char *name);
struct pr_str gateway_header(const struct pr_gateway_request *request, const char *name);
/* .../dlr: a delivery report. */
bool gateway_is_report(const struct pr_gateway_request *request);
/* Bytes in that character set ("UTF-8", "UTF-16BE", "8-BIT", …) as valid UTF-8 in the arena; never
 * fails. */
struct pr_str gateway_utf8(struct pr_str bytes, struct pr_str charset, struct pr_arena *a);
/* "2026-11-22T10:15:02Z", "2026-11-22 10:15:02", seconds or milliseconds since 1970; 0 when it is
 * none of them. */
int64_t gateway_time(struct pr_str text);

#endif
