/* Whole messages into contacts: headers, the MIME tree, limits. */
#include "mail_test.h"

#define HEAD  "From: Siân <sian@Example.ORG>\r\nTo: contact@council.example\r\nSubject: bins\r\n"
#define PLAIN "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"

static void
test_headers(void **state)
{
	struct pr_contact c =
	    parsed("Return-Path: <a@example.org>\r\n"
		   "From: =?iso-8859-1?Q?Si=E2n_O'Brien?= <sian@Example.ORG>\r\n"
		   "Reply-To: other@example.org\r\n"
		   "To: \"Council, Contact\" <c@d.example>, Team: one@d.example, two@d.example;\r\n"
		   "Cc: three@d.example (the third)\r\n"
		   "Subject: =?UTF-8?B?TWlzc2VkIGJpbiDigJMg?=\r\n =?UTF-8?Q?Heol_y_Br=C3=B4?=\r\n"
		   "Message-ID: <m1@example.org>\r\nIn-Reply-To: <m0@d.example> (your letter)\r\n"
		   "References: <a@d.example>\r\n <m0@d.example>\r\n"
		   "Date: Mon, 1 Sep 2025 10:00:00 +0100\r\n\r\nHello\r\n");

	(void)state;
	assert_string_equal(c_of(c.from_email), "sian@example.org");
	assert_string_equal(c_of(c.from_name), "Siân O'Brien");
	assert_string_equal(c_of(c.reply_to), "other@example.org");
	assert_int_equal(c.to.n, 3);
	assert_string_equal(c_of(c.to.v[0]), "c@d.example");
	assert_string_equal(c_of(c.to.v[2]), "two@d.example");
	assert_string_equal(c_of(c.cc.v[0]), "three@d.example");
	assert_string_equal(c_of(c.subject), "Missed bin – Heol y Brô");
	assert_string_equal(c_of(c.message_id), "m1@example.org");
	assert_string_equal(c_of(c.in_reply_to), "m0@d.example");
	assert_int_equal(c.references.n, 2);
	assert_string_equal(c_of(c.references.v[1]), "m0@d.example");
	assert_int_equal(c.date, 1756717200000);
	assert_string_equal(c_of(c.text), "Hello\n");
	assert_string_equal(c_of(c.automated), "no");
	assert_string_equal(c_of(c.ack_allowed), "yes");
	assert_int_equal(c.problems.n, 0);
}

static const struct {
	const char *what, *raw, *text;
} texts[] = {
    {"mbox line", "From a@b Mon Sep 1\r\n" HEAD "\r\nhi\r\n", "hi\n"},
    {"blank lines first", "\r\n\r\n" HEAD "\r\nhi\r\n", "hi\n"},
    {"line ends of Unix", "From: a@example.org\nSubject: x\n\nhi\nyou\n", "hi\nyou\n"},
    {"line ends of an old Mac", "From: a@example.org\rSubject: x\r\rhi\ryou\r", "hi\nyou\n"},
    {"no blank line", "From: a@example.org\nSubject: x\nDear all, this is text\nwith two lines\n",
     "Dear all, this is text\nwith two lines\n"},
    {"a stray line among headers", "From: a@example.org\n>From b\nSubject: x\n\nhi\n", "hi\n"},
    {"no headers", "just some words\n", "just some words\n"},
    {"blank lines and trailing blanks", HEAD PLAIN "\r\n\r\na  \r\n\r\n\r\n\r\n\r\nb\t\r\n\r\n",
     "a\n\n\nb\n"},
    {"quoted-printable",
     HEAD PLAIN "Content-Transfer-Encoding: quoted-printable\r\n\r\nBr=C3=B4 =\r\nwen\r\n",
     "Brô wen\n"},
    {"base64 without padding",
     HEAD PLAIN "Content-Transfer-Encoding: base64\r\n\r\nSGVs!!bG8g\r\nd29ybGQ\r\n",
     "Hello world\n"},
    {"format=flowed",
     HEAD "Content-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\n\r\n> q \r\n> r\r\n-- "
	  "\r\nme\r\n",
     "one two\n\n> q r\n--\nme\n"},
    {"format=flowed; delsp",
     HEAD "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\non \r\ne\r\n", "one\n"},
    {"HTML called plain", HEAD PLAIN "\r\n<html><body><p>one<p>two</body></html>", "one\n\ntwo\n"},
    {"multipart without boundary",
     HEAD "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhi\r\n--x--\r\n", "--x\n\nhi\n--x--\n"},
    {"unclosed multipart",
     HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n\r\nyou\r\n",
     "hi\nyou\n"},
    {"the boundary is a quote",
     "From: a@b\r\nContent-Type: multipart/mixed; boundary=\"\\\"\"\r\n\r\n--\"\r\n\r\nhi\r\n",
     "hi\n"},
    {"text that calls itself attachment",
     HEAD "Content-Disposition: attachment; filename=a.txt\r\n\r\nhi\r\n", "hi\n"},
    {"plain before HTML",
     HEAD "Content-Type: multipart/alternative; "
	  "boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\nContent-Type: "
	  "text/html\r\n\r\n<p>rich\r\n--b--\r\n",
     "plain\n"},
    {"empty plain",
     HEAD
     "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\nContent-Type: "
     "text/html\r\n\r\n<p>rich\r\n--b--\r\n",
     "rich\n"},
    {"plain that says nothing",
     HEAD "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nYour mail program "
	  "does not support "
	  "HTML.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>rich\r\n--b--\r\n",
     "rich\n"},
    {"HTML before plain",
     HEAD "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: "
	  "text/html\r\n\r\n<p>rich\r\n"
	  "--b\r\n\r\nplain\r\n--b--\r\n",
     "plain\n"},
    {"forwarded message",
     HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee "
	  "below\r\n--b\r\nContent-Type: "
	  "message/rfc822\r\n\r\nSubject: old\r\n\r\nthe old words\r\n--b--\r\n",
     "see below\n\n---- forwarded message ----\nthe old words\n"},
};

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct pr_contact c = parsed(texts[i].raw);

		print_message("%s\n", texts[i].what);
		assert_string_equal(c_of(c.text), texts[i].text);
	}
}

