/* store_sqlite: what is SQLite's own. Daemons that start in the same instant on a new store. */
#include "postroom/store.h"
#include "tests/unit/cmocka_all.h"

#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 30, OPENERS = 8 };

static _Noreturn void
open_when_told(const char *url, int go)
{
	struct pr_err err = {0};
	char byte;

	if (read(go, &byte, 1) != 0) /* the end of the pipe is the start for all */
		_exit(2);
	struct pr_store *store = pr_store_open(url, true, &err);
	if (!store)
		fprintf(stderr, "%s\n", err.msg);
	pr_store_close(&store);
	_exit(err.msg[0] != '\0');
}

static void
all_open_a_new_store(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		char folder[] = "/tmp/postroom-store-XXXXXX", url[64];
		static const char *const left[] = {"db", "db-wal", "db-shm"};
		int go[2], failed = 0, status;

		assert_non_null(mkdtemp(folder));
		snprintf(url, sizeof(url), "sqlite:%s/db", folder);
		assert_int_equal(pipe(go), 0);
		for (int i = 0; i < OPENERS; i++) {
			pid_t pid = fork();
			assert_true(pid >= 0);
			if (pid == 0) {
				close(go[1]);
				open_when_told(url, go[0]);
			}
		}
		close(go[0]);
		close(go[1]);
		for (int i = 0; i < OPENERS; i++) {
			assert_true(wait(&status) > 0);
			failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
		}
		for (size_t i = 0; i < PR_COUNT(left); i++) {
			char path[64];
			snprintf(path, sizeof(path), "%s/%s", folder, left[i]);
			unlink(path);
		}
		rmdir(folder);
		assert_int_equal(failed, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_open_a_new_store)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
