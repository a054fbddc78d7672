/* A webhook's query, content type and body of any bytes, through every gateway. */
#include "postroom/cleanup.h"
#include "postroom/gateway.h"
#include "postroom/utf8.h"
#include "postroom/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct pr_gateway_conf conf = {.name = "fuzz", .webhook_secret = "s"};
	const struct pr_field secret = {PR_STR("X-Postroom-Secret"), PR_STR("s")};
	struct pr_str query, type, body = pr_str_n(data, n);
	struct pr_gateway_request q = {
	    .path = PR_STR("/hook/sms/fuzz"), .headers = &secret, .nheaders = 1};
	PR_AUTO_ARENA struct pr_arena a;
	struct pr_field *fields;

	pr_arena_init(&a, 64 << 20);
	if (n > 65536 || !pr_str_cut(&body, '\n', &query) || !pr_str_cut(&body, '\n', &type) ||
	    !pr_web_urlencoded(query, &a, &fields, &q.nquery))
		return 0;
	q.query = fields;
	q.content_type = type;
	q.body = body;
	q.method = body.n ? PR_STR("POST") : PR_STR("GET");
	for (size_t i = 0; pr_gateways[i]; i++) {
		struct pr_gateway_text text = {0};
		struct pr_err err;

		if (pr_gateways[i]->receive(&conf, &q, &a, &text, &err) == 1 &&
		    (!pr_utf8_ok(text.text) || !pr_utf8_ok(text.from) ||
		     !pr_utf8_ok(text.provider_id)))
			abort();
	}
	return 0;
}