static const struct {
	const char *headers, *line;
} files[] = {
    {"Content-Type: application/pdf; name*0*=UTF-8''adro; name*1*=ddiad%20; name*2=t.pdf",
     "2 application/pdf adroddiad t.pdf"},
    {"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a b c.pdf",
     "2 application/pdf a b c.pdf"},
    {"Content-Type: image/png\r\nContent-Disposition: attachment; "
     "filename=\"=?UTF-8?Q?llun_=C3=AE.png?=\"",
     "2 image/png llun î.png"},
    {"Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"../../etc/passwd\"",
     "2 image/png passwd"},
    {"Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"C:\\\\tmp\\\\x.png\"",
     "2 image/png x.png"},
    {"Content-Type: image/png\r\nContent-Disposition: attachment; "
     "filename*=UTF-8''a%E2%80%AEgnp.exe",
     "2 image/png agnp.exe"},
    {"Content-Type: image/png\r\nContent-Disposition: attachment; filename*=UTF-8''a%00%0Ab.png",
     "2 image/png a b.png"},
    {"Content-Type: IMAGE/PNG", "2 image/png"},
    {"Content-Type: text/csv", "2 text/csv"},
    {"Content-Disposition: attachment", "2 text/plain"},
};

static void
test_attachments(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++) {
		struct pr_str raw = pr_arena_printf(
		    &arena,
		    HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n"
			 "--b\r\n%s\r\n\r\nxx\r\n--b--\r\n",
		    files[i].headers);
		struct pr_contact c = parsed_bytes(raw);

		assert_int_equal(c.attachments.n, 1);
		if (i == 6) /* where the NUL ends the name is GMime's affair; no control character
			       comes through */
			assert_true(pr_utf8_ok(c.attachments.v[0]) &&
				    !memchr(c.attachments.v[0].p, '\n', c.attachments.v[0].n));
		else
			assert_string_equal(c_of(c.attachments.v[0]), files[i].line);
		assert_string_equal(c_of(c.text), "hi\n");
	}
}

/* Raw 8-bit headers, NUL, what is no UTF-8 at all: the text that comes out is valid. */
static void
test_hostile_bytes(void **state)
{
	static const char raw[] = "From: Si\xe2n <s@example.org>\r\nSubject: caf\xe9 \0 x\r\nX\0Y: "
				  "1\r\n\r\nhel\0lo \xff\xfe\r\n";
	struct pr_contact c = parsed_bytes(pr_str_n(raw, sizeof(raw) - 1));

	(void)state;
	assert_string_equal(c_of(c.from_name), "Siân");
	assert_true(pr_str_starts(c.subject, PR_STR("café")));
	assert_true(pr_str_starts(c.text, PR_STR("hel\xef\xbf\xbdlo")));
	assert_true(pr_utf8_ok(c.text) && pr_utf8_ok(c.subject));
	assert_int_equal(c.problems.n, 1);
}

