/*
 * canary: made here, handed over like anything that arrives.
 */
#include "ingest/canary.h"

#include "postroom/clock.h"
#include "postroom/digest.h"
#include "postroom/log.h"

#define ACCOUNT PR_STR("canary")

void
pr_canary_init(struct pr_canary *c, enum pr_channel channel, int64_t interval)
{
	*c = (struct pr_canary){.channel = channel, .interval = interval};
}

/* Each is new: its token makes its cid another one. */
static void
fill(struct pr_canary *c, struct pr_arrival *arrival)
{
	unsigned char drawn[16];
	bool email = c->channel == PR_CHANNEL_EMAIL;

	pr_random(drawn, sizeof(drawn));
	pr_hex(drawn, sizeof(drawn), c->token);
	snprintf(c->words, sizeof(c->words), "%s%s%s",
		 email ? "Subject: canary\r\nAuto-Submitted: auto-generated\r\nMessage-ID: <"
		       : "canary ",
		 c->token, email ? "@canary.invalid>\r\n\r\ncanary\r\n" : "");
	*arrival = (struct pr_arrival){.channel = c->channel, .account = ACCOUNT, .canary = true};
	if (email) {
		arrival->raw = pr_str_c(c->words);
		return;
	}
	c->field.name = c->channel == PR_CHANNEL_SMS ? PR_STR("text") : PR_STR("message");
	c->field.value = pr_str_c(c->words);
	arrival->token = pr_str_c(c->token);
	arrival->fields = &c->field;
	arrival->nfields = 1;
}

bool
pr_canary_next(struct pr_canary *c, struct pr_arrival *arrival)
{
	int64_t now;

	if (!c->interval)
		return false;
	now = pr_mono();
	if (now < c->due)
		return false;
	c->due = now + c->interval;
	fill(c, arrival);
	return true;
}

int64_t
pr_canary_wait(const struct pr_canary *c, int64_t ms)
{
	int64_t left;

	if (!c->interval)
		return ms;
	left = c->due - pr_mono();
	if (left < 1)
		left = 1;
	return left < ms ? left : ms;
}

void
pr_canary_submit(struct pr_canary *c, struct pr_submit *submit)
{
	struct pr_arrival arrival;
	struct pr_err err;

	if (pr_canary_next(c, &arrival) && pr_submit(submit, &arrival, 1, &err) < 0)
		pr_log_err(PR_ERROR, NULL, "canary", &err);
}

void
pr_canary_commit(struct pr_canary *c, struct committer *committer)
{
	struct pr_arrival arrival;
	struct pr_err err;

	if (pr_canary_next(c, &arrival) && committer_submit(committer, &arrival, &err) < 0)
		pr_log_err(PR_ERROR, NULL, "canary", &err);
}
