/*
 * pages: the five lists of what waits for a person.
 */
#include "console/console.h"

#include "postroom/clock.h"
#include "postroom/reference.h"

#define ROWS_MAX 100 /* of one list; the oldest are shown */

struct pr_str
console_age(int64_t ms, struct pr_arena *a)
{
	static const struct {
		int64_t ms;
		const char *one, *many;
	} units[] = {
	    {86400000, "day", "days"}, {3600000, "hour", "hours"}, {60000, "minute", "minutes"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t n = ms / units[i].ms;
		if (n > 0)
			return pr_arena_printf(a, "%lld %s", (long long)n,
					       n == 1 ? units[i].one : units[i].many);
	}
	return PR_STR("less than a minute");
}

int
console_sorry(struct console *c, const struct session *session, int status, const char *title,
	      const char *words, struct pr_web_reply *reply, struct pr_err *err)
{
	struct pr_page_value v[2 + CONSOLE_COMMON] = {{.name = "title", .text = pr_str_c(title)},
						      {.name = "words", .text = pr_str_c(words)}};

	reply->status = status;
	if (status == 503)
		pr_web_reply_header(reply, "Retry-After", PR_STR("30"));
	return console_render(c, CONSOLE_SORRY, session, v, 2, reply, err);
}

/* What was buried has no row in contact, so its reference is made here. */
static struct pr_str
reference_of(const struct console *c, const struct pr_store_waiting *w, struct pr_arena *a)
{
	char text[PR_REFERENCE_BYTES];
	struct pr_cid cid;

	if (w->reference.n || !*c->council->instance_key || !pr_cid_parse(w->cid, &cid))
		return w->reference.n ? w->reference : w->cid;
	pr_reference_make(pr_str_c(c->council->prefix), pr_str_c(c->council->instance_key), &cid,
			  text);
	return pr_arena_dup(a, pr_str_c(text));
}

static const struct pr_page_value *
waiting_values(const struct console *c, const struct pr_store_waiting *w, struct pr_arena *a)
{
	const struct pr_page_value made[] = {
	    {.name = "cid", .text = w->cid},
	    {.name = "reference", .text = reference_of(c, w, a)},
	    {.name = "age", .text = console_age(pr_now() - w->since, a)},
	    {.name = "channel", .text = w->channel},
	    {.name = "why", .text = w->why},
	    {.name = "outbox_id", .text = pr_arena_printf(a, "%lld", (long long)w->outbox_id)},
	    {0}};
	struct pr_page_value *v = pr_arena_alloc(a, sizeof(made));

	memcpy(v, made, sizeof(made));
	return v;
}

/* Three values for the page: the rows, whether there are any, and how many. */
static int
list_values(struct console *c, const char *list, struct pr_arena *a, struct pr_page_value *v,
	    struct pr_err *err)
{
	struct pr_store_waiting *waiting;
	struct pr_page_row *rows;
	size_t n;

	if (pr_store_waiting(c->store, pr_str_c(list), ROWS_MAX, a, &waiting, &n, err) < 0)
		return -1;
	rows = pr_arena_array(a, n, sizeof(*rows));
	for (size_t i = 0; i < n; i++)
		rows[i].values = waiting_values(c, &waiting[i], a);
	v[0] = (struct pr_page_value){.name = list, .rows = rows, .nrows = n};
	v[1].name = pr_arena_printf(a, "has_%s", list).p;
	v[1].text = n ? PR_STR("yes") : PR_STR_NONE;
	v[2].name = pr_arena_printf(a, "%s_count", list).p;
	v[2].text = pr_arena_printf(a, "%zu%s", n, n == ROWS_MAX ? " or more" : "");
	return 0;
}

/* What an action that came before this page has to say. */
static struct pr_str
done_words(struct pr_str code)
{
	static const struct {
		const char *code, *words;
	} done[] = {{"given", "Given to the team."},
		    {"retry", "It will be tried again within a minute."},
		    {"sent", "Noted that it was sent."},
		    {"again", "It will be sent again."}};

	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++)
		if (pr_str_eq_c(code, done[i].code))
			return pr_str_c(done[i].words);
	return PR_STR_NONE;
}

int
console_lists(struct console *c, const struct session *session, const struct pr_web_request *q,
	      struct pr_web_reply *reply, struct pr_err *err)
{
	static const char *const lists[] = {"risk", "unreadable", "buried", "triage", "unknown"};
	struct pr_page_value v[2 + 15 + CONSOLE_COMMON] = {
	    {.name = "title", .text = PR_STR("Waiting for a person")},
	    {.name = "done", .text = done_words(pr_web_get(q->query, q->nquery, PR_STR("done")))}};
	size_t n = 2;
	int failed = 0;

	pthread_mutex_lock(&c->store_lock);
	for (size_t i = 0; i < 5 && !failed; i++, n += 3)
		failed = list_values(c, lists[i], q->arena, &v[n], err);
	pthread_mutex_unlock(&c->store_lock);
	return failed ? -1 : console_render(c, CONSOLE_LISTS, session, v, n, reply, err);
}
