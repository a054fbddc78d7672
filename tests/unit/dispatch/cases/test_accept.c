/*
 * The one transaction: which case, which queue, who, and what is acknowledged, over a real store
 * (SQLite in memory) and the templates of rules/templates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dispatch/cases/cases.h"
#include "lib/store/db.h"

#define S    PR_STR
#define T0   INT64_C(1794999000000) /* Wednesday 18 November 2026 */
#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct pr_err err;
static struct pr_arena setup_arena, arena;
static struct pr_council_conf council;
static struct pr_case_policy policy;
static struct pr_store *store;
static unsigned serial;

#define ok(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
#define ENTRY(l, i, en, cy, by, days, secret, how)                                                 \
	{                                                                                          \
		.lgsl = (l), .lgil = (i), .name_en = TEXT(en), .name_cy = TEXT(cy),                \
		.team = TEXT(by), .target_days = (days),                                           \
		.target_calendar = PR_TARGET_WORKING_DAYS, .restricted = (secret),                 \
		.acknowledge = TEXT(how)                                                           \
	}
static struct pr_catalogue_entry entries[] = {
    ENTRY(0, 0, "Triage", "Brysbennu", "Customer services", 1, false, "normal"),
    ENTRY(177, 17, "Domestic abuse", "Cam-drin domestig", "Safeguarding", 1, true, "neutral"),
    ENTRY(500, 17, "Silent service", "Gwasanaeth", "Quiet", 1, false, "none"),
    ENTRY(557, 17, "Pothole or road surface", "Twll yn y ffordd", "Highways", 5, false, "normal"),
};
static struct pr_catalogue catalogue = {entries, N(entries), &entries[0]};

static int
load(void **state)
{
	const char *top = getenv("POSTROOM_SOURCE");
	struct pr_calendar *calendar;
	struct pr_diag diag;

	(void)state;
	pr_arena_init(&setup_arena, (size_t)4 << 20);
	pr_arena_init(&arena, (size_t)4 << 20);
	pr_diag_init(&diag, &setup_arena);
	const char *rules = pr_arena_printf(&setup_arena, "%s/rules", top ? top : ".").p;
	ok(pr_calendar_load(
	    pr_arena_printf(&setup_arena, "%s/calendars/bank-holidays.csv", rules).p,
	    S("england-and-wales"), &setup_arena, &calendar, &err));
	policy = (struct pr_case_policy){&council, &catalogue, calendar, NULL, 5};
	policy.templates =
	    pr_ack_templates_load(pr_arena_printf(&setup_arena, "%s/templates", rules).p, &diag);
	pr_diag_print(&diag, stderr);
	return policy.templates ? 0 : -1;
}

static int
unload(void **state)
{
	(void)state;
	pr_ack_templates_free(&policy.templates);
	pr_arena_release(&arena);
	pr_arena_release(&setup_arena);
	return 0;
}

static int
fresh(void **state)
{
	(void)state;
	council = (struct pr_council_conf){.name = "Example Borough Council",
					   .name_cy = "Cyngor Enghraifft",
					   .prefix = "EXA",
					   .instance_key = "a key",
					   .phone = "01632 960000",
					   .web = "https://example.org/",
					   .email = "post@council.example.org",
					   .duty_email = "duty@council.example.org",
					   .out_of_hours = "01632 960999",
					   .targets_confirmed_by = "",
					   .targets_confirmed_on = ""};
	serial = 0;
	pr_arena_reset(&arena);
	store = pr_store_open("sqlite::memory:", true, &err);
	if (!store)
		fail_msg("%s", err.msg);
	return 0;
}

static int
gone(void **state)
{
	(void)state;
	ok(pr_store_verify(store, &err));
	pr_store_close(&store);
	return 0;
}

