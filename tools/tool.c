/* What the subcommands that work on an installation share: configuration, spool, queue, store. */
#include "postroom/reference.h"
#include "postroom/sections.h"
#include "tools/tools.h"

#include <sys/stat.h>

const struct pr_section *const pr_tool_sections[] = {&pr_council_section,
						     &pr_spool_section,
						     &pr_queue_section,
						     &pr_store_section,
						     &pr_mailboxes_section,
						     &pr_sms_section,
						     &pr_web_section,
						     &pr_webhooks_section,
						     &pr_classify_section,
						     &pr_dispatch_section,
						     &pr_send_section,
						     &pr_console_section,
						     NULL};

static const struct pr_section *const sections[] = {&pr_council_section, &pr_spool_section,
						    &pr_queue_section, &pr_store_section, NULL};

int
pr_tool_failed(const struct pr_err *err)
{
	fprintf(stderr, "postroom: %s\n", err->msg);
	return err->fault == PR_RETRY ? PR_EXIT_TEMPORARY : PR_EXIT_CONFIG;
}

/* Take -c FILE and --json off the arguments; false when -c has no file. */
static bool
take_arguments(struct pr_tool *tool, int argc, char **argv)
{
	const char *named = getenv("POSTROOM_CONFIG");
	tool->config_path = named ? named : "/etc/postroom/postroom.yaml";
	tool->argv = argv;
	tool->argc = 1;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			tool->json = true;
		} else if (strcmp(argv[i], "-c") == 0) {
			if (++i == argc)
				return false;
			tool->config_path = argv[i];
		} else {
			argv[tool->argc++] = argv[i];
		}
	}
	return true;
}

static int
open_parts(struct pr_tool *tool, unsigned needs, struct pr_err *err)
{
	const struct pr_spool_conf *spool = pr_config_get(tool->config, &pr_spool_section);
	const struct pr_queue_conf *queue = pr_config_get(tool->config, &pr_queue_section);
	const struct pr_store_conf *store = pr_config_get(tool->config, &pr_store_section);
	if (needs & PR_TOOL_SPOOL &&
	    !(tool->spool = pr_spool_open(spool->dir, spool->min_free, err)))
		return -1;
	if (needs & PR_TOOL_QUEUE && !(tool->queue = pr_queue_open(queue->socket, "operator", err)))
		return -1;
	if (needs & (PR_TOOL_STORE | PR_TOOL_STORE_WRITE) &&
	    !(tool->store = pr_store_open(store->url, needs & PR_TOOL_STORE_WRITE, err)))
		return -1;
	return 0;
}

int
pr_tool_open(struct pr_tool *tool, int argc, char **argv, unsigned needs)
{
	*tool = (struct pr_tool){0};
	pr_arena_init(&tool->arena, (size_t)256 << 20);
	if (!take_arguments(tool, argc, argv)) {
		fprintf(stderr, "postroom %s: -c needs the name of a file\n", argv[0]);
		return PR_EXIT_CONFIG;
	}
	struct pr_diag diag;
	pr_diag_init(&diag, &tool->arena);
	tool->config = pr_config_load(tool->config_path, sections, pr_section_names, NULL, &diag);
	if (!tool->config) {
		pr_diag_print(&diag, stderr);
		pr_tool_close(tool);
		return PR_EXIT_CONFIG;
	}
	struct pr_err err = {0};
	if (open_parts(tool, needs, &err) < 0) {
		pr_tool_close(tool);
		return pr_tool_failed(&err);
	}
	return 0;
}

void
pr_tool_close(struct pr_tool *tool)
{
	pr_store_close(&tool->store);
	pr_queue_close(&tool->queue);
	pr_spool_close(&tool->spool);
	pr_config_free(&tool->config);
	pr_arena_release(&tool->arena);
}

int
pr_tool_contact(struct pr_tool *tool, const char *key, struct pr_cid *cid)
{
	const struct pr_council_conf *council = pr_config_get(tool->config, &pr_council_section);
	char reference[PR_REFERENCE_BYTES];
	if (pr_cid_parse(pr_str_c(key), cid)) {
		if (pr_spool_has(tool->spool, cid))
			return 0;
		fprintf(stderr, "postroom: no contact %s in the spool\n", cid->hex);
		return PR_EXIT_CONFIG;
	}
	if (!pr_reference_parse(pr_str_c(council->prefix), pr_str_c(key), reference)) {
		fprintf(stderr,
			"postroom: '%s' is neither a contact's id (32 hex digits) nor a reference "
			"of ours\n",
			key);
		return PR_EXIT_CONFIG;
	}
	struct pr_store_contact contact;
	struct pr_err err = {0};
	int found =
	    pr_store_contact_find(tool->store, pr_str_c(reference), &tool->arena, &contact, &err);
	if (found < 0)
		return pr_tool_failed(&err);
	if (found == 0 || !pr_cid_parse(contact.cid, cid)) {
		fprintf(stderr,
			"postroom: no contact has the reference %s; if it is new, ask again in a "
			"minute\n",
			reference);
		return PR_EXIT_CONFIG;
	}
	return 0;
}

struct pr_rules *
pr_tool_rules_load(const char *dir, struct pr_diag *diag)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct pr_rules_how how = {0};
	char path[512];

	if (cache && cache[0] == '/')
		snprintf(path, sizeof(path), "%s/postroom", cache);
	else if (home && home[0] == '/') {
		snprintf(path, sizeof(path), "%s/.cache", home);
		mkdir(path, 0700); /* where it cannot be, nothing is kept */
		snprintf(path, sizeof(path), "%s/.cache/postroom", home);
	} else
		return pr_rules_load(dir, NULL, diag);
	how.cache = path;
	return pr_rules_load(dir, &how, diag);
}
