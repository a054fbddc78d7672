/* Tests of avoidable: the decision as a truth table, and its words for people. */
#include "postroom/avoidable.h"
#include "tests/unit/cmocka_all.h"

/* What the store knows: any of these letters. */
#define JOINED  "j"
#define CLOSED  "c" /* joined_closed */
#define OPEN    "o" /* open_case */
#define LATELY  "l" /* closed_lately */
#define NOTHING ""

#define REF   "EXA-22222-22222-2"
#define PLAIN "there is a pothole in High Street"

static const struct {
	const char *what;
	const char *known, *words;
	const char *reason, *by; /* "" for none */
	const char *kind, *ref, *text;
	const char *automated, *risk, *twin; /* twin: a possible duplicate of */
	int canary, files;
} table[] = {
    /* words alone */
    {"nothing at all", NOTHING, "", "", "", .kind = "report"},
    {"words", NOTHING, "told_before", "told_before", "rule r", .kind = "report"},
    {"words", NOTHING, "clarification", "clarification", "rule r", .kind = "enquiry"},
    {"words", NOTHING, "wrong_place", "wrong_place", "rule r", .kind = "enquiry"},
    {"words", NOTHING, "premature_closure", "premature_closure", "rule r", .kind = "report"},
    {"words", NOTHING, "progress_chasing", "progress_chasing", "rule r", .kind = "chase"},
    {"words of a complaint", NOTHING, "told_before", "told_before", "rule r", .kind = "complaint"},
    {"a reason that there is not", NOTHING, "laziness", "", "", .kind = "report"},
    {"a kind is no reason", NOTHING, "", "", "", .kind = "chase"},
    /* the message quotes a reference, and nothing is known of it */
    {"quotes and chases", NOTHING, "progress_chasing", "progress_chasing", "reference",
     .kind = "chase", .ref = REF},
    {"quotes and adds", NOTHING, "", "", "", .kind = "chase", .ref = REF,
     .text = "the postcode is SW1A 1AA"},
    {"quotes and asks", NOTHING, "", "", "", .kind = "chase", .ref = REF,
     .text = "when will you come?"},
    {"quotes and was sent on", NOTHING, "wrong_place", "wrong_place", "rule r", .kind = "chase",
     .ref = REF},
    /* joined to its open case */
    {"chases", JOINED, "progress_chasing", "progress_chasing", "reference", .kind = "chase",
     .ref = REF},
    {"chases in the thread", JOINED, "progress_chasing", "progress_chasing", "thread",
     .kind = "chase"},
    {"only adds", JOINED, "", "", "", .kind = "chase", .ref = REF,
     .text = "It is outside number 12."},
    {"only adds, in the thread", JOINED, "", "", "", .kind = "report", .ref = "",
     .text = "It is outside number 12."},
    {"a link asks nothing", JOINED, "", "", "", .kind = "chase", .ref = REF,
     .text = "see https://example.org/?a=b&c"},
    {"a link asks nothing", JOINED, "", "", "", .kind = "chase", .ref = REF,
     .text = "see https://example.org/a?/b"},
    {"told before, and asks", JOINED, "told_before", "told_before", "rule r", .kind = "chase",
     .ref = REF, .text = "When will you come?"},
    {"asks", JOINED, "", "progress_chasing", "reference", .kind = "chase", .ref = REF,
     .text = "When will you come?"},
    {"asks", JOINED, "", "progress_chasing", "reference", .kind = "chase", .ref = REF,
     .text = "Any idea?? Ann"},
    {"asks in the thread", JOINED, "", "progress_chasing", "thread", .kind = "unclear", .ref = "",
     .text = "And?"},
    {"asks with a file", JOINED, "", "", "", .kind = "chase", .ref = REF, .text = "Is this enough?",
     .files = 1},
    {"nothing new", JOINED, "", "progress_chasing", "reference", .kind = "chase", .ref = REF,
     .text = " \n-- \n"},
    {"nothing new but a file", JOINED, "", "", "", .kind = "chase", .ref = REF, .text = "",
     .files = 1},
    {"a rule says chase", JOINED, "", "progress_chasing", "thread", .kind = "chase", .ref = "",
     .text = PLAIN},
    {"told before", JOINED, "told_before", "told_before", "rule r", .kind = "chase", .ref = REF},
    {"not done", JOINED, "premature_closure", "premature_closure", "rule r", .kind = "chase",
     .ref = REF},
    {"thanks", JOINED, "", "", "", .kind = "thanks", .ref = REF, .text = "Thanks! All well?"},
    {"complains and asks", JOINED, "", "", "", .kind = "complaint", .ref = REF,
     .text = "What is going on?"},
    {"joined beats others of hers", JOINED OPEN LATELY, "", "", "", .kind = "chase", .ref = REF,
     .text = PLAIN},
    /* quotes a closed case */
    {"back again", CLOSED, "", "premature_closure", "closed case", .kind = "chase", .ref = REF,
     .text = PLAIN},
    {"back again, chasing", CLOSED, "progress_chasing", "premature_closure", "closed case",
     .kind = "chase", .ref = REF},
    {"back again, not understood", CLOSED, "clarification", "premature_closure", "closed case",
     .kind = "chase", .ref = REF},
    {"back again, complaining", CLOSED, "", "premature_closure", "closed case", .kind = "complaint",
     .ref = REF},
    {"thanks", CLOSED, "", "", "", .kind = "thanks", .ref = REF, .text = "Thank you"},
    {"thanks, but", CLOSED, "premature_closure", "premature_closure", "closed case",
     .kind = "thanks", .ref = REF},
    {"praise", CLOSED, "", "", "", .kind = "compliment", .ref = REF, .text = "what a good job"},
    {"an appeal is a right", CLOSED, "", "", "", .kind = "appeal", .ref = REF, .text = PLAIN},
    /* one of the same service was closed lately */
    {"back again", LATELY, "", "premature_closure", "closed case", .kind = "report", .ref = "",
     .text = PLAIN},
    {"told before", LATELY, "told_before", "premature_closure", "closed case", .kind = "report"},
    {"chasing", LATELY, "progress_chasing", "premature_closure", "closed case", .kind = "chase"},
    {"not understood", LATELY, "clarification", "clarification", "rule r", .kind = "enquiry"},
    {"sent on", LATELY, "wrong_place", "wrong_place", "rule r", .kind = "enquiry"},
    {"thanks", LATELY, "", "", "", .kind = "thanks"},
    {"another request", LATELY, "", "", "", .kind = "foi"},
    {"closed one beats open one", LATELY OPEN, "", "premature_closure", "closed case",
     .kind = "report"},
    /* another one of the same service is open */
    {"reports again", OPEN, "", "progress_chasing", "open case", .kind = "report", .ref = "",
     .text = PLAIN},
    {"chases", OPEN, "progress_chasing", "progress_chasing", "open case", .kind = "chase"},
    {"chases with a reference of nobody's", OPEN, "progress_chasing", "progress_chasing",
     "reference", .kind = "chase", .ref = REF},
    {"told before", OPEN, "told_before", "told_before", "rule r", .kind = "report"},
    {"not understood", OPEN, "clarification", "clarification", "rule r", .kind = "enquiry"},
    {"thanks", OPEN, "", "", "", .kind = "thanks"},
    {"complains", OPEN, "", "", "", .kind = "complaint"},
    {"complains of waiting", OPEN, "progress_chasing", "progress_chasing", "open case",
     .kind = "complaint"},
    {"foi", OPEN, "", "", "", .kind = "foi"},
    {"eir", OPEN, "", "", "", .kind = "eir"},
    {"sar", OPEN, "", "", "", .kind = "sar"},
    {"data protection", OPEN, "", "", "", .kind = "dp_complaint"},
    {"one form sent twice", OPEN, "", "", "", .kind = "report", .twin = "0123456789abcdef"},
    {"at risk", OPEN, "", "", "", .kind = "report", .risk = "p1"},
    {"perhaps at risk", OPEN, "", "", "", .kind = "report", .risk = "check"},
    {"at risk and waiting", OPEN, "progress_chasing", "progress_chasing", "open case",
     .kind = "report", .risk = "p1"},
    /* never */
    {"spam", OPEN CLOSED, "progress_chasing", "", "", .kind = "spam", .ref = REF},
    {"auto", JOINED, "progress_chasing", "", "", .kind = "auto", .ref = REF},
    {"bounce", JOINED, "progress_chasing", "", "", .kind = "", .ref = REF, .automated = "bounce"},
    {"auto_reply", OPEN, "", "", "", .kind = "report", .automated = "auto_reply"},
    {"canary", OPEN, "told_before", "", "", .kind = "report", .canary = 1},
};

