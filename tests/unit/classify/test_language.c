/* English, Welsh, another language; short or unclear counts as English. */
#include "classify_test.h"

static void
languages(void **state)
{
	static const struct {
		const char *text, *lang;
	} t[] = {
	    {"There is a pothole outside my house", "en"},
	    {"Mae twll yn y ffordd tu allan i'r t\xc5\xb7", "cy"},
	    {"Nid yw fy min wedi cael ei wagio", "cy"},
	    {"Diolch yn fawr iawn am eich help", "cy"},
	    {"Blocked drain Heol y Bryn Cwmbwrla", "en"},
	    {"Rhiwbina, Llanelli, Pontypridd", "en"},
	    {"ok", "en"},
	    {"", "en"},
	    {"Dzie\xc5\x84 dobry, prosz\xc4\x99 o pomoc, jestem bezdomny i nie mam gdzie "
	     "spa\xc4\x87",
	     "other"},
	    {"Bonjour, je suis malade et je ne sais pas quand vous serez ouvert", "other"},
	    {"\xd0\x94\xd0\xbe\xd0\xb1\xd1\x80\xd1\x8b\xd0\xb9 \xd0\xb4\xd0\xb5\xd0\xbd\xd1\x8c",
	     "other"},
	    {"Annwyl Syr, hoffwn wneud cais. I also write this in English because I want you to "
	     "reply soon please",
	     "en"},
	};
	struct pr_languages *languages;
	struct pr_arena a;

	(void)state;
	pr_arena_init(&a, (size_t)1 << 20);
	languages = pr_languages_new(&a);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pr_searched f = {0};
		const char *lang;

		pr_fold(pr_str_c(t[i].text), &a, &f.folded);
		f.nwords = pr_words_of(f.folded.text, &a, &f.words);
		lang = pr_language_of(languages, &f);
		if (strcmp(lang, t[i].lang) != 0)
			fail_msg("'%s' is %s", t[i].text, lang);
	}
	pr_arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(languages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
