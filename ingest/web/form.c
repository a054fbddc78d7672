/*
 * form: reading, checking and showing again.
 */
#include "ingest/web/form.h"

#include "postroom/cleanup.h"
#include "postroom/phone.h"
#include "postroom/utf8.h"

const char *const form_names[FORM_FIELDS] = {
    [FORM_NAME] = "name",         [FORM_EMAIL] = "email",     [FORM_PHONE] = "phone",
    [FORM_POSTCODE] = "postcode", [FORM_SUBJECT] = "subject", [FORM_MESSAGE] = "message",
    [FORM_PHOTO] = "photo"};

/* In characters, as the words below say them. */
static const size_t most[FORM_FIELDS] = {
    [FORM_NAME] = 200,     [FORM_EMAIL] = 254,   [FORM_PHONE] = 50,
    [FORM_POSTCODE] = 200, [FORM_SUBJECT] = 200, [FORM_MESSAGE] = 10000};

static const struct {
	const char *en, *cy;
} too_long[FORM_FIELDS] = {
    [FORM_NAME] = {"Full name must be 200 characters or fewer",
		   "Rhaid i’r enw llawn fod yn 200 nod neu lai"},
    [FORM_EMAIL] = {"Email address must be 254 characters or fewer",
		    "Rhaid i’r cyfeiriad e-bost fod yn 254 nod neu lai"},
    [FORM_PHONE] = {"Phone number must be 50 characters or fewer",
		    "Rhaid i’r rhif ffôn fod yn 50 nod neu lai"},
    [FORM_POSTCODE] = {"Postcode or place must be 200 characters or fewer",
		       "Rhaid i’r cod post neu’r lle fod yn 200 nod neu lai"},
    [FORM_SUBJECT] = {"What it is about must be 200 characters or fewer",
		      "Rhaid i’r pwnc fod yn 200 nod neu lai"},
    [FORM_MESSAGE] = {"Your message must be 10,000 characters or fewer",
		      "Rhaid i’ch neges fod yn 10,000 nod neu lai"},
};

static const struct {
	const char *en, *cy;
} words[FORM_PROBLEMS] = {
    [FORM_MISSING] = {"Tell us what has happened or what you need",
		      "Dywedwch wrthym beth sydd wedi digwydd neu beth sydd ei angen arnoch"},
    [FORM_NO_EMAIL] = {"Enter an email address in the correct format, like name@example.com",
		       "Rhowch gyfeiriad e-bost yn y fformat cywir, fel enw@example.com"},
    [FORM_NO_PHONE] =
	{"Enter a phone number, like 01632 960 001, 07700 900 982 or +44 808 157 0192",
	 "Rhowch rif ffôn, fel 01632 960 001, 07700 900 982 neu +44 808 157 0192"},
    [FORM_PHOTO_TOO_LARGE] =
	{"The photo is too large. Choose a smaller one, or send the report without it",
	 "Mae’r llun yn rhy fawr. Dewiswch un llai, neu anfonwch yr adroddiad hebddo"},
    [FORM_NO_PHOTO] = {"The file must be a photo: JPEG, PNG, HEIC, WebP or GIF",
		       "Rhaid i’r ffeil fod yn llun: JPEG, PNG, HEIC, WebP neu GIF"},
};

/* ---- reading ---- */

/* As the person meant it: no blanks around it, lines ending in LF, UTF-8 whatever the browser did.
 */
static struct pr_str
clean(struct pr_str s, struct pr_arena *a)
{
	PR_AUTO_BUF struct pr_buf b;
	struct pr_str fit;
	char *out;
	size_t n = 0;

	pr_buf_init(&b, 3 * s.n + 1);
	pr_utf8_repair(&b, s);
	fit = pr_str_trim(pr_buf_str(&b));
	out = pr_arena_alloc(a, fit.n + 1);
	for (size_t i = 0; i < fit.n; i++)
		if (fit.p[i] != '\r')
			out[n++] = fit.p[i];
		else if (i + 1 == fit.n || fit.p[i + 1] != '\n')
			out[n++] = '\n';
	return pr_str_n(out, n);
}

/* Wide enough for every address that works; a mail server has the last word. */
static bool
is_email(struct pr_str s)
{
	size_t at = pr_str_find(s, PR_STR("@"));
	struct pr_str host;

	if (at == (size_t)-1 || at == 0)
		return false;
	host = pr_str_sub(s, at + 1, s.n);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f ||
		    strchr(",;<>\"()[]\\", s.p[i]))
			return false;
	return host.n > 2 && pr_str_find(host, PR_STR("@")) == (size_t)-1 &&
	       pr_str_find(host, PR_STR(".")) != (size_t)-1 &&
	       pr_str_find(host, PR_STR("..")) == (size_t)-1 && host.p[0] != '.' &&
	       host.p[host.n - 1] != '.';
}

/* By its first bytes: what the browser calls it is only a name. */
static bool
is_picture(struct pr_str s)
{
	return pr_str_starts(s, PR_STR("\xff\xd8\xff")) ||
	       pr_str_starts(s, PR_STR("\x89PNG\r\n\x1a\n")) || pr_str_starts(s, PR_STR("GIF8")) ||
	       (pr_str_starts(s, PR_STR("RIFF")) &&
		pr_str_starts(pr_str_sub(s, 8, 4), PR_STR("WEBP"))) ||
	       pr_str_starts(pr_str_sub(s, 4, 4), PR_STR("ftyp"));
}

