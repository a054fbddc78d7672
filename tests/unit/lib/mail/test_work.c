/* Bundles of every channel through the work that a zygote's child does, in a real child too. */
#include "mail_test.h"

#include "postroom/bundle.h"

#include <sys/mman.h>

static int
bundle_fd(const char *channel, const char *peer, const struct pr_part *more, size_t n)
{
	struct pr_contact c = {.cid = PR_STR("0123456789abcdef0123456789abcdef"),
			       .channel = pr_str_c(channel),
			       .account = PR_STR("door"),
			       .received_at = 1756717200000,
			       .peer = pr_str_c(peer)};
	PR_AUTO_BUF struct pr_buf receipt;
	struct pr_part parts[16];
	struct pr_err err = {0};
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	assert_true(fd >= 0 && n < LENGTH(parts));
	pr_buf_init(&receipt, 4096);
	pr_contact_encode(&c, PR_STAGE_INGEST, &receipt);
	parts[0] = (struct pr_part){PR_PART_RECEIPT, PR_STR("-"), pr_buf_str(&receipt)};
	for (size_t i = 0; i < n; i++)
		parts[i + 1] = more[i];
	assert_int_equal(pr_bundle_write(fd, parts, n + 1, &err), 0);
	return fd;
}

static struct pr_contact
worked(const char *channel, const char *peer, const struct pr_part *more, size_t n)
{
	PR_AUTO_FD int fd = bundle_fd(channel, peer, more, n);
	PR_AUTO_BUF struct pr_buf out;
	struct pr_err err = {0};
	struct pr_contact c;

	memset(&c, 0, sizeof(c));
	pr_buf_init(&out, pr_mail_work.answer_max);
	assert_int_equal(pr_mail_work.run(fd, &out, &err), 0);
	/* texts and forms are read in the daemon itself, to the same bytes; mail never is */
	PR_AUTO_BUF struct pr_buf here;
	pr_buf_init(&here, pr_mail_work.answer_max);
	if (strcmp(channel, "email") == 0) {
		assert_int_equal(pr_mail_read_fields(fd, &here, &err), -1);
		assert_int_equal(err.fault, PR_REJECT);
	} else {
		assert_int_equal(pr_mail_read_fields(fd, &here, &err), 0);
		assert_true(pr_str_eq(pr_buf_str(&here), pr_buf_str(&out)));
	}
	assert_int_equal(pr_contact_decode(pr_arena_dup(&arena, pr_buf_str(&out)),
					   PR_STAGE_CLASSIFY, &arena, &c, &err),
			 0);
	return c;
}

static void
test_email(void **state)
{
	const struct pr_part raw = {
	    PR_PART_RAW, PR_STR("-"),
	    PR_STR("From: Ann <ann@example.org>\r\nSubject: bins\r\n\r\nhello\r\n\r\n> old\r\n")};
	struct pr_contact c = worked("email", "", &raw, 1);

	(void)state;
	assert_string_equal(c_of(c.cid), "0123456789abcdef0123456789abcdef");
	assert_string_equal(c_of(c.from_email), "ann@example.org");
	assert_string_equal(c_of(c.text), "hello\n\n> old\n");
	assert_string_equal(c_of(c.new_text), "hello\n");
	assert_string_equal(c_of(c.ack_allowed), "yes");
}

static void
test_sms(void **state)
{
	const struct pr_part text = {PR_PART_FIELD, PR_STR("text"), PR_STR("Bin missed, ŵ")};
	struct pr_contact c = worked("sms", "07700 900123", &text, 1);

	(void)state;
	assert_string_equal(c_of(c.from_phone), "+447700900123");
	assert_string_equal(c_of(c.text), "Bin missed, ŵ");
	assert_string_equal(c_of(c.new_text), "Bin missed, ŵ");
	assert_string_equal(c_of(c.automated), "no");
	assert_string_equal(c_of(c.ack_allowed), "yes");
	assert_string_equal(c_of(worked("sms", "GOVUK", &text, 1).from_phone), "GOVUK");
}

