/* HTML as a reader sees it. */
#include "mail_test.h"

static const struct {
	const char *html, *text;
} rows[] = {
    {"plain words", "plain words"},
    {"<p>one</p><p>two</p>", "one\n\ntwo"},
    {"<div>one</div><div>two</div>", "one\ntwo"},
    {"<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"},
    {"one<br>two<br/>three", "one\ntwo\nthree"},
    {"<h1>Title</h1>text", "Title\n\ntext"},
    {"<ul><li>one</li><li>two</li></ul>after", "- one\n- two\nafter"},
    {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
    {"see <a href='http://example.org/x'>this page</a>.", "see this page."},
    {"a  b\n\n c&nbsp;d", "a b c d"},
    {"<pre>a\n  b</pre>", "a\nb"},
    {"<b>bo</b>ld <i> it</i>", "bold it"},
    {"&pound;5 &amp; &eacute; &#8211; &#x20ac;", "£5 & é – €"},
    {"caf\xc3\xa9", "café"},
    /* what is not shown */
    {"<html><head><title>t</title><style>p{}</style></head><body>x</body></html>", "x"},
    {"a<script>alert('b')</script>c<!-- d -->e", "ace"},
    {"a<span style='display:none'>hidden</span>b", "ab"},
    {"a<span style='DISPLAY : None !important'>hidden</span>b", "ab"},
    {"a<span style='visibility:hidden'>hidden</span>b", "ab"},
    {"a<span hidden>hidden</span>b", "ab"},
    {"a<div style='color:red;font-size:0px'>hidden</div>b", "a\n\nb"},
    {"a<span style='font-size:0.9em'>shown</span>b", "ashownb"},
    {"a<span style='font-size:10px'>shown</span>b", "ashownb"},
    {"<td style='font-size:0'><div style='font-size:13px'>shown</div>not</td>", "shown"},
    {"a<div style='display:none'><p>x<div>y</div>z</div>b", "a\n\nb"},
    {"<div style='display:none'>never closed<p>x", ""},
    {"<style>never closed", ""},
    /* quotations that mail programs mark */
    {"new<blockquote type='cite'>old<br>older</blockquote>", "new\n\n> old\n> older"},
    {"new<blockquote class='gmail_quote'><div>old</div></blockquote>end", "new\n\n> old\n\nend"},
    {"<blockquote>indented</blockquote>", "indented"},
    {"a<hr>b", "a\n\n________________\nb"},
    /* broken */
    {"<p>one<p>two<div>three", "one\n\ntwo\n\nthree"},
    {"</div></p>x<b", "x"},
    {"a < b and c > d", "a < b and c > d"},
    {"<html><head><body>x", "x"},
    {"<meta charset='iso-8859-1'>caf\xc3\xa9", "café"},
};

static void
test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		PR_AUTO_BUF struct pr_buf out;

		pr_buf_init(&out, 4096);
		assert_int_equal(pr_html_text(pr_str_c(rows[i].html), 4096, &out), 0);
		print_message("%s\n", rows[i].html);
		assert_string_equal(c_of(pr_str_trim(pr_buf_str(&out))), rows[i].text);
	}
}

/* Deep, wide, entity-laden: time and memory stay small, the text valid. */
static void
test_bombs(void **state)
{
	static const char *const units[] = {
	    "<div>",       "<b><p>", "&amp;",   "<!--",
	    "<a b=c d=e ", "</p>",   "<table>", "<blockquote type=cite>",
	    "<![CDATA[",   "<x:y>",  "&#x26;",  "\xff\xfe"};

	(void)state;
	for (size_t i = 0; i < LENGTH(units); i++) {
		PR_AUTO_BUF struct pr_buf in, out;

		pr_buf_init(&in, (size_t)2 << 20);
		pr_buf_init(&out, 65536);
		pr_buf_add_c(&in,
			     "<!DOCTYPE html [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>&b;");
		while (in.n < 200000)
			pr_buf_add_c(&in, units[i]);
		pr_buf_add_c(&in, "end");
		assert_int_equal(pr_html_text(pr_buf_str(&in), 65000, &out), 0);
		assert_true(out.n <= 65000 && pr_utf8_ok(pr_buf_str(&out)));
	}
}

static void
test_limits(void **state)
{
	PR_AUTO_BUF struct pr_buf out;

	(void)state;
	pr_buf_init(&out, 64);
	assert_int_equal(pr_html_text(PR_STR_NONE, 64, &out), 0);
	assert_int_equal(pr_html_text(PR_STR("caf\xc3\xa9 caf\xc3\xa9"), 4, &out), 0);
	assert_string_equal(out.p, "caf");
	pr_buf_reset(&out);
	assert_int_equal(pr_html_text(PR_STR("a\0b"), 64, &out), 0);
	assert_string_equal(out.p, "a\xef\xbf\xbd"
				   "b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_texts, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_bombs, arena_up, arena_down),
	    cmocka_unit_test_setup_teardown(test_limits, arena_up, arena_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
