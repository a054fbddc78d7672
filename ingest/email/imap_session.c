/*
 * imap_session: the commands, with libetpan's trees built and taken apart here and nowhere else.
 * Its MIME parser is never used.
 */
#include "ingest/email/imap_private.h"

#define KEYWORD "$PostroomDone"

static bool
permits_keyword(const struct mailimap_selection_info *info)
{
	if (!info->sel_perm_flags)
		return false;
	for (clistiter *i = clist_begin(info->sel_perm_flags); i; i = clist_next(i)) {
		const struct mailimap_flag_perm *perm = clist_content(i);
		if (perm->fl_type == MAILIMAP_FLAG_PERM_ALL)
			return true;
		if (perm->fl_flag && perm->fl_flag->fl_type == MAILIMAP_FLAG_KEYWORD &&
		    pr_str_eq_nocase(pr_str_c(perm->fl_flag->fl_data.fl_keyword), PR_STR(KEYWORD)))
			return true;
	}
	return false;
}

int
imap_session_select(struct imap_session *s, bool read_only, struct imap_folder *folder,
		    struct pr_err *err)
{
	imap_deadline_set(s, 0);
	int r = read_only ? mailimap_examine(s->imap, s->conf->folder)
			  : mailimap_select(s->imap, s->conf->folder);
	imap_deadline_clear();
	if (r != MAILIMAP_NO_ERROR)
		return imap_fail(s, r, "opening the folder", err);
	const struct mailimap_selection_info *info = s->imap->imap_selection_info;
	if (!info || info->sel_uidvalidity == 0)
		return pr_fail(err, PR_RETRY, 0,
			       "%s gives no UIDVALIDITY, without which mail cannot be told apart",
			       s->conf->host);
	folder->validity = info->sel_uidvalidity;
	folder->keyword_ok = permits_keyword(info);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
collect_uids(clist *found, struct imap_uids *uids)
{
	size_t n = (size_t)clist_count(found);

	if (n > uids->room) {
		uint32_t *v = reallocarray(uids->v, n, sizeof(*v));
		if (!v)
			pr_out_of_memory();
		uids->v = v;
		uids->room = n;
	}
	uids->n = 0;
	for (clistiter *i = clist_begin(found); i; i = clist_next(i))
		uids->v[uids->n++] = *(const uint32_t *)clist_content(i);
	if (uids->n)
		qsort(uids->v, uids->n, sizeof(*uids->v), by_number);
}

/* libetpan frees what its trees hold, so each text in them must be a copy. */
static char *
copy_of(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		pr_out_of_memory();
	return copy;
}

int
imap_session_search(struct imap_session *s, uint32_t from, bool unmarked, struct imap_uids *uids,
		    struct pr_err *err)
{
	struct mailimap_search_key *key = mailimap_search_key_new_multiple_empty();
	clist *found = NULL;

	if (!key)
		pr_out_of_memory();
	mailimap_search_key_multiple_add(
	    key, mailimap_search_key_new_uid(mailimap_set_new_interval(from, 0)));
	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): the key owns the copy */
	if (unmarked)
		mailimap_search_key_multiple_add(
		    key, mailimap_search_key_new_unkeyword(copy_of(KEYWORD)));
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	imap_deadline_set(s, 0);
	int r = mailimap_uid_search(s->imap, NULL, key, &found);
	imap_deadline_clear();
	mailimap_search_key_free(key);
	if (r != MAILIMAP_NO_ERROR)
		return imap_fail(s, r, "search", err);
	collect_uids(found, uids);
	mailimap_search_result_free(found);
	return 0;
}

static struct mailimap_set *
set_of(const uint32_t *uids, size_t n)
{
	struct mailimap_set *set = mailimap_set_new_empty();

	for (size_t i = 0, last; set && i < n; i = last + 1) {
		for (last = i; last + 1 < n && uids[last + 1] == uids[last] + 1;)
			last++;
		if (mailimap_set_add_interval(set, uids[i], uids[last]) != MAILIMAP_NO_ERROR)
			pr_out_of_memory();
	}
	if (!set)
		pr_out_of_memory();
	return set;
}

