/*
 * listen: the socket under the server.
 */
#ifndef PR_WEB_LISTEN_H
#define PR_WEB_LISTEN_H

#include "postroom/err.h"

#include <stdbool.h>

/* A listening socket, or -1. */
int web_listen(const char *address, struct pr_err *err);
int web_listen_port(int fd);
/* Only this machine can reach it: then whoever calls is a proxy, and one peer stands for many
 * people. */
bool web_listen_is_local(const char *address);

#endif
