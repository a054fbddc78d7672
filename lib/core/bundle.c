/*
 * bundle: write what arrived as one file, and believe a file only when every byte of it fits.
 */
#include "postroom/bundle.h"

#include "postroom/digest.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define MAGIC        "postroom-bundle 1\n"
#define HEX_BYTES    (2 * (size_t)PR_SHA256_BYTES)
#define NAME_BYTES   64
#define HEADER_BYTES (1 + 7 + 1 + NAME_BYTES + 1 + 20 + 1 + HEX_BYTES + 2)
#define IOV_N        (2 * PR_BUNDLE_PARTS_MAX + 1)

_Static_assert(IOV_N <= IOV_MAX, "a bundle goes out in one writev");

static const char *const kind_names[] = {
    [PR_PART_RECEIPT] = "receipt",
    [PR_PART_FIELD] = "field",
    [PR_PART_RAW] = "raw",
    [PR_PART_FILE] = "file",
};
#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

static bool
name_byte_ok(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

static bool
name_ok(struct pr_str name)
{
	if (name.n == 0 || name.n > NAME_BYTES)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!name_byte_ok(name.p[i]))
			return false;
	return true;
}

static void
hex_of(struct pr_str bytes, char hex[HEX_BYTES + 1])
{
	unsigned char digest[PR_SHA256_BYTES];

	pr_sha256_of(bytes, digest);
	pr_hex(digest, sizeof(digest), hex);
}

/* The order that both sides insist on: the receipt first and once, the raw bytes once at most. */
static bool
kind_in_order(enum pr_part_kind kind, size_t index, bool *raw_seen)
{
	if ((kind == PR_PART_RECEIPT) != (index == 0))
		return false;
	if (kind != PR_PART_RAW)
		return true;
	bool first = !*raw_seen;
	*raw_seen = true;
	return first;
}

/* Wrong order and names are ours, never a stranger's; sizes are a stranger's. */
static int
parts_check(const struct pr_part *parts, size_t n, struct pr_err *err)
{
	size_t size = sizeof(MAGIC) + HEADER_BYTES;
	bool raw_seen = false;

	if (n == 0)
		pr_bug("bundle: no parts");
	if (n > PR_BUNDLE_PARTS_MAX)
		return pr_fail(err, PR_REJECT, E2BIG, "bundle: %zu parts, the limit is %d", n,
			       PR_BUNDLE_PARTS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!kind_in_order(parts[i].kind, i, &raw_seen) || !name_ok(parts[i].name))
			pr_bug("bundle: part %zu is out of order or wrongly named", i);
		if (parts[i].bytes.n > PR_BUNDLE_MAX)
			return pr_fail(err, PR_REJECT, EFBIG,
				       "bundle: a part is larger than %zu bytes", PR_BUNDLE_MAX);
		size += HEADER_BYTES + parts[i].bytes.n;
	}
	if (size > PR_BUNDLE_MAX)
		return pr_fail(err, PR_REJECT, EFBIG, "bundle: %zu bytes, the limit is %zu", size,
			       PR_BUNDLE_MAX);
	return 0;
}

