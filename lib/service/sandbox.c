/*
 * The sandbox's limits and its seccomp filter, two tables.
 *
 * Whatever is not in the list kills the child: its message then becomes a contact that a person
 * reads. Files may be opened for reading because iconv loads its modules when a charset first
 * appears.
 */
#include "lib/service/sandbox.h"

#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct rule {
	int syscall;
	unsigned argument; /* which one is looked at; ANY: none */
	uint64_t mask, value;
};
enum { ANY = 99 };

/* A file opened with any of these could be written or made. */
#define WRITES ((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY)))

static const struct rule allowed[] = {
    {SCMP_SYS(read), ANY, 0, 0},
    {SCMP_SYS(readv), ANY, 0, 0},
    {SCMP_SYS(pread64), ANY, 0, 0},
    {SCMP_SYS(write), ANY, 0, 0},
    {SCMP_SYS(writev), ANY, 0, 0},
    {SCMP_SYS(close), ANY, 0, 0},
    {SCMP_SYS(lseek), ANY, 0, 0},
    {SCMP_SYS(fstat), ANY, 0, 0},
    {SCMP_SYS(stat), ANY, 0, 0},
    {SCMP_SYS(newfstatat), ANY, 0, 0},
    {SCMP_SYS(statx), ANY, 0, 0},
    {SCMP_SYS(access), ANY, 0, 0},
    {SCMP_SYS(openat), 2, WRITES, 0},
    {SCMP_SYS(open), 1, WRITES, 0},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD},
    {SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD},
    {SCMP_SYS(mmap), ANY, 0, 0},
    {SCMP_SYS(munmap), ANY, 0, 0},
    {SCMP_SYS(mremap), ANY, 0, 0},
    {SCMP_SYS(mprotect), ANY, 0, 0},
    {SCMP_SYS(madvise), ANY, 0, 0},
    {SCMP_SYS(brk), ANY, 0, 0},
    {SCMP_SYS(futex), ANY, 0, 0},
    {SCMP_SYS(sched_yield), ANY, 0, 0},
    {SCMP_SYS(rt_sigaction), ANY, 0, 0},
    {SCMP_SYS(rt_sigprocmask), ANY, 0, 0},
    {SCMP_SYS(rt_sigreturn), ANY, 0, 0},
    {SCMP_SYS(sigaltstack), ANY, 0, 0},
    {SCMP_SYS(getrandom), ANY, 0, 0},
    {SCMP_SYS(clock_gettime), ANY, 0, 0},
    {SCMP_SYS(gettimeofday), ANY, 0, 0},
    {SCMP_SYS(getpid), ANY, 0, 0},
    {SCMP_SYS(gettid), ANY, 0, 0},
    {SCMP_SYS(prlimit64), 2, UINT64_MAX, 0}, /* asked, not set */
    {SCMP_SYS(exit), ANY, 0, 0},
    {SCMP_SYS(exit_group), ANY, 0, 0},
};

/*
 * Under the sanitizers, whose runtime calls what it likes (and forks to name the lines of a
 * report), the list is the other way round: what a hostile child would want fails with EPERM, the
 * rest is allowed.
 */
static const struct rule denied[] = {
    {SCMP_SYS(socket), ANY, 0, 0},
    {SCMP_SYS(socketpair), ANY, 0, 0},
    {SCMP_SYS(connect), ANY, 0, 0},
    {SCMP_SYS(sendto), ANY, 0, 0},
    {SCMP_SYS(sendmsg), ANY, 0, 0},
    {SCMP_SYS(execve), ANY, 0, 0},
    {SCMP_SYS(execveat), ANY, 0, 0},
    {SCMP_SYS(kill), ANY, 0, 0},
    {SCMP_SYS(tkill), ANY, 0, 0},
    {SCMP_SYS(ptrace), ANY, 0, 0},
    {SCMP_SYS(fork), ANY, 0, 0},
    {SCMP_SYS(vfork), ANY, 0, 0},
    {SCMP_SYS(clone), 0, CLONE_VM, 0},
    {SCMP_SYS(openat), 2, O_ACCMODE, O_WRONLY},
    {SCMP_SYS(openat), 2, O_ACCMODE, O_RDWR},
    {SCMP_SYS(open), 1, O_ACCMODE, O_WRONLY},
    {SCMP_SYS(open), 1, O_ACCMODE, O_RDWR},
};

