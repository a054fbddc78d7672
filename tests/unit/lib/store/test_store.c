/*
 * The store's contract, as one table of cases that run on every driver: SQLite in a temporary
 * folder, and a PostgreSQL that this program starts for itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/store/db.h"
#include "postroom/cleanup.h"
#include "postroom/store.h"
#include "tests/unit/lib/store/pg_server.h"

#define S  PR_STR
#define T0 INT64_C(1795000000000)

struct world {
	struct pr_store *store;
	struct pr_arena arena;
	char url[256];
};

static struct pr_err err;
#define ok(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

static struct pr_store_contact
contact(const char *cid, const char *reference)
{
	return (struct pr_store_contact){.cid = pr_str_c(cid),
					 .reference = pr_str_c(reference),
					 .channel = S("email"),
					 .account = S("inbox"),
					 .kind = S("report"),
					 .lang = S("cy"),
					 .risk = S("none"),
					 .received_at = T0,
					 .recorded_at = T0 + 5,
					 .lgsl = 557,
					 .lgil = 17,
					 .certain = 1,
					 .how = S("opened")};
}
#define CID_A "0123456789abcdef0123456789abcdef"
#define CID_B "f123456789abcdef0123456789abcdef"

static int64_t
put(struct world *w, const char *cid, const char *reference, const char *queue)
{
	struct pr_store_contact c = contact(cid, reference);
	struct pr_store_case k = {.reference = c.reference,
				  .team = S("Highways"),
				  .state = S("open"),
				  .queue = pr_str_c(queue),
				  .why = S("pothole-1"),
				  .opened_at = T0,
				  .lgsl = 557,
				  .lgil = 17,
				  .due_at = T0 + 9};
	bool added;
	int64_t id;

	ok(pr_store_contact_add(w->store, &c, &added, &err));
	assert_true(added);
	ok(pr_store_case_add(w->store, &k, &id, &err));
	ok(pr_store_contact_bind(w->store, c.cid, id, 0, S("opened"), &err));
	return id;
}

static void
contact_once(struct world *w)
{
	struct pr_store_contact c = contact(CID_A, "EXA-1"), got;
	bool added = false;

	ok(pr_store_contact_add(w->store, &c, &added, &err));
	assert_true(added);
	ok(pr_store_contact_add(w->store, &c, &added, &err));
	assert_false(added);
	assert_int_equal(1, pr_store_contact_find(w->store, S("EXA-1"), &w->arena, &got, &err));
	assert_true(pr_str_eq(got.cid, S(CID_A)) && pr_str_eq(got.lang, S("cy")));
	assert_int_equal(T0 + 5, got.recorded_at);
	assert_int_equal(0, got.case_id);
	assert_int_equal(0, pr_store_contact_find(w->store, S("nobody"), &w->arena, &got, &err));
	c.cid = S(CID_B); /* the same reference for another contact is refused, not overwritten */
	assert_int_equal(-1, pr_store_contact_add(w->store, &c, &added, &err));
	assert_int_equal(PR_REJECT, err.fault);
}

static void
present_in_one_query(struct world *w)
{
	struct pr_cid cids[300];
	bool present[300], buried[300];
	struct pr_store_buried b = {S(CID_B), S("sms"), S("gave up"), T0};

	for (size_t i = 0; i < 300; i++)
		snprintf(cids[i].hex, sizeof(cids[i].hex), "%032zx", i);
	memcpy(cids[7].hex, CID_A, 33);
	memcpy(cids[299].hex, CID_B, 33);
	put(w, CID_A, "EXA-1", "team");
	ok(pr_store_buried_add(w->store, &b, &err));
	ok(pr_store_contact_present(w->store, cids, present, buried, 300, &err));
	for (size_t i = 0; i < 300; i++) {
		assert_int_equal(i == 7, present[i]);
		assert_int_equal(i == 299, buried[i]);
	}
}

static void
savepoint_takes_back_one(struct world *w)
{
	struct pr_store_contact a = contact(CID_A, "EXA-1"), b = contact(CID_B, "EXA-1"), got;
	bool added;

	ok(pr_store_begin(w->store, &err));
	ok(pr_store_savepoint(w->store, &err));
	ok(pr_store_contact_add(w->store, &a, &added, &err));
	ok(pr_store_savepoint_release(w->store, &err));
	ok(pr_store_savepoint(w->store, &err));
	assert_int_equal(-1, pr_store_contact_add(w->store, &b, &added, &err));
	pr_store_savepoint_rollback(w->store);
	ok(pr_store_savepoint(w->store, &err));
	ok(pr_store_savepoint_release(w->store, &err));
	ok(pr_store_commit(w->store, &err));
	assert_int_equal(1, pr_store_contact_find(w->store, a.cid, &w->arena, &got, &err));
	assert_int_equal(0, pr_store_contact_find(w->store, b.cid, &w->arena, &got, &err));
}

