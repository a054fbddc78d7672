/*
 * Tests of facts: a table a kind, of what is one and of what looks like one. Received on Sunday 22
 * November 2026.
 */
#include "classify/ruleset.h"

#include "postroom/calendar.h"
#include "postroom/utf8.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>

struct fixture {
	struct pr_arena a;
	struct pr_contact c;
};

static const struct pr_classify_world world = {{"EXA", 3}};

/* received_at: noon of that day, or 0. */
static void
find_in(struct fixture *x, struct pr_str subject, struct pr_str text, bool dated)
{
	pr_arena_reset(&x->a);
	x->c = (struct pr_contact){.subject = subject, .text = text, .new_text = text};
	if (dated)
		x->c.received_at = pr_day_from_civil(2026, 11, 22) * 86400000 + 43200000;
	pr_facts_find(&world, &x->a, &x->c);
}

/* The values of one kind, as "a, b". Every fact must lie in its text. */
static struct pr_str
values(struct fixture *x, const char *kind)
{
	struct pr_str all = PR_STR_NONE;

	for (size_t i = 0; i < x->c.facts.n; i++) {
		struct pr_str rest = x->c.facts.v[i], part;

		assert_true(pr_str_cut(&rest, ' ', &part));
		if (!pr_str_eq_c(part, kind))
			continue;
		for (int k = 0; k < 3; k++)
			assert_true(pr_str_cut(&rest, ' ', &part));
		all = all.n ? pr_arena_printf(&x->a, PR_S_FMT ", " PR_S_FMT, PR_S(all), PR_S(rest))
			    : rest;
	}
	return all;
}

struct example {
	const char *text, *wanted; /* "" : nothing of that kind */
};

static void
try_all(void **state, const char *kind, const struct example *v, size_t n)
{
	struct fixture *x = *state;

	for (size_t i = 0; i < n; i++) {
		find_in(x, PR_STR_NONE, pr_str_c(v[i].text), true);
		struct pr_str got = values(x, kind);
		if (!pr_str_eq_c(got, v[i].wanted))
			fail_msg("'%s': got '" PR_S_FMT "', wanted '%s'", v[i].text, PR_S(got),
				 v[i].wanted);
	}
}

#define TRY(kind, cases) try_all(state, kind, cases, PR_COUNT(cases))

static void
test_vrm(void **state)
{
	static const struct example cases[] = {
	    {"AB12 CDE is parked there", "AB12CDE"},
	    {"AB12CDE", "AB12CDE"},
	    {"Reg AB12CDE/ blue", "AB12CDE"},
	    {"reg is \"AB12 CDE\"", "AB12CDE"},
	    {"it was ab12cde, I think", "AB12CDE"},
	    {"my car ab12 cde", ""},
	    {"reg ab12 cde", "AB12CDE"},
	    {"car reg AB 12 CDE", "AB12CDE"},
	    {"van LV76 XYZ", "LV76XYZ"},
	    {"vehicle A123 BCD", "A123BCD"},
	    {"number plate M4 XYW", "M4XYW"},
	    {"registration ABC 123D", "ABC123D"},
	    {"a white van AXI 1234 dumped", "AXI1234"},
	    {"AXI 1234", "AXI1234"},
	    {"reg: 123 ABC", "123ABC"},
	    {"reg no AB 1234", "AB1234"},
	    {"registration number is ABC 12", "ABC12"},
	    {"the car AB1234", "AB1234"},
	    {"rhif cofrestru CX12 ABC", "CX12ABC"},
	    {"cars AB12CDE, AB12 CDE and EF15 GHJ", "AB12CDE, EF15GHJ"},
	    /* postcodes, and districts before a word */
	    {"SW1A 1AA", ""},
	    {"I live in SE15 and work", ""},
	    {"RUBBISH IN SE15 OLD KENT ROAD", ""},
	    {"IN SW16 NEAR THE SHOP", ""},
	    {"CF10 OAT", ""},
	    {"car at SE12 OAL", ""},
	    {"reg CF10 OAT", "CF10OAT"},
	    /* letters and ages that were never given */
	    {"reg ZB12 CDE", ""},
	    {"reg IB12 CDE", ""},
	    {"reg AZ12 CDE", ""},
	    {"reg AB12 CIE", ""},
	    {"reg AB12 QDE", ""},
	    {"reg AB01 CDE", ""},
	    {"reg AB50 CDE", ""},
	    {"reg AB85 CDE", ""},
	    {"reg AB28 CDE", ""},
	    {"reg O123 BCD", ""},
	    {"reg ABC 123O", ""},
	    /* roads, counts, times, codes */
	    {"on the A40 BUS lane", ""},
	    {"car on the M25 AND", ""},
	    {"A406 NCR", ""},
	    {"car parked in bay 12 for 3 days", ""},
	    {"the van came at 10 AM", ""},
	    {"VIP 2024", ""},
	    {"BIN 1234", ""},
	    {"ABC 1234", ""},
	    {"123 ABC", ""},
	    {"the registration is for 12 Oak Road", ""},
	    {"plate seen near flat 12 THE Elms", ""},
	    {"order-AB12CDE-7", ""},
	    {"https://example.org/AB12CDE/x", ""},
	    {"AB12CDEF", ""},
	    {"XAB12CDE", ""},
	    {"EXA-7K4D9-2QMHW-C", ""},
	};

	TRY("vrm", cases);
}

