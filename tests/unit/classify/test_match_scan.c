/* What PCRE2 matches must be among the candidates, always; a text without candidates is cheap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "postroom/file.h"
#include "scan_test.h"

#include <fcntl.h>
#include <signal.h>

/* Both drivers: that which the build has chosen under its own names, the plain one under others. */
#define pr_scan         all_scan
#define pr_scan_pattern all_scan_pattern
#define pr_scan_new     all_scan_new
#define pr_scan_find    all_scan_find
#define pr_scan_name    all_scan_name
#define pr_scan_free    all_scan_free
#undef CLASSIFY_MATCH_SCAN_H
#include "classify/match_scan_all.c"
#undef pr_scan
#undef pr_scan_pattern
#undef pr_scan_new
#undef pr_scan_find
#undef pr_scan_name
#undef pr_scan_free

#define BITS 16 /* words: 1,024 patterns */

static struct pr_scan *
scan_of(const struct scan_set *s, const char *cache)
{
	struct pr_err err = {0};
	struct pr_scan *scan = pr_scan_new(s->v, s->n, cache, &err);

	if (!scan)
		fail_msg("%s", err.msg);
	return scan;
}

/* Is there a libhs that can be trusted? */
static bool
has_libhs(const struct pr_scan *scan)
{
	return pr_str_starts(pr_str_c(pr_scan_name(scan)), PR_STR("libhs")) &&
	       !strstr(pr_scan_name(scan), "misses");
}

/* Returns how many of its patterns match in the folded text. */
static size_t
check_text(const struct scan_set *s, struct pr_scan *scan, struct pr_str folded)
{
	uint64_t bits[BITS] = {0};
	size_t matches = 0;

	pr_scan_find(scan, folded, bits);
	for (uint32_t id = 0; id < s->n; id++) {
		if (scan_set_ask(s, id, folded, NULL) != PR_MATCH_YES)
			continue;
		matches++;
		if (!scan_bit(bits, id))
			fail_msg("'" PR_S_FMT "' matches in '" PR_S_FMT "', the scan says no",
				 PR_S(s->v[id].regex), PR_S(folded));
	}
	return matches;
}

static size_t
check_folded(struct scan_set *s, struct pr_scan *scan, const char *text)
{
	struct pr_folded folded;

	pr_arena_reset(&s->a);
	pr_fold(pr_str_c(text), &s->a, &folded);
	return check_text(s, scan, folded.text);
}

static const char *const patterns[] = {
    "bin",
    "\\bbins?\\b",
    "\\Bin\\B",
    "^bin",
    "bin$",
    "\\Abin",
    "bin\\z",
    "bin\\Z",
    "(?m)^bin$",
    "(?s)bin.green",
    "bin.green",
    "(?i)BIN",
    "(?-i)bin",
    "bin(?!s)",
    "bin(?=s)",
    "(?<=green )bin",
    "(?<!green )bin",
    "(?<!\\w)bin(?!\\w)",
    "(?>a+)b",
    "a++b",
    "a*+b",
    "[a-f]{2,5}+x",
    "(?:a|ab)(?:c|bcd)(?:d*)",
    "x*",
    "(?:)",
    "$",
    "^",
    "^$",
    "\\b",
    "\\w+",
    "\\W+",
    "\\d{2,4}",
    "\\D\\d\\D",
    "\\s\\S\\s",
    "\\s+$",
    "[^a-z]",
    "[]x]",
    "[^]x]",
    "[\\w']+",
    "[^\\w]",
    "[\\d.-]+",
    "[a\\-z]",
    "\\x41",
    "[\\x41-\\x5a]",
    "\\x{e9}t\\x{e9}",
    "\\p{L}+",
    "\\p{Lu}",
    "\\P{L}",
    "[[:alpha:]]+",
    "[[:^alpha:]]",
    "[[:punct:]]",
    "\\R",
    "\\X",
    "\\h+",
    "\\N+",
    "a\\Kb",
    "\\Qa.b\\E",
    "(?<name>bin)",
    "(?|a(b)|c)",
    "a(?#comment)b",
    "(?x) b i n # bin",
    "{,3}",
    "a{,3}",
    "a{2}",
    "a{2,}",
    "a{2,4}?b",
    "a\\{2}",
    ".{3}",
    "^.{4}$",
    "\xc3\xa9t\xc3\xa9",
    "\xc5\x82\xc3\xb3"
    "dka",
    "\xd0\xbc\xd1\x83\xd1\x81\xd0\xbe\xd1\x80",
    "[^\xc5\x82]",
    "k",
    "s",
    "[k-s]+",
    "\\w{1,64}@\\w{1,63}",
    "[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,63}\\.[a-z]{2,10}",
    "(?:\\w+\\s+){0,3}dark",
    "(?:a{1,200}b{1,200}){1,100}",
    "(?:a+)+$",
    "(?:a|a)*b",
    "^(?:hi|hello)\\b[^.!?]{0,30}[,.! ]\\s*(?:thanks|ta)\\b.{0,70}$",
    "\\b(?:not|never|isn't)\\s+(?:\\w+\\s+){0,3}(?:dark|end(?:ing)? it)\\b",
    "caf.",
    "w[i\\xc3]nd",
};

