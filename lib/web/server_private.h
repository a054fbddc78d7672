/*
 * server_private: one request on its way, between server.c (libmicrohttpd's callbacks) and
 * request.c (decoding).
 */
#ifndef PR_WEB_SERVER_PRIVATE_H
#define PR_WEB_SERVER_PRIVATE_H

#include "lib/web/multipart.h"

#include <microhttpd.h>

#define WEB_FILES_MAX   3
#define WEB_FIELD_MAX   ((size_t)64 << 10)
#define WEB_HEADERS_MAX 100

struct web_exchange {
	struct pr_web_server *server;
	struct pr_arena arena;
	const char *uri; /* as it came, in the arena */
	const struct pr_web_route *route;
	struct pr_web_request request;
	struct pr_buf body;
	size_t seen;       /* bytes of the body so far */
	size_t held;       /* of them kept in memory */
	int refusal;       /* a status that is the answer already; the body is thrown away */
	const char *allow; /* of a 405 */
	bool begun;
};

/* Method, path, query, headers and peer. 0, or the status to refuse with. */
int web_request_head(struct web_exchange *x, struct MHD_Connection *connection, const char *method);
/* The body to fields and files. 0, or the status to refuse with. */
int web_request_form(struct web_exchange *x);

#endif