static void
rollback_leaves_nothing(struct world *w)
{
	struct pr_store_contact got;

	ok(pr_store_begin(w->store, &err));
	put(w, CID_A, "EXA-1", "team");
	ok(pr_store_event_add(w->store, S(CID_A), 0, S("opened"), S("postroom"), S("x"), T0, &err));
	pr_store_rollback(w->store);
	assert_int_equal(0, pr_store_contact_find(w->store, S(CID_A), &w->arena, &got, &err));
	ok(pr_store_verify(w->store, &err));
	assert_int_equal(-1, pr_store_savepoint(w->store, &err)); /* no transaction, no savepoint */
	assert_int_equal(PR_RETRY, err.fault);
}

static void
citizens_by_point_and_name(struct world *w)
{
	int64_t one, two, found;

	ok(pr_store_citizen_add(w->store, S("Ann Jones"), S("annjones"), T0, &one, &err));
	ok(pr_store_point_add(w->store, one, S("email"), S("a@example.org"), T0, &err));
	ok(pr_store_citizen_add(w->store, S("Bob Jones"), S("bobjones"), T0, &two, &err));
	ok(pr_store_point_add(w->store, two, S("email"), S("a@example.org"), T0,
			      &err)); /* a household */
	assert_int_not_equal(one, two);
	assert_int_equal(1, pr_store_citizen_find(w->store, S("email"), S("a@example.org"),
						  S("bobjones"), &found, &err));
	assert_int_equal(two, found);
	assert_int_equal(0, pr_store_citizen_find(w->store, S("phone"), S("a@example.org"),
						  S("bobjones"), &found, &err));
	assert_int_equal(0, pr_store_citizen_find(w->store, S("email"), S("a@example.org"), S(""),
						  &found, &err));
	assert_int_equal(1, pr_store_point_of(w->store, one, S("email"), S("a@example.org"), &err));
	assert_int_equal(0, pr_store_point_of(w->store, one, S("email"), S("b@example.org"), &err));
	put(w, CID_A, "EXA-1", "team");
	ok(pr_store_link_add(w->store, S(CID_A), one, 900, S("same e-mail address and name"),
			     S("postroom"), T0, &err));
	ok(pr_store_link_add(w->store, S(CID_A), one, 900, S("same e-mail address and name"),
			     S("postroom"), T0, &err));
}

static void
cases_and_assignment(struct world *w)
{
	int64_t id = put(w, CID_A, "EXA-1", "triage");
	struct pr_store_case k;

	assert_int_equal(1, pr_store_case_by_reference(w->store, S("EXA-1"), &w->arena, &k, &err));
	assert_int_equal(id, k.id);
	assert_int_equal(T0 + 9, k.due_at);
	assert_int_equal(0, k.closed_at);
	ok(pr_store_case_assign(w->store, id, S("team"), S("Waste"), 524, 17, &err));
	ok(pr_store_case_get(w->store, id, &w->arena, &k, &err));
	assert_true(pr_str_eq(k.team, S("Waste")) && k.lgsl == 524);
	assert_int_equal(
	    -1, pr_store_case_assign(w->store, id + 99, S("team"), S("Waste"), 524, 17, &err));
	assert_int_equal(
	    -1, pr_store_case_assign(w->store, id, S("nowhere"), S("Waste"), 524, 17, &err));
	assert_int_equal(PR_REJECT, err.fault);
}

static void
same_message_twice(struct world *w)
{
	struct pr_store_contact c = contact(CID_B, "EXA-2");
	int64_t id = 0, case_id;
	bool added;

	c.same_key = S("abc");
	ok(pr_store_contact_add(w->store, &c, &added, &err));
	case_id = put(w, CID_A, "EXA-1", "team");
	ok(pr_store_contact_bind(w->store, c.cid, case_id, 0, S("opened"), &err));
	assert_int_equal(1, pr_store_contact_same(w->store, S(CID_A), S("abc"), &id, &err));
	assert_int_equal(case_id, id);
	assert_int_equal(0, pr_store_contact_same(w->store, S(CID_B), S("abc"), &id, &err));
	assert_int_equal(0, pr_store_contact_same(w->store, S(CID_B), S(""), &id, &err));
}