/* UID FETCH (UID <att>); the caller frees the list. */
static int
fetch(struct imap_session *s, const uint32_t *uids, size_t n, struct mailimap_fetch_att *att,
      int64_t expect, clist **list, struct pr_err *err)
{
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();
	struct mailimap_set *set = set_of(uids, n);

	if (!type || !att)
		pr_out_of_memory();
	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type, att);
	imap_deadline_set(s, expect);
	int r = mailimap_uid_fetch(s->imap, set, type, list);
	imap_deadline_clear();
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	return r == MAILIMAP_NO_ERROR ? 0 : imap_fail(s, r, "fetching messages", err);
}

struct answer {
	uint32_t uid;
	int64_t size;
	struct pr_str body;
};

static struct answer
answer_of(const struct mailimap_msg_att *att)
{
	struct answer a = {.size = -1};

	for (clistiter *i = clist_begin(att->att_list); i; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);
		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		const struct mailimap_msg_att_static *fact = item->att_data.att_static;
		if (fact->att_type == MAILIMAP_MSG_ATT_UID)
			a.uid = fact->att_data.att_uid;
		else if (fact->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE)
			a.size = fact->att_data.att_rfc822_size;
		else if (fact->att_type == MAILIMAP_MSG_ATT_BODY_SECTION &&
			 fact->att_data.att_body_section)
			a.body = pr_str_n(fact->att_data.att_body_section->sec_body_part,
					  fact->att_data.att_body_section->sec_length);
	}
	return a;
}

int
imap_session_sizes(struct imap_session *s, const uint32_t *uids, size_t n, int64_t *sizes,
		   struct pr_err *err)
{
	clist *list = NULL;

	for (size_t i = 0; i < n; i++)
		sizes[i] = -1;
	if (fetch(s, uids, n, mailimap_fetch_att_new_rfc822_size(), 0, &list, err) < 0)
		return -1;
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		struct answer a = answer_of(clist_content(i));
		const uint32_t *at = bsearch(&a.uid, uids, n, sizeof(*uids), by_number);
		if (at)
			sizes[at - uids] = a.size;
	}
	mailimap_fetch_list_free(list);
	return 0;
}

int
imap_session_bodies(struct imap_session *s, const uint32_t *uids, size_t n, int64_t expect,
		    void (*got)(void *ctx, uint32_t uid, struct pr_str bytes), void *ctx,
		    struct pr_err *err)
{
	struct mailimap_section *whole = mailimap_section_new(NULL);
	clist *list = NULL;

	if (!whole)
		pr_out_of_memory();
	if (fetch(s, uids, n, mailimap_fetch_att_new_body_peek_section(whole), expect, &list, err) <
	    0)
		return -1;
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		struct answer a = answer_of(clist_content(i));
		if (a.body.p && bsearch(&a.uid, uids, n, sizeof(*uids), by_number))
			got(ctx, a.uid, a.body);
	}
	mailimap_fetch_list_free(list);
	return 0;
}

int
imap_session_mark(struct imap_session *s, const uint32_t *uids, size_t n, struct pr_err *err)
{
	struct mailimap_flag_list *flags = mailimap_flag_list_new_empty();
	struct mailimap_set *set = set_of(uids, n);

	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): the list owns the copy */
	if (!flags || mailimap_flag_list_add(flags, mailimap_flag_new_flag_keyword(
							copy_of(KEYWORD))) != MAILIMAP_NO_ERROR)
		pr_out_of_memory();
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	struct mailimap_store_att_flags *store =
	    mailimap_store_att_flags_new_add_flags_silent(flags);
	if (!store)
		pr_out_of_memory();
	imap_deadline_set(s, 0);
	int r = mailimap_uid_store(s->imap, set, store);
	imap_deadline_clear();
	mailimap_store_att_flags_free(store);
	mailimap_set_free(set);
	return r == MAILIMAP_NO_ERROR ? 0 : imap_fail(s, r, "setting " KEYWORD, err);
}

int
imap_session_move(struct imap_session *s, const uint32_t *uids, size_t n, struct pr_err *err)
{
	if (!s->can_move)
		return 1;
	struct mailimap_set *set = set_of(uids, n);
	imap_deadline_set(s, 0);
	int r = mailimap_uid_move(s->imap, set, s->conf->done_folder);
	imap_deadline_clear();
	mailimap_set_free(set);
	if (r == MAILIMAP_ERROR_UID_MOVE || r == MAILIMAP_ERROR_MOVE)
		return 1;
	return r == MAILIMAP_NO_ERROR ? 0 : imap_fail(s, r, "moving messages", err);
}
