/*
 * scan hs: one pass with Hyperscan or Vectorscan (libhs, here only).
 *
 * The candidates must be a superset of what PCRE2 matches, and the two differ where Unicode begins:
 * other tables of letters, \b refused or approximated, repeats of classes that grow too large. So
 * libhs is given only what both read alike: patterns of ASCII (match_scan_syntax.c), as bytes, and
 * texts of ASCII, which folded English and Welsh are. A text with any other letter in it makes all
 * patterns candidates.
 *
 * A pattern is taken as it stands, else in prefilter mode (lookarounds, atomic groups: libhs
 * promises a superset), else it is a candidate always. In the database a pattern's number is its
 * place in the list, so that the same patterns under other ids are the same database.
 */
#include "classify/match_scan.h"

#include "classify/match_scan_parts.h"
#include "classify/ruleset.h"
#include "postroom/cleanup.h"

#include <hs.h>

#define FLAGS        (HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY)
#define DATABASE_MAX ((size_t)256 << 20)

static const struct pr_scan_limits compile_limits = {15, 20000, (size_t)3 << 30};

/* How a pattern is given to libhs. A compilation answers a verdict on libhs itself, a byte a
 * pattern, and the database. */
enum given { EXACT, PREFILTER, ALWAYS };
enum verdict { SOUND, UNSOUND };

struct pr_scan {
	hs_database_t *db; /* NULL: every pattern is a candidate always */
	hs_scratch_t *scratch;
	uint32_t *ids;
	unsigned char *given;
	size_t n;
	char name[160];
};

/* ---- can it be trusted? In the child ---- */

static int
count(unsigned number, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	(void)number;
	(void)from;
	(void)to;
	(void)flags;
	++*(unsigned *)ctx;
	return 0;
}

/* The match anywhere in a text of up to 160 bytes, at its end and before it. */
static bool
finds(const hs_database_t *db, hs_scratch_t *scratch, const char *match)
{
	size_t n = strlen(match);
	char text[192];
	unsigned found;

	for (unsigned at = 0; at < 128; at++)
		for (unsigned tail = 0; tail <= 32; tail += 8) {
			memset(text, 'k', sizeof(text));
			memcpy(text + at, match, n);
			found = 0;
			if (hs_scan(db, text, at + (unsigned)n + tail, 0, scratch, count, &found) !=
				HS_SUCCESS ||
			    !found)
				return false;
		}
	return true;
}

/*
 * Vectorscan 5.4.9, as Debian 12 has it, misses matches in texts of some lengths (found by
 * fuzz_scan; its authors mended it later). Whatever library is loaded here must find what stands in
 * plain sight, each pattern alone, for each kind of search that libhs has.
 */
static bool
is_sound(void)
{
	static const struct {
		const char *regex, *match;
	} table[] = {
	    {"aa[\\w]+?>a|a!", "a!"},
	    {"ab|cd", "cd"},
	    {"[a-e][0-9]", "e7"},
	    {"x", "x"},
	    {"needle", "needle"},
	    {"[abcxyz]", "y"},
	    {"[^k]", "!"},
	    {"a\\s+b|\\d%", "5%"},
	    {"abc.*xyz", "abcxyz"},
	    {"\\d{2,}", "12"},
	};
	hs_compile_error_t *error = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(table) / sizeof(table[0]); i++) {
		hs_scratch_t *scratch = NULL;
		hs_database_t *db = NULL;

		ok = hs_compile(table[i].regex, FLAGS, HS_MODE_BLOCK, NULL, &db, &error) ==
			 HS_SUCCESS &&
		     hs_alloc_scratch(db, &scratch) == HS_SUCCESS &&
		     finds(db, scratch, table[i].match);
		hs_free_scratch(scratch);
		hs_free_database(db);
	}
	if (error)
		hs_free_compile_error(error);
	return ok;
}

/* ---- compile, in the child ---- */

struct job {
	const struct pr_scan_pattern *v;
	size_t n;
	unsigned char *given;
	char **text; /* the patterns with a NUL */
	/* what is given to libhs, and where in the list it stands */
	const char **regex;
	unsigned *flags, *number;
	unsigned taken;
	bool trusted; /* libhs has passed its test in this process */
};

/* What libhs says of a pattern without making a database of it. */
static enum given
taken_as(const char *regex, enum given given)
{
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *error = NULL;
	bool ok = hs_expression_info(regex, FLAGS | (given == PREFILTER ? HS_FLAG_PREFILTER : 0),
				     &info, &error) == HS_SUCCESS;

	free(info);
	if (error)
		hs_free_compile_error(error);
	return ok ? given : given == EXACT ? taken_as(regex, PREFILTER) : ALWAYS;
}

