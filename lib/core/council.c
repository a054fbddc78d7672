/* council: the sections that more than one program reads. */
#include "postroom/council.h"

#include "postroom/clock.h"

#define COUNCIL struct pr_council_conf

/* KEY reads the file that holds the key, or leaves it alone. */
#define COUNCIL_OPTIONS(KEY)                                                                       \
	PR_OPTION_TEXT(COUNCIL, name, "Example Council",                                           \
		       "the council's name as citizens know it"),                                  \
	    PR_OPTION_TEXT(COUNCIL, name_cy, "",                                                   \
			   "its Welsh name; when absent, the name is the same in Welsh"),          \
	    PR_OPTION_TEXT(COUNCIL, prefix, "EXA",                                                 \
			   "what references begin with: 2 to 4 capital letters. Never change it "  \
			   "once references "                                                      \
			   "are in citizens' hands"),                                              \
	    KEY(COUNCIL, instance_key, "",                                                         \
		"the key that references and tokens are derived from: 32 or more random "          \
		"characters, "                                                                     \
		"made once and never changed"),                                                    \
	    PR_OPTION_TEXT(                                                                        \
		COUNCIL, rules, "rules",                                                           \
		"the folder of services, rules, templates and calendars; relative to this file"),  \
	    PR_OPTION_CHOICE(COUNCIL, division, "england-and-wales",                               \
			     "england-and-wales|scotland|northern-ireland",                        \
			     "whose bank holidays are no working days"),                           \
	    PR_OPTION_CHOICE(COUNCIL, languages, "follow", "follow|both|en",                       \
			     "the language of acknowledgements: the citizen's own (follow), "      \
			     "Welsh and English in "                                               \
			     "every one (both), or English only (en)"),                            \
	    PR_OPTION_TEXT(COUNCIL, phone, "",                                                     \
			   "the number that citizens may call; when absent none is printed"),      \
	    PR_OPTION_TEXT(COUNCIL, web, "", "the address of the council's own web page"),         \
	    PR_OPTION_TEXT(COUNCIL, email, "customer.services@example.org",                        \
			   "the council's own e-mail address: acknowledgements come from it"),     \
	    PR_OPTION_TEXT(COUNCIL, duty_email, "",                                                \
			   "who is alerted when somebody may be at risk; when absent only the "    \
			   "staff page shows it"),                                                 \
	    PR_OPTION_TEXT(                                                                        \
		COUNCIL, out_of_hours, "",                                                         \
		"the number of the emergency duty team, printed when somebody may be at risk"),    \
	    PR_OPTION_TEXT(COUNCIL, targets_confirmed_by, "",                                      \
			   "the officer who confirmed the targets in services.yaml; until one "    \
			   "has, citizens are "                                                    \
			   "promised no date"),                                                    \
	    PR_OPTION_TEXT(COUNCIL, targets_confirmed_on, "",                                      \
			   "when that officer did so, as 2026-11-22"),                             \
	    PR_OPTION_LIST(                                                                        \
		COUNCIL, own_addresses, "",                                                        \
		"further e-mail addresses and numbers that are the council's own: they are never " \
		"acknowledged, so that no two machines talk to each other"),                       \
	    PR_OPTION_END

static const struct pr_option council_options[] = {COUNCIL_OPTIONS(PR_OPTION_SECRET)};
static const struct pr_option keyless_options[] = {COUNCIL_OPTIONS(PR_OPTION_TEXT)};

static bool
looks_like_email(struct pr_str s)
{
	struct pr_str local, domain = s;

	if (!pr_str_cut(&domain, '@', &local) || !local.n || s.n > 254)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("<>,;\"", s.p[i]))
			return false;
	return domain.n && !memchr(domain.p, '@', domain.n) && memchr(domain.p, '.', domain.n) &&
	       domain.p[0] != '.' && domain.p[domain.n - 1] != '.';
}

static void
check_email(const char *option, const char *value, struct pr_mark mark, struct pr_diag *diag)
{
	if (*value && !looks_like_email(pr_str_c(value)))
		pr_diag_add(diag, mark, "'%s' is an e-mail address such as contact@example.org",
			    option);
}

static void
check_prefix(const char *prefix, struct pr_mark mark, struct pr_diag *diag)
{
	size_t n = strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (prefix[n] || n < 2 || n > 4)
		pr_diag_add(diag, mark,
			    "'prefix' is 2 to 4 capital letters from A to Z, such as EXA");
}

