/* What was written now, and what was only quoted. */
#include "mail_test.h"

static const struct {
	const char *text, *new_text;
} rows[] = {
    {"Hello\n", "Hello\n"},
    {"", ""},
    /* top-posted */
    {"New words\n\nOn Mon, 2 Nov 2026 at 10:15, Council <c@d.example> wrote:\n> old\n> older\n",
     "New words\n"},
    {"New words\n\nOn Mon, 2 Nov 2026 at 10:15, Contact "
     "Centre\n<contact@council.example>\nwrote:\n\nold\nolder\n",
     "New words\n"},
    {"New words\nOn 2 Nov 2026, Ann wrote:\n\n> old\n", "New words\n"},
    {"Geiriau newydd\n\nAr Llun, 2 Tach 2026 am 10:15 ysgrifennodd Cyngor <c@d.example>:\n> hen\n",
     "Geiriau newydd\n"},
    {"New\n\n2026-11-02 10:15 GMT+00:00 Council <c@d.example>:\n\nold\n", "New\n"},
    {"New\n\n-----Original Message-----\nFrom: c@d.example\nold\n", "New\n"},
    {"Newydd\n\n-----Neges Wreiddiol-----\nhen\n", "Newydd\n"},
    {"New\n\nFrom: Council\nSent: 2 November 2026 10:15\nTo: Ann\nSubject: RE: bins\n\nold\n",
     "New\n"},
    {"New\n\n*From:* Council\n*Sent:* 2 November 2026 10:15\n*To:* Ann\n\nold\n", "New\n"},
    {"Newydd\n\nOddi wrth: Cyngor\nAnfonwyd: 2 Tachwedd 2026\nAt: Ann\nPwnc: biniau\n\nhen\n",
     "Newydd\n"},
    {"New\n________________________________\nFrom: Council\nSent: today\nTo: me\nold\n", "New\n"},
    {"New\n________________\nDate: Thu, 2 Nov 2026\nSubject: x\nTo: a@example.org\nold\n", "New\n"},
    {"New\n##- Please type your reply above this line -##\nold\n", "New\n"},
    /* bottom-posted and between */
    {"On 2 Nov 2026, Ann wrote:\n> old\n> older\n\nMy answer\n", "My answer\n"},
    {"> Is it collected?\nNo.\n> When was it due?\nTuesday.\n", "No.\nTuesday.\n"},
    /* signatures */
    {"Words\n\n--\nAnn Example\n07700 900123\n", "Words\n"},
    {"Words\n\nSent from my iPhone\n", "Words\n"},
    {"Geiriau\n\nAnfonwyd o'm iPhone\n", "Geiriau\n"},
    {"Words\n\nGet Outlook for Android\n\nOn 2 Nov 2026, C <c@d.example> wrote:\n> old\n",
     "Words\n"},
    {"Words\nSent from my desk, which is easier.\nMore\n",
     "Words\nSent from my desk, which is easier.\nMore\n"},
    {"A\n--\nsig\n\nOn 2 Nov 2026, C <c@d.example> wrote:\n> old\n\nB\n", "A\n\nB\n"},
    /* what only looks like it */
    {"On Monday I wrote:\nplease collect my bin\n", "On Monday I wrote:\nplease collect my bin\n"},
    {"On 5 November the lorry came.\nIt left at once:\nnothing taken\n",
     "On 5 November the lorry came.\nIt left at once:\nnothing taken\n"},
    {"From: the corner of High Street\nTo: the bridge, all lamps are out\n",
     "From: the corner of High Street\nTo: the bridge, all lamps are out\n"},
    {"See below\n\n---------- Forwarded message ---------\nwords of my neighbour\n",
     "See below\n\n---------- Forwarded message ---------\nwords of my neighbour\n"},
    /* everything would go: all stays */
    {"> only\n> quoted\n", "> only\n> quoted\n"},
    {"From: A\nSent: today\nTo: B\nSubject: C\n\nthe message\n",
     "From: A\nSent: today\nTo: B\nSubject: C\n\nthe message\n"},
    {"Sent from my iPhone\n", "Sent from my iPhone\n"},
};

static void
test_replies(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		print_message("%zu: %.40s\n", i, rows[i].text);
		assert_string_equal(c_of(pr_reply_text(pr_str_c(rows[i].text), &arena)),
				    rows[i].new_text);
	}
}

/* Never more than was there, and linear: 200 KB of each kind of line. */
static void
test_long(void **state)
{
	static const char *const units[] = {
	    "\n",      "On 1\n",  "> x\n",    "From:\n",          "--\n",
	    "_____\n", "a@b 1\n", "wrote:\n", "Sent from my x\n", "--\nOn 1 wrote\n"};

	(void)state;
	for (size_t i = 0; i < LENGTH(units); i++) {
		PR_AUTO_BUF struct pr_buf in;

		pr_arena_reset(&arena);
		pr_buf_init(&in, (size_t)1 << 20);
		while (in.n < 200000)
			pr_buf_add_c(&in, units[i]);
		assert_true(pr_reply_text(pr_buf_str(&in), &arena).n <= in.n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_replies, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_long, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