static int
iov_write_all(int fd, struct iovec *iov, size_t n, struct pr_err *err)
{
	while (n > 0) {
		ssize_t done = writev(fd, iov, (int)n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return pr_fail(err, PR_RETRY, errno, "cannot write a bundle");
		size_t left = (size_t)done;
		while (n > 0 && left >= iov->iov_len) {
			left -= iov->iov_len;
			iov++;
			n--;
		}
		if (n > 0) {
			iov->iov_base = (char *)iov->iov_base + left;
			iov->iov_len -= left;
		}
	}
	return 0;
}

/* What is about to be written: headers in one buffer, parts where they are, and the hash over both.
 */
struct gather {
	struct iovec iov[IOV_N];
	size_t n;
	struct pr_sha256 all;
};

static void
gather_add(struct gather *g, struct pr_str bytes)
{
	/* writev only reads; its struct was born before const */
	g->iov[g->n++] = (struct iovec){(void *)(uintptr_t)bytes.p, bytes.n};
	pr_sha256_add(&g->all, bytes.p, bytes.n);
}

static struct pr_str
header_format(char *at, const char *before, const struct pr_part *part)
{
	char hex[HEX_BYTES + 1];
	int n;

	hex_of(part->bytes, hex);
	n = snprintf(at, sizeof(MAGIC) + HEADER_BYTES, "%s%s " PR_S_FMT " %zu %s\n", before,
		     kind_names[part->kind], PR_S(part->name), part->bytes.n, hex);
	return pr_str_n(at, (size_t)n);
}

/* The last line; `digest` is of everything before it. Returns its length. */
static size_t
end_format(char out[HEADER_BYTES], size_t nparts, struct pr_sha256 *all)
{
	unsigned char digest[PR_SHA256_BYTES];
	char hex[HEX_BYTES + 1];

	pr_sha256_end(all, digest);
	pr_hex(digest, sizeof(digest), hex);
	return (size_t)snprintf(out, HEADER_BYTES, "END %zu %s\n", nparts, hex);
}

int
pr_bundle_write(int fd, const struct pr_part *parts, size_t n, struct pr_err *err)
{
	struct gather g = {.n = 0};
	char end[1 + HEADER_BYTES] = "\n";
	char *headers, *at;
	int status;

	if (parts_check(parts, n, err) < 0)
		return -1;
	headers = at = malloc(sizeof(MAGIC) + (n + 1) * HEADER_BYTES);
	if (!headers)
		pr_out_of_memory();
	pr_sha256_init(&g.all);
	for (size_t i = 0; i < n; i++) {
		struct pr_str header = header_format(at, i ? "\n" : MAGIC, &parts[i]);
		gather_add(&g, header);
		gather_add(&g, parts[i].bytes);
		at += header.n;
	}
	pr_sha256_add(&g.all, "\n", 1);
	g.iov[g.n++] = (struct iovec){end, 1 + end_format(end + 1, n, &g.all)};
	status = iov_write_all(fd, g.iov, g.n, err);
	free(headers);
	return status;
}

static int
refuse(struct pr_err *err, size_t part, size_t offset, const char *why)
{
	return pr_fail(err, PR_REJECT, 0, "bundle: part %zu at byte %zu: %s", part, offset, why);
}

static bool
kind_parse(struct pr_str word, enum pr_part_kind *kind)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (pr_str_eq_c(word, kind_names[i])) {
			*kind = (enum pr_part_kind)i;
			return true;
		}
	}
	return false;
}

/* `<kind> <name> <length> <hex>`, each in its one spelling. */
static bool
header_parse(struct pr_str line, struct pr_part *part, size_t *length, struct pr_str *hex)
{
	struct pr_str kind, digits;
	int64_t number;

	if (!pr_str_cut(&line, ' ', &kind) || !kind_parse(kind, &part->kind))
		return false;
	if (!pr_str_cut(&line, ' ', &part->name) || !name_ok(part->name))
		return false;
	if (!pr_str_cut(&line, ' ', &digits) ||
	    !pr_str_int(digits, 0, (int64_t)PR_BUNDLE_MAX, &number))
		return false;
	*length = (size_t)number;
	*hex = line;
	return line.n == HEX_BYTES;
}

static int
part_take(struct pr_bundle *b, struct pr_str *rest, struct pr_err *err)
{
	size_t offset = (size_t)(rest->p - (const char *)b->map), length;
	struct pr_part *part = &b->parts[b->nparts];
	const char *end = memchr(rest->p, '\n', rest->n < HEADER_BYTES ? rest->n : HEADER_BYTES);
	char hex[HEX_BYTES + 1];
	struct pr_str told;

	if (b->nparts == PR_BUNDLE_PARTS_MAX)
		return refuse(err, b->nparts, offset, "too many parts");
	if (!end || !header_parse(pr_str_n(rest->p, (size_t)(end - rest->p)), part, &length, &told))
		return refuse(err, b->nparts, offset, "no header, or the file was cut short");
	*rest = pr_str_sub(*rest, (size_t)(end + 1 - rest->p), rest->n);
	if (rest->n <= length || rest->p[length] != '\n')
		return refuse(err, b->nparts, offset, "it does not end where it says");
	part->bytes = pr_str_n(rest->p, length);
	hex_of(part->bytes, hex);
	if (!pr_str_eq_c(told, hex))
		return refuse(err, b->nparts, offset, "its hash does not fit its bytes");
	*rest = pr_str_sub(*rest, length + 1, rest->n);
	b->nparts++;
	return 0;
}