static enum form_problem
check(enum form_field i, struct pr_str s, int64_t upload_max)
{
	if (i == FORM_PHOTO) {
		if (s.n > (size_t)upload_max)
			return FORM_PHOTO_TOO_LARGE;
		return s.n && !is_picture(s) ? FORM_NO_PHOTO : FORM_GOOD;
	}
	if (pr_utf8_length(s) > most[i])
		return FORM_TOO_LONG;
	if (i == FORM_MESSAGE && !s.n)
		return FORM_MISSING;
	if (i == FORM_EMAIL && s.n && !is_email(s))
		return FORM_NO_EMAIL;
	if (i == FORM_PHONE && s.n && pr_phone_parse(s).kind != PR_PHONE_E164)
		return FORM_NO_PHONE;
	return FORM_GOOD;
}

static void
read_photo(const struct pr_web_request *request, struct form *f)
{
	for (size_t i = 0; i < request->nfiles; i++) {
		if (!pr_str_eq_c(request->files[i].field, form_names[FORM_PHOTO]) ||
		    !request->files[i].bytes.n)
			continue;
		f->value[FORM_PHOTO] = request->files[i].bytes;
		f->photo_name = clean(request->files[i].filename, request->arena);
		return;
	}
}

void
form_read(const struct pr_web_request *request, int64_t upload_max, struct form *f)
{
	memset(f, 0, sizeof(*f));
	f->token = pr_web_get(request->form, request->nform, PR_STR("token"));
	f->welsh = pr_str_eq_c(pr_web_get(request->form, request->nform, PR_STR("lang")), "cy");
	for (enum form_field i = 0; i < FORM_PHOTO; i++)
		f->value[i] =
		    clean(pr_web_get(request->form, request->nform, pr_str_c(form_names[i])),
			  request->arena);
	read_photo(request, f);
	for (enum form_field i = 0; i < FORM_FIELDS; i++) {
		f->problem[i] = check(i, f->value[i], upload_max);
		f->nproblems += f->problem[i] != FORM_GOOD;
	}
}

size_t
form_fields(const struct form *f, struct pr_field fields[FORM_FIELDS])
{
	size_t n = 0;

	for (enum form_field i = 0; i < FORM_PHOTO; i++)
		if (f->value[i].n)
			fields[n++] = (struct pr_field){.name = pr_str_c(form_names[i]),
							.value = f->value[i]};
	fields[n++] = (struct pr_field){.name = PR_STR("lang"),
					.value = f->welsh ? PR_STR("cy") : PR_STR("en")};
	return n;
}

/* ---- showing ---- */

static struct pr_str
problem_words(const struct form *f, enum form_field i)
{
	enum form_problem p = f->problem[i];

	if (p == FORM_TOO_LONG)
		return pr_str_c(f->welsh ? too_long[i].cy : too_long[i].en);
	return pr_str_c(f->welsh ? words[p].cy : words[p].en);
}

static struct pr_page_row *
problem_rows(const struct form *f, struct pr_arena *a)
{
	/* in the order of the page */
	static const enum form_field shown[FORM_FIELDS] = {
	    FORM_SUBJECT, FORM_MESSAGE, FORM_POSTCODE, FORM_PHOTO,
	    FORM_NAME,    FORM_EMAIL,   FORM_PHONE};
	struct pr_page_row *rows = pr_arena_array(a, FORM_FIELDS, sizeof(*rows));
	size_t n = 0;

	for (size_t k = 0; k < FORM_FIELDS; k++) {
		enum form_field i = shown[k];
		struct pr_page_value *v;
		if (f->problem[i] == FORM_GOOD)
			continue;
		v = pr_arena_array(a, 3, sizeof(*v));
		v[0] = (struct pr_page_value){.name = "field", .text = pr_str_c(form_names[i])};
		v[1] = (struct pr_page_value){.name = "words", .text = problem_words(f, i)};
		rows[n++].values = v;
	}
	return rows;
}

size_t
form_values(const struct form *f, struct pr_arena *a, struct pr_page_value *v)
{
	size_t n = 0;

	for (enum form_field i = 0; i < FORM_FIELDS; i++) {
		struct pr_str name = pr_arena_printf(a, "%s_error", form_names[i]);
		if (i != FORM_PHOTO)
			v[n++] = (struct pr_page_value){.name = form_names[i], .text = f->value[i]};
		v[n++] = (struct pr_page_value){.name = pr_arena_dup_c(a, name),
						.text = problem_words(f, i)};
	}
	v[n++] = (struct pr_page_value){
	    .name = "problems", .rows = problem_rows(f, a), .nrows = f->nproblems};
	v[n++] =
	    (struct pr_page_value){.name = "lang", .text = f->welsh ? PR_STR("cy") : PR_STR("en")};
	v[n++] =
	    (struct pr_page_value){.name = "welsh", .text = f->welsh ? PR_STR("cy") : PR_STR_NONE};
	return n;
}