static void
chain_shows_every_change(struct world *w)
{
	static const char *const attacks[] = {
	    "UPDATE event SET kind = 'closed' WHERE seq = 2",
	    "UPDATE event SET payload = 'other words' WHERE seq = 1",
	    "DELETE FROM event WHERE seq = 2",
	    "DELETE FROM event WHERE seq = 3",
	    "UPDATE event_head SET seq = 9 WHERE id = 1",
	};

	for (int i = 0; i < 3; i++)
		ok(pr_store_event_add(w->store, S(CID_A), i, S("opened"), S("postroom"), S("words"),
				      T0 + i, &err));
	ok(pr_store_verify(w->store, &err));
	for (size_t i = 0; i < PR_DB_COUNT(attacks); i++) {
		ok(pr_store_begin(w->store, &err));
		ok(w->store->driver->script(w->store->db, attacks[i], &err));
		if (pr_store_verify(w->store, &err) == 0)
			fail_msg("not seen: %s", attacks[i]);
		assert_int_equal(PR_FATAL, err.fault);
		pr_store_rollback(w->store);
	}
	ok(w->store->driver->script(w->store->db, "UPDATE event SET payload = NULL WHERE seq = 2",
				    &err));
	ok(pr_store_verify(w->store, &err)); /* erased, not broken */
}

static struct pr_store_outbox
letter(const char *kind, const char *lane, const char *message_id)
{
	return (struct pr_store_outbox){.cid = S(CID_A),
					.kind = pr_str_c(kind),
					.lane = pr_str_c(lane),
					.channel = S("email"),
					.address = S("a@example.org"),
					.lang = S("en"),
					.subject = S("s"),
					.body = S("b"),
					.message_id = pr_str_c(message_id),
					.created_at = T0};
}

static void
post(struct world *w)
{
	struct pr_store_outbox ack = letter("acknowledgement", "normal", CID_A ".ack@example.org"),
			       alert = letter("alert", "urgent", CID_A ".alert@example.org");
	bool added;

	put(w, CID_A, "EXA-1", "team");
	ok(pr_store_outbox_add(w->store, &ack, &added, &err));
	assert_true(added);
	ok(pr_store_outbox_add(w->store, &ack, &added, &err));
	assert_false(added);
	ok(pr_store_outbox_add(w->store, &alert, &added, &err));
	assert_true(added);
}

static void
outbox_takes_urgent_first(struct world *w)
{
	struct pr_store_outbox *rows, *more;
	size_t n;

	post(w);
	ok(pr_store_outbox_take(w->store, T0, 1000, 8, &w->arena, &rows, &n, &err));
	assert_int_equal(2, n);
	assert_true(pr_str_eq(rows[0].kind, S("alert")) && rows[0].attempt == 1);
	assert_int_equal(T0 + 1000, rows[0].lease_until);
	assert_int_equal(PR_OUTBOX_SENDING, rows[0].state);
	ok(pr_store_outbox_take(w->store, T0, 1000, 8, &w->arena, &more, &n, &err));
	assert_int_equal(0, n);
}

/* The clock was put back: what was never tried is due all the same, what was deferred waits. */
static void
outbox_needs_no_clock_to_begin(struct world *w)
{
	struct pr_store_outbox *rows;
	bool settled;
	size_t n;

	post(w);
	ok(pr_store_outbox_take(w->store, T0 - 3600000, 1000, 8, &w->arena, &rows, &n, &err));
	assert_int_equal(2, n);
	ok(pr_store_outbox_settle(w->store, &rows[0], PR_OUTBOX_DEFERRED, T0 + 50, S("451"), T0,
				  &settled, &err));
	assert_true(settled);
	ok(pr_store_outbox_take(w->store, T0 + 49, 1000, 8, &w->arena, &rows, &n, &err));
	assert_int_equal(0, n);
}

static void
outbox_settles_once(struct world *w)
{
	struct pr_store_outbox *rows, old, found;
	bool settled;
	size_t n;

	post(w);
	ok(pr_store_outbox_take(w->store, T0, 1000, 8, &w->arena, &rows, &n, &err));
	ok(pr_store_outbox_settle(w->store, &rows[0], PR_OUTBOX_SENT, 0, S("250 ok"), T0, &settled,
				  &err));
	assert_true(settled);
	ok(pr_store_outbox_settle(w->store, &rows[0], PR_OUTBOX_DEAD, 0, S("no"), T0, &settled,
				  &err));
	assert_false(settled);
	ok(pr_store_outbox_settle(w->store, &rows[1], PR_OUTBOX_DEFERRED, T0 + 50, S("451"), T0,
				  &settled, &err));
	old = rows[1];
	ok(pr_store_outbox_take(w->store, T0 + 50, 1000, 8, &w->arena, &rows, &n, &err));
	assert_int_equal(1, n);
	assert_int_equal(2, rows[0].attempt);
	ok(pr_store_outbox_settle(w->store, &old, PR_OUTBOX_SENT, 0, S("late"), T0, &settled,
				  &err));
	assert_false(settled); /* fenced: another attempt holds it */
	ok(pr_store_verify(w->store, &err));
	assert_int_equal(1, pr_store_outbox_by_message_id(w->store, S(CID_A ".ack@example.org"),
							  &w->arena, &found, &err));
	assert_int_equal(0,
			 pr_store_outbox_by_message_id(w->store, S("x"), &w->arena, &found, &err));
}