static const char *const texts[] = {
    "bin",
    "My BINS were missed",
    "cabinet",
    "green bin\n\nbin\n\ngreen",
    "bin\n",
    "the bin\n\nbin",
    "green bin",
    "aaab",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abcd",
    "a b c",
    "1234 5 67",
    "isn't it dark - it is not so very dark",
    "hi, ta for that",
    "a@b.example.org me.you@example.org",
    "\xc3\xa9t\xc3\xa9 caf\xc3\xa9",
    "\xc5\x82\xc3\xb3"
    "dka \xc5\x81\xc3\x93"
    "DKA",
    "\xd0\x9c\xd0\xa3\xd0\xa1\xd0\x9e\xd0\xa0 bin",
    "\xe2\x84\xaa \xc5\xbf kelvin and long s",
    "\xd9\xa3\xd9\xa4 \xe0\xa5\xa7 digits 12",
    "\xf0\x9f\x97\x91 bin \xf0\x9f\x98\xa1",
    "\xe5\x9e\x83\xe5\x9c\xbe bin",
    "\xc3\x9f stra\xc3\x9f"
    "e \xc4\xb0stanbul \xc4\xb1",
    "x",
    "]x[",
    "{,3} a{,3} a{2}",
    "a.b _ a-z A",
    "    ",
    "\xe2\x80\xa6",
    "\x01\x02\x7f",
};

static void
table_init(struct scan_set *s)
{
	scan_set_init(s);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!scan_set_add(s, pr_str_c(patterns[i])))
			fail_msg("'%s' is refused", patterns[i]);
	scan_set_end(s);
}

static void
test_superset(void **state)
{
	struct scan_set s;
	struct pr_scan *scan;
	size_t matches = 0;

	(void)state;
	table_init(&s);
	scan = scan_of(&s, NULL);
	print_message("%s\n", pr_scan_name(scan));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		matches += check_folded(&s, scan, texts[i]);
	check_text(&s, scan, PR_STR_NONE);
	assert_true(matches > 500);
	pr_scan_free(&scan);
	assert_null(scan);
	scan_set_release(&s);
}

