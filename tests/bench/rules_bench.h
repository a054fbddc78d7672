/*
 * rules_bench: the rules as text: what phrases and patterns they have, and five times as many of
 * them in a folder of their own.
 */
#ifndef RULES_BENCH_H
#define RULES_BENCH_H

#include "postroom/arena.h"

struct pr_bench_folder {
	char path[64];
};
struct pr_bench_folder pr_bench_folder_new(void);
/* With all in it. */
void pr_bench_folder_remove(const struct pr_bench_folder *f);

/* Every phrase (folded, once) and every pattern of RULES/rules. */
void pr_bench_each(const char *rules, struct pr_arena *a,
		   void (*phrase)(void *ctx, struct pr_str phrase),
		   void (*pattern)(void *ctx, struct pr_str pattern), void *ctx);
/* Each rule five times: under other names, and in four of them with other words. */
struct pr_bench_folder pr_bench_five_times(const char *rules, struct pr_arena *a);

_Noreturn void pr_bench_die(const char *what);

#endif