static void
outbox_doubt_waits_for_a_person(struct world *w)
{
	struct pr_store_outbox *rows;
	struct pr_store_waiting *waiting;
	int64_t expired;
	size_t n;

	post(w);
	ok(pr_store_outbox_take(w->store, T0, 1000, 8, &w->arena, &rows, &n, &err));
	ok(pr_store_outbox_expire(w->store, T0 + 999, &expired, &err));
	assert_int_equal(0, expired);
	ok(pr_store_outbox_expire(w->store, T0 + 1000, &expired, &err));
	assert_int_equal(2, expired);
	ok(pr_store_outbox_take(w->store, T0 + 5000, 1000, 8, &w->arena, &rows, &n, &err));
	assert_int_equal(0, n); /* never repeated on doubt */
	ok(pr_store_waiting(w->store, S("unknown"), 10, &w->arena, &waiting, &n, &err));
	assert_int_equal(2, n);
	ok(pr_store_outbox_resolve(w->store, waiting[0].outbox_id, true, S("ann"), T0, &err));
	ok(pr_store_outbox_resolve(w->store, waiting[1].outbox_id, false, S("ann"), T0, &err));
	assert_int_equal(
	    -1, pr_store_outbox_resolve(w->store, waiting[1].outbox_id, true, S("ann"), T0, &err));
	assert_int_equal(PR_REJECT, err.fault);
	ok(pr_store_outbox_of(w->store, S(CID_A), &w->arena, &rows, &n, &err));
	assert_int_equal(PR_OUTBOX_PENDING, rows[0].state);
	assert_true(pr_str_eq(rows[0].message_id, S(CID_A ".ack.1@example.org")));
	assert_int_equal(PR_OUTBOX_SENT, rows[1].state);
}

static void
outbox_dead_waits_for_a_person(struct world *w)
{
	struct pr_store_outbox *rows;
	struct pr_store_waiting *waiting;
	size_t n;
	bool settled;

	post(w);
	ok(pr_store_outbox_take(w->store, T0, 1000, 8, &w->arena, &rows, &n, &err));
	assert_int_equal(2, n);
	ok(pr_store_outbox_settle(w->store, &rows[0], PR_OUTBOX_DEAD, 0, S("550 5.1.1"), T0,
				  &settled, &err));
	ok(pr_store_outbox_settle(w->store, &rows[1], PR_OUTBOX_DEAD, 0, S("suppressed"), T0,
				  &settled, &err));
	ok(pr_store_waiting(w->store, S("unknown"), 10, &w->arena, &waiting, &n, &err));
	assert_int_equal(1, n); /* the suppressed one is as somebody wished */
	assert_true(pr_str_find(waiting[0].why, S("dead: 550 5.1.1")) != (size_t)-1);
	ok(pr_store_outbox_resolve(w->store, waiting[0].outbox_id, false, S("ann"), T0, &err));
	ok(pr_store_waiting(w->store, S("unknown"), 10, &w->arena, &waiting, &n, &err));
	assert_int_equal(0, n);
	ok(pr_store_outbox_of(w->store, S(CID_A), &w->arena, &rows, &n, &err));
	for (size_t i = 0; i < n; i++) /* settled, but nobody says that it was sent */
		assert_int_equal(PR_OUTBOX_DEAD, rows[i].state);
}

static void
suppression_and_cap(struct world *w)
{
	int64_t n;
	bool yes;

	post(w);
	ok(pr_store_ack_count(w->store, S("a@example.org"), T0, &n, &err));
	assert_int_equal(1, n); /* the alert is none */
	ok(pr_store_ack_count(w->store, S("a@example.org"), T0 + 1, &n, &err));
	assert_int_equal(0, n);
	ok(pr_store_suppress(w->store, S("a@example.org"), S("bounced"), T0, &err));
	ok(pr_store_suppress(w->store, S("a@example.org"), S("stop"), T0, &err));
	ok(pr_store_suppressed(w->store, S("a@example.org"), &yes, &err));
	assert_true(yes);
	ok(pr_store_unsuppress(w->store, S("a@example.org"), &err));
	ok(pr_store_suppressed(w->store, S("a@example.org"), &yes, &err));
	assert_false(yes);
}