/* Every byte of ASCII against every class, alone and between letters. */
static void
test_classes(void **state)
{
	static const char *const classes[] = {
	    "\\w",   "\\W",    "\\d",    "\\D",           "\\s",  "\\S",    ".",
	    "[a-z]", "[^a-z]", "[\\W_]", "[^\\s]",        "\\b.", "a\\b",   "\\Bz",
	    "a\\B.", "[ -~]",  "[!-/]",  "[\\x00-\\x1f]", ".$",   "(?m)^.$"};
	struct scan_set s;
	struct pr_scan *scan;

	(void)state;
	scan_set_init(&s);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		assert_true(scan_set_add(&s, pr_str_c(classes[i])));
	scan_set_end(&s);
	scan = scan_of(&s, NULL);
	for (int c = 0; c < 128; c++) {
		const char alone[] = {(char)c}, between[] = {'a', (char)c, 'z'};

		check_text(&s, scan, pr_str_n(alone, sizeof(alone)));
		check_text(&s, scan, pr_str_n(between, sizeof(between)));
	}
	pr_scan_free(&scan);
	scan_set_release(&s);
}

/* ---- patterns and texts by chance ---- */

static uint32_t
chance(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

static void
add_random(struct pr_buf *b, uint32_t *seed, int depth)
{
	static const char *const atoms[] = {"a",   "b",     "ab",    ".",     "\\w",    "\\s",
					    "\\d", "[a-c]", "[^a]",  "\\b",   "\\B",    "^",
					    "$",   " ",     "(?=a)", "(?!b)", "(?<=a)", "(?<!b)",
					    "\\W", "1",     "(?m)^", "(?m)$", "[\\w-]", "'"};
	static const char *const repeats[] = {"",   "",   "",      "?",   "*",      "+",
					      "+?", "++", "{1,3}", "{2}", "{0,2}+", "{1,}"};
	uint32_t parts = 1 + chance(seed, 4);

	for (uint32_t i = 0; i < parts; i++) {
		if (i && !chance(seed, 5))
			pr_buf_add_char(b, '|');
		if (depth < 3 && !chance(seed, 3)) {
			static const char *const groups[] = {"(?:", "(",   "(?>",
							     "(?=", "(?!", "(?s:"};

			pr_buf_add_c(b, groups[chance(seed, 6)]);
			add_random(b, seed, depth + 1);
			pr_buf_add_char(b, ')');
		} else {
			pr_buf_add_c(b, atoms[chance(seed, sizeof(atoms) / sizeof(atoms[0]))]);
		}
		pr_buf_add_c(b, repeats[chance(seed, sizeof(repeats) / sizeof(repeats[0]))]);
	}
}

static void
test_random(void **state)
{
	static const char letters[] = "aaabbbc  11'-\n.";
	uint32_t seed = 20261122;
	struct scan_set s;
	struct pr_scan *scan;
	struct pr_buf b;
	size_t matches = 0;

	(void)state;
	scan_set_init(&s);
	pr_buf_init(&b, 1 << 16);
	while (s.rules.conditions < 400) {
		pr_buf_reset(&b);
		add_random(&b, &seed, 0);
		scan_set_add(&s, pr_arena_dup(&s.rules.arena, pr_buf_str(&b)));
	}
	scan_set_end(&s);
	scan = scan_of(&s, NULL);
	print_message("%s\n", pr_scan_name(scan));
	for (int i = 0; i < 200; i++) {
		uint32_t n = 1 + chance(&seed, 30);

		pr_buf_reset(&b);
		for (uint32_t k = 0; k < n; k++)
			pr_buf_add_char(&b, letters[chance(&seed, sizeof(letters) - 1)]);
		matches += check_text(&s, scan, pr_buf_str(&b));
	}
	assert_true(matches > 10000);
	pr_buf_release(&b);
	pr_scan_free(&scan);
	scan_set_release(&s);
}

/* Each pattern alone, and its match at every place of texts of every length: where releases of
 * Vectorscan have missed some. */
static void
test_places(void **state)
{
	static const struct {
		const char *regex, *match;
	} table[] = {
	    {"aa[\\w]+?>a|a!", "a!"}, {"\\bnot (?:well|safe)\\b", " not safe "},
	    {"\\d+ ?%", "15 %"},      {"[a-e][0-9]{2}", "b12"},
	    {"help|mwg|tan", "mwg"},  {"(?<!k)z", " z"},
	    {"!$|q.q", "!"},          {"o{3,}h", "oooooh"},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct scan_set s;
		struct pr_scan *scan;
		size_t n = strlen(table[i].match), matches = 0;

		scan_set_init(&s);
		assert_true(scan_set_add(&s, pr_str_c(table[i].regex)));
		scan_set_end(&s);
		scan = scan_of(&s, NULL);
		for (size_t at = 0; at < 135; at++)
			for (size_t tail = 0; tail < 40; tail += 3) {
				memset(text, 'k', sizeof(text));
				memcpy(text + at, table[i].match, n);
				matches += check_text(&s, scan, pr_str_n(text, at + n + tail));
			}
		assert_true(matches >= 135);
		pr_scan_free(&scan);
		scan_set_release(&s);
	}
}

/* ---- the shipped rules: the same verdicts with the scan and without ---- */

static struct pr_rules *
shipped(struct pr_arena *a, bool plain)
{
	struct pr_rules_how how = {NULL, plain};
	const char *root = getenv("POSTROOM_SOURCE");
	struct pr_diag diag;
	struct pr_rules *rules;

	pr_diag_init(&diag, a);
	rules = pr_rules_load(pr_arena_printf(a, "%s/rules", root ? root : ".").p, &how, &diag);
	if (!rules)
		pr_diag_print(&diag, stderr);
	assert_non_null(rules);
	return rules;
}

static void
verdict(struct pr_rules *rules, struct pr_arena *a, struct pr_str text, struct pr_buf *out)
{
	static const struct pr_classify_world world = {{"EXA", 3}};
	struct pr_contact c = {.channel = PR_STR("email"), .account = PR_STR("contact")};
	struct pr_err err;

	c.text = c.new_text = text;
	assert_int_equal(pr_classify(rules, &world, a, &c, &err), 0);
	pr_buf_reset(out);
	pr_contact_encode(&c, PR_STAGE_CLASSIFY, out);
}

static void
test_shipped_rules(void **state)
{
	const char *root = getenv("POSTROOM_SOURCE");
	struct pr_rules *fast, *plain;
	struct pr_buf file, one, other;
	struct pr_str rest, line;
	struct pr_arena a;
	struct pr_err err;
	size_t n = 0;

	(void)state;
	pr_arena_init(&a, (size_t)256 << 20);
	pr_buf_init(&file, (size_t)4 << 20);
	pr_buf_init(&one, (size_t)4 << 20);
	pr_buf_init(&other, (size_t)4 << 20);
	fast = shipped(&a, false);
	plain = shipped(&a, true);
	assert_int_equal(
	    pr_file_read(AT_FDCWD,
			 pr_arena_printf(&a, "%s/tests/rules/messages.tsv", root ? root : ".").p,
			 &file, &err),
	    0);
	/* the whole line as a text: it has words from every column */
	for (rest = pr_buf_str(&file); pr_str_cut(&rest, '\n', &line); n++) {
		verdict(fast, &a, line, &one);
		verdict(plain, &a, line, &other);
		if (!pr_str_eq(pr_buf_str(&one), pr_buf_str(&other)))
			fail_msg("the scan changes the verdict on '" PR_S_FMT "'", PR_S(line));
	}
	assert_true(n > 100);
	pr_buf_release(&one);
	pr_buf_release(&other);
	pr_buf_release(&file);
	pr_rules_free(&fast);
	pr_rules_free(&plain);
	pr_arena_release(&a);
}

/* ---- how much it leaves out ---- */

static void
test_bits(void **state)
{
	static const char *const some[] = {"\\bpothole\\b", "\\bnot (?=dark)", "\\p{L}+"};
	struct scan_set s;
	struct pr_scan *scan;
	uint64_t bits[BITS] = {0};

	(void)state;
	scan_set_init(&s);
	for (size_t i = 0; i < 3; i++)
		assert_true(scan_set_add(&s, pr_str_c(some[i])));
	scan_set_end(&s);
	scan = scan_of(&s, NULL);
	if (!has_libhs(scan))
		skip();
	/* properties of Unicode are PCRE2's alone; of lookarounds libhs knows what surrounds them
	 */
	pr_scan_find(scan, PR_STR("a pothole here"), bits);
	assert_int_equal(bits[0], 5);
	pr_scan_find(scan, PR_STR("it is not so"), bits);
	assert_int_equal(bits[0] & 5, 5);
	bits[0] = 0;
	pr_scan_find(scan, PR_STR("the potholes"), bits);
	assert_int_equal(bits[0], 4);
	/* a letter that is not ASCII: PCRE2 decides alone */
	bits[0] = 0;
	pr_scan_find(scan, PR_STR("\xc5\x82"), bits);
	assert_int_equal(bits[0], 7);
	pr_scan_free(&scan);
	scan_set_release(&s);
}

static void
test_pattern_asks_only_candidates(void **state)
{
	struct scan_set s;
	uint64_t none[1] = {0}, all[1] = {1};

	(void)state;
	scan_set_init(&s);
	assert_true(scan_set_add(&s, PR_STR("bin")));
	scan_set_end(&s);
	assert_int_equal(scan_set_ask(&s, 0, PR_STR("the bin"), NULL), PR_MATCH_YES);
	assert_int_equal(scan_set_ask(&s, 0, PR_STR("the bin"), all), PR_MATCH_YES);
	assert_int_equal(scan_set_ask(&s, 0, PR_STR("the bin"), none), PR_MATCH_NO);
	scan_set_release(&s);
}

static void
test_driver_all(void **state)
{
	struct all_scan_pattern v[] = {{PR_STR("a"), 3}, {PR_STR("b"), 70}};
	struct pr_err err;
	struct all_scan *scan = all_scan_new(v, 2, "/nowhere", &err);
	uint64_t bits[2] = {0};

	(void)state;
	assert_non_null(scan);
	assert_string_equal(all_scan_name(scan), "no libhs, 2 patterns, all always");
	all_scan_find(scan, PR_STR("z"), bits);
	assert_int_equal(bits[0], 8);
	assert_int_equal(bits[1], 64);
	all_scan_free(&scan);
	assert_null(scan);
	scan = all_scan_new(NULL, 0, NULL, &err);
	assert_non_null(scan);
	all_scan_find(scan, PR_STR("z"), NULL);
	all_scan_free(&scan);
}

static void
test_no_patterns(void **state)
{
	struct pr_err err;
	struct pr_scan *scan = pr_scan_new(NULL, 0, NULL, &err);
	uint64_t bits[1] = {0};

	(void)state;
	assert_non_null(scan);
	pr_scan_find(scan, PR_STR("text"), bits);
	assert_int_equal(bits[0], 0);
	pr_scan_free(&scan);
	pr_scan_free(&scan);
}

/* A child that is lost sight of stands for every way in which a child can fail. */
static void
test_child_fails(void **state)
{
	struct scan_set s;
	struct pr_scan *scan;
	uint64_t bits[BITS] = {0};

	(void)state;
	scan_set_init(&s);
	assert_true(scan_set_add(&s, PR_STR("bin")));
	assert_true(scan_set_add(&s, PR_STR("tree")));
	scan_set_end(&s);
	signal(SIGCHLD, SIG_IGN);
	scan = scan_of(&s, NULL);
	signal(SIGCHLD, SIG_DFL);
	if (has_libhs(scan))
		assert_non_null(strstr(pr_scan_name(scan), "2 patterns, 2 always (they could not"));
	pr_scan_find(scan, PR_STR("z"), bits);
	assert_int_equal(bits[0], 3);
	pr_scan_free(&scan);
	scan_set_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_superset),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_shipped_rules),
	    cmocka_unit_test(test_bits),
	    cmocka_unit_test(test_driver_all),
	    cmocka_unit_test(test_pattern_asks_only_candidates),
	    cmocka_unit_test(test_no_patterns),
	    cmocka_unit_test(test_child_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