static void
truth(void **state)
{
	struct pr_str file = PR_STR("12 image/jpeg a.jpg");

	(void)state;
	for (size_t i = 0; i < PR_COUNT(table); i++) {
#define OF(member, otherwise) pr_str_c(table[i].member ? table[i].member : (otherwise))
		const struct pr_contact c = {.kind = OF(kind, ""),
					     .case_ref = OF(ref, ""),
					     .new_text = OF(text, "words"),
					     .automated = OF(automated, "no"),
					     .risk = OF(risk, "none"),
					     .possible_duplicate = OF(twin, ""),
					     .canary = table[i].canary,
					     .attachments = {&file, (size_t)table[i].files}};
		const struct pr_avoidable_known known = {
		    .joined = strchr(table[i].known, 'j') != NULL,
		    .joined_closed = strchr(table[i].known, 'c') != NULL,
		    .open_case = strchr(table[i].known, 'o') != NULL,
		    .closed_lately = strchr(table[i].known, 'l') != NULL,
		};
		struct pr_str reason, by;
		pr_avoidable_decide(&c, &known, pr_str_c(table[i].words), PR_STR("rule r"), &reason,
				    &by);
		if (!pr_str_eq_c(reason, table[i].reason) || !pr_str_eq_c(by, table[i].by))
			fail_msg("row %zu (%s): " PR_S_FMT " by " PR_S_FMT, i, table[i].what,
				 PR_S(reason), PR_S(by));
	}
}