static void
take(struct job *j)
{
	j->taken = 0;
	for (size_t i = 0; i < j->n; i++) {
		if (j->given[i] == ALWAYS)
			continue;
		j->number[j->taken] = (unsigned)i;
		j->flags[j->taken] = FLAGS | (j->given[i] == PREFILTER ? HS_FLAG_PREFILTER : 0);
		j->regex[j->taken++] = j->text[i];
	}
}

/* Returns HS_SUCCESS with *db, or NULL in it when no pattern is left to be given. */
static hs_error_t
compile(struct job *j, hs_database_t **db)
{
	hs_compile_error_t *error;
	hs_error_t rc;
	int bad;

	for (;;) {
		*db = NULL;
		error = NULL;
		take(j);
		if (!j->taken)
			return HS_SUCCESS;
		rc = hs_compile_multi(j->regex, j->flags, j->number, j->taken, HS_MODE_BLOCK, NULL,
				      db, &error);
		if (rc == HS_SUCCESS)
			return rc;
		bad = error ? error->expression : -1;
		if (error)
			hs_free_compile_error(error);
		if (bad < 0 || (unsigned)bad >= j->taken)
			return rc;
		j->given[j->number[bad]]++; /* EXACT, PREFILTER, ALWAYS */
	}
}

/* NULL when it is not understood. The child's memory ends with it. */
static char *
relaxed(struct pr_str regex)
{
	struct pr_buf b;

	pr_buf_init(&b, 4096);
	return pr_scan_relax(regex, &b) ? b.p : NULL;
}

static int
compile_in_child(void *ctx, struct pr_buf *out)
{
	struct job *j = ctx;
	hs_database_t *db = NULL;
	char *bytes = NULL;
	size_t n = 0;
	bool sound = j->trusted || is_sound();

	for (size_t i = 0; i < j->n; i++) {
		j->given[i] = ALWAYS;
		if (!sound || !pr_scan_syntax_ok(j->v[i].regex))
			continue;
		j->text[i] = relaxed(j->v[i].regex);
		if (j->text[i])
			j->given[i] = (unsigned char)taken_as(j->text[i], EXACT);
	}
	if (compile(j, &db) != HS_SUCCESS)
		return -1;
	if (db && hs_serialize_database(db, &bytes, &n) != HS_SUCCESS)
		return -1;
	pr_buf_add_char(out, sound ? SOUND : UNSOUND);
	pr_buf_add(out, j->given, j->n);
	return pr_buf_add(out, bytes, n);
}

static int
compile_all(const struct pr_scan_pattern *v, size_t n, struct pr_buf *out, struct pr_err *err)
{
	static bool trusted;
	struct job j = {.v = v,
			.n = n,
			.given = pr_calloc(n + 1, 1),
			.text = pr_calloc(n + 1, sizeof(char *)),
			.regex = pr_calloc(n + 1, sizeof(const char *)),
			.flags = pr_calloc(n + 1, sizeof(unsigned)),
			.number = pr_calloc(n + 1, sizeof(unsigned)),
			.trusted = trusted};
	int rc = pr_scan_child(compile_in_child, &j, &compile_limits, out, err);

	trusted |= rc == 0 && out->n && out->p[0] == SOUND;
	free(j.given);
	free(j.text);
	free(j.regex);
	free(j.flags);
	free(j.number);
	return rc;
}

/* ---- the database, from the cache or made ---- */

/* Whatever changes the database changes the key: patterns, flags, library, processor. */
static struct pr_scan_key
key_of(const struct pr_scan_pattern *v, size_t n)
{
	struct pr_scan_key key = {{0}};
	struct pr_sha256 h;
	hs_platform_info_t platform = {0};
	char words[96];

	hs_populate_platform(&platform);
	snprintf(words, sizeof(words), "3 %u %u %llu %zu", FLAGS, platform.tune,
		 platform.cpu_features, n);
	pr_sha256_init(&h);
	pr_sha256_add_field(&h, pr_str_c(words));
	pr_sha256_add_field(&h, pr_str_c(hs_version()));
	for (size_t i = 0; i < n; i++)
		pr_sha256_add_field(&h, v[i].regex);
	pr_sha256_end(&h, key.v);
	return key;
}

