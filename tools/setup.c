/* postroom setup: a folder with everything that a first run needs; secrets in files of their own.
 */
#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/embed.h"
#include "postroom/file.h"
#include "postroom/page.h"
#include "postroom/sections.h"
#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

PR_EMBED(setup_yaml, "tools/setup/postroom.yaml");
PR_EMBED(setup_redis, "tools/setup/redis.conf");

enum { PASSWORD_BYTES = 9 };

/* A file that must not be there yet: setup never overwrites. */
static int
write_new(int dir, const char *name, struct pr_str bytes, mode_t mode, struct pr_err *err)
{
	PR_AUTO_FD int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return pr_fail(err, PR_FATAL, errno, "cannot make '%s' (setup overwrites nothing)",
			       name);
	return pr_write_all(fd, bytes.p, bytes.n, err);
}

static int
write_template(int dir, const char *name, struct pr_str source, const struct pr_page_value *values,
	       struct pr_arena *a, struct pr_err *err)
{
	PR_AUTO_BUF struct pr_buf b;
	struct pr_diag diag;
	pr_buf_init(&b, 1 << 20);
	pr_diag_init(&diag, a);
	struct pr_page *page = pr_page_compile(source, name, PR_PAGE_TEXT, NULL, NULL, NULL, &diag);
	if (!page)
		pr_bug("the template of %s does not compile", name);
	int rc = pr_page_render(page, values, &b, err);
	pr_page_free(&page);
	return rc < 0 ? -1 : write_new(dir, name, pr_buf_str(&b), 0640, err);
}

static int
write_random(int dir, const char *name, struct pr_err *err)
{
	unsigned char key[32];
	char hex[2 * sizeof key + 2];
	pr_random(key, sizeof key);
	pr_hex(key, sizeof key, hex);
	memcpy(hex + 2 * sizeof key, "\n", 2);
	int rc = write_new(dir, name, pr_str_n(hex, 2 * sizeof key + 1), 0600, err);
	pr_wipe(key, sizeof key);
	pr_wipe(hex, sizeof hex);
	return rc;
}

static int
write_password(int dir, char password[2 * PASSWORD_BYTES + 1], struct pr_err *err)
{
	unsigned char bytes[PASSWORD_BYTES];
	char hash[PR_PASSWORD_HASH_BYTES + 1];
	pr_random(bytes, sizeof bytes);
	pr_hex(bytes, sizeof bytes, password);
	if (pr_password_hash(pr_str_n(password, 2 * PASSWORD_BYTES), hash) < 0)
		return pr_fail(err, PR_FATAL, 0, "not enough memory to hash a password (64 MiB)");
	size_t n = strlen(hash);
	memcpy(hash + n, "\n", 2);
	return write_new(dir, "secrets/console.hash", pr_str_n(hash, n + 1), 0600, err);
}

static int
make_folders(const char *dir, struct pr_err *err)
{
	static const char *const folders[] = {"spool",    "mail/new", "mail/cur",
					      "mail/tmp", "redis",    "secrets"};
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char path[PATH_MAX];
		if (snprintf(path, sizeof path, "%s/%s", dir, folders[i]) >= (int)sizeof path)
			return pr_fail(err, PR_FATAL, ENAMETOOLONG,
				       "cannot make a folder below '%.100s'", dir);
		if (pr_dir_make(path, err) < 0)
			return -1;
	}
	return 0;
}

/* Rules beside a build's programs, or below the prefix that the programs were installed to. */
static struct pr_str
find_rules(struct pr_arena *a)
{
	static const char *const places[] = {"../../rules", "../share/postroom/rules"};
	struct pr_str found = PR_STR("/usr/share/postroom/rules");
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *bin = NULL;
	if (n > 0) {
		exe[n] = '\0';
		bin = strrchr(exe, '/');
	}
	for (size_t i = 0; bin && i < sizeof places / sizeof places[0]; i++) {
		struct pr_str path =
		    pr_arena_printf(a, "%.*s/%s", (int)(bin - exe), exe, places[i]);
		char *full = realpath(path.p, NULL);
		if (full) {
			found = pr_arena_dup(a, pr_str_c(full));
			free(full);
			break;
		}
	}
	return found;
}