static bool
is_date(const char *s)
{
	char instant[32];
	int64_t ms;

	snprintf(instant, sizeof(instant), "%.20sT00:00:00Z", s);
	return pr_time_parse(pr_str_c(instant), &ms);
}

/* A citizen is promised a date on the word of a named officer; the word has a day. */
static void
check_confirmation(const struct pr_council_conf *c, struct pr_mark mark, struct pr_diag *diag)
{
	if (*c->targets_confirmed_on && !is_date(c->targets_confirmed_on))
		pr_diag_add(diag, mark, "'targets_confirmed_on' is a date such as 2026-11-22");
	else if (*c->targets_confirmed_by && !*c->targets_confirmed_on)
		pr_diag_add(
		    diag, mark,
		    "'targets_confirmed_by' names an officer; say when in 'targets_confirmed_on'");
}

static void
check_council(const void *conf, struct pr_mark mark, struct pr_diag *diag)
{
	const struct pr_council_conf *c = conf;

	check_prefix(c->prefix, mark, diag);
	check_email("email", c->email, mark, diag);
	check_email("duty_email", c->duty_email, mark, diag);
	for (size_t i = 0; i < c->own_addresses.n; i++)
		if (strchr(c->own_addresses.v[i], '@'))
			check_email("own_addresses", c->own_addresses.v[i], mark, diag);
	check_confirmation(c, mark, diag);
}

const struct pr_section pr_council_section = {
    "council", "who we are", false, sizeof(struct pr_council_conf), council_options, check_council};
const struct pr_section pr_council_keyless_section = {
    "council", "who we are", false, sizeof(struct pr_council_conf), keyless_options, check_council};

static const struct pr_option spool_options[] = {
    PR_OPTION_TEXT(
	struct pr_spool_conf, dir, "/var/spool/postroom",
	"the folder where every contact is made durable before anything else happens to it; on "
	"a local disk"),
    PR_OPTION_SIZE(
	struct pr_spool_conf, min_free, "256M", 0, INT64_MAX,
	"intake stops, and mail stays in its mailbox, when less than this is free on the disk"),
    PR_OPTION_DURATION(
	struct pr_spool_conf, canary, "0s", 0, 604800000,
	"how often each door sends a contact of its own through the pipeline, such as 1h; "
	"`postroom status` shows how old the last one is; 0s: never"),
    PR_OPTION_END};

const struct pr_section pr_spool_section = {
    "spool", "the durable spool", false, sizeof(struct pr_spool_conf), spool_options, NULL};

static const struct pr_option queue_options[] = {
    PR_OPTION_TEXT(struct pr_queue_conf, socket, "/run/postroom/redis.sock",
		   "the Unix socket of the Redis that carries the queues"),
    PR_OPTION_DURATION(struct pr_queue_conf, claim_after, "5m", 1000, 86400000,
		       "after this time another process takes over what a dead one had in hand"),
    PR_OPTION_END};

const struct pr_section pr_queue_section = {
    "queue",       "the queues between the stages, in Redis",
    false,         sizeof(struct pr_queue_conf),
    queue_options, NULL};

static const struct pr_option store_options[] = {
    PR_OPTION_TEXT(struct pr_store_conf, url, "sqlite:/var/lib/postroom/postroom.db",
		   "where the cases are: sqlite: and a path, or a PostgreSQL connection URI"),
    PR_OPTION_END};

static void
check_store(const void *conf, struct pr_mark mark, struct pr_diag *diag)
{
	const struct pr_store_conf *c = conf;
	struct pr_str url = pr_str_c(c->url);

	if (!pr_str_starts(url, PR_STR("sqlite:")) &&
	    !pr_str_starts(url, PR_STR("postgresql://")) &&
	    !pr_str_starts(url, PR_STR("postgres://")))
		pr_diag_add(diag, mark, "'url' begins with sqlite: or postgresql://");
}

const struct pr_section pr_store_section = {
    "store", "the store of cases", false, sizeof(struct pr_store_conf), store_options, check_store};

const char *const pr_section_names[] = {"council", "spool",    "queue", "store",    "mailboxes",
					"sms",     "webhooks", "web",   "classify", "dispatch",
					"send",    "console",  NULL};
