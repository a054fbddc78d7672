/* What leaves: safe for SMTP whatever goes in, and what parse makes of it is what went in. */
#include "mail_test.h"

static struct pr_mail_out
sample(void)
{
	return (struct pr_mail_out){
	    .from_name = PR_STR("Cyngor Enghraifft – Contact"),
	    .from_email = PR_STR("contact@council.example"),
	    .to_email = PR_STR("ann@example.org"),
	    .subject = PR_STR("We have your message EXA-2345"),
	    .body = PR_STR("Thank you.\n\nWe have it.\n"),
	    .message_id = PR_STR("c1.ack@council.example"),
	    .date = 1756717200000,
	};
}

static struct pr_str
built(const struct pr_mail_out *m, struct pr_buf *b)
{
	struct pr_err err = {0};

	pr_buf_reset(b);
	assert_int_equal(pr_mail_build(m, b, &err), 0);
	return pr_buf_str(b);
}

/* CRLF only, at most 998 bytes a line, no 8-bit byte, no NUL. */
static void
assert_smtp(struct pr_str s)
{
	size_t line = 0;

	assert_true(s.n > 2 && s.p[s.n - 1] == '\n');
	for (size_t i = 0; i < s.n; i++) {
		assert_true((unsigned char)s.p[i] < 128 && s.p[i] != '\0');
		if (s.p[i] == '\r')
			assert_true(i + 1 < s.n && s.p[i + 1] == '\n');
		if (s.p[i] == '\n') {
			assert_true(i > 0 && s.p[i - 1] == '\r');
			line = 0;
		} else {
			assert_true(++line <= 999);
		}
	}
}

static bool
holds(struct pr_str s, const char *text)
{
	return pr_str_find(s, pr_str_c(text)) != (size_t)-1;
}

static void
test_headers(void **state)
{
	PR_AUTO_BUF struct pr_buf b, again;
	struct pr_mail_out m = sample();

	(void)state;
	pr_buf_init(&b, 65536);
	pr_buf_init(&again, 65536);
	struct pr_str s = built(&m, &b);
	assert_smtp(s);
	assert_true(holds(s, "To: ann@example.org\r\n"));
	assert_true(holds(s, "Message-Id: <c1.ack@council.example>\r\n"));
	assert_true(holds(s, "Date: Mon, 01 Sep 2025 09:00:00 +0000\r\n"));
	assert_true(holds(s, "MIME-Version: 1.0\r\n") || holds(s, "Mime-Version: 1.0\r\n"));
	assert_false(holds(s, "Auto-Submitted"));
	assert_true(pr_str_eq(s, built(&m, &again)));
	m.automatic = true;
	s = built(&m, &b);
	assert_true(holds(s, "Auto-Submitted: auto-replied\r\n"));
	assert_true(holds(s, "X-Auto-Response-Suppress: All\r\n"));
	assert_true(holds(s, "X-Postroom: 1\r\n"));
	assert_string_equal(c_of(parsed_bytes(s).automated), "auto_reply");
}

static void
test_thread(void **state)
{
	PR_AUTO_BUF struct pr_buf b;
	struct pr_mail_out m = sample();
	struct pr_str ids[13];

	(void)state;
	pr_buf_init(&b, 65536);
	for (size_t i = 0; i < LENGTH(ids); i++)
		ids[i] = pr_arena_printf(
		    &arena, "%zu.a-rather-long-message-id-of-some-program@mail.example.org", i);
	ids[5] = PR_STR("not an id");
	m.references = (struct pr_list){ids, LENGTH(ids)};
	m.in_reply_to = ids[12];
	struct pr_contact c = parsed_bytes(built(&m, &b));
	assert_int_equal(c.references.n, 9);
	assert_true(pr_str_eq(c.references.v[0], ids[3]));
	assert_true(pr_str_eq(c.references.v[8], ids[12]));
	assert_true(pr_str_eq(c.in_reply_to, ids[12]));
	m.in_reply_to = PR_STR("<si\xc3\xa2n>");
	assert_int_equal(parsed_bytes(built(&m, &b)).in_reply_to.n, 0);
}