static void
test_senders(void **state)
{
	static const struct {
		const char *from, *email, *name;
	} rows[] = {
	    {"From: a@example.org", "a@example.org", ""},
	    {"From: a@example.org (Ann Example)", "a@example.org", "Ann Example"},
	    {"From: \"Example, Ann\" <a@EXAMPLE.org>", "a@example.org", "Example, Ann"},
	    {"From: Ann <not an address>", "not an address", "Ann"},
	    {"Sender: b@example.org", "b@example.org", ""},
	    {"From: MAILER-DAEMON", "MAILER-DAEMON", ""},
	    {"From:", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct pr_contact c = parsed_bytes(
		    pr_arena_printf(&arena, "%s\r\nSubject: x\r\n\r\nhi\r\n", rows[i].from));

		assert_string_equal(c_of(c.from_email), rows[i].email);
		assert_string_equal(c_of(c.from_name), rows[i].name);
	}
}

static struct pr_str
repeated(const char *before, const char *unit, size_t times, const char *after)
{
	size_t n = strlen(unit), head = strlen(before), tail = strlen(after);
	char *p = pr_arena_alloc(&arena, head + n * times + tail);

	memcpy(p, before, head);
	for (size_t i = 0; i < times; i++)
		memcpy(p + head + i * n, unit, n);
	memcpy(p + head + n * times, after, tail);
	return pr_str_n(p, head + n * times + tail);
}

/* Each of these is the death of some parser; here it costs little and is noted. */
static void
test_bombs(void **state)
{
	static const struct {
		const char *before, *unit;
		size_t times;
		const char *after;
	} rows[] = {
	    {"From: ", "(", 200000, "\r\nSubject: x\r\n\r\nhi\r\n"},
	    {"From: a@b\r\nTo: ", "u@example.org, ", 70000, "\r\n\r\nhi\r\n"},
	    {"From: a@b\r\nTo: ", "a:", 40000, "b@example.org\r\n\r\nhi\r\n"},
	    {"From: a@b\r\nReferences: ", "<a@b> ", 100000, "\r\n\r\nhi\r\n"},
	    {"From: a@b\r\nSubject: ", "=?utf-8?q?=C3=A9?= ", 50000, "\r\n\r\nhi\r\n"},
	    {"From: a@b\r\n", "X: y\r\n", 100000, "\r\nhi\r\n"},
	    {"From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nhi\r\n",
	     100000, ""},
	    {"From: a@b\r\n", "Content-Type: message/rfc822\r\n\r\n", 5000, "hi\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		pr_arena_reset(&arena);
		struct pr_contact c = parsed_bytes(
		    repeated(rows[i].before, rows[i].unit, rows[i].times, rows[i].after));

		assert_true(c.problems.n >= 1);
		assert_true(c.to.n <= 1000 && c.references.n <= 50 && c.subject.n <= 2000);
		assert_true(c.text.n > 0);
	}
}

static void
test_long_text(void **state)
{
	struct pr_contact c =
	    parsed_bytes(repeated("From: a@b\r\n\r\n", "0123456789\r\n", 200000, ""));

	(void)state;
	assert_true(c.text.n <= PR_MAIL_TEXT_MAX && c.text.n > PR_MAIL_TEXT_MAX / 2);
	assert_true(list_has(c.problems, "the text is longer than is shown here"));
}

/* A line without an end that fills the text: what comes out of it is still a contact. */
static void
test_long_line(void **state)
{
	struct pr_contact again, c = parsed_bytes(repeated("From: a@b\r\n\r\n", "a", 1048576, ""));
	struct pr_err err = {0};
	struct pr_buf b;

	(void)state;
	assert_int_equal(c.text.n, PR_MAIL_TEXT_MAX);
	pr_buf_init(&b, 8 * PR_MAIL_TEXT_MAX);
	c.cid = PR_STR("0123456789abcdef0123456789abcdef");
	c.channel = PR_STR("email");
	c.account = PR_STR("enquiries");
	c.received_at = 1;
	pr_contact_encode(&c, PR_STAGE_CLASSIFY, &b);
	if (pr_contact_decode(pr_buf_str(&b), PR_STAGE_CLASSIFY, &arena, &again, &err) < 0)
		fail_msg("%s", err.msg);
	pr_buf_release(&b);
}

static void
test_empty(void **state)
{
	static const char *const rows[] = {"", "\r\n", " \n\n "};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		struct pr_contact c;
		struct pr_err err = {0};

		memset(&c, 0, sizeof(c));
		assert_int_equal(pr_mail_parse(pr_str_c(rows[i]), &arena, &c, &err), -1);
		assert_int_equal(err.fault, PR_REJECT);
		assert_string_equal(err.msg, "the message is empty");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_headers, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_texts, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_attachments, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_hostile_bytes, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_senders, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_bombs, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_long_text, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_long_line, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_empty, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
