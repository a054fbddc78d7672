/* postroom check: everything that would stop the daemons or lose a word, found before they start.
 */
#include "postroom/calendar.h"
#include "postroom/case.h"
#include "postroom/classify.h"
#include "postroom/clock.h"
#include "postroom/sections.h"
#include "tools/tools.h"

#include <inttypes.h>
#include <stdarg.h>

struct check {
	const struct pr_config *config;
	const struct pr_council_conf *council;
	const char *rules; /* the folder */
	struct pr_arena *arena;
};

static const char *arena_words(struct check *c, const char *fmt, ...) PR_PRINTF(2, 3);

static const char *
arena_words(struct check *c, const char *fmt, ...)
{
	char words[256];
	va_list args;
	va_start(args, fmt);
	vsnprintf(words, sizeof words, fmt, args);
	va_end(args);
	return pr_arena_dup_c(c->arena, pr_str_c(words));
}

/* Each check returns what it found good, or NULL with err or diag filled. */

static const char *
check_rules(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	(void)err;
	struct pr_rules *rules = pr_tool_rules_load(c->rules, diag);
	if (!rules)
		return NULL;
	const char *words =
	    arena_words(c, "%zu rules, %zu services, version %s", pr_rules_count(rules),
			pr_rules_catalogue(rules)->n, pr_rules_version(rules));
	pr_rules_free(&rules);
	return words;
}

static const char *
check_templates(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	(void)err;
	struct pr_str dir = pr_arena_printf(c->arena, "%s/templates", c->rules);
	struct pr_ack_templates *templates = pr_ack_templates_load(dir.p, diag);
	if (!templates)
		return NULL;
	pr_ack_templates_free(&templates);
	return "acknowledgements in English and Welsh";
}

static const char *
check_calendar(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	static const char *const divisions[] = {"england-and-wales", "scotland",
						"northern-ireland"};
	(void)diag;
	struct pr_calendar *calendar;
	struct pr_str path = pr_arena_printf(c->arena, "%s/calendars/bank-holidays.csv", c->rules);
	if (pr_calendar_load(path.p, pr_str_c(divisions[c->council->division]), c->arena, &calendar,
			     err) < 0)
		return NULL;
	int64_t left = pr_calendar_last(calendar) - pr_day_of(pr_now());
	if (left < 90) {
		pr_fail(err, PR_FATAL, 0,
			"the bank holidays end in %" PRId64 " days: bring '%s' up to date", left,
			path.p);
		return NULL;
	}
	return arena_words(c, "bank holidays for %s, %" PRId64 " more days",
			   divisions[c->council->division], left);
}

static const char *
check_spool(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	(void)diag;
	const struct pr_spool_conf *conf = pr_config_get(c->config, &pr_spool_section);
	struct pr_spool *spool = pr_spool_open(conf->dir, conf->min_free, err);
	if (!spool)
		return NULL;
	int rc = pr_spool_room(spool, (size_t)64 << 20, err);
	pr_spool_close(&spool);
	return rc < 0 ? NULL : conf->dir;
}

static const char *
check_queue(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	(void)diag;
	const struct pr_queue_conf *conf = pr_config_get(c->config, &pr_queue_section);
	struct pr_queue *queue = pr_queue_open(conf->socket, "operator", err);
	if (!queue)
		return NULL;
	int rc = pr_queue_check(queue, err);
	pr_queue_close(&queue);
	struct pr_err said = *err;
	if (rc < 0 && said.fault == PR_RETRY)
		pr_fail(err, PR_RETRY, 0, "%.160s; start it: redis-server %s/redis.conf", said.msg,
			pr_config_dir(c->config));
	return rc < 0 ? NULL : "Redis keeps every write and evicts nothing";
}

static const char *
check_store(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	(void)diag;
	int64_t version;
	const struct pr_store_conf *conf = pr_config_get(c->config, &pr_store_section);
	struct pr_store *store = pr_store_open(conf->url, true, err);
	if (!store)
		return NULL;
	int rc = pr_store_schema_version(store, &version, err);
	if (rc == 0)
		rc = pr_store_verify(store, err);
	pr_store_close(&store);
	return rc < 0 ? NULL
		      : arena_words(c, "schema %" PRId64 ", sound, its chain of events unbroken",
				    version);
}

static const char *
check_targets(struct check *c, struct pr_diag *diag, struct pr_err *err)
{
	(void)diag;
	(void)err;
	if (c->council->targets_confirmed_by[0])
		return arena_words(c, "confirmed by %.80s", c->council->targets_confirmed_by);
	return "no officer has confirmed them: no dates are promised";
}

static const struct {
	const char *name;
	const char *(*run)(struct check *c, struct pr_diag *diag, struct pr_err *err);
} checks[] = {
    {"rules", check_rules},     {"templates", check_templates}, {"calendar", check_calendar},
    {"targets", check_targets}, {"spool", check_spool},         {"queue", check_queue},
    {"store", check_store},
};

/* How many failed. */
static int
run_checks(struct check *c)
{
	int failed = 0;
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		struct pr_diag diag;
		struct pr_err err = {0};
		pr_diag_init(&diag, c->arena);
		const char *good = checks[i].run(c, &diag, &err);
		printf("%-8s %-13s %s\n", good ? "ok" : "WRONG", checks[i].name,
		       good ? good : err.msg);
		fflush(stdout);
		pr_diag_print(&diag, stderr);
		failed += good == NULL;
	}
	return failed;
}

int
pr_tool_check(int argc, char **argv)
{
	const char *named = getenv("POSTROOM_CONFIG");
	const char *path = argc == 3 && strcmp(argv[1], "-c") == 0 ? argv[2] : named;
	if ((argc != 1 && argc != 3) || (argc == 3 && path == named)) {
		fprintf(stderr, "usage: postroom check [-c FILE]\n");
		return PR_EXIT_CONFIG;
	}
	if (!path)
		path = "/etc/postroom/postroom.yaml";
	struct pr_arena arena;
	struct pr_diag diag;
	pr_arena_init(&arena, (size_t)64 << 20);
	pr_diag_init(&diag, &arena);
	struct pr_config *config =
	    pr_config_load(path, pr_tool_sections, pr_section_names, NULL, &diag);
	pr_diag_print(&diag, stderr);
	int code = PR_EXIT_CONFIG;
	if (config) {
		struct check c = {config, pr_config_get(config, &pr_council_section), NULL, &arena};
		c.rules = pr_config_path(config, c.council->rules, &arena);
		printf("%-8s %-13s %s\n", "ok", "configuration", path);
		code = run_checks(&c) ? PR_EXIT_CONFIG : PR_EXIT_OK;
	}
	pr_config_free(&config);
	pr_arena_release(&arena);
	return code;
}
