/*
 * Any bytes as a bundle. Most hashes are wrong, so the bytes are also taken as the parts of a
 * bundle that is written, changed in one place and read: it must be whole or refused.
 */
#include "postroom/bundle.h"
#include "postroom/cleanup.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
open_bytes(int fd, struct pr_bundle *b)
{
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_contact c;
	struct pr_err err;

	pr_arena_init(&a, 1 << 20);
	if (pr_bundle_open(fd, b, &err) < 0)
		return -1;
	int known = pr_bundle_receipt(b, &a, &c, &err);
	(void)known;
	pr_bundle_close(b);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pr_str name = {"-", 1};
	PR_AUTO_FD int as_is = memfd_create("as-is", MFD_CLOEXEC);
	PR_AUTO_FD int written = memfd_create("written", MFD_CLOEXEC);
	struct pr_str bytes = pr_str_n(data, size);
	struct pr_str head = pr_str_sub(bytes, 0, size / 2);
	const struct pr_part parts[] = {{PR_PART_RECEIPT, name, head},
					{PR_PART_RAW, name, pr_str_sub(bytes, head.n, size)}};
	struct pr_bundle b;
	struct pr_err err;
	char byte;

	if (size < 2 || write(as_is, data, size) != (ssize_t)size)
		return 0;
	open_bytes(as_is, &b);
	if (pr_bundle_write(written, parts, 2, &err) < 0 || open_bytes(written, &b) < 0)
		abort();
	off_t at = (data[0] << 8 | data[1]) % lseek(written, 0, SEEK_END);
	if (pread(written, &byte, 1, at) != 1)
		abort();
	byte = (char)(byte ^ 1);
	if (pwrite(written, &byte, 1, at) != 1 || open_bytes(written, &b) == 0)
		abort();
	return 0;
}
