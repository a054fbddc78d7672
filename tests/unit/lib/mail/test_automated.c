/* Person or machine, and may a machine answer. */
#include "mail_test.h"

#define FROM "From: Ann <ann@example.org>\r\nSubject: bins\r\n"
#define END  "\r\nhello\r\n"
#define REPORT(type)                                                                               \
	"Content-Type: multipart/report; report-type=" type                                        \
	"; boundary=b\r\n\r\n--b\r\n\r\nwords\r\n"

static const struct {
	const char *raw, *class, *ack;
} rows[] = {
    {FROM END, "no", "yes"},
    {FROM "Return-Path: <ann@example.org>\r\n" END, "no", "yes"},
    {FROM "Auto-Submitted: no\r\n" END, "no", "yes"},
    {FROM "Auto-Submitted: no; x=y\r\n" END, "no", "yes"},
    {FROM "X-Auto-Response-Suppress: DR, RN\r\n" END, "no", "yes"},
    {FROM "Return-Path: <>\r\n" END, "no", "no"},
    {FROM "Return-Path: < >\r\n" END, "no", "no"},
    {FROM "X-Auto-Response-Suppress: DR, OOF\r\n" END, "no", "no"},
    {FROM "X-Postroom: 1\r\n" END, "no", "no"},
    {FROM "X-Loop: yes\r\n" END, "no", "no"},
    {"From: noreply@example.org\r\n" END, "no", "no"},
    {"From: bounce-77@example.org\r\n" END, "no", "no"},
    {"From: owner-talk@example.org\r\n" END, "no", "no"},
    {"From: talk-request@example.org\r\n" END, "no", "no"},
    {"From: nobody at all\r\n" END, "no", "no"},
    {"Subject: no sender\r\n" END, "no", "no"},
    {FROM "Auto-Submitted: auto-replied; owner-email=x@example.org\r\n" END, "auto_reply", "no"},
    {FROM "Auto-Submitted: auto-generated\r\n" END, "auto_reply", "no"},
    {FROM "X-Autoreply: yes\r\n" END, "auto_reply", "no"},
    {FROM "Precedence: auto_reply\r\n" END, "auto_reply", "no"},
    {"From: ann@example.org\r\nSubject: Automatic reply: your letter\r\n" END, "auto_reply", "no"},
    {"From: ann@example.org\r\nSubject: Ateb awtomatig: eich llythyr\r\n" END, "auto_reply", "no"},
    {"From: ann@example.org\r\nSubject: Re: Automatic reply: your letter\r\n" END, "no", "yes"},
    {FROM "List-Id: <talk.example.org>\r\n" END, "mailing_list", "no"},
    {FROM "List-Unsubscribe: <https://example.org>\r\n" END, "mailing_list", "no"},
    {FROM "Precedence: bulk\r\n" END, "mailing_list", "no"},
    {"From: MAILER-DAEMON@mx.example.org\r\nSubject: failure notice\r\n" END, "bounce", "no"},
    {"From: postmaster@example.org\r\nReturn-Path: <>\r\n" END, "bounce", "no"},
    {"From: postmaster@example.org\r\nSubject: a word from your postmaster\r\n" END, "no", "no"},
    {FROM "X-Failed-Recipients: a@example.org\r\n" END, "bounce", "no"},
    {FROM REPORT("delivery-status") "--b--\r\n", "bounce", "no"},
    {FROM REPORT(
	 "feedback-report") "--b\r\nContent-Type: message/feedback-report\r\n\r\nx: y\r\n--b--\r\n",
     "feedback_report", "no"},
    {FROM REPORT("disposition-notification") "--b--\r\n", "read_receipt", "no"},
    {FROM "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n", "calendar",
     "no"},
    {FROM "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n", "no", "yes"},
};

static void
test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct pr_contact c = parsed(rows[i].raw);

		print_message("%zu\n", i);
		assert_string_equal(c_of(c.automated), rows[i].class);
		assert_string_equal(c_of(c.ack_allowed), rows[i].ack);
		assert_int_equal(c.ack_reason.n > 0, strcmp(rows[i].ack, "no") == 0);
	}
}

static void
test_failed_recipients(void **state)
{
	struct pr_contact c = parsed(FROM REPORT(
	    "delivery-status") "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: "
			       "dns; mx.example.org\r\n\r\n"
			       "Original-Recipient: rfc822; alias@example.org\r\nFinal-Recipient: "
			       "rfc822; ann@example.org\r\n"
			       "Action: failed\r\nStatus: 5.1.1\r\n\r\nFinal-Recipient: "
			       "rfc822;<bob@example.org>\r\nAction: delayed\r\n\r\n"
			       "Final-Recipient: rfc822;<cat@example.org>\r\nAction: Failed\r\n"
			       "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: "
			       "ours\r\n\r\nour own words\r\n--b--\r\n");

	(void)state;
	assert_int_equal(c.failed_recipients.n, 2);
	assert_string_equal(c_of(c.failed_recipients.v[0]), "ann@example.org");
	assert_string_equal(c_of(c.failed_recipients.v[1]), "cat@example.org");
	/* What comes back is no text of the sender's. */
	assert_string_equal(c_of(c.text), "words\n");

	c = parsed("From: MAILER-DAEMON@mx.example.org\r\nX-Failed-Recipients: ann@example.org, "
		   "bob@example.org\r\n" END);
	assert_int_equal(c.failed_recipients.n, 2);
	c = parsed(
	    "From: MAILER-DAEMON@mx.example.org\r\n\r\nSorry.\r\n\r\n<ann@example.org>:\r\nno such "
	    "user\r\n");
	assert_int_equal(c.failed_recipients.n, 1);
	c = parsed(FROM "\r\n<ann@example.org>:\r\nthat is me\r\n");
	assert_int_equal(c.failed_recipients.n, 0);
}

static void
test_hops(void **state)
{
	PR_AUTO_BUF struct pr_buf raw;

	(void)state;
	pr_buf_init(&raw, 65536);
	for (int i = 0; i < 51; i++)
		pr_buf_add_c(&raw, "Received: from a by b; Mon, 1 Sep 2025 10:00:00 +0100\r\n");
	pr_buf_add_c(&raw, FROM END);
	assert_string_equal(c_of(parsed_bytes(pr_buf_str(&raw)).ack_allowed), "no");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_classes, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_failed_recipients, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_hops, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
