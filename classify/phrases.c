/*
 * phrases: a tree of words. The edges of all nodes share one hash table, keyed by node and word;
 * words are known by their 64-bit hash alone (two words that collide would only share their rules).
 */
#include "classify/ruleset.h"

struct output {
	uint32_t condition;
	struct output *next;
};

struct node {
	struct output *outputs; /* while phrases are added */
	uint32_t first, n;      /* afterwards: its conditions, p->outputs[first] and on */
	uint64_t seen;          /* the field of a message in which it stood last */
	uint32_t nevery;        /* the first of them want every place */
	uint32_t prefixes;      /* a bit a length: some edges are `word*` of that many letters */
	bool has_edges;
};

struct edge {
	uint64_t key; /* 0: free */
	uint32_t to;
};

#define FILTER_BITS (1 << 20)
#define STARTS      4096
#define LETTERS_MAX 31 /* of a prefix */

struct pr_phrases {
	struct pr_arena *arena;
	struct node *nodes;
	size_t nnodes, nodes_room;
	uint32_t *outputs; /* conditions, those of a node together */
	struct edge *edges;
	size_t nedges, edges_room;         /* a power of two */
	uint64_t filter[FILTER_BITS / 64]; /* of all keys: most words of a text end here */
	/* of the first words of phrases, by how they begin: as struct node's prefixes */
	uint32_t starts[STARTS];
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

/* By its first letters, apostrophes left out. */
static uint32_t *
start_of(struct pr_phrases *p, const char *at, const char *end)
{
	size_t bits = 0;

	for (int n = 0; n < PR_PHRASE_PREFIX_MIN && at < end; at++)
		if (*at != '\'') {
			bits = bits << 5 ^ ((unsigned char)*at & 31);
			n++;
		}
	return &p->starts[(bits ^ bits >> 12) % STARTS];
}

static size_t
letters_of(struct pr_str word)
{
	size_t n = 0;

	for (size_t i = 0; i < word.n; i++)
		n += word.p[i] != '\'';
	return n;
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

/* `prefix` letters of a word, or 0: a whole one. */
static uint32_t
edge_make(struct pr_phrases *p, uint32_t from, uint64_t word, size_t prefix)
{
	uint64_t key = edge_key(from, prefix ? word ^ PREFIX_SALT : word);
	struct edge *e = edge_slot(p->edges, p->edges_room, key);
	uint32_t to;

	p->nodes[from].has_edges = true;
	p->nodes[from].prefixes |= prefix ? UINT32_C(1) << prefix : 0;
	if (e->key)
		return e->to;
	if (p->nedges * 2 >= p->edges_room) {
		edges_grow(p);
		e = edge_slot(p->edges, p->edges_room, key);
	}
	to = node_new(p);
	*e = (struct edge){key, to};
	p->filter[(key >> 40) % FILTER_BITS / 64] |= UINT64_C(1) << ((key >> 40) % 64);
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
		bool star = pos < s.n && s.p[pos] == '*';
		size_t letters = letters_of(pr_str_sub(s, w.start, w.end - w.start));

		if (++n > PR_PHRASE_WORDS_MAX)
			return "is longer than 10 words; use the few that matter";
		if (star && (letters < PR_PHRASE_PREFIX_MIN || letters > LETTERS_MAX))
			return "has a '*' after fewer than 3 letters or more than 31";
		if (!at && star)
			*start_of(p, s.p + w.start, s.p + w.end) |= UINT32_C(1) << letters;
		at = edge_make(p, at, w.hash, star ? letters : 0);
	}
	if (!n)
		return "has no letters or digits in it";
	*o = (struct output){condition, p->nodes[at].outputs};
	p->nodes[at].outputs = o;
	return NULL;
}

static bool
is_set(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

void
pr_phrases_end(struct pr_phrases *p, const uint64_t *every)
{
	uint32_t total = 0;

	for (size_t i = 0; i < p->nnodes; i++)
		for (const struct output *o = p->nodes[i].outputs; o; o = o->next)
			total++;
	p->outputs = pr_arena_array(p->arena, total + 1, sizeof(*p->outputs));
	total = 0;
	for (size_t i = 0; i < p->nnodes; i++) {
		struct node *node = &p->nodes[i];

		node->first = total;
		for (const struct output *o = node->outputs; o; o = o->next)
			if (is_set(every, o->condition))
				p->outputs[total++] = o->condition;
		node->nevery = total - node->first;
		for (const struct output *o = node->outputs; o; o = o->next)
			if (!is_set(every, o->condition))
				p->outputs[total++] = o->condition;
		node->n = total - node->first;
	}
}

/* One walk over one field. */
struct walk {
	struct pr_phrases *p;
	struct pr_message *m;
	struct pr_str text;
	uint32_t field, start;
	const struct pr_word *words;
	size_t nwords;
	bool full;
};

static bool
make_room(struct pr_message *m)
{
	size_t room = m->room * 2 < PR_MESSAGE_HITS_MAX ? m->room * 2 : PR_MESSAGE_HITS_MAX;
	struct pr_hit *more;

	if (room <= m->room)
		return false;
	more = pr_arena_raw(m->arena, room, sizeof(*more));
	memcpy(more, m->hits, m->nhits * sizeof(*more));
	m->hits = more;
	m->room = room;
	return true;
}

/* Append a hit to those of its condition. */
static void
note(struct walk *w, uint32_t condition, bool every, size_t end)
{
	struct pr_message *m = w->m;
	struct pr_places *places = &m->places[condition];
	uint32_t at;

	if (places->number != m->number) {
		*places = (struct pr_places){m->number, 0, 0};
		m->found[m->nfound++] = condition;
	} else if (!every && m->hits[places->last - 1].span.field == w->field) {
		return; /* one place in a field is all that it needs */
	}
	if (m->nhits == m->room && !make_room(m)) {
		w->full = true;
		return;
	}
	at = (uint32_t)++m->nhits;
	m->hits[at - 1] = (struct pr_hit){condition, {w->field, w->start, (uint32_t)end}, 0};
	if (places->first)
		m->hits[places->last - 1].next = at;
	else
		places->first = at;
	places->last = at;
}

static void
hit(struct walk *w, struct node *node, size_t end)
{
	uint64_t here = w->m->number << 12 | (w->field & 0xfff);
	/* a word that stands there again tells most conditions nothing new */
	uint32_t n = node->seen == here ? node->nevery : node->n;

	node->seen = here;
	for (uint32_t i = 0; i < n && !w->full; i++)
		note(w, w->p->outputs[node->first + i], i < node->nevery, end);
}

static void walk_from(struct walk *w, uint32_t node, size_t i);

static void
step(struct walk *w, uint64_t key, size_t i)
{
	const struct edge *e;

	if (!(w->p->filter[(key >> 40) % FILTER_BITS / 64] >> ((key >> 40) % 64) & 1))
		return;
	e = edge_slot(w->p->edges, w->p->edges_room, key);
	if (!e->key)
		return;
	if (w->p->nodes[e->to].n)
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
	unsigned letters = 0;
	uint32_t lengths;

	if (i >= w->nwords || w->full)
		return;
	word = &w->words[i];
	step(w, edge_key(node, word->hash), i);
	lengths = w->p->nodes[node].prefixes;
	if (lengths && !node)
		lengths = *start_of(w->p, w->text.p + word->start, w->text.p + word->end);
	for (size_t at = word->start; at < word->end && lengths >> letters > 1; at++) {
		if (w->text.p[at] == '\'')
			continue;
		h = pr_word_hash_add(h, w->text.p[at]);
		if (lengths >> ++letters & 1)
			step(w, edge_key(node, h ^ PREFIX_SALT), i);
	}
}

bool
pr_phrases_find(struct pr_phrases *p, struct pr_message *m, uint32_t field)
{
	const struct pr_searched *f = &m->fields[field];
	struct walk w = {.p = p,
			 .m = m,
			 .text = f->folded.text,
			 .field = field,
			 .words = f->words,
			 .nwords = f->nwords};

	for (size_t i = 0; i < w.nwords && !w.full; i++) {
		w.start = w.words[i].start;
		walk_from(&w, 0, i);
	}
	return !w.full;
}
