/*
 * fact_vrm: vehicle registration marks (DVLA INF104 for the marks in use since 2001; the older
 * shapes as the Road Vehicles (Display of Registration Marks) Regulations 2001 list them).
 *
 * "SE15 AND" looks like one and is a district of London; "A40 BUS" a road. A mark written in two
 * parts needs capitals or words of a vehicle before it; one without a date needs them always.
 */
#include "classify/fact.h"

#include "postroom/calendar.h"
#include "postroom/postcode.h"

enum { REG, VEHICLE };
enum { PIECES = 3, MARK_MAX = 7, GAP_MAX = 3 };
enum shape { NONE, CURRENT, PREFIX, SUFFIX, IRISH, DATELESS };

struct mark {
	size_t start, end;
	char text[MARK_MAX + 1]; /* capitals, no blank */
	struct pr_str letters;   /* the last piece if it is letters, as written; may be empty */
	size_t pieces;
	bool upper; /* as written */
};

/* By first letter: the second letters of memory tags; Z and those left out were never given. */
static const char *const tags[26] = {
    ['A' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['B' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['C' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['D' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['E' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['F' - 'A'] = "ABCDEFGHJKLMNPRSTVWXY",
    ['G' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['H' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['K' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['L' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['M' - 'A'] = "ABCDEFGHJKLMOPRSTUVWXY",
    ['N' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['O' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['P' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['R' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['S' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['V' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['W' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
    ['X' - 'A'] = "ABCDEF",
    ['Y' - 'A'] = "ABCDEFGHJKLMNOPRSTUVWXY",
};

/* The two letters that tell the county of a mark of Northern Ireland. */
static const char irish[] =
    "IA DZ KZ RZ IB LZ XZ OI XI AZ CZ EZ FZ GZ MZ OZ PZ TZ UZ WZ IJ BZ JZ SZ IL IG IW NZ YZ UI HZ "
    "JI VZ ";

/* Words of one to three letters that stand beside numbers; sorted for nobody, asked seldom. */
static const char words_of_english[] =
    " A I AM PM AN AND ANY ARE AS AT ALL BAY BED BIG BIN BOX BUS BUT BY CAN CAR CAT DAY DID DOG "
    "DOT DUE END FAR FEW FOR FT FRI GET GOT HAD HAS HE HER HIM HIS HOW HR HRS ID IF IN IS IT ITS "
    "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC KM LED LEG LET LOT MAN ME MEN MIN MON MPH MY "
    "NEW NO NOR NOT NOW OF OFF OLD ON ONE OR OUR OUT OWN PER PUB PUT RAN RD ROW SAT SAW SAY SEE "
    "SET SHE SIT SIX SO ST SUN TEN THE THU TO TOO TOP TRY TUE TWO UNI UP US USE VAN VAT VIA WAS "
    "WAY WE WED WHO WHY YES YET YOU YR YRS KG GB MB LB ML MM CM EX RE REF TEL FAX APT FAO AGO AV "
    "AVE LN FLY TIP OAK ASH ELM CUL DE SAC ROB TOM NCR EXT ";

static bool
in_list(const char *list, struct pr_str word)
{
	char padded[6] = " ";

	if (word.n > 3)
		return false;
	for (size_t i = 0; i < word.n; i++)
		padded[1 + i] = pr_fact_upper(word.p[i]);
	padded[1 + word.n] = ' ';
	return pr_str_find(pr_str_c(list), pr_str_n(padded, word.n + 2)) != (size_t)-1;
}

/* ---- shapes ---- */

/* As "AA99AAA": letters A, digits 9. */
static void
outline(const char *text, char out[MARK_MAX + 1])
{
	size_t i = 0;

	for (; text[i]; i++)
		out[i] = pr_fact_is_digit(text[i]) ? '9' : 'A';
	out[i] = '\0';
}

static bool
free_of(const char *p, size_t n, const char *never)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(never, p[i]))
			return false;
	return true;
}

/* 02 to 50 from March of that year, 51 to 99 and 00 from September of the year 50 before. */
static bool
age_ok(const char *p, int64_t today)
{
	int age = 10 * (p[0] - '0') + p[1] - '0', year, month, mday, weekday, last = 49;

	if (today != PR_FACT_NO_DAY) {
		pr_day_civil(today, &year, &month, &mday, &weekday);
		last = year - 2000;
	}
	return age > 50 ? age - 50 <= last : age > 1 && age <= last;
}

static bool
is_current(const char *t, int64_t today)
{
	const char *tag = t[0] >= 'A' && t[0] <= 'Z' ? tags[t[0] - 'A'] : NULL;

	return tag && strchr(tag, t[1]) && age_ok(t + 2, today) && free_of(t + 4, 3, "IQ");
}

static bool
is_irish(const char *t, size_t letters)
{
	char code[4] = {t[letters - 2], t[letters - 1], ' ', '\0'};
	const char *at = strstr(irish, code);

	return at && (at - irish) % 3 == 0 && t[letters] != '0';
}

static enum shape
shape_of(const char *t, int64_t today)
{
	char o[MARK_MAX + 1] = {0};
	size_t n = strlen(t), letters = strspn(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	outline(t, o);
	if (strcmp(o, "AA99AAA") == 0)
		return is_current(t, today) ? CURRENT : NONE;
	if (letters == 1 && n >= 5 && strcmp(o + n - 4, "9AAA") == 0)
		return t[1] != '0' && free_of(t, 1, "IOUZ") && free_of(t + n - 3, 3, "IQZ") ? PREFIX
											    : NONE;
	if (letters == 3 && n >= 5 && o[n - 1] == 'A' && strspn(o + 3, "9") == n - 4)
		return t[3] != '0' && free_of(t, 3, "IQZ") && free_of(t + n - 1, 1, "IOQUZ")
			   ? SUFFIX
			   : NONE;
	if ((letters == 2 || letters == 3) && strspn(o + letters, "9") == n - letters &&
	    n - letters <= 4 && is_irish(t, letters))
		return IRISH;
	if (letters >= 1 && letters <= 3 && strspn(o + letters, "9") == n - letters)
		return n - letters <= 4 && t[letters] != '0' ? DATELESS : NONE;
	if (!letters && strspn(o, "9") <= 4 && n - strspn(o, "9") <= 3 && t[0] != '0' &&
	    !strchr(o + strspn(o, "9"), '9'))
		return DATELESS;
	return NONE;
}

/* ---- how it is written ---- */

/* One blank between two pieces; a mark is not torn over a line. */
static bool
piece(struct pr_str text, size_t from, bool back, size_t *start, size_t *end)
{
	size_t i = from;

	if (back) {
		if (i < 2 || text.p[i - 1] != ' ')
			return false;
		*end = --i;
		while (i > 0 && from - i < 6 && pr_fact_is_alpha(text.p[i - 1]))
			i--;
		*start = i;
		return i < *end && *end - i <= 3 && !(i && pr_fact_is_alnum(text.p[i - 1]));
	}
	if (pr_fact_at(text, i) != ' ')
		return false;
	*start = ++i;
	while (i < text.n && i - from < 6 && pr_fact_is_alpha(text.p[i]))
		i++;
	*end = i;
	return i > *start && i - *start <= 3 && !pr_fact_is_alnum(pr_fact_at(text, i));
}

/* A mark stands alone: not within a web address, a longer code, another script's word. */
static bool
stands_alone(struct pr_str text, size_t start, size_t end)
{
	char before = start ? text.p[start - 1] : ' ', behind = pr_fact_at(text, end);

	if (pr_fact_is_alnum(before) || pr_fact_is_alnum(behind) || strchr("_@#/\\=&$%", before) ||
	    strchr("_@\\=&%", behind))
		return false;
	if ((unsigned char)behind >= 0x80 && pr_fact_letter(pr_str_sub(text, end, 4)))
		return false;
	if (strchr("-.'", before) && start > 1 && pr_fact_is_alnum(text.p[start - 2]))
		return false;
	return !(strchr("-.'/", behind) && pr_fact_is_alnum(pr_fact_at(text, end + 1)));
}

static bool
fill(struct pr_str text, size_t start, size_t end, struct mark *m)
{
	size_t n = 0, last = start;

	m->upper = true;
	m->pieces = 1;
	for (size_t i = start; i < end; i++) {
		if (text.p[i] == ' ') {
			m->pieces++;
			last = i + 1;
			continue;
		}
		if (n == MARK_MAX)
			return false;
		m->upper &= !(text.p[i] >= 'a' && text.p[i] <= 'z');
		m->text[n++] = pr_fact_upper(text.p[i]);
	}
	m->text[n] = '\0';
	m->start = start;
	m->end = end;
	m->letters = PR_STR_NONE;
	if (m->pieces > 1)
		m->letters = pr_fact_is_alpha(text.p[last])
				 ? pr_str_sub(text, last, end - last)
				 : pr_str_sub(text, start, strcspn(text.p + start, " "));
	return n >= 3 && stands_alone(text, start, end);
}

/* ---- whether to believe it ---- */

/* The word before, punctuation left out: "reg: AB 123", "plate is AB 123". */
static bool
is_linked(struct pr_str text, size_t at)
{
	static const char links[] = " REG VRM VRN IS NO WAS ";
	struct pr_fact_neighbour w;

	for (int i = 0; i < GAP_MAX && at > 0 && strchr(" :.=(-#", text.p[at - 1]); i++)
		at--;
	if (!pr_fact_before(text, at, &w))
		return false;
	struct pr_str word = pr_str_sub(text, w.start, w.end - w.start);
	if (in_list(links, word))
		return true;
	return pr_fact_is(word, "plate") || pr_fact_is(word, "number") ||
	       pr_fact_is(word, "registration") || pr_fact_is(word, "registered") ||
	       pr_fact_is(word, "cofrestru");
}

/* In a text all in capitals, capitals say nothing. */
static bool
shouted(struct pr_str text, const struct mark *m)
{
	struct pr_fact_neighbour w;

	if (!pr_fact_behind(text, m->end, &w) && !pr_fact_before(text, m->start, &w))
		return false;
	for (size_t i = w.start; i < w.end; i++)
		if (!pr_fact_is_upper(text.p[i]))
			return false;
	return w.end - w.start > 1;
}

/* "ZB12 CDE" is no mark, nor is the ZB12 in it. */
static bool
is_torn(struct pr_str text, const struct mark *m)
{
	struct pr_fact_neighbour w;

	return pr_fact_behind(text, m->end, &w) && w.end - w.start <= 3 &&
	       (pr_fact_is_digit(text.p[w.start]) || pr_fact_is_upper(text.p[w.end - 1]));
}

static bool
believe(const struct pr_fact_scan *s, const struct mark *m, enum shape shape)
{
	bool reg = pr_fact_near(s, &pr_fact_vrm, REG, m->start);
	bool cue = reg || pr_fact_near(s, &pr_fact_vrm, VEHICLE, m->start);
	bool word =
	    (cue || shape != DATELESS) && m->letters.n && in_list(words_of_english, m->letters);
	bool spaced = m->pieces > 1;
	size_t digits = strspn(m->text + strcspn(m->text, "0123456789"), "0123456789");
	bool plain = m->upper && !word && !(spaced && shouted(s->text, m));

	switch (shape) {
	case CURRENT:
		if (!spaced)
			return true;
		return m->pieces == 2 && !cue ? plain : cue && !word && (m->upper || reg);
	case PREFIX:
	case SUFFIX:
		if (cue && !word && (m->upper || reg))
			return true;
		return plain && digits == 3 &&
		       !(spaced && shape == PREFIX && strchr("ABM", m->text[0]));
	case IRISH:
		if (is_torn(s->text, m))
			return false;
		if (cue && !word && (m->upper || is_linked(s->text, m->start)))
			return reg || digits > 2;
		return plain && digits == 4 && !pr_fact_is_digit(m->text[2]);
	case DATELESS:
		if (s->form == &pr_fact_vrm || (reg && is_linked(s->text, m->start)))
			return !word && !is_torn(s->text, m);
		/* "car AB1234"; the A40 and the SE15 are shorter. */
		return cue && !spaced && m->upper && strlen(m->text) >= 5 &&
		       pr_fact_is_alpha(m->text[1]);
	case NONE:
		break;
	}
	return false;
}

static bool
is_postcode(struct pr_str text, const struct mark *m)
{
	char postcode[9];
	size_t start, end;

	return pr_postcode_find(pr_str_sub(text, m->start, 16), postcode, &start, &end) && !start;
}

static bool
accept(const struct pr_fact_scan *s, size_t start, size_t end, struct pr_fact *out)
{
	struct mark m = {0};
	enum shape shape;

	if (end - start > MARK_MAX + 2 || !fill(s->text, start, end, &m))
		return false;
	shape = shape_of(m.text, s->today);
	if (shape == NONE || !believe(s, &m, shape))
		return false;
	if (is_postcode(s->text, &m) && !pr_fact_plate_near(s, start))
		return false;
	if (pr_fact_secret(s->text, start, end))
		return false;
	memcpy(out->room, m.text, sizeof(m.text));
	out->value = pr_str_c(out->room);
	out->start = start;
	out->end = end;
	return true;
}

static bool
find(const struct pr_fact_scan *s, const struct pr_fact_run *run, struct pr_fact *out)
{
	size_t before, behind, unused;
	bool has_before, has_behind;

	if (run->end - run->start > MARK_MAX)
		return false;
	has_before = piece(s->text, run->start, true, &before, &unused);
	has_behind = piece(s->text, run->end, false, &unused, &behind);
	/* the longest first: "AB 12 CDE", "AB12 CDE", "ABC 123D", "AB12CDE" */
	return (has_before && has_behind && accept(s, before, behind, out)) ||
	       (has_behind && accept(s, run->start, behind, out)) ||
	       (has_before && accept(s, before, run->end, out)) ||
	       (run->sight == PR_FACT_MIXED && accept(s, run->start, run->end, out));
}

bool
pr_fact_plate_near(const struct pr_fact_scan *s, size_t at)
{
	return pr_fact_near(s, &pr_fact_vrm, REG, at);
}

static const struct pr_fact_word words[] = {
    {"reg", REG},           {"regs", REG},
    {"registration", REG},  {"registrations", REG},
    {"registered", REG},    {"plate", REG},
    {"plates", REG},        {"numberplate", REG},
    {"numberplates", REG},  {"vrm", REG},
    {"vrn", REG},           {"cofrestru", REG},
    {"car", VEHICLE},       {"cars", VEHICLE},
    {"vehicle", VEHICLE},   {"vehicles", VEHICLE},
    {"van", VEHICLE},       {"vans", VEHICLE},
    {"lorry", VEHICLE},     {"truck", VEHICLE},
    {"motorbike", VEHICLE}, {"motorcycle", VEHICLE},
    {"moped", VEHICLE},     {"taxi", VEHICLE},
    {"minibus", VEHICLE},   {"caravan", VEHICLE},
    {"trailer", VEHICLE},   {"motorhome", VEHICLE},
    {"cerbyd", VEHICLE},    {"gerbyd", VEHICLE},
    {"lori", VEHICLE},      {NULL, 0},
};
static const char *const forms[] = {"vrm",          "vrn",         "reg", "registration",
				    "number_plate", "numberplate", NULL};

const struct pr_fact_kind pr_fact_vrm = {
    .name = "vrm",
    .sights = PR_FACT_MIXED | PR_FACT_DIGITS,
    .words = words,
    .forms = forms,
    .find = find,
};