/* A certain pothole by e-mail from Ann. */
static struct pr_contact
mail(void)
{
	return (struct pr_contact){.cid = pr_arena_printf(&arena, "%032x", ++serial),
				   .channel = S("email"),
				   .account = S("inbox"),
				   .received_at = T0,
				   .from_email = S("ann@example.org"),
				   .from_name = S("Ann Jones"),
				   .subject = S("SECRETWORD pothole"),
				   .text = S("SECRETWORD there is a pothole"),
				   .automated = S("no"),
				   .ack_allowed = S("yes"),
				   .lgsl = 557,
				   .lgil = 17,
				   .certain = 1,
				   .kind = S("report"),
				   .lang = S("en"),
				   .risk = S("none"),
				   .ack = S("normal"),
				   .message_id =
				       pr_arena_printf(&arena, "m%u@example.org", serial)};
}

static struct pr_contact
text_message(void)
{
	struct pr_contact c = mail();

	c.channel = S("sms");
	c.from_email = c.from_name = c.message_id = c.ack_allowed = PR_STR_NONE;
	c.from_phone = S("+447700900123");
	return c;
}

static struct pr_case_outcome
accept(const struct pr_contact *c)
{
	struct pr_case_outcome out;

	ok(pr_store_begin(store, &err));
	ok(pr_case_accept(store, &policy, c, T0 + 1000, &arena, &out, &err));
	ok(pr_store_commit(store, &err));
	return out;
}

static struct pr_store_case
case_of(const struct pr_case_outcome *out)
{
	struct pr_store_case k;

	ok(pr_store_case_get(store, out->case_id, &arena, &k, &err));
	return k;
}

static struct pr_store_outbox *
letters(const struct pr_contact *c, size_t expect)
{
	struct pr_store_outbox *rows;
	size_t n;

	ok(pr_store_outbox_of(store, c->cid, &arena, &rows, &n, &err));
	assert_int_equal(expect, n);
	return rows;
}

static bool
has(struct pr_str text, const char *words)
{
	return pr_str_find(text, pr_str_c(words)) != (size_t)-1;
}

static void
a_case_and_a_receipt(void **state)
{
	struct pr_contact c = mail();
	struct pr_case_outcome out = accept(&c);
	struct pr_store_case k = case_of(&out);
	struct pr_store_outbox *o = letters(&c, 1);

	(void)state;
	assert_false(out.known || out.follow_up);
	assert_string_equal("team", out.queue);
	assert_string_equal("sent by e-mail", out.ack);
	assert_true(pr_str_eq(k.team, S("Highways")) && k.citizen_id != 0);
	assert_true(k.due_at > T0 && !k.due_confirmed);
	assert_true(pr_str_eq(
	    o->message_id,
	    pr_arena_printf(&arena, PR_S_FMT ".acknowledgement@council.example.org", PR_S(c.cid))));
	assert_true(pr_str_eq(o->in_reply_to, c.message_id) &&
		    pr_str_eq(o->address, S("ann@example.org")));
	assert_true(has(o->subject, out.reference) && has(o->subject, "["));
	assert_true(has(o->body, out.reference) && has(o->body, "Pothole or road surface"));
	assert_false(has(o->body, "SECRETWORD") || has(o->subject, "SECRETWORD") ||
		     has(o->body, "Ann"));
	assert_false(has(o->body, "November")); /* nobody confirmed the targets */
}

static void
once_only(void **state)
{
	struct pr_contact c = mail();
	struct pr_case_outcome one = accept(&c), two = accept(&c);
	struct pr_store_counts counts;

	(void)state;
	assert_true(!one.known && two.known);
	letters(&c, 1);
	ok(pr_store_count(store, &counts, &err));
	assert_int_equal(1, counts.contacts[PR_CHANNEL_EMAIL]);
	assert_int_equal(1, counts.cases[PR_CHANNEL_EMAIL]);
}

