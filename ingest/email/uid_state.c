/*
 * uid_state: which messages of an IMAP folder were taken, in a file of our own.
 *
 *     postroom-uids 1
 *     validity 1700000000
 *     done 1-512
 *     done 514-514
 *     end 2
 *
 * The receipt (folder, UIDVALIDITY, UID) decides first whether a message is taken. The file is
 * replaced whole and fsynced after the bundles are durable and before the server is told. Losing it
 * is harmless: every message is read again and its bytes (the cid) say that it is known.
 */
#include "ingest/email/mailbox.h"
#include "postroom/cleanup.h"
#include "postroom/file.h"

#include <errno.h>

#define HEAD     "postroom-uids 1"
#define FILE_MAX ((size_t)64 << 20)

void
pr_uid_state_reset(struct pr_uid_state *s, uint32_t validity)
{
	s->validity = validity;
	s->n = 0;
}

void
pr_uid_state_release(struct pr_uid_state *s)
{
	free(s->v);
	*s = (struct pr_uid_state){0};
}

/* The first range that ends at or after uid, or n. */
static size_t
range_at(const struct pr_uid_state *s, uint32_t uid)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->v[mid].last < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
pr_uid_state_has(const struct pr_uid_state *s, uint32_t uid)
{
	size_t i = range_at(s, uid);

	return i < s->n && s->v[i].first <= uid;
}

static void
insert_at(struct pr_uid_state *s, size_t i, struct pr_uid_range range)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct pr_uid_range *v = reallocarray(s->v, room, sizeof(*v));
		if (!v)
			pr_out_of_memory();
		s->v = v;
		s->room = room;
	}
	memmove(&s->v[i + 1], &s->v[i], (s->n - i) * sizeof(*s->v));
	s->v[i] = range;
	s->n++;
}

void
pr_uid_state_add(struct pr_uid_state *s, uint32_t uid)
{
	size_t i = range_at(s, uid);
	bool joins_left = uid > 1 && i > 0 && s->v[i - 1].last == uid - 1;
	bool joins_right = i < s->n && uid < UINT32_MAX && s->v[i].first == uid + 1;

	if (uid == 0 || (i < s->n && s->v[i].first <= uid))
		return;
	if (joins_left && joins_right) {
		s->v[i - 1].last = s->v[i].last;
		s->n--;
		memmove(&s->v[i], &s->v[i + 1], (s->n - i) * sizeof(*s->v));
	} else if (joins_left) {
		s->v[i - 1].last = uid;
	} else if (joins_right) {
		s->v[i].first = uid;
	} else {
		insert_at(s, i, (struct pr_uid_range){uid, uid});
	}
}

void
pr_uid_state_text(const struct pr_uid_state *s, struct pr_buf *out)
{
	pr_buf_addf(out, HEAD "\nvalidity %u\n", s->validity);
	for (size_t i = 0; i < s->n; i++)
		pr_buf_addf(out, "done %u-%u\n", s->v[i].first, s->v[i].last);
	pr_buf_addf(out, "end %zu\n", s->n);
}

/* "<word> <number>" */
static bool
number_after(struct pr_str line, struct pr_str word, int64_t *n)
{
	return pr_str_starts(line, word) &&
	       pr_str_int(pr_str_sub(line, word.n, line.n), 0, UINT32_MAX, n);
}

static bool
parse_range(struct pr_str line, struct pr_uid_state *s)
{
	const struct pr_str word = PR_STR("done ");
	struct pr_str rest = pr_str_sub(line, word.n, line.n), first;
	int64_t a, b;

	if (!pr_str_starts(line, word) || !pr_str_cut(&rest, '-', &first))
		return false;
	if (!pr_str_int(first, 1, UINT32_MAX, &a) || !pr_str_int(rest, a, UINT32_MAX, &b))
		return false;
	if (s->n && s->v[s->n - 1].last >= a - 1) /* they must ascend, and not touch */
		return false;
	insert_at(s, s->n, (struct pr_uid_range){(uint32_t)a, (uint32_t)b});
	return true;
}

static bool
parse_lines(struct pr_str text, struct pr_uid_state *s)
{
	struct pr_str line;
	int64_t n;

	if (!pr_str_ends(text, PR_STR("\n")) || !pr_str_cut(&text, '\n', &line) ||
	    !pr_str_eq_c(line, HEAD))
		return false;
	if (!pr_str_cut(&text, '\n', &line) || !number_after(line, PR_STR("validity "), &n))
		return false;
	s->validity = (uint32_t)n;
	while (pr_str_cut(&text, '\n', &line)) {
		if (number_after(line, PR_STR("end "), &n))
			return n == (int64_t)s->n && text.n == 0;
		if (!parse_range(line, s))
			return false;
	}
	return false;
}

int
pr_uid_state_parse(struct pr_str text, struct pr_uid_state *s, struct pr_err *err)
{
	pr_uid_state_reset(s, 0);
	if (parse_lines(text, s))
		return 0;
	pr_uid_state_reset(s, 0);
	return pr_fail(err, PR_REJECT, 0, "it is damaged or cut short");
}

int
pr_uid_state_load(const char *dir, const char *name, struct pr_uid_state *s, struct pr_err *err)
{
	PR_AUTO_FD int dirfd = pr_dir_open(dir, err);
	PR_AUTO_BUF struct pr_buf text;

	pr_buf_init(&text, FILE_MAX);
	pr_uid_state_reset(s, 0);
	if (dirfd < 0)
		return -1;
	if (pr_file_read(dirfd, name, &text, err) < 0)
		return err->sys == ENOENT ? 0 : -1;
	if (pr_uid_state_parse(pr_buf_str(&text), s, err) < 0)
		return pr_fail_in(err, "state file '%s'", name);
	return 0;
}

int
pr_uid_state_save(const char *dir, const char *name, const struct pr_uid_state *s,
		  struct pr_err *err)
{
	PR_AUTO_FD int dirfd = pr_dir_open(dir, err);
	PR_AUTO_BUF struct pr_buf text;

	pr_buf_init(&text, FILE_MAX);
	if (dirfd < 0)
		return -1;
	pr_uid_state_text(s, &text);
	if (text.failed)
		return pr_fail(err, PR_RETRY, 0,
			       "the state of folder '%s' is too long to be written", name);
	return pr_file_replace(dirfd, name, pr_buf_str(&text), true, err);
}