static void
staff_see_what_waits(struct world *w)
{
	static const char *const lists[] = {"unreadable", "triage", "risk", "buried", "unknown"};
	struct pr_store_buried b = {S("c123456789abcdef0123456789abcdef"), S("web"), S("gave up"),
				    T0};
	struct pr_store_waiting *rows;
	struct pr_store_counts counts;
	size_t n;
	bool was;

	put(w, "1123456789abcdef0123456789abcdef", "EXA-1", "unreadable");
	put(w, "2123456789abcdef0123456789abcdef", "EXA-2", "triage");
	put(w, "3123456789abcdef0123456789abcdef", "EXA-3", "risk");
	put(w, "4123456789abcdef0123456789abcdef", "EXA-4", "team");
	ok(pr_store_buried_add(w->store, &b, &err));
	for (size_t i = 0; i < PR_DB_COUNT(lists); i++) {
		ok(pr_store_waiting(w->store, pr_str_c(lists[i]), 10, &w->arena, &rows, &n, &err));
		assert_int_equal(i < 4, n);
		if (n)
			assert_true(pr_str_eq_c(rows[0].list, lists[i]) && rows[0].since == T0);
	}
	assert_int_equal(-1,
			 pr_store_waiting(w->store, S("other"), 10, &w->arena, &rows, &n, &err));
	ok(pr_store_count(w->store, &counts, &err));
	assert_int_equal(4, counts.contacts[PR_CHANNEL_EMAIL]);
	assert_int_equal(1, counts.cases[PR_CHANNEL_EMAIL]);
	assert_int_equal(3, counts.staff[PR_CHANNEL_EMAIL]);
	assert_int_equal(1, counts.buried[PR_CHANNEL_WEB]);
	ok(pr_store_buried_remove(w->store, b.cid, &was, &err));
	assert_true(was);
	ok(pr_store_buried_remove(w->store, b.cid, &was, &err));
	assert_false(was);
}

/* A bundle that cannot be read has no channel: it is counted, not forgotten. */
static void
buried_without_a_channel_is_counted(struct world *w)
{
	struct pr_store_buried b = {S(CID_A), S("unknown"), S("cut short"), T0};
	struct pr_store_counts counts;

	ok(pr_store_buried_add(w->store, &b, &err));
	ok(pr_store_count(w->store, &counts, &err));
	assert_int_equal(1, counts.buried[PR_CHANNEL_EMAIL]);
}

static void
canaries_by_channel(struct world *w)
{
	const struct {
		const char *cid, *reference, *channel;
		int64_t at;
		bool canary;
	} rows[] = {{"1123456789abcdef0123456789abcdef", "EXA-1", "email", T0 + 1, true},
		    {"2123456789abcdef0123456789abcdef", "EXA-2", "email", T0 + 3, true},
		    {"3123456789abcdef0123456789abcdef", "EXA-3", "email", T0 + 9, false},
		    {"4123456789abcdef0123456789abcdef", "EXA-4", "web", T0 + 2, true}};
	int64_t last[PR_CHANNELS] = {7, 7, 7};
	bool added;

	ok(pr_store_canaries(w->store, last, &err));
	assert_int_equal(0, last[PR_CHANNEL_EMAIL]);
	for (size_t i = 0; i < PR_DB_COUNT(rows); i++) {
		struct pr_store_contact c = contact(rows[i].cid, rows[i].reference);
		c.channel = pr_str_c(rows[i].channel);
		c.recorded_at = rows[i].at;
		c.canary = rows[i].canary;
		ok(pr_store_contact_add(w->store, &c, &added, &err));
	}
	ok(pr_store_canaries(w->store, last, &err));
	assert_int_equal(T0 + 3, last[PR_CHANNEL_EMAIL]);
	assert_int_equal(0, last[PR_CHANNEL_SMS]);
	assert_int_equal(T0 + 2, last[PR_CHANNEL_WEB]);
}