static void
test_pcn(void **state)
{
	static const struct example cases[] = {
	    {"PCN LA12345678", "LA12345678"},
	    {"la12345678 was put on my car", "LA12345678"},
	    {"AB12345678X", "AB12345678X"},
	    {"penalty charge notice ZN1234567A", "ZN1234567A"},
	    {"my parking ticket W012345678", "W012345678"},
	    {"fine: LA 12345678", "LA12345678"},
	    {"dirwy CY12345678", "CY12345678"},
	    {"order ZN1234567A", ""},
	    {"LA 12345678", ""},
	    {"LA1234567", ""},
	    {"LA123456789012", ""},
	    {"ticket 1234567890", ""},
	    {"ticket QQ123456C", ""},
	    {"PCN ABCDEFGHIJ", ""},
	    {"a penalty is not what I expected from you all, but AB1234567C", ""},
	    {"notice in https://example.org/LA12345678/", ""},
	};

	TRY("pcn", cases);
}

static void
test_account(void **state)
{
	static const struct example cases[] = {
	    {"council tax account number 60123456", "60123456"},
	    {"my account number is: 601234567", "601234567"},
	    {"rent account no. 1234-5678", "12345678"},
	    {"council tax ref 601234", "601234"},
	    {"Our ref: 60123456", "60123456"},
	    {"business rates account ref N1234567", "N1234567"},
	    {"claim number AB1234567", "AB1234567"},
	    {"housing benefit claim ref 1234567", "1234567"},
	    {"account 1234 5678 please", "12345678"},
	    {"my council tax 60123456 is wrong", "60123456"},
	    {"council tax 601234", ""},
	    {"rent account in arrears 601234", ""},
	    {"rhif cyfrif 60123456", "60123456"},
	    {"60123456", ""},
	    {"ref 123456", ""},
	    {"crime ref 12345678", ""},
	    {"order reference 12345678", ""},
	    {"account number 12345678 sort code 12-34-56", ""},
	    {"sort code 12-34-56, account number 12345678", ""},
	    {"bank account number 12345678", ""},
	    {"account number QQ123456C", ""},
	    {"account QQ 12 34 56 C", ""},
	    {"account 4111111111111111", ""},
	    {"account 4111 1111 1111 1111", ""},
	    {"account: 3782 822463 10005", ""},
	    {"ref 24/01234/FUL", ""},
	    {"ref 24-11-2026", ""},
	    {"ref 07700900123", ""},
	    {"account no 12345", ""},
	    {"account no 1234567890123", ""},
	    {"account number unknown, 12345678", ""},
	    {"taken into account. 12345678", "12345678"},
	    {"rent is 1234567", ""},
	};

	TRY("account", cases);
}

