/*
 * migrations: the schema's history, embedded in the program. A new step is one file and two lines
 * here; a step that was released is never edited.
 */
#include "postroom/embed.h"

#include "lib/store/db.h"

PR_EMBED(migration_0001, "lib/store/migrations/0001_spine.sql");
PR_EMBED(migration_0002, "lib/store/migrations/0002_avoidable.sql");

#define STEP(version, name, symbol)                                                                \
	{                                                                                          \
		(version), (name), pr_embed_##symbol, pr_embed_##symbol##_end                      \
	}
const struct pr_migration pr_migrations[] = {
    STEP(1, "spine", migration_0001),
    STEP(2, "avoidable", migration_0002),
};
const size_t pr_migrations_n = PR_DB_COUNT(pr_migrations);