/* The END line is compared as text with the one that these bytes must have. */
static int
end_check(const struct pr_bundle *b, struct pr_str rest, struct pr_err *err)
{
	size_t offset = (size_t)(rest.p - (const char *)b->map);
	struct pr_sha256 all;
	char end[HEADER_BYTES];

	pr_sha256_init(&all);
	pr_sha256_add(&all, b->map, offset);
	if (!pr_str_eq(rest, pr_str_n(end, end_format(end, b->nparts, &all))))
		return refuse(err, b->nparts, offset,
			      "the END line does not fit what is before it");
	return 0;
}

static int
bundle_check(struct pr_bundle *b, struct pr_err *err)
{
	struct pr_str rest = pr_str_n(b->map, b->size);
	bool raw_seen = false;

	if (!pr_str_starts(rest, PR_STR(MAGIC)))
		return refuse(err, 0, 0, "no bundle of a version this postroom knows");
	rest = pr_str_sub(rest, sizeof(MAGIC) - 1, rest.n);
	while (!pr_str_starts(rest, PR_STR("END "))) {
		size_t offset = (size_t)(rest.p - (const char *)b->map), i = b->nparts;
		if (part_take(b, &rest, err) < 0)
			return -1;
		if (!kind_in_order(b->parts[i].kind, i, &raw_seen))
			return refuse(err, i, offset, "its kind may not stand here");
	}
	if (b->nparts == 0)
		return refuse(err, 0, sizeof(MAGIC) - 1, "there is no receipt");
	return end_check(b, rest, err);
}

static int
bundle_map(int fd, struct pr_bundle *b, struct pr_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return pr_fail(err, PR_RETRY, errno, "cannot look at a bundle");
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (uint64_t)st.st_size > PR_BUNDLE_MAX)
		return pr_fail(err, PR_REJECT, 0, "bundle: no file of 1 to %zu bytes",
			       PR_BUNDLE_MAX);
	b->size = (size_t)st.st_size;
	b->map = mmap(NULL, b->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (b->map == MAP_FAILED) {
		b->map = NULL;
		return pr_fail(err, PR_RETRY, errno, "cannot map a bundle");
	}
	return 0;
}

int
pr_bundle_open(int fd, struct pr_bundle *b, struct pr_err *err)
{
	b->map = NULL;
	b->size = b->nparts = 0;
	if (bundle_map(fd, b, err) < 0)
		return -1;
	if (bundle_check(b, err) < 0) {
		pr_bundle_close(b);
		return -1;
	}
	return 0;
}

void
pr_bundle_close(struct pr_bundle *b)
{
	if (b->map)
		munmap(b->map, b->size);
	b->map = NULL;
	b->size = b->nparts = 0;
}

const struct pr_part *
pr_bundle_find(const struct pr_bundle *b, enum pr_part_kind kind, struct pr_str name)
{
	for (size_t i = 0; i < b->nparts; i++)
		if (b->parts[i].kind == kind && (!name.p || pr_str_eq(b->parts[i].name, name)))
			return &b->parts[i];
	return NULL;
}

int
pr_bundle_receipt(const struct pr_bundle *b, struct pr_arena *a, struct pr_contact *c,
		  struct pr_err *err)
{
	/* open() refuses a bundle that does not begin with its receipt */
	if (pr_contact_decode(b->parts[0].bytes, PR_STAGE_INGEST, a, c, err) < 0)
		return pr_fail_in(err, "receipt");
	return 0;
}