static void
test_uprn(void **state)
{
	static const struct example cases[] = {
	    {"UPRN 100012345678", "100012345678"},
	    {"UPRN: 010012345678.", "10012345678"},
	    {"the uprn is 12345", "12345"},
	    {"uprn number - 1234567", "1234567"},
	    {"100012345678", ""},
	    {"UPRN 1000123456789", ""},
	    {"UPRN 10 of 12", ""},
	    {"UPRN 000000", ""},
	    {"UPRN unknown 12345", ""},
	    {"UPRN 12345a", ""},
	};

	TRY("uprn", cases);
}

static void
test_what3words(void **state)
{
	static const struct example cases[] = {
	    {"///filled.count.soap", "filled.count.soap"},
	    {"at ///Filled.Count.Soap.", "filled.count.soap"},
	    {"w3w: filled.count.soap", "filled.count.soap"},
	    {"what3words address is filled.count.soap", "filled.count.soap"},
	    {"https://w3w.co/filled.count.soap", "filled.count.soap"},
	    {"https://what3words.com/cy/naid.llwy.coed?x=1", "naid.llwy.coed"},
	    {"///cr\xc3\xa8me.br\xc3\xbbl\xc3\xa9"
	     "e.bon",
	     "cr\xc3\xa8me.br\xc3\xbbl\xc3\xa9"
	     "e.bon"},
	    {"filled.count.soap", ""},
	    {"///www.example.com", ""},
	    {"///council.example.com", ""},
	    {"w3w is www.example.org", ""},
	    {"file:///usr.share.doc", ""},
	    {"////filled.count.soap", ""},
	    {"//filled.count.soap", ""},
	    {"///filled.count", ""},
	    {"///filled.count.s", ""},
	    {"///filled.count.soap.more", ""},
	    {"///filled.count.s0ap", ""},
	    {"///filled.count.soap/x", ""},
	    {"what3words.com is a site", ""},
	};

	TRY("what3words", cases);
}

static void
test_street(void **state)
{
	static const struct example cases[] = {
	    {"I live at 12 Station Road.", "12 Station Road"},
	    {"at 12a  Station   Road", "12a Station Road"},
	    {"at 12, Station Road", "12 Station Road"},
	    {"Old Kent Road and Oak Avenue", "Old Kent Road, Oak Avenue"},
	    {"on Boyland rd today", "Boyland rd"},
	    {"dumped on station road again", "station road"},
	    {"12 oak close", "12 oak close"},
	    {"St Mary's Road", "St Mary's Road"},
	    {"near St. Mary\xe2\x80\x99s Road", "St. Mary\xe2\x80\x99s Road"},
	    {"off Church Hill Road", "Church Hill Road"},
	    {"POTHOLE ON STATION ROAD", "STATION ROAD"},
	    {"on Primrose Hill", "Primrose Hill"},
	    {"Church St, Oak Drive", "Church St, Oak Drive"},
	    {"12 Ffordd Pen y Bont", "12 Ffordd Pen y Bont"},
	    {"yn Heol y Bont.", "Heol y Bont"},
	    {"Heol-y-Bont", "Heol-y-Bont"},
	    {"L\xc3\xb4n Las, Stryd Fawr", "L\xc3\xb4n Las, Stryd Fawr"},
	    {"5 Bryn Eglur, 7 Maes y Coed", "5 Bryn Eglur, 7 Maes y Coed"},
	    {"St\xc5\xb5r Road", "St\xc5\xb5r Road"},
	    {"down the road", ""},
	    {"in our street", ""},
	    {"other side of road", ""},
	    {"on the main road", ""},
	    {"it is a close call", ""},
	    {"the whole street, a busy road", ""},
	    {"Horrible street.", ""},
	    {"Dangerous road. Busy road!", ""},
	    {"please close the gate", ""},
	    {"5 minute walk, 3 mile drive, 2 schools close", ""},
	    {"on the way home", ""},
	    {"Mrs Hill, Sarah Hill", ""},
	    {"Thanks, Jane Close", ""},
	    {"County Court", ""},
	    {"dumped rubbish road", ""},
	    {"they live on a private road", ""},
	    {"All Saints church", ""},
	    {"of St Mary", ""},
	    {"Maes Parcio", ""},
	    {"Bryn Jones", ""},
	    {"Since 2019 road works", ""},
	    {"in the left lane, cycle lane, bus lane", ""},
	    {"two in a row", ""},
	};

	TRY("street", cases);
}

