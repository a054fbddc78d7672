/*
 * signals: TERM, INT and HUP as something to be read, never as something that interrupts.
 */
#ifndef LIB_SERVICE_SIGNALS_H
#define LIB_SERVICE_SIGNALS_H

#include "postroom/err.h"

#include <stdbool.h>

/* Blocks them for this thread and those it makes later; a descriptor to poll, or -1. */
int pr_signals_open(struct pr_err *err) PR_MUST_CHECK;
/* Takes what has come; sets what was seen, leaves the other as it is. Never waits. */
void pr_signals_read(int fd, bool *stop, bool *reload);

#endif
