/* signalfd: a signal is seen between two steps, so no step is ever cut short. */
#include "lib/service/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
pr_signals_open(struct pr_err *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return pr_fail(err, PR_FATAL, errno, "cannot watch for signals");
	return fd;
}

void
pr_signals_read(int fd, bool *stop, bool *reload)
{
	struct signalfd_siginfo info;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			*reload = true;
		else
			*stop = true;
	}
}