static void
a_date_when_it_is_confirmed(void **state)
{
	struct pr_contact c = mail(), w = mail();
	struct pr_case_outcome out;

	(void)state;
	council.targets_confirmed_by = "Head of Service";
	out = accept(&c);
	assert_true(case_of(&out).due_confirmed);
	assert_true(has(letters(&c, 1)->body, "Wednesday 25 November 2026"));
	w.lang = S("cy");
	accept(&w);
	assert_true(has(letters(&w, 1)->body, "dydd Mercher 25 Tachwedd 2026"));
	assert_true(has(letters(&w, 1)->body, "Twll yn y ffordd"));
}

/* Every reason not to answer, each with what makes it; there is a case in every one of them. */
static void
when_not_to_answer(void **state)
{
	static const struct {
		size_t field; /* a text of struct pr_contact */
		struct pr_str value;
		const char *words, *queue;
	} rows[] = {
#define ROW(m, v, words, queue)                                                                    \
	{offsetof(struct pr_contact, m), {v, sizeof(v) - 1}, "none: " words, queue}
	    ROW(unreadable, "the parser died", "it could not be read", "unreadable"),
	    ROW(automated, "auto_reply", "an automatic message", "triage"),
	    ROW(automated, "mailing_list", "an automatic message", "triage"),
	    ROW(automated, "bounce", "an automatic message", "triage"),
	    ROW(ack_allowed, "no", "its headers do not allow an automatic answer", "team"),
	    ROW(ack_allowed, "", "its headers do not allow an automatic answer", "team"),
	    ROW(ack, "none", "the rules or the service list say none", "team"),
	    ROW(possible_duplicate, "0123456789abcdef0123456789abcdef", "possibly a duplicate",
		"team"),
	    ROW(from_email, "", "no address to answer to", "team"),
	    ROW(from_email, "a\r\nBcc: b@example.org", "no address to answer to", "team"),
	    ROW(from_email, "a@@example.org", "no address to answer to", "team"),
	    ROW(from_email, "POST@council.example.org", "our own address", "team"),
	    ROW(from_email, "quiet@example.org", "the address is suppressed", "team"),
	};

	(void)state;
	ok(pr_store_suppress(store, S("quiet@example.org"), S("STOP"), T0, &err));
	for (size_t i = 0; i < N(rows); i++) {
		struct pr_contact c = mail();
		memcpy((char *)&c + rows[i].field, &rows[i].value, sizeof(rows[i].value));
		struct pr_case_outcome out = accept(&c);
		assert_string_equal(rows[i].words, out.ack);
		assert_string_equal(rows[i].queue, out.queue);
		assert_int_not_equal(0, out.case_id);
		letters(&c, 0);
	}
	struct pr_contact shadow = mail(), canary = mail(), landline = text_message(),
			  silent = mail();
	shadow.shadow = 1;
	assert_string_equal("none: read in shadow, nothing is sent", accept(&shadow).ack);
	canary.canary = 1;
	struct pr_case_outcome out = accept(&canary);
	assert_string_equal("none: our own canary", out.ack);
	assert_true(pr_str_eq(case_of(&out).state, S("closed")) && case_of(&out).citizen_id == 0);
	landline.from_phone = S("+33612345678");
	assert_string_equal("none: not a UK mobile number", accept(&landline).ack);
	silent.lgsl = 500;
	assert_string_equal("none: the rules or the service list say none", accept(&silent).ack);
}

static void
the_cap_ends_loops(void **state)
{
	const char *last = "";

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct pr_contact c = mail();
		last = accept(&c).ack;
		if (i == 4)
			assert_string_equal("sent by e-mail", last);
	}
	assert_string_equal("none: this address had its acknowledgements for today", last);
}