static void
test_web(void **state)
{
	const struct pr_part parts[] = {
	    {PR_PART_FIELD, PR_STR("name"), PR_STR(" Ann Example ")},
	    {PR_PART_FIELD, PR_STR("email"), PR_STR("ann@Example.ORG")},
	    {PR_PART_FIELD, PR_STR("phone"), PR_STR("07700 900123")},
	    {PR_PART_FIELD, PR_STR("subject"), PR_STR("bins")},
	    {PR_PART_FIELD, PR_STR("message"), PR_STR("not\ncollected")},
	    {PR_PART_FIELD, PR_STR("photo.filename"), PR_STR("C:\\me\\bin.jpg")},
	    {PR_PART_FILE, PR_STR("photo"), PR_STR("12345")},
	};
	struct pr_contact c = worked("web", "", parts, LENGTH(parts));

	(void)state;
	assert_string_equal(c_of(c.from_name), "Ann Example");
	assert_string_equal(c_of(c.from_email), "ann@example.org");
	assert_string_equal(c_of(c.from_phone), "+447700900123");
	assert_string_equal(c_of(c.subject), "bins");
	assert_string_equal(c_of(c.text), "not\ncollected");
	assert_string_equal(c_of(c.new_text), "not\ncollected");
	assert_true(list_has(c.form, "subject=bins"));
	assert_int_equal(c.attachments.n, 1);
	assert_string_equal(c_of(c.attachments.v[0]), "5 application/octet-stream bin.jpg");
	assert_string_equal(c_of(c.ack_allowed), "yes");
}

static void
test_refusals(void **state)
{
	const struct pr_part empty = {PR_PART_RAW, PR_STR("-"), PR_STR("")};
	const struct {
		int fd;
		const char *words;
	} rows[] = {
	    {bundle_fd("email", "", NULL, 0), "the bundle of an e-mail has no raw part"},
	    {bundle_fd("email", "", &empty, 1), "the message is empty"},
	    {bundle_fd("sms", "07700 900123", NULL, 0),
	     "the bundle of a text message has no field 'text'"},
	    {memfd_create("nothing", MFD_CLOEXEC), NULL},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		PR_AUTO_BUF struct pr_buf out;
		struct pr_err err = {0};

		pr_buf_init(&out, pr_mail_work.answer_max);
		assert_int_equal(pr_mail_work.run(rows[i].fd, &out, &err), -1);
		assert_int_equal(err.fault, PR_REJECT);
		if (rows[i].words)
			assert_string_equal(err.msg, rows[i].words);
		close(rows[i].fd);
	}
}

static const char *const charsets[] = {
    "utf-8",     "windows-1252", "iso-8859-14", "koi8-r",     "gb18030", "big5",
    "shift_jis", "iso-2022-jp",  "iso-2022-kr", "utf-7",      "utf-16",  "cp-850",
    "macintosh", "euc-jp",       "ebcdic-uk",   "hz-gb-2312", "tcvn",    "bogus"};

/* In a sandboxed child: every charset, those included whose converter nobody loaded beforehand. */
static void
test_sandbox(void **state)
{
	struct pr_err err = {0};
	struct pr_zygote *z = pr_zygote_start(&pr_mail_work, &err);

	(void)state;
	assert_non_null(z);
	for (size_t i = 0; i < LENGTH(charsets); i++) {
		struct pr_part raw = {
		    PR_PART_RAW, PR_STR("-"),
		    pr_arena_printf(&arena,
				    "From: a@example.org\r\nSubject: =?%s?q?=e9t=e9?=\r\n"
				    "Content-Type: text/html; charset=%s\r\n\r\n<p>caf\xe9\r\n",
				    charsets[i], charsets[i])};
		PR_AUTO_FD int fd = bundle_fd("email", "", &raw, 1);
		PR_AUTO_BUF struct pr_buf out;
		enum pr_zygote_outcome outcome;

		pr_buf_init(&out, pr_mail_work.answer_max);
		assert_int_equal(pr_zygote_run(z, fd, &out, &outcome, &err), 0);
		print_message("%s: %s\n", charsets[i], err.msg);
		assert_int_equal(outcome, PR_ZYGOTE_OK);
	}
	pr_zygote_stop(&z);
	assert_null(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_email, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_sms, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_web, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_refusals, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_sandbox, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