static void
avoidable_is_kept(struct world *w)
{
	struct pr_store_contact c = contact(CID_A, "EXA-1"), got;
	bool added;

	c.rules_version = S("0123456789abcdef");
	ok(pr_store_contact_add(w->store, &c, &added, &err));
	assert_int_equal(1, pr_store_contact_find(w->store, S(CID_A), &w->arena, &got, &err));
	assert_true(got.avoidable.n == 0 && got.avoidable_by.n == 0);
	ok(pr_store_contact_avoidable(w->store, S(CID_A), S("told_before"), S("rule told"), &err));
	assert_int_equal(1, pr_store_contact_find(w->store, S(CID_A), &w->arena, &got, &err));
	assert_true(pr_str_eq(got.avoidable, S("told_before")));
	assert_true(pr_str_eq(got.avoidable_by, S("rule told")));
	assert_true(pr_str_eq(got.rules_version, S("0123456789abcdef")));
	c = contact(CID_B, "EXA-2");
	c.avoidable = S("wrong_place");
	ok(pr_store_contact_add(w->store, &c, &added, &err));
	assert_int_equal(1, pr_store_contact_find(w->store, S(CID_B), &w->arena, &got, &err));
	assert_true(pr_str_eq(got.avoidable, S("wrong_place")));
}

/* One case of Ann's before the contact that asks (received at T0, service 557). */
static void
earlier_cases(struct world *w)
{
	enum { DAY = 86400000 };
	static const struct {
		int64_t lgsl, received_at, closed_at;
		bool restricted, hers, own, open, closed_lately;
	} rows[] = {
	    {557, T0 - DAY, 0, false, true, false, true, false},
	    {557, T0 - 1, 0, false, true, false, true, false},
	    {557, T0 - 900 * (int64_t)DAY, 0, false, true, false, true, false},
	    {557, T0 - DAY, T0 + 1, false, true, false, true, false}, /* was open when she wrote */
	    {557, T0 - DAY, T0, false, true, false, false, true},
	    {557, T0 - 90 * (int64_t)DAY, T0 - 28 * (int64_t)DAY, false, true, false, false, true},
	    {557, T0 - 90 * (int64_t)DAY, T0 - 28 * (int64_t)DAY - 1, false, true, false, false,
	     false},
	    {557, T0, 0, false, true, false, false, false},       /* not before */
	    {557, T0 + DAY, 0, false, true, false, false, false}, /* out of the backlog first */
	    {557, T0 - DAY, 0, false, true, true, false, false},  /* the contact's own */
	    {524, T0 - DAY, 0, false, true, false, false, false},
	    {557, T0 - DAY, 0, true, true, false, false, false}, /* nobody may learn of it */
	    {557, T0 - DAY, T0 - DAY, true, true, false, false, false},
	    {557, T0 - DAY, 0, false, false, false, false, false}, /* somebody else's */
	};
	struct pr_store_earlier q = {
	    .lgsl = 557, .received_at = T0, .closed_since = T0 - 28 * (int64_t)DAY};
	int64_t bob;
	bool added, open, lately;

	ok(pr_store_citizen_add(w->store, S("Bob"), S("bob"), T0, &bob, &err));
	for (size_t i = 0; i < PR_DB_COUNT(rows); i++) {
		char cid[33], reference[16];
		snprintf(cid, sizeof(cid), "%032zx", i);
		snprintf(reference, sizeof(reference), "EXA-%zu", i);
		ok(pr_store_citizen_add(w->store, S("Ann"), S("ann"), T0, &q.citizen_id, &err));
		struct pr_store_contact c = contact(cid, reference);
		struct pr_store_case k = {.reference = c.reference,
					  .team = S("Highways"),
					  .state = rows[i].closed_at ? S("closed") : S("open"),
					  .queue = S("team"),
					  .why = S("x"),
					  .opened_at = T0 + 77,
					  .closed_at = rows[i].closed_at,
					  .lgsl = rows[i].lgsl,
					  .lgil = 17,
					  .citizen_id = rows[i].hers ? q.citizen_id : bob,
					  .restricted = rows[i].restricted};
		c.received_at = rows[i].received_at;
		ok(pr_store_contact_add(w->store, &c, &added, &err));
		ok(pr_store_case_add(w->store, &k, &k.id, &err));
		q.case_id = rows[i].own ? k.id : 0;
		ok(pr_store_case_earlier(w->store, &q, &open, &lately, &err));
		if (open != rows[i].open || lately != rows[i].closed_lately)
			fail_msg("row %zu: open %d, closed lately %d", i, open, lately);
	}
	q.citizen_id = 0; /* nobody knows who it is */
	open = lately = true;
	ok(pr_store_case_earlier(w->store, &q, &open, &lately, &err));
	assert_false(open || lately);
}