static void
test_date(void **state)
{
	static const struct example cases[] = {
	    {"24/11/2026", "2026-11-24"},
	    {"on 24.11.26.", "2026-11-24"},
	    {"1-2-2026", "2026-02-01"},
	    {"2026-11-24T10:30", "2026-11-24"},
	    {"born 12/03/65", "1965-03-12"},
	    {"24 November", "2026-11-24"},
	    {"24th of November 2025", "2025-11-24"},
	    {"Nov 24th", "2026-11-24"},
	    {"November 24, 2027", "2027-11-24"},
	    {"Monday 24 November 2025", "2025-11-24"},
	    {"2 January", "2027-01-02"},
	    {"30 June", "2026-06-30"},
	    {"29 February 2024", "2024-02-29"},
	    {"yesterday and today", "2026-11-21, 2026-11-22"},
	    {"tomorrow", "2026-11-23"},
	    {"the day before yesterday", "2026-11-20"},
	    {"the day after tomorrow", "2026-11-24"},
	    {"last Tuesday", "2026-11-17"},
	    {"last sunday", "2026-11-15"},
	    {"24 Tachwedd", "2026-11-24"},
	    {"3 Mai 2026, dydd Mawrth 3 Mawrth 2026", "2026-05-03, 2026-03-03"},
	    {"ddoe, heddiw, yfory", "2026-11-21, 2026-11-22, 2026-11-23"},
	    {"dydd Llun diwethaf", "2026-11-16"},
	    {"11/24/2026", ""},
	    {"31/02/2026", ""},
	    {"29 February 2025", ""},
	    {"31 April", ""},
	    {"32 May", ""},
	    {"1/1/1899", ""},
	    {"1/1/2101", ""},
	    {"24/7", ""},
	    {"10.11.12.13", ""},
	    {"24/11/2026/7", ""},
	    {"sort code 10-11-12", ""},
	    {"you may 5 times", ""},
	    {"those 5 may be broken", ""},
	    {"May 10 people", ""},
	    {"12 March Road", ""},
	    {"May 2026", ""},
	    {"the last Friday of the month", ""},
	    {"on Tuesday", ""},
	    {"every Monday", ""},
	    {"10.30 May", ""},
	};

	TRY("date", cases);
}

static void
test_known(void **state)
{
	static const struct example postcodes[] = {
	    {"SW1A 1AA and sw1a1aa and M1 1AE", "SW1A 1AA, M1 1AE"},
	    {"GIR 0AA", "GIR 0AA"},
	    {"so 2nd of the E1 old", ""},
	    {"reg CF10 OAT", ""},
	    {"_SW1A 1AA", ""},
	};
	static const struct example phones[] = {
	    {"07700 900123 or +44 7700 900124", "+447700900123, +447700900124"},
	    {"call (01632) 960001", "+441632960001"},
	    {"4111 1111 1111 1111", ""},
	    {"REF-07700900123", ""},
	    {"+4111111111111111", ""},
	};
	static const struct example references[] = {
	    {"EXA 7K4D9", ""},
	    {"EXA-22222-22222-2 was it", "EXA-22222-22222-2"},
	    {"exa2222222222 2", "EXA-22222-22222-2"},
	    {"EXA-22222-22222-3", ""},
	    {"HEXA-22222-22222-2", ""},
	};

	TRY("postcode", postcodes);
	TRY("phone", phones);
	TRY("case_ref", references);
}

/* ---- places ---- */

static void
assert_fact(const struct fixture *x, size_t i, const char *line)
{
	assert_true(i < x->c.facts.n);
	if (!pr_str_eq_c(x->c.facts.v[i], line))
		fail_msg("got '" PR_S_FMT "', wanted '%s'", PR_S(x->c.facts.v[i]), line);
}