static void
risk_is_read_first(void **state)
{
	struct pr_str flag = S("suicide");
	struct pr_contact c = mail(), check = mail(), hidden = mail();
	struct pr_store_outbox *o;

	(void)state;
	c.risk = S("p1");
	c.flags = (struct pr_list){&flag, 1};
	struct pr_case_outcome out = accept(&c);
	assert_string_equal("risk", out.queue);
	o = letters(&c, 2);
	assert_true(pr_str_eq(o[0].kind, S("alert")) && pr_str_eq(o[0].lane, S("urgent")));
	assert_true(pr_str_eq(o[0].address, S("duty@council.example.org")) &&
		    has(o[0].body, "suicide"));
	assert_false(has(o[0].body, "ann@") || has(o[0].body, "SECRETWORD"));
	assert_true(has(o[1].body, "999") && has(o[1].body, "01632 960999") &&
		    pr_str_eq(o[1].lane, S("urgent")));
	assert_false(has(o[1].body, "Pothole"));
	check.risk = S("check");
	assert_string_equal("risk", accept(&check).queue);
	assert_true(has(letters(&check, 1)->body, "999"));
	hidden.risk = S("p1");
	hidden.lgsl = 177; /* restricted, neutral: the answer gives nothing away */
	out = accept(&hidden);
	assert_true(case_of(&out).restricted && case_of(&out).citizen_id == 0);
	o = letters(&hidden, 2);
	assert_false(has(o[1].body, "999") || has(o[1].body, "abuse") ||
		     has(o[1].subject, "abuse"));
	assert_true(has(o[1].body, out.reference));
}

static void
follow_ups(void **state)
{
	struct pr_contact first = mail(), second = mail(), stranger = mail(), nothing = mail(),
			  risky = mail(), vast = mail();
	struct pr_case_outcome one = accept(&first), out;

	(void)state;
	second.case_ref = stranger.case_ref = risky.case_ref = vast.case_ref =
	    pr_arena_dup(&arena, pr_str_c(one.reference));
	second.certain = 0;
	out = accept(&second);
	assert_true(out.follow_up && out.case_id == one.case_id);
	assert_true(
	    has(letters(&second, 1)->subject, one.reference)); /* the case's, which they know */
	stranger.from_email = S("mallory@example.org");
	out = accept(&stranger);
	assert_true(!out.follow_up && out.case_id != one.case_id);
	assert_string_equal("triage", out.queue);
	assert_true(has(case_of(&out).why, "sender differs"));
	nothing.case_ref = S("EXA-22222-22222-2");
	assert_true(has((out = accept(&nothing), case_of(&out)).why, "leads to no case"));
	risky.risk = S("p1");
	out = accept(&risky);
	assert_true(out.case_id != one.case_id);
	assert_string_equal("risk", out.queue);
	vast.incomplete = 1; /* what no rule looked at may be a cry for help */
	vast.certain = 0;
	out = accept(&vast);
	assert_true(out.case_id != one.case_id);
	assert_string_equal("triage", out.queue);
}

static void
three_mailboxes_one_case(void **state)
{
	struct pr_contact a = mail(), b = mail(), other = mail();
	struct pr_case_outcome one, two, three;

	(void)state;
	b.message_id = other.message_id = a.message_id;
	other.text = S("other words under the same id");
	one = accept(&a);
	two = accept(&b);
	three = accept(&other);
	assert_int_equal(one.case_id, two.case_id);
	assert_int_not_equal(one.case_id, three.case_id);
	letters(&b, 0);
}

static void
bounces_of_our_letters(void **state)
{
	struct pr_contact c = mail(), bounce = mail(), next = mail();
	struct pr_str ours, failed[] = {S("ann@example.org"), S("innocent@example.org")};
	struct pr_case_outcome one = accept(&c), out;
	bool yes;

	(void)state;
	ours = letters(&c, 1)->message_id;
	bounce.from_email = S("mailer-daemon@example.org");
	bounce.automated = S("bounce");
	bounce.references = (struct pr_list){&ours, 1};
	bounce.failed_recipients = (struct pr_list){failed, 2};
	out = accept(&bounce);
	assert_true(out.follow_up && out.case_id == one.case_id);
	letters(&bounce, 0);
	ok(pr_store_suppressed(store, S("ann@example.org"), &yes, &err));
	assert_true(yes);
	ok(pr_store_suppressed(store, S("innocent@example.org"), &yes, &err));
	assert_false(yes);
	assert_string_equal("none: the address is suppressed", accept(&next).ack);
}