static void
judged_by_staff(struct world *w)
{
	static const struct {
		const char *cid, *how;
		bool canary, assigned, closed, seen;
	} rows[] = {
	    {"1123456789abcdef0123456789abcdef", "opened", false, false, false, true},
	    {"2123456789abcdef0123456789abcdef", "opened", false, true, false, true},
	    {"3123456789abcdef0123456789abcdef", "follow_up", false, false, false, false},
	    {"4123456789abcdef0123456789abcdef", "opened", true, false, false, false},
	    {"a123456789abcdef0123456789abcdef", "opened", false, true, true, true},
	    {"b123456789abcdef0123456789abcdef", "same", false, true, true, false},
	};
	struct pr_store_judged *page;
	struct pr_str after = PR_STR_NONE;
	size_t n, i = 0, seen = 0;
	bool added;

	for (size_t r = 0; r < PR_DB_COUNT(rows); r++) {
		char reference[16];
		snprintf(reference, sizeof(reference), "EXA-%zu", r);
		struct pr_store_contact c = contact(rows[r].cid, reference);
		struct pr_store_case k = {.reference = c.reference,
					  .team = S("Highways"),
					  .state = rows[r].closed ? S("closed") : S("open"),
					  .queue = S("triage"),
					  .why = S("x"),
					  .opened_at = T0,
					  .closed_at = rows[r].closed ? T0 : 0,
					  .lgsl = 557,
					  .lgil = 17};
		c.canary = rows[r].canary;
		c.received_at = T0 + (int64_t)r;
		ok(pr_store_contact_add(w->store, &c, &added, &err));
		ok(pr_store_case_add(w->store, &k, &k.id, &err));
		ok(pr_store_contact_bind(w->store, c.cid, k.id, 0, pr_str_c(rows[r].how), &err));
		ok(pr_store_event_add(w->store, c.cid, k.id, S("opened"), S("postroom"), S("x"), T0,
				      &err));
		for (int twice = 0; rows[r].assigned && twice < 2; twice++) {
			ok(pr_store_case_assign(w->store, k.id, S("team"), S("Waste"), 524, 8,
						&err));
			ok(pr_store_event_add(w->store, c.cid, k.id, S("assigned"), S("ann"),
					      S("to Waste"), T0, &err));
		}
	}
	do { /* pages of two, each once and in order */
		ok(pr_store_judged_walk(w->store, after, 0, 2, &w->arena, &page, &n, &err));
		for (size_t p = 0; p < n; p++, i++, seen++) {
			while (!rows[i].seen)
				i++;
			assert_true(pr_str_eq_c(page[p].cid, rows[i].cid));
			assert_true(pr_str_eq(page[p].how, S("opened")));
			assert_int_equal(T0 + (int64_t)i, page[p].received_at);
			assert_true(page[p].lgsl == 557 && page[p].lgil == 17 && page[p].certain);
			assert_int_equal(rows[i].assigned ? 524 : 557, page[p].case_lgsl);
			assert_int_equal(rows[i].assigned ? 8 : 17, page[p].case_lgil);
			assert_int_equal(rows[i].assigned, page[p].assigned);
			assert_int_equal(rows[i].closed, page[p].closed);
		}
		after = n ? page[n - 1].cid : after;
	} while (n == 2);
	assert_int_equal(3, seen);
	ok(pr_store_judged_walk(w->store, PR_STR_NONE, T0 + 1, 9, &w->arena, &page, &n, &err));
	assert_true(n == 2 && pr_str_eq_c(page[0].cid, rows[1].cid));
}

/* As the first release left it: what is new is added, and the rows are kept. */
static void
older_schema_is_brought_up(struct world *w)
{
	struct pr_store_contact got;

	put(w, CID_A, "EXA-1", "team");
	ok(w->store->driver->script(w->store->db,
				    "DROP INDEX service_case_citizen;"
				    "ALTER TABLE contact DROP COLUMN avoidable;"
				    "ALTER TABLE contact DROP COLUMN avoidable_by;"
				    "DELETE FROM schema_version WHERE version > 1",
				    &err));
	pr_store_close(&w->store);
	assert_null(pr_store_open(w->url, false, &err)); /* a reader does not */
	w->store = pr_store_open(w->url, true, &err);
	if (!w->store)
		fail_msg("%s", err.msg);
	assert_int_equal(1, pr_store_contact_find(w->store, S(CID_A), &w->arena, &got, &err));
	assert_true(got.avoidable.n == 0 && got.case_id != 0);
	ok(pr_store_contact_avoidable(w->store, S(CID_A), S("told_before"), S("rule told"), &err));
}