static int
write_example(int dir, struct pr_err *err)
{
	PR_AUTO_FD int fd =
	    openat(dir, "postroom.example.yaml", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	FILE *out = fd < 0 ? NULL : fdopen(dup(fd), "w");
	if (!out)
		return pr_fail(err, PR_FATAL, errno, "cannot make 'postroom.example.yaml'");
	pr_config_example(pr_tool_sections, out);
	return fclose(out) == 0
		   ? 0
		   : pr_fail(err, PR_FATAL, errno, "cannot write 'postroom.example.yaml'");
}

static const char *
environment(const char *name, const char *fallback)
{
	const char *value = getenv(name);
	return value ? value : fallback;
}

static int
setup(const char *path, char password[2 * PASSWORD_BYTES + 1], struct pr_arena *a,
      struct pr_err *err)
{
	if (make_folders(path, err) < 0)
		return -1;
	PR_AUTO_FD int dir = pr_dir_open(path, err);
	if (dir < 0)
		return -1;
	if (fchmodat(dir, "secrets", 0700, 0) < 0)
		return pr_fail(err, PR_FATAL, errno, "cannot protect '%s/secrets'", path);
	char *full = realpath(path, NULL);
	if (!full)
		return pr_fail(err, PR_FATAL, errno, "cannot find '%s'", path);
	struct pr_str where = pr_arena_dup(a, pr_str_c(full));
	free(full);
	/* A Unix socket's path is at most 107 bytes long. */
	struct pr_str near = pr_arena_printf(a, "%s/redis/redis.sock", where.p);
	struct pr_str socket = pr_str_c(environment("POSTROOM_REDIS_SOCKET", near.p));
	const struct pr_page_value values[] = {
	    {.name = "dir", .text = where},
	    {.name = "rules", .text = find_rules(a)},
	    {.name = "socket", .text = socket},
	    {.name = "web_port", .text = pr_str_c(environment("POSTROOM_WEB_PORT", "8080"))},
	    {.name = "sms_port", .text = pr_str_c(environment("POSTROOM_SMS_PORT", "8081"))},
	    {.name = "console_port",
	     .text = pr_str_c(environment("POSTROOM_CONSOLE_PORT", "8090"))},
	    {.name = "smtp_port", .text = pr_str_c(environment("POSTROOM_SMTP_PORT", "25"))},
	    {.name = "gateway_port", .text = pr_str_c(environment("POSTROOM_GATEWAY_PORT", ""))},
	    {.name = NULL}};
	if (write_template(dir, "postroom.yaml", PR_EMBEDDED(setup_yaml), values, a, err) < 0 ||
	    write_template(dir, "redis.conf", PR_EMBEDDED(setup_redis), values, a, err) < 0 ||
	    write_random(dir, "secrets/instance.key", err) < 0 ||
	    write_random(dir, "secrets/sms.secret", err) < 0 ||
	    write_password(dir, password, err) < 0)
		return -1;
	return write_example(dir, err);
}

int
pr_tool_setup(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "postroom";
	if (argc == 2 && strcmp(path, "--example") == 0) {
		pr_config_example(pr_tool_sections, stdout);
		return PR_EXIT_OK;
	}
	if (argc > 2 || path[0] == '-') {
		fprintf(stderr, "usage: postroom setup [DIR | --example]\n");
		return PR_EXIT_CONFIG;
	}
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_err err = {0};
	char password[2 * PASSWORD_BYTES + 1];
	pr_arena_init(&a, 1 << 20);
	if (setup(path, password, &a, &err) < 0)
		return pr_tool_failed(&err);
	printf("Made %s with postroom.yaml, redis.conf and secrets/.\n"
	       "Staff page: user 'staff', password '%s' (kept nowhere but as a hash).\n"
	       "Next: edit %s/postroom.yaml, then `postroom check -c %s/postroom.yaml`.\n",
	       path, password, path, path);
	return PR_EXIT_OK;
}