static void
who_is_who(void **state)
{
	struct pr_contact a = mail(), accents = mail(), household = mail(), sms = text_message(),
			  again = text_message(), form = mail(), anonymous = mail();
	struct pr_case_outcome o = accept(&a);
	int64_t ann = case_of(&o).citizen_id;

	(void)state;
	accents.from_email = S("Ann@Example.org");
	accents.from_name = S("\xc3\x82nn  JONES.");
	o = accept(&accents);
	assert_int_equal(ann, case_of(&o).citizen_id);
	household.from_name = S("Bob Jones");
	o = accept(&household);
	assert_int_not_equal(ann, case_of(&o).citizen_id);
	o = accept(&sms);
	int64_t number = case_of(&o).citizen_id;
	o = accept(&again);
	assert_int_equal(number, case_of(&o).citizen_id);
	assert_true(number != 0 && number != ann);
	form.channel = S("web");
	form.from_email = PR_STR_NONE;
	form.from_phone =
	    S("07700 900123"); /* the same number under a name: not the nameless one */
	o = accept(&form);
	assert_string_equal("sent by text message", o.ack);
	assert_int_not_equal(number, case_of(&o).citizen_id);
	anonymous.channel = S("web");
	anonymous.from_email = anonymous.from_name = PR_STR_NONE;
	o = accept(&anonymous);
	assert_int_equal(0, case_of(&o).citizen_id);
}

/* ---- avoidable contact ---- */

#define DAY INT64_C(86400000)

/* Its row says this reason and what shows it, and so does the event, in words. */
static void
expect_reason(const char *what, const struct pr_contact *c, const char *reason, const char *by)
{
	struct pr_store_contact row;
	struct pr_str words;
	int64_t told;

	assert_int_equal(1, pr_store_contact_find(store, c->cid, &arena, &row, &err));
	if (!pr_str_eq_c(row.avoidable, reason) || !pr_str_eq_c(row.avoidable_by, by))
		fail_msg("%s: '" PR_S_FMT "' by '" PR_S_FMT "'", what, PR_S(row.avoidable),
			 PR_S(row.avoidable_by));
	words = row.avoidable.n ? S("%; avoidable: progress chasing (%") : S("%avoidable%");
	if (strcmp(reason, "premature_closure") == 0)
		words = S("%; avoidable: closed too early (closed case); acknowledgement %");
	const struct pr_db_value params[] = {PR_DB_S(c->cid), PR_DB_S(words)};
	ok(pr_db_number(store, "SELECT count(*) FROM event WHERE cid = $1 AND payload LIKE $2",
			params, N(params), &told, &err));
	assert_int_equal(row.avoidable.n > 0, told);
}

static void
close_case(const struct pr_case_outcome *out, int64_t at)
{
	const struct pr_db_value params[] = {PR_DB_I(at), PR_DB_I(out->case_id)};

	ok(pr_db_do(store, "UPDATE service_case SET state = 'closed', closed_at = $1 WHERE id = $2",
		    params, N(params), NULL, &err));
}