/* Best place first; the field and the bytes are where it stood. */
static void
test_places(void **state)
{
	struct fixture *x = *state;
	struct pr_str form[] = {PR_STR("name=A"), PR_STR("Property UPRN= 00123 "),
				PR_STR("vehicle_reg=AB 1234"), PR_STR("postcode=M1 1AE"),
				PR_STR("two words=12 Oak Road")};

	pr_arena_reset(&x->a);
	x->c = (struct pr_contact){.subject = PR_STR("at SW1A 1AA"),
				   .new_text = PR_STR("it is B33 8TH"),
				   .text = PR_STR("it is B33 8TH\n> today at CR2 6XH")};
	x->c.received_at = 1;
	x->c.form = (struct pr_list){form, PR_COUNT(form)};
	pr_facts_find(&world, &x->a, &x->c);
	assert_fact(x, 0, "postcode form.postcode 0 6 M1 1AE");
	assert_fact(x, 1, "postcode subject 3 11 SW1A 1AA");
	assert_fact(x, 2, "postcode new_text 6 13 B33 8TH");
	assert_fact(x, 3, "uprn form.Property_UPRN 1 6 123");
	assert_fact(x, 4, "vrm form.vehicle_reg 0 7 AB1234");
	assert_fact(x, 5, "street form.two_words 0 11 12 Oak Road");
	assert_fact(x, 6, "postcode text 25 32 CR2 6XH");
	assert_int_equal(x->c.facts.n, 7);
	assert_true(pr_str_eq_c(x->c.postcode, "M1 1AE"));
}

static void
test_text_is_new_text(void **state)
{
	struct fixture *x = *state;

	find_in(x, PR_STR_NONE, PR_STR("Call 07700 900123, SW1A 1AA"), true);
	assert_fact(x, 0, "phone text 5 17 +447700900123");
	assert_fact(x, 1, "postcode text 19 27 SW1A 1AA");
	assert_true(pr_str_eq_c(x->c.phone, "+447700900123"));
	assert_true(pr_str_eq_c(x->c.postcode, "SW1A 1AA"));
	assert_true(pr_str_eq_c(x->c.case_ref, ""));
}

/* Without the day of receipt nothing is relative to it. */
static void
test_undated(void **state)
{
	struct fixture *x = *state;

	find_in(x, PR_STR_NONE, PR_STR("yesterday, last Monday, 24 November, 1/2/2026"), false);
	assert_fact(x, 0, "date text 37 45 2026-02-01");
	assert_int_equal(x->c.facts.n, 1);
}

/* Summer time: half past midnight in London is the evening before in UTC. */
static void
test_london(void **state)
{
	struct fixture *x = *state;

	x->c = (struct pr_contact){.subject = PR_STR("today")};
	x->c.received_at = pr_day_from_civil(2026, 7, 1) * 86400000 - 1800000;
	pr_facts_find(&world, &x->a, &x->c);
	assert_fact(x, 0, "date subject 0 5 2026-07-01");
}

static void
test_limits(void **state)
{
	struct fixture *x = *state;
	char text[8192];
	size_t n = 0;

	for (int i = 0; i < 60; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "0770090%04d, %d Oak Road, ",
				      i + 1000, i + 1);
	find_in(x, PR_STR_NONE, pr_str_n(text, n), true);
	assert_int_equal(x->c.facts.n, 40);
	find_in(x, PR_STR_NONE, PR_STR("SW1A 1AA sw1a1aa SW1A  1AA"), true);
	assert_int_equal(x->c.facts.n, 1);
	find_in(x, PR_STR_NONE, PR_STR_NONE, true);
	assert_int_equal(x->c.facts.n, 0);
}

static int
setup(void **state)
{
	static struct fixture x;

	pr_arena_init(&x.a, (size_t)16 << 20);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	pr_arena_release(&x->a);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vrm),     cmocka_unit_test(test_pcn),
	    cmocka_unit_test(test_account), cmocka_unit_test(test_uprn),
	    cmocka_unit_test(test_street),  cmocka_unit_test(test_what3words),
	    cmocka_unit_test(test_date),    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_places),  cmocka_unit_test(test_text_is_new_text),
	    cmocka_unit_test(test_undated), cmocka_unit_test(test_london),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("facts", tests, setup, teardown);
}
