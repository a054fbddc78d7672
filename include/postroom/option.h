/*
 * option: a setting is one line of a table. The table gives the reader, the limits, the error
 * messages, `postroom setup`'s example file and the reference in docs/CONFIGURATION.md; `make lint`
 * refuses a setting without help.
 *
 *     struct spool_conf { const char *dir; int64_t min_free; };
 *     static const struct pr_option spool_options[] = {
 *         PR_OPTION_TEXT(struct spool_conf, dir, "/var/spool/postroom", "folder of the spool"),
 *         PR_OPTION_SIZE(struct spool_conf, min_free, "256M", 0, INT64_MAX, "room that intake
 * leaves free"), PR_OPTION_END }; const struct pr_section pr_spool_section = { "spool", "the
 * durable spool", false, sizeof(struct spool_conf), spool_options };
 *
 * Default NULL means the setting is required; "" that it is optional and absent.
 */
#ifndef POSTROOM_OPTION_H
#define POSTROOM_OPTION_H

#include "postroom/diag.h"

enum pr_option_type {
	PR_OPTION_KIND_TEXT,     /* const char *, never NULL */
	PR_OPTION_KIND_INT,      /* int64_t */
	PR_OPTION_KIND_BOOL,     /* bool: yes, no, true, false */
	PR_OPTION_KIND_DURATION, /* int64_t ms: "500ms", "30s", "5m", "2h", "3d" */
	PR_OPTION_KIND_SIZE,     /* int64_t bytes: "64K", "256M", "1G" */
	PR_OPTION_KIND_CHOICE,   /* int: index into choices ("a|b|c") */
	PR_OPTION_KIND_SECRET,   /* const char *: the first line of the file that the setting names;
				    the name is a path   or, with "credential:NAME", a file in
				    $CREDENTIALS_DIRECTORY; never the secret itself */
	PR_OPTION_KIND_LIST, /* struct pr_option_list of texts; default is one text or "" for none
			      */
};

struct pr_option_list {
	const char **v;
	size_t n;
};

struct pr_option {
	const char *name; /* as in the file: lower case, words joined by '_' */
	enum pr_option_type type;
	size_t offset;
	const char *fallback;
	int64_t min,
	    max; /* of numbers, durations, sizes; of texts their length (0, 0: 1 to 4096) */
	const char *choices;
	const char *help;
};

#define PR_OPTION_(T, member, kind, fallback, min, max, choices, help)                             \
	{                                                                                          \
#member, PR_OPTION_KIND_##kind, offsetof(T, member), fallback, min, max, choices,  \
		    help                                                                           \
	}
#define PR_OPTION_TEXT(T, member, fallback, help)                                                  \
	PR_OPTION_(T, member, TEXT, fallback, 0, 0, NULL, help)
#define PR_OPTION_INT(T, member, fallback, min, max, help)                                         \
	PR_OPTION_(T, member, INT, fallback, min, max, NULL, help)
#define PR_OPTION_BOOL(T, member, fallback, help)                                                  \
	PR_OPTION_(T, member, BOOL, fallback, 0, 0, NULL, help)
#define PR_OPTION_DURATION(T, member, fallback, min, max, help)                                    \
	PR_OPTION_(T, member, DURATION, fallback, min, max, NULL, help)
#define PR_OPTION_SIZE(T, member, fallback, min, max, help)                                        \
	PR_OPTION_(T, member, SIZE, fallback, min, max, NULL, help)
#define PR_OPTION_CHOICE(T, member, fallback, choices, help)                                       \
	PR_OPTION_(T, member, CHOICE, fallback, 0, 0, choices, help)
#define PR_OPTION_SECRET(T, member, fallback, help)                                                \
	PR_OPTION_(T, member, SECRET, fallback, 0, 0, NULL, help)
#define PR_OPTION_LIST(T, member, fallback, help)                                                  \
	PR_OPTION_(T, member, LIST, fallback, 0, 0, NULL, help)
#define PR_OPTION_END                                                                              \
	{                                                                                          \
		NULL, PR_OPTION_KIND_TEXT, 0, NULL, 0, 0, NULL, NULL                               \
	}

struct pr_section {
	const char *name; /* the key at the top of postroom.yaml */
	const char *help;
	bool many;   /* a list of such sections, each with a unique `name` as its first option */
	size_t size; /* of the struct that the options fill */
	const struct pr_option *options; /* ends with PR_OPTION_END */
	/* Checks over several settings; adds to the diag. May be NULL. */
	void (*check)(const void *conf, struct pr_mark mark, struct pr_diag *diag);
};

#endif