static void
reader_changes_nothing(struct world *w)
{
	struct pr_store *reader = pr_store_open(w->url, false, &err);
	int64_t version = 0;

	assert_non_null(reader);
	ok(pr_store_schema_version(reader, &version, &err));
	assert_int_equal(pr_migrations_n, version);
	ok(pr_store_verify(reader, &err));
	assert_int_equal(-1, pr_store_suppress(reader, S("a@example.org"), S("x"), T0, &err));
	assert_int_equal(PR_RETRY, err.fault);
	pr_store_close(&reader);
}

static void
newer_schema_is_not_ours(struct world *w)
{
	ok(w->store->driver->script(w->store->db,
				    "INSERT INTO schema_version VALUES (99, 'future', 0)", &err));
	assert_null(pr_store_open(w->url, true, &err));
	assert_int_equal(PR_FATAL, err.fault);
	assert_null(pr_store_open(w->url, false, &err));
	assert_int_equal(PR_FATAL, err.fault);
}

static const struct {
	const char *name;
	void (*run)(struct world *w);
} contract[] = {
    {"one row a contact", contact_once},
    {"who is present, in one query", present_in_one_query},
    {"a savepoint takes back one", savepoint_takes_back_one},
    {"a rollback leaves nothing", rollback_leaves_nothing},
    {"citizens by point and name", citizens_by_point_and_name},
    {"cases and assignment", cases_and_assignment},
    {"the same message twice", same_message_twice},
    {"the chain shows every change", chain_shows_every_change},
    {"urgent first", outbox_takes_urgent_first},
    {"the clock was put back", outbox_needs_no_clock_to_begin},
    {"settled once", outbox_settles_once},
    {"doubt waits for a person", outbox_doubt_waits_for_a_person},
    {"what is dead waits for a person", outbox_dead_waits_for_a_person},
    {"suppression and cap", suppression_and_cap},
    {"staff see what waits", staff_see_what_waits},
    {"buried without a channel is counted", buried_without_a_channel_is_counted},
    {"canaries by channel", canaries_by_channel},
    {"why it was avoidable", avoidable_is_kept},
    {"earlier cases of the same service", earlier_cases},
    {"what staff made of it, page by page", judged_by_staff},
    {"an older schema is brought up", older_schema_is_brought_up},
    {"a reader changes nothing", reader_changes_nothing},
    {"a newer schema is not ours", newer_schema_is_not_ours},
};
#define CASES PR_DB_COUNT(contract)

/* ---- the two worlds ---- */

static struct pg_server pg;
static char folder[] = "/tmp/pr-store-XXXXXX";

struct plan {
	bool pgsql;
	size_t index;
	char name[96];
};

static void
fresh_pgsql(struct world *w)
{
	struct pr_db *db = pr_db_pgsql.open(pg.url, true, &err);

	assert_non_null(db);
	ok(pr_db_pgsql.script(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", &err));
	pr_db_pgsql.close(&db);
	snprintf(w->url, sizeof(w->url), "%s", pg.url);
}

static void
run_case(void **state)
{
	const struct plan *plan = *state;
	struct world w = {0};

	pr_arena_init(&w.arena, (size_t)1 << 20);
	if (plan->pgsql)
		fresh_pgsql(&w);
	else
		snprintf(w.url, sizeof(w.url), "sqlite:%s/%zu.db", folder, plan->index);
	w.store = pr_store_open(w.url, true, &err);
	if (!w.store)
		fail_msg("%s", err.msg);
	contract[plan->index].run(&w);
	pr_store_close(&w.store);
	pr_arena_release(&w.arena);
}

int
main(void)
{
	static struct plan plans[2 * CASES];
	static struct CMUnitTest tests[2 * CASES];
	bool have_pgsql = pg_start(&pg);
	size_t n = have_pgsql ? 2 * CASES : CASES;

	if (!mkdtemp(folder))
		return 1;
	for (size_t i = 0; i < n; i++) {
		plans[i] = (struct plan){.pgsql = i >= CASES, .index = i % CASES};
		snprintf(plans[i].name, sizeof(plans[i].name), "%s: %s",
			 i < CASES ? "sqlite" : "postgresql", contract[i % CASES].name);
		tests[i] = (struct CMUnitTest){
		    .name = plans[i].name, .test_func = run_case, .initial_state = &plans[i]};
	}
	int failures = _cmocka_run_group_tests("store", tests, n, NULL, NULL);
	pg_stop(&pg);
	char *rm[] = {"rm", "-rf", folder, NULL};
	pid_t pid = fork();
	if (pid == 0)
		execvp(rm[0], rm);
	return pg_done(pid) ? failures : failures + 1;
}
