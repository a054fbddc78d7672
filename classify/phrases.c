/*
 * phrases: a tree of words. The edges of all nodes share one hash table, keyed by node and word;
 * words are known by their 64-bit hash alone (two words that collide would only share their rules).
 */
#include "classify/phrases.h"

struct output {
	uint32_t condition;
	struct output *next;
};

struct node {
	struct output *outputs;
	bool has_prefixes; /* some edges are `word*` */
	bool has_edges;
};

struct edge {
	uint64_t key; /* 0: free */
	uint32_t to;
};

struct pr_phrases {
	struct pr_arena *arena;
	struct node *nodes;
	size_t nnodes, nodes_room;
	struct edge *edges;
	size_t nedges, edges_room; /* a power of two */
};

#define PREFIX_SALT UINT64_C(0x9e3779b97f4a7c15)

static uint64_t
edge_key(uint32_t from, uint64_t word)
{
	uint64_t k = word + from * UINT64_C(0xd6e8feb86659fd93);

	k ^= k >> 32;
	k *= UINT64_C(0xd6e8feb86659fd93);
	k ^= k >> 32;
	return k ? k : 1;
}

static struct edge *
edge_slot(struct edge *edges, size_t room, uint64_t key)
{
	size_t i = (size_t)key & (room - 1);

	while (edges[i].key && edges[i].key != key)
		i = (i + 1) & (room - 1);
	return &edges[i];
}

static void
edges_grow(struct pr_phrases *p)
{
	size_t room = p->edges_room ? p->edges_room * 2 : 1024;
	struct edge *bigger = pr_calloc(room, sizeof(*bigger));

	for (size_t i = 0; i < p->edges_room; i++)
		if (p->edges[i].key)
			*edge_slot(bigger, room, p->edges[i].key) = p->edges[i];
	free(p->edges);
	p->edges = bigger;
	p->edges_room = room;
}

static uint32_t
node_new(struct pr_phrases *p)
{
	if (p->nnodes == p->nodes_room) {
		p->nodes_room = p->nodes_room ? p->nodes_room * 2 : 512;
		p->nodes = realloc(p->nodes, p->nodes_room * sizeof(*p->nodes));
		if (!p->nodes)
			pr_out_of_memory();
	}
	p->nodes[p->nnodes] = (struct node){0};
	return (uint32_t)p->nnodes++;
}

struct pr_phrases *
pr_phrases_new(struct pr_arena *a)
{
	struct pr_phrases *p = pr_calloc(1, sizeof(*p));

	p->arena = a;
	edges_grow(p);
	node_new(p);
	return p;
}

void
pr_phrases_free(struct pr_phrases **p)
{
	if (!*p)
		return;
	free((*p)->nodes);
	free((*p)->edges);
	free(*p);
	*p = NULL;
}

static uint32_t
edge_make(struct pr_phrases *p, uint32_t from, uint64_t word, bool prefix)
{
	uint64_t key = edge_key(from, prefix ? word ^ PREFIX_SALT : word);
	struct edge *e = edge_slot(p->edges, p->edges_room, key);
	uint32_t to;

	p->nodes[from].has_edges = true;
	p->nodes[from].has_prefixes |= prefix;
	if (e->key)
		return e->to;
	if (p->nedges * 2 >= p->edges_room) {
		edges_grow(p);
		e = edge_slot(p->edges, p->edges_room, key);
	}
	to = node_new(p);
	*e = (struct edge){key, to};
	p->nedges++;
	return to;
}

const char *
pr_phrases_add(struct pr_phrases *p, struct pr_str s, uint32_t condition)
{
	struct output *o = PR_ARENA_NEW(p->arena, struct output);
	struct pr_word w;
	uint32_t at = 0;
	size_t pos = 0, n = 0;

	while (pr_word_next(s, &pos, &w)) {
		bool prefix = pos < s.n && s.p[pos] == '*';

		if (++n > PR_PHRASE_WORDS_MAX)
			return "is longer than 10 words; use the few that matter";
		if (prefix && w.end - w.start < PR_PHRASE_PREFIX_MIN)
			return "has a '*' after fewer than 3 letters, which would match too much";
		at = edge_make(p, at, w.hash, prefix);
	}
	if (!n)
		return "has no letters or digits in it";
	*o = (struct output){condition, p->nodes[at].outputs};
	p->nodes[at].outputs = o;
	return NULL;
}

/* One walk over one field. */
struct walk {
	const struct pr_phrases *p;
	struct pr_message *m;
	struct pr_str text;
	uint32_t field, start;
	const struct pr_word *words;
	size_t nwords;
	bool full;
};

static void
hit(struct walk *w, const struct node *node, size_t end)
{
	struct pr_message *m = w->m;

	for (const struct output *o = node->outputs; o; o = o->next) {
		if (m->nhits == m->room) {
			w->full = true;
			return;
		}
		m->hits[m->nhits++] =
		    (struct pr_hit){o->condition, {w->field, w->start, (uint32_t)end}, 0};
	}
}

static void walk_from(struct walk *w, uint32_t node, size_t i);

static void
step(struct walk *w, uint64_t key, size_t i)
{
	const struct edge *e = edge_slot(w->p->edges, w->p->edges_room, key);

	if (!e->key)
		return;
	hit(w, &w->p->nodes[e->to], w->words[i].end);
	if (w->p->nodes[e->to].has_edges)
		walk_from(w, e->to, i + 1);
}

/* The depth is at most PR_PHRASE_WORDS_MAX: the tree is no deeper. */
static void
walk_from(struct walk *w, uint32_t node, size_t i)
{
	const struct pr_word *word;
	uint64_t h = PR_WORD_HASH_START;
	size_t letters = 0;

	if (i >= w->nwords || w->full)
		return;
	word = &w->words[i];
	step(w, edge_key(node, word->hash), i);
	if (!w->p->nodes[node].has_prefixes)
		return;
	for (size_t at = word->start; at < word->end && letters < 24; at++) {
		if (w->text.p[at] == '\'')
			continue;
		h = pr_word_hash_add(h, w->text.p[at]);
		if (++letters >= PR_PHRASE_PREFIX_MIN)
			step(w, edge_key(node, h ^ PREFIX_SALT), i);
	}
}

bool
pr_phrases_find(const struct pr_phrases *p, struct pr_message *m, uint32_t field)
{
	struct pr_str text = m->fields[field].folded.text;
	struct pr_word *words = pr_arena_array(m->arena, text.n / 2 + 1, sizeof(*words));
	struct walk w = {.p = p, .m = m, .text = text, .field = field, .words = words};
	size_t at = 0;

	while (pr_word_next(text, &at, &words[w.nwords]))
		w.nwords++;
	for (size_t i = 0; i < w.nwords && !w.full; i++) {
		w.start = (uint32_t)words[i].start;
		walk_from(&w, 0, i);
	}
	return !w.full;
}
