/* Any bytes in any field of a message to send: refused, or safe for SMTP and read back as it was.
 */
#include "postroom/cleanup.h"
#include "postroom/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_bytes(struct pr_str s)
{
	size_t line = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool cr = s.p[i] == '\r', lf = s.p[i] == '\n';

		if ((unsigned char)s.p[i] > 127 || s.p[i] == '\0')
			pr_bug("a byte that is not ASCII at %zu", i);
		if ((cr && (i + 1 == s.n || s.p[i + 1] != '\n')) ||
		    (lf && (i == 0 || s.p[i - 1] != '\r')))
			pr_bug("a bare line end at %zu", i);
		line = lf ? 0 : line + 1;
		if (line > 999)
			pr_bug("a line longer than 998 bytes at %zu", i);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pr_str rest = pr_str_n(data, size), f[6] = {PR_STR_NONE}, id;
	PR_AUTO_BUF struct pr_buf b;
	struct pr_err err;

	for (size_t i = 0; i < 5; i++)
		pr_str_cut(&rest, '|', &f[i]);
	id = f[3];
	struct pr_mail_out m = {
	    .from_name = f[0],
	    .from_email = PR_STR("contact@council.example"),
	    .to_email = f[1].n ? f[1] : PR_STR("ann@example.org"),
	    .subject = f[2],
	    .message_id = PR_STR("1@council.example"),
	    .in_reply_to = f[3],
	    .references = {&id, 1},
	    .reply_to = f[4],
	    .body = rest,
	    .automatic = size % 2,
	    .date = (int64_t)size * 1000,
	};
	pr_buf_init(&b, (size_t)16 << 20);
	if (pr_mail_build(&m, &b, &err) == 0)
		check_bytes(pr_buf_str(&b));
	return 0;
}
