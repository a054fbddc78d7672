/*
 * config_secret: what is secret is read from files that only their owner and group can read, and is
 * kept in memory that is wiped.
 */
#include "config_value.h"

#include "postroom/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { SECRET_MAX = 4096 };

void
pr_secrets_release(struct pr_secret **list)
{
	while (*list) {
		struct pr_secret *s = *list;

		*list = s->next;
		explicit_bzero(s, sizeof(*s) + s->n);
		free(s);
	}
}

static const char *
keep_secret(struct pr_str line, struct pr_secret **list)
{
	struct pr_secret *s = pr_calloc(1, sizeof(*s) + line.n + 1);

	s->n = line.n + 1;
	memcpy(s->bytes, line.p, line.n);
	s->next = *list;
	*list = s;
	return s->bytes;
}

/* The path of the file; NULL when it names a credential that the service manager did not give. */
static const char *
secret_path(struct pr_str name, const struct pr_value_context *ctx)
{
	const char *dir = ctx->dir;

	if (pr_str_starts(name, PR_STR("credential:"))) {
		name = pr_str_sub(name, strlen("credential:"), name.n);
		dir = getenv("CREDENTIALS_DIRECTORY");
		if (!dir || !name.n || memchr(name.p, '/', name.n))
			return NULL;
	} else if (pr_str_starts(name, PR_STR("/"))) {
		return pr_arena_dup_c(ctx->arena, name);
	}
	return pr_arena_printf(ctx->arena, "%s/" PR_S_FMT, dir, PR_S(name)).p;
}

/* What is wrong with the open file, or NULL. */
static const char *
secret_file_fault(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	if (st.st_mode & 0007)
		return "every user of this machine may read or change it; take that away with "
		       "chmod o=";
	return NULL;
}

static const char *
read_secret(int fd, struct pr_secret **list, const char **out)
{
	char bytes[SECRET_MAX + 2];
	struct pr_str rest, line = PR_STR_NONE;
	const char *fault = NULL;
	ssize_t n;

	do
		n = read(fd, bytes, sizeof(bytes));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return strerror(errno);
	rest = pr_str_n(bytes, (size_t)n);
	pr_str_cut(&rest, '\n', &line);
	if (pr_str_ends(line, PR_STR("\r")))
		line.n--;
	if (!line.n)
		fault = "its first line is empty";
	else if (line.n > SECRET_MAX || memchr(line.p, '\0', line.n))
		fault = "its first line is no text of at most 4096 bytes";
	else
		*out = keep_secret(line, list);
	explicit_bzero(bytes, sizeof(bytes));
	return fault;
}

/*
 * The message never repeats the value: people write the secret itself where its file's name
 * belongs.
 */
int
pr_secret_set(const struct pr_option *o, const struct pr_value *v, void *conf,
	      const struct pr_value_context *ctx)
{
	const char *path, *fault;

	if (!v->text.n && o->fallback && !*o->fallback)
		return 0;
	path = v->text.n ? secret_path(v->text, ctx) : NULL;
	PR_AUTO_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd < 0)
		fault = path ? strerror(errno) : "no such credential was passed to this program";
	else
		fault = secret_file_fault(fd);
	if (!fault)
		fault = read_secret(fd, ctx->secrets,
				    (const char **)((unsigned char *)conf + o->offset));
	if (!fault)
		return 0;
	return pr_diag_add(ctx->diag, v->mark,
			   "'%s' names a file whose first line is the secret (or credential:NAME), "
			   "never the secret itself; that file cannot be used: %s",
			   o->name, fault);
}