static const char *const words[] = {
    "",
    "Plain words",
    "Diolch am eich neges – ŵyr Siân",
    "\"quoted\" <angle> (comment), comma; semicolon: colon @ at \\ back",
    "=?utf-8?q?not_encoded?=",
    "a very long line that goes on and on because somebody wrote their whole letter into the "
    "subject line and did not "
    "stop until it was well over two hundred characters long, which must be folded somewhere",
    "longwordwithoutanyblankslongwordwithoutanyblankslongwordwithoutanyblankslongwordwithoutanyblan"
    "ks",
    "😀 emoji 👍🏽 and "
    "日本語の件名です、とても長いので折り返さなければなりません、本当に長いですよね",
};

/* parse(build(x)) = x for subject, name and body, in every combination. */
static void
test_round_trip(void **state)
{
	PR_AUTO_BUF struct pr_buf b;

	(void)state;
	pr_buf_init(&b, 65536);
	for (size_t i = 0; i < LENGTH(words); i++)
		for (size_t k = 1; k < LENGTH(words); k++) {
			struct pr_mail_out m = sample();

			m.subject = pr_str_c(words[i]);
			m.from_name = pr_str_c(words[(i + k) % LENGTH(words)]);
			m.body = pr_arena_printf(&arena, "%s\n\nFrom here\n.\n..\n%s\n", words[k],
						 words[i][0] ? words[i] : "x");
			struct pr_str s = built(&m, &b);
			assert_smtp(s);
			struct pr_contact c = parsed_bytes(s);
			assert_string_equal(c_of(c.subject), c_of(m.subject));
			assert_string_equal(c_of(c.from_name), c_of(m.from_name));
			assert_string_equal(c_of(c.text), c_of(m.body));
			assert_string_equal(c_of(c.to.v[0]), "ann@example.org");
			assert_int_equal(c.date, m.date);
		}
}

static void
test_bodies(void **state)
{
	char long_line[3000];
	const struct pr_str bodies[] = {PR_STR("a\r\nb\rc\n"),
					PR_STR("a\0b"),
					PR_STR("\xff\xfe"),
					PR_STR_NONE,
					PR_STR(" lead\ntrail \n\ttab\t\n"),
					pr_str_n(long_line, sizeof(long_line))};
	PR_AUTO_BUF struct pr_buf b;

	(void)state;
	memset(long_line, 'x', sizeof(long_line));
	pr_buf_init(&b, 65536);
	for (size_t i = 0; i < LENGTH(bodies); i++) {
		struct pr_mail_out m = sample();

		m.body = bodies[i];
		assert_smtp(built(&m, &b));
	}
}

static void
assert_refused(const struct pr_mail_out *m)
{
	PR_AUTO_BUF struct pr_buf b;
	struct pr_err err = {0};

	pr_buf_init(&b, 65536);
	assert_int_equal(pr_mail_build(m, &b, &err), -1);
	assert_int_equal(err.fault, PR_REJECT);
	assert_int_equal(b.n, 0);
}

/* A line end in any header field is refused, whatever field it is. */
static void
test_injection(void **state)
{
	static const struct pr_str bad[] = {
	    {"a\r\nBcc: x@example.org", 21}, {"a\nb", 3}, {"a\rb", 3}, {"a\0b", 3}};

	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct pr_str one = bad[i];
		struct pr_mail_out m;

		m = sample(), m.from_name = bad[i], assert_refused(&m);
		m = sample(), m.from_email = bad[i], assert_refused(&m);
		m = sample(), m.to_email = bad[i], assert_refused(&m);
		m = sample(), m.subject = bad[i], assert_refused(&m);
		m = sample(), m.message_id = bad[i], assert_refused(&m);
		m = sample(), m.in_reply_to = bad[i], assert_refused(&m);
		m = sample(), m.reply_to = bad[i], assert_refused(&m);
		m = sample(), m.references = (struct pr_list){&one, 1}, assert_refused(&m);
	}
	struct pr_mail_out m = sample();
	m.message_id = PR_STR_NONE;
	assert_refused(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_headers, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_thread, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_round_trip, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_bodies, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_injection, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
