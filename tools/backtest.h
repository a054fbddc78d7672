/*
 * backtest: what the workers of `postroom rules backtest` send, and what is added up of it.
 */
#ifndef TOOLS_BACKTEST_H
#define TOOLS_BACKTEST_H

#include "tools/judged.h"

struct backtest_verdict {
	int32_t lgsl, lgil;
	bool certain, right, incomplete;
	char kind[16], risk[8];
};

/* Of fixed size, so that a pipe needs no framing. */
struct backtest_record {
	enum { BACKTEST_CONTACT, BACKTEST_COST, BACKTEST_FAILED } type;
	union {
		struct {
			char cid[PR_CID_LENGTH + 1];
			bool judged;
			struct backtest_verdict was, is;
		} contact;
		struct {
			char rule[72];
			uint64_t calls, ns, limit_hits;
		} cost; /* of the new rules */
		struct pr_err failed;
	};
};

struct backtest_service {
	int32_t lgsl, lgil; /* 0/0: none */
};

struct backtest_move {
	struct backtest_service from, to;
	size_t count, righted, wronged;
};

struct backtest_risk {
	char cid[PR_CID_LENGTH + 1];
	char from[8], to[8];
};

struct backtest_kind {
	char from[16], to[16];
	size_t count;
};

struct backtest_cost {
	char rule[72];
	uint64_t calls, ns, limit_hits;
};

/* One of the two rule sets. */
struct backtest_side {
	const char *dir;
	struct pr_rules *rules;
	size_t right; /* of the judged */
	size_t certain, incomplete;
	size_t certain_judged, certain_right;
};

struct backtest {
	struct pr_judged_source source;
	struct backtest_side was, is;
	size_t contacts, judged, unchanged, moved;
	struct backtest_move *moves;
	size_t nmoves;
	struct backtest_risk *risks;
	size_t nrisks;
	struct backtest_kind *kinds;
	size_t nkinds;
	struct backtest_cost *costs;
	size_t ncosts;
	double seconds;
};

void backtest_add(struct backtest *b, const struct backtest_record *r);
/* Print for people, or as one JSON object. Sorts. */
void backtest_report(struct backtest *b);

#endif