static void
name(struct pr_scan *scan, const char *why)
{
	size_t always = 0, n = strcspn(hs_version(), " ");
	char version[16] = "";

	for (size_t i = 0; i < scan->n; i++)
		always += scan->given[i] == ALWAYS;
	memcpy(version, hs_version(), n < sizeof(version) ? n : sizeof(version) - 1);
	snprintf(scan->name, sizeof(scan->name), "libhs %.15s, %zu patterns, %zu always%s", version,
		 scan->n, always, why);
}

/* What a compilation answered, from here or from a file: believed only when all of it fits. */
static bool
open_database(struct pr_scan *scan, struct pr_str bytes)
{
	size_t head = 1 + scan->n, in_db = 0;
	const char *given = bytes.p + 1;

	if (bytes.n < head || (unsigned char)bytes.p[0] > UNSOUND)
		return false;
	for (size_t i = 0; i < scan->n; i++) {
		if ((unsigned char)given[i] > ALWAYS)
			return false;
		in_db += given[i] != ALWAYS;
	}
	if (in_db &&
	    (hs_deserialize_database(bytes.p + head, bytes.n - head, &scan->db) != HS_SUCCESS ||
	     hs_alloc_scratch(scan->db, &scan->scratch) != HS_SUCCESS)) {
		hs_free_database(scan->db);
		scan->db = NULL;
		return false;
	}
	memcpy(scan->given, given, scan->n);
	name(scan,
	     bytes.p[0] == UNSOUND ? " (it misses matches here; another release may not)" : "");
	return true;
}

static int
load(struct pr_scan *scan, const struct pr_scan_pattern *v, const char *cache, struct pr_err *err)
{
	struct pr_scan_key key = key_of(v, scan->n);
	PR_AUTO_BUF struct pr_buf bytes;
	struct pr_err why = {0};

	pr_buf_init(&bytes, DATABASE_MAX);
	if (cache && pr_scan_cache_get(cache, &key, &bytes) &&
	    open_database(scan, pr_buf_str(&bytes)))
		return 0;
	pr_buf_reset(&bytes);
	if (compile_all(v, scan->n, &bytes, &why) < 0 && why.fault == PR_RETRY) {
		*err = why;
		return -1;
	}
	if (why.fault || !open_database(scan, pr_buf_str(&bytes)))
		name(scan, " (they could not be compiled)");
	else if (cache)
		pr_scan_cache_put(cache, &key, pr_buf_str(&bytes));
	return 0;
}

struct pr_scan *
pr_scan_new(const struct pr_scan_pattern *v, size_t n, const char *cache, struct pr_err *err)
{
	struct pr_scan *scan = pr_calloc(1, sizeof(*scan));

	scan->n = n;
	scan->ids = pr_calloc(n + 1, sizeof(scan->ids[0]));
	scan->given = pr_calloc(n + 1, 1);
	memset(scan->given, ALWAYS, n);
	for (size_t i = 0; i < n; i++)
		scan->ids[i] = v[i].id;
	if (hs_valid_platform() != HS_SUCCESS)
		name(scan, " (this processor lacks SSE4.2)");
	else if (!n)
		name(scan, "");
	else if (load(scan, v, cache, err) < 0)
		pr_scan_free(&scan);
	return scan;
}

void
pr_scan_free(struct pr_scan **scan)
{
	struct pr_scan *s = *scan;

	if (!s)
		return;
	hs_free_scratch(s->scratch);
	hs_free_database(s->db);
	free(s->ids);
	free(s->given);
	free(s);
	*scan = NULL;
}

const char *
pr_scan_name(const struct pr_scan *scan)
{
	return scan->name;
}

/* ---- scan ---- */

struct finding {
	const struct pr_scan *scan;
	uint64_t *bits;
};

static int
found(unsigned number, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
	struct finding *f = ctx;

	(void)from;
	(void)to;
	(void)flags;
	if (number < f->scan->n)
		pr_bit_set(f->bits, f->scan->ids[number]);
	return 0;
}

/* The empty text is PCRE2's: libhs has words of its own about matches in nothing. */
void
pr_scan_find(struct pr_scan *scan, struct pr_str text, uint64_t *bits)
{
	struct finding f = {scan, bits};
	bool all =
	    !scan->db || !text.n || text.n > UINT32_MAX || !pr_is_ascii(text) ||
	    hs_scan(scan->db, text.p, (unsigned)text.n, 0, scan->scratch, found, &f) != HS_SUCCESS;

	for (size_t i = 0; i < scan->n; i++)
		if (all || scan->given[i] == ALWAYS)
			pr_bit_set(bits, scan->ids[i]);
}
