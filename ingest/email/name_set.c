/*
 * name_set: names of files that were seen already; a Maildir that may not be changed is remembered
 * this way.
 *
 * A name is kept as the first half of its SHA-256. The file behind it is one hex digest a line,
 * appended and fsynced; a line that a crash cut is passed over, and its message is taken once more,
 * onto the same cid.
 */
#include "ingest/email/mailbox.h"
#include "postroom/cleanup.h"
#include "postroom/digest.h"
#include "postroom/file.h"

#include <errno.h>
#include <fcntl.h>

#define KEY      sizeof(((struct pr_name_set *)NULL)->slots[0])
#define FILE_MAX ((size_t)1 << 30)

static void
key_of(struct pr_str name, unsigned char key[KEY])
{
	unsigned char digest[PR_SHA256_BYTES];

	pr_sha256_of(name, digest);
	memcpy(key, digest, KEY);
}

/* Where the key is or belongs; room is a power of two and never full. */
static size_t
slot_of(unsigned char (*slots)[16], size_t room, const unsigned char key[KEY])
{
	static const unsigned char empty[KEY];
	size_t i;

	memcpy(&i, key, sizeof(i));
	for (i &= room - 1; memcmp(slots[i], empty, KEY) != 0 && memcmp(slots[i], key, KEY) != 0;)
		i = (i + 1) & (room - 1);
	return i;
}

static void
grow(struct pr_name_set *s)
{
	static const unsigned char empty[KEY];
	size_t room = s->room ? s->room * 2 : 256;
	unsigned char(*slots)[16] = pr_calloc(room, KEY);

	for (size_t i = 0; i < s->room; i++)
		if (memcmp(s->slots[i], empty, KEY) != 0)
			memcpy(slots[slot_of(slots, room, s->slots[i])], s->slots[i], KEY);
	free(s->slots);
	s->slots = slots;
	s->room = room;
}

static void
add_key(struct pr_name_set *s, const unsigned char key[KEY])
{
	if (s->n * 2 >= s->room)
		grow(s);
	size_t i = slot_of(s->slots, s->room, key);
	if (memcmp(s->slots[i], key, KEY) != 0) {
		memcpy(s->slots[i], key, KEY);
		s->n++;
	}
}

void
pr_name_set_release(struct pr_name_set *s)
{
	free(s->slots);
	*s = (struct pr_name_set){0};
}

bool
pr_name_set_has(const struct pr_name_set *s, struct pr_str name)
{
	unsigned char key[KEY];

	if (!s->n)
		return false;
	key_of(name, key);
	return memcmp(s->slots[slot_of(s->slots, s->room, key)], key, KEY) == 0;
}

void
pr_name_set_add(struct pr_name_set *s, struct pr_str name)
{
	unsigned char key[KEY];

	key_of(name, key);
	add_key(s, key);
}

int
pr_name_set_append(const char *dir, const char *file, const struct pr_str *names, size_t n,
		   struct pr_err *err)
{
	PR_AUTO_FD int dirfd = pr_dir_open(dir, err);
	PR_AUTO_BUF struct pr_buf text;

	pr_buf_init(&text, n * (2 * KEY + 1) + 2);
	if (dirfd < 0)
		return -1;
	PR_AUTO_FD int fd =
	    openat(dirfd, file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot open '%s/%s'", dir, file);
	/* A line that a crash cut must not run into the next one. */
	pr_buf_add_char(&text, '\n');
	for (size_t i = 0; i < n; i++) {
		unsigned char key[KEY];
		char hex[2 * KEY + 1];
		key_of(names[i], key);
		pr_hex(key, KEY, hex);
		pr_buf_addf(&text, "%s\n", hex);
	}
	if (pr_write_all(fd, text.p, text.n, err) < 0)
		return -1;
	if (fdatasync(fd) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot flush '%s/%s'", dir, file);
	return pr_dir_sync(dirfd, err);
}

int
pr_name_set_load(const char *dir, const char *file, struct pr_name_set *s, struct pr_err *err)
{
	PR_AUTO_FD int dirfd = pr_dir_open(dir, err);
	PR_AUTO_BUF struct pr_buf text;
	struct pr_str rest, line;

	pr_buf_init(&text, FILE_MAX);
	if (dirfd < 0)
		return -1;
	if (pr_file_read(dirfd, file, &text, err) < 0)
		return err->sys == ENOENT ? 0 : -1;
	for (rest = pr_buf_str(&text); pr_str_cut(&rest, '\n', &line);) {
		unsigned char key[KEY];
		if (line.n == 2 * KEY && pr_unhex(line, key, KEY))
			add_key(s, key);
	}
	return 0;
}