/* Ann wrote yesterday of a pothole; what is a second contact today? */
static void
a_second_contact(void **state)
{
	static const struct {
		const char *what;
		int64_t closed_days_ago; /* 0: it is open */
		int64_t lgsl, certain;
		struct pr_str name, kind, words;
		const char *reason, *by;
	} rows[] = {
#define AGAIN(what, closed, lgsl, certain, name, kind, words, reason, by)                          \
	{what, closed, lgsl, certain, TEXT(name), TEXT(kind), TEXT(words), reason, by}
	    AGAIN("the same again", 0, 557, 1, "Ann Jones", "report", "", "progress_chasing",
		  "open case"),
	    AGAIN("with words", 0, 557, 1, "ann jones", "chase", "progress_chasing",
		  "progress_chasing", "open case"),
	    AGAIN("her thanks", 0, 557, 1, "Ann Jones", "thanks", "", "", ""),
	    AGAIN("the neighbour", 0, 557, 1, "Bob Jones", "report", "", "", ""),
	    AGAIN("another service", 0, 500, 1, "Ann Jones", "report", "", "", ""),
	    AGAIN("a guess", 0, 557, 0, "Ann Jones", "report", "", "", ""),
	    AGAIN("a guess with words", 0, 557, 0, "Ann Jones", "chase", "progress_chasing",
		  "progress_chasing", "rule r"),
	    AGAIN("back again", 5, 557, 1, "Ann Jones", "report", "", "premature_closure",
		  "closed case"),
	    AGAIN("four weeks", 28, 557, 1, "Ann Jones", "report", "", "premature_closure",
		  "closed case"),
	    AGAIN("long ago", 29, 557, 1, "Ann Jones", "report", "", "", ""),
	    AGAIN("a secret of hers", 0, 177, 1, "Ann Jones", "report", "", "", ""),
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct pr_contact first = mail(), second;
		struct pr_case_outcome one;
		gone(state);
		fresh(state);
		first = mail();
		first.received_at = T0 - 40 * DAY;
		first.lgsl = rows[i].lgsl == 177 ? 177 : 557;
		one = accept(&first);
		if (rows[i].closed_days_ago)
			close_case(&one, T0 - rows[i].closed_days_ago * DAY);
		second = mail();
		second.lgsl = rows[i].lgsl;
		second.certain = rows[i].certain;
		second.from_name = rows[i].name;
		second.kind = rows[i].kind;
		second.avoidable = rows[i].words;
		second.avoidable_by = rows[i].words.n ? S("rule r") : PR_STR_NONE;
		accept(&second);
		expect_reason("the first", &first, "", "");
		expect_reason(rows[i].what, &second, rows[i].reason, rows[i].by);
	}
}

/* A pothole that was hers becomes, in staff's hands, a case that nobody else may know of. */
static void
a_restricted_case_is_not_revealed(void **state)
{
	struct pr_contact first = mail(), second = mail();
	struct pr_case_outcome one;

	(void)state;
	first.received_at = T0 - DAY;
	one = accept(&first);
	const struct pr_db_value params[] = {PR_DB_I(one.case_id)};
	ok(pr_db_do(store, "UPDATE service_case SET restricted = 1 WHERE id = $1", params, 1, NULL,
		    &err));
	accept(&second);
	expect_reason("the second", &second, "", "");
}

static void
follow_ups_by_reference_and_thread(void **state)
{
	struct pr_contact first = mail(), adds = mail(), chases = mail(), thread = mail(),
			  stranger = mail(), late = mail(), thanks = mail(), copy = mail();
	struct pr_case_outcome one, out;
	struct pr_store_contact row;

	(void)state;
	first.rules_version = S("0123456789abcdef");
	one = accept(&first);
	assert_int_equal(1, pr_store_contact_find(store, first.cid, &arena, &row, &err));
	assert_true(pr_str_eq(row.rules_version, first.rules_version));
	adds.case_ref = chases.case_ref = late.case_ref = thanks.case_ref =
	    pr_arena_dup(&arena, pr_str_c(one.reference));
	adds.new_text = late.new_text = S("It is outside number 12.");
	adds.kind = chases.kind = late.kind = S("chase");
	accept(&adds);
	expect_reason("adds", &adds, "", "");
	chases.avoidable = S("progress_chasing");
	chases.avoidable_by = S("reference");
	accept(&chases);
	expect_reason("chases", &chases, "progress_chasing", "reference");

	thread.in_reply_to = S("x@example.org");
	thread.references = (struct pr_list){&letters(&first, 1)->message_id, 1};
	thread.new_text = S("Will anybody come?");
	out = accept(&thread);
	assert_true(out.follow_up && out.case_id == one.case_id);
	expect_reason("thread", &thread, "progress_chasing", "thread");
	copy.message_id = thread.message_id;
	copy.text = thread.text;
	copy.in_reply_to = thread.in_reply_to;
	copy.references = thread.references;
	copy.new_text = thread.new_text;
	assert_int_equal(one.case_id, accept(&copy).case_id);
	expect_reason("another receipt", &copy, "", "");
	stranger.in_reply_to = letters(&first, 1)->message_id;
	stranger.from_email = S("mallory@example.org");
	stranger.new_text = thread.new_text;
	out = accept(&stranger);
	assert_true(out.case_id != one.case_id);
	assert_true(has(case_of(&out).why, "answers a letter of ours, sender differs"));
	expect_reason("stranger", &stranger, "", "");

	close_case(&one, T0 - 90 * DAY);
	thanks.kind = S("thanks");
	accept(&thanks);
	expect_reason("thanks", &thanks, "", "");
	out = accept(&late);
	assert_true(has(case_of(&out).why, "that case is closed"));
	expect_reason("late", &late, "premature_closure", "closed case");
}