static int
add_rules(scmp_filter_ctx filter, uint32_t action, const struct rule *rules, size_t n)
{
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct scmp_arg_cmp looks = {rules[i].argument, SCMP_CMP_MASKED_EQ, rules[i].mask,
					     rules[i].value};
		rc = seccomp_rule_add_array(filter, action, rules[i].syscall,
					    rules[i].argument == ANY ? 0 : 1, &looks);
	}
	return rc;
}

/* The filter as the kernel wants it. libseccomp 2.5 exports to a file only. */
static int
compile(scmp_filter_ctx filter, struct sock_fprog *out, struct pr_err *err)
{
	PR_AUTO_FD int fd = memfd_create("filter", MFD_CLOEXEC);
	int rc = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	if (rc < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return pr_fail(err, PR_FATAL, rc < 0 ? -rc : errno,
			       "cannot compile the sandbox's filter");
	struct pr_buf code;
	pr_buf_init(&code, sizeof(struct sock_filter) * BPF_MAXINSNS);
	if (pr_read_all(fd, &code, err) < 0) {
		pr_buf_release(&code);
		return -1;
	}
	out->len = (unsigned short)(code.n / sizeof(struct sock_filter));
	size_t n;
	out->filter = (struct sock_filter *)(void *)pr_buf_take(&code, &n);
	return 0;
}

static int
make_filter(struct sock_fprog *out, struct pr_err *err)
{
	const struct rule *rules = PR_SANITIZED ? denied : allowed;
	size_t n =
	    PR_SANITIZED ? sizeof(denied) / sizeof(*denied) : sizeof(allowed) / sizeof(*allowed);
	scmp_filter_ctx filter =
	    seccomp_init(PR_SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return pr_fail(err, PR_FATAL, ENOMEM, "cannot make the sandbox's filter");
	int rc = add_rules(filter, PR_SANITIZED ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW, rules, n);
	if (rc < 0)
		pr_fail(err, PR_FATAL, -rc, "cannot make the sandbox's filter");
	else
		rc = compile(filter, out, err);
	seccomp_release(filter);
	return rc < 0 ? -1 : 0;
}

static uint64_t
address_space(void)
{
	PR_AUTO_BUF struct pr_buf text;
	struct pr_str rest, first;
	int64_t pages = 0;
	pr_buf_init(&text, 4096);
	if (pr_file_read(AT_FDCWD, "/proc/self/statm", &text, NULL) == 0) {
		rest = pr_buf_str(&text);
		if (!pr_str_cut(&rest, ' ', &first) || !pr_str_int(first, 0, INT32_MAX, &pages))
			pages = 0;
	}
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

int
pr_sandbox_prepare(struct pr_sandbox *s, struct pr_err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return pr_fail(err, PR_FATAL, errno, "cannot give up privileges for good");
	if (make_filter(&s->filter, err) < 0)
		return -1;
	s->memory_before = address_space();
	return 0;
}

int
pr_sandbox_enter(const struct pr_sandbox *s, int cpu_seconds, int64_t memory)
{
	const rlim_t cpu = (rlim_t)cpu_seconds, space = s->memory_before + (rlim_t)memory;
	/* The sanitizers' shadow takes terabytes of address space. */
	const bool bounded = memory > 0 && !PR_SANITIZED;
	const struct {
		__rlimit_resource_t what;
		struct rlimit limit;
	} limits[] = {
	    {RLIMIT_CPU, {cpu, cpu + 1}},
	    {RLIMIT_AS, {bounded ? space : RLIM_INFINITY, bounded ? space : RLIM_INFINITY}},
	    {RLIMIT_STACK, {8 << 20, 8 << 20}},
	    {RLIMIT_NOFILE, {16, 16}},
	    {RLIMIT_NPROC, {0, 0}},
	    {RLIMIT_FSIZE, {0, 0}},
	    {RLIMIT_CORE, {0, 0}},
	};
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		if (setrlimit(limits[i].what, &limits[i].limit) < 0)
			return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &s->filter, 0, 0);
}