/* What classify found comes back from dispatch as words: deciding again changes nothing. */
static void
twice_is_once(void **state)
{
	const struct pr_avoidable_known nothing = {0};
	struct pr_str reason, by, again, again_by;

	(void)state;
	for (size_t i = 0; i < PR_COUNT(table); i++) {
		const struct pr_contact c = {.kind = OF(kind, ""), .case_ref = OF(ref, "")};
		pr_avoidable_decide(&c, &nothing, pr_str_c(table[i].words), PR_STR("rule r"),
				    &reason, &by);
		pr_avoidable_decide(&c, &nothing, reason, by, &again, &again_by);
		assert_true(pr_str_eq(reason, again) && pr_str_eq(by, again_by));
	}
}

/* An unreadable one has no words; a case that is open proves nothing of what it says. */
static void
unreadable(void **state)
{
	const struct pr_contact c = {.unreadable = PR_STR("the parser died")};
	const struct pr_avoidable_known all = {true, true, true, true};
	struct pr_str reason, by;

	(void)state;
	pr_avoidable_decide(&c, &all, PR_STR_NONE, PR_STR_NONE, &reason, &by);
	assert_int_equal(0, reason.n);
}

static void
words_for_people(void **state)
{
	struct pr_arena a;
	struct pr_str text;

	(void)state;
	pr_arena_init(&a, 4096);
	text = pr_avoidable_text(PR_STR("progress_chasing"), PR_STR("open case"), &a);
	assert_true(pr_str_eq_c(text, "progress chasing (open case)"));
	assert_int_equal(0, pr_avoidable_text(PR_STR_NONE, PR_STR_NONE, &a).n);
	assert_int_equal(0, pr_avoidable_text(PR_STR("laziness"), PR_STR("x"), &a).n);
	for (size_t i = 0; pr_avoidable_reasons[i]; i++) { /* no code among the words */
		text = pr_avoidable_text(pr_str_c(pr_avoidable_reasons[i]), PR_STR("thread"), &a);
		assert_true(text.n > 0 && pr_str_find(text, PR_STR("_")) == (size_t)-1);
	}
	pr_arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(truth),
	    cmocka_unit_test(twice_is_once),
	    cmocka_unit_test(unreadable),
	    cmocka_unit_test(words_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