static void
both_languages(void **state)
{
	struct pr_contact m = mail(), t = text_message();
	struct pr_store_outbox *o;
	struct pr_str line, rest;

	(void)state;
	council.languages = 1;
	council.name = "The Royal and Ancient Borough Council of a Place with a Very Long Name "
		       "upon Water, Example";
	accept(&m);
	o = letters(&m, 1);
	assert_true(
	    has(o->subject, "Rydym wedi cael eich neges / We have received your message ["));
	size_t cy = pr_str_find(o->body, S("Diolch")), en = pr_str_find(o->body, S("Thank you"));
	assert_true(cy < en && en != (size_t)-1);
	for (rest = o->body; pr_str_cut(&rest, '\n', &line);)
		assert_true(line.n <= 2 * 78); /* bytes; 78 characters */
	accept(&t);
	o = letters(&t, 1);
	assert_true(o->body.n <= 306);
}

static void
templates_are_checked_whole(void **state)
{
	char dir[] = "/tmp/pr-templates-XXXXXX", path[64];
	struct pr_diag diag;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ack.email.en.txt", dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs("Betreff: x\n\nDear {{name}},\n", f);
	fclose(f);
	pr_diag_init(&diag, &arena);
	assert_null(pr_ack_templates_load(dir, &diag));
	assert_int_equal(17, diag.n); /* 15 missing, no Subject, an unknown name */
	remove(path);
	remove(dir);
}

static void
sms_fits(void **state)
{
	static const struct {
		const char *unit;
		size_t times;
		bool fits, changed;
	} rows[] = {
	    {"x", 306, true, false},         {"x", 307, false, false},
	    {"[", 153, true, false},         {"[", 154, false, false},
	    {"\xc5\xb5", 134, true, false},  {"\xc5\xb5", 135, true, true},
	    {"\xc5\xb5", 307, false, false}, {"\xe2\x98\x83", 135, false, false},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct pr_str text = PR_STR_NONE, fitted;
		for (size_t k = 0; k < rows[i].times; k++)
			text = pr_arena_printf(&arena, PR_S_FMT "%s", PR_S(text), rows[i].unit);
		assert_int_equal(rows[i].fits, pr_ack_sms_fit(text, &arena, &fitted));
		if (rows[i].fits)
			assert_int_equal(rows[i].changed, !pr_str_eq(text, fitted));
	}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, gone)
	const struct CMUnitTest tests[] = {
	    T(a_case_and_a_receipt),
	    T(once_only),
	    T(a_date_when_it_is_confirmed),
	    T(when_not_to_answer),
	    T(the_cap_ends_loops),
	    T(risk_is_read_first),
	    T(follow_ups),
	    T(three_mailboxes_one_case),
	    T(bounces_of_our_letters),
	    T(who_is_who),
	    T(a_second_contact),
	    T(a_restricted_case_is_not_revealed),
	    T(follow_ups_by_reference_and_thread),
	    T(both_languages),
	    T(templates_are_checked_whole),
	    T(sms_fits),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
