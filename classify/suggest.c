/*
 * suggest: words that would have saved corrections. Every short phrase is counted, over all
 * contacts and over those of each service, in one table of bounded size: when it is full, what was
 * met least is forgotten (Manku and Motwani, "Approximate frequency counts over data streams",
 * 2002), so counts may be a little low and are never high.
 */
#include "classify/suggest.h"
#include "classify/rule_reader.h"

#define ENTRIES_MAX       1500000 /* of some 64 bytes each, and the words of their phrases */
#define SENDERS_MIN       5
#define SERVICES_MAX      4096
#define CONTACT_ARENA_MAX ((size_t)64 << 20)

/* A phrase over all contacts (service 0), or over those that belong to a service. */
struct entry {
	uint64_t key;     /* 0: free */
	uint64_t senders; /* a bit for the digest of each: as many bits, as many senders at least */
	uint32_t phrase;  /* where it begins in the words */
	uint16_t length;
	uint16_t service; /* its place among the services, from 1 */
	uint32_t count, saved;
	uint32_t last; /* the contact that was counted last */
};

struct pr_suggest {
	struct pr_rules *rules;
	struct pr_arena arena;
	struct entry *entries;
	size_t n, room; /* room is a power of two */
	struct pr_buf words;
	struct pr_service_id services[SERVICES_MAX];
	size_t nservices;
	/* the contact in hand */
	uint32_t contact;
	uint64_t sender;
	bool wrong; /* the verdict was another one */
	uint16_t right[16];
	size_t nright;
};

struct pr_suggest *
pr_suggest_new(struct pr_rules *rules)
{
	struct pr_suggest *s = pr_calloc(1, sizeof(*s));

	s->rules = rules;
	s->room = 65536;
	s->entries = pr_calloc(s->room, sizeof(*s->entries));
	pr_buf_init(&s->words, (size_t)1 << 31);
	pr_arena_init(&s->arena, CONTACT_ARENA_MAX);
	return s;
}

void
pr_suggest_free(struct pr_suggest **s)
{
	if (!*s)
		return;
	free((*s)->entries);
	pr_buf_release(&(*s)->words);
	pr_arena_release(&(*s)->arena);
	free(*s);
	*s = NULL;
}

/* ---- the table ---- */

static struct entry *
slot(struct entry *entries, size_t room, uint64_t key)
{
	size_t i = (size_t)(key >> 7) & (room - 1);

	while (entries[i].key && entries[i].key != key)
		i = (i + 1) & (room - 1);
	return &entries[i];
}

static uint64_t
service_key(uint64_t phrase, uint16_t service)
{
	uint64_t k =
	    (phrase ^ service * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);

	return (k ^ k >> 29) | 1;
}

/* Another table of `room` with the entries that were met more than `least` times. */
static void
rebuild(struct pr_suggest *s, size_t room, uint32_t least)
{
	struct entry *old = s->entries;
	size_t old_room = s->room;
	struct pr_buf words = s->words;

	s->entries = pr_calloc(room, sizeof(*s->entries));
	s->room = room;
	s->n = 0;
	pr_buf_init(&s->words, words.max);
	for (size_t i = 0; i < old_room; i++) {
		struct entry *e;

		if (!old[i].key || old[i].count <= least)
			continue;
		e = slot(s->entries, room, old[i].key);
		*e = old[i];
		e->phrase = (uint32_t)s->words.n;
		pr_buf_add(&s->words, words.p + old[i].phrase, old[i].length);
		s->n++;
	}
	free(old);
	pr_buf_release(&words);
}

static void
make_room(struct pr_suggest *s)
{
	for (uint32_t least = 1; s->n >= ENTRIES_MAX; least *= 2)
		rebuild(s, s->room, least);
}

static void
note(struct pr_suggest *s, uint64_t key, struct pr_str phrase, uint16_t service)
{
	struct entry *e = slot(s->entries, s->room, key);

	if (!e->key) {
		if ((s->n + 1) * 4 > s->room * 3) {
			rebuild(s, s->room * 2, 0);
			e = slot(s->entries, s->room, key);
		}
		*e = (struct entry){.key = key,
				    .phrase = (uint32_t)s->words.n,
				    .length = (uint16_t)phrase.n,
				    .service = service};
		pr_buf_add_str(&s->words, phrase);
		s->n++;
	}
	if (e->last == s->contact)
		return;
	e->last = s->contact;
	e->count++;
	e->saved += s->wrong && service;
	e->senders |= s->sender;
}

static void
count_phrase(void *ctx, struct pr_str phrase, uint64_t key)
{
	struct pr_suggest *s = ctx;

	note(s, key, phrase, 0);
	for (size_t i = 0; i < s->nright; i++)
		note(s, service_key(key, s->right[i]), phrase, s->right[i]);
}

/* ---- contacts ---- */

/* Of "557", what the rules mostly speak of when they speak of 557; of neither, the catalogue's
 * first. */
static int
usual_lgil(const struct pr_rules *rules, int lgsl)
{
	int best = PR_LGIL_ANY;
	size_t most = 0;

	for (size_t k = 0; k < rules->catalogue->n; k++) {
		const struct pr_catalogue_entry *e = &rules->catalogue->v[k];
		size_t n = 1;

		if (e->lgsl != lgsl)
			continue;
		for (size_t i = 0; i < rules->n; i++)
			n += rules->v[i].has_service && rules->v[i].service.lgsl == lgsl &&
			     rules->v[i].service.lgil == e->lgil;
		if (n > most) {
			most = n;
			best = e->lgil;
		}
	}
	return best;
}

/* Its place from 1; 0: no service of the catalogue, for which no rule could speak. */
static uint16_t
place_of(struct pr_suggest *s, struct pr_service_id id)
{
	if (id.lgil == PR_LGIL_ANY)
		id.lgil = usual_lgil(s->rules, id.lgsl);
	if (!pr_catalogue_find(s->rules->catalogue, id.lgsl, id.lgil))
		return 0;
	for (size_t i = 0; i < s->nservices; i++)
		if (s->services[i].lgsl == id.lgsl && s->services[i].lgil == id.lgil)
			return (uint16_t)(i + 1);
	if (s->nservices == SERVICES_MAX)
		return 0;
	s->services[s->nservices++] = id;
	return (uint16_t)s->nservices;
}

static void
read_right(struct pr_suggest *s, const struct pr_list *right)
{
	s->nright = 0;
	for (size_t i = 0; i < right->n; i++) {
		struct pr_service_id id;
		uint16_t place;

		if (s->nright == sizeof(s->right) / sizeof(s->right[0]) ||
		    !pr_rule_service(right->v[i], false, &id))
			continue;
		place = place_of(s, id);
		if (place)
			s->right[s->nright++] = place;
	}
}

static uint64_t
sender_of(const struct pr_contact *c)
{
	struct pr_str who = c->from_email.n   ? c->from_email
			    : c->from_phone.n ? c->from_phone
					      : c->cid;

	return UINT64_C(1) << (pr_suggest_key(who) >> 58);
}

int
pr_suggest_add(struct pr_suggest *s, const struct pr_judged *j, struct pr_err *err)
{
	static const struct pr_classify_world world;
	struct pr_contact c = j->contact;
	struct pr_message m;

	if (!j->right.n)
		return 0;
	pr_arena_reset(&s->arena);
	c.problems = (struct pr_list){NULL, 0}; /* classify may add to it */
	if (pr_classify(s->rules, &world, &s->arena, &c, err) < 0)
		return -1;
	make_room(s);
	s->wrong = !pr_judged_agrees(j, c.lgsl, c.lgil);
	s->sender = sender_of(&c);
	s->contact++;
	read_right(s, &j->right);
	pr_message_init(&m, s->rules, &c);
	pr_suggest_each(&m, count_phrase, s);
	return 0;
}

/* ---- the best ---- */

static bool
is_among(const struct pr_conditions *set, uint32_t condition)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i]->id == condition)
			return true;
	return false;
}

static bool
speaks_for(const struct pr_rule *rule, struct pr_service_id id, uint32_t condition)
{
	return rule->has_service && rule->service.lgsl == id.lgsl &&
	       rule->service.lgil == id.lgil && !is_among(&rule->unless, condition);
}

/* Do rules of the service know the phrase, as a whole, as something that speaks for it? */
static bool
is_known_for(struct pr_rules *rules, struct pr_str phrase, struct pr_service_id id)
{
	struct pr_contact c = {.text = phrase, .new_text = phrase};
	struct pr_message m;

	pr_message_init(&m, rules, &c);
	for (size_t i = 0; i < m.nhits; i++) {
		const struct pr_owners *o = &rules->owned[m.hits[i].condition];

		if (m.hits[i].span.start || m.hits[i].span.end != m.fields[0].folded.text.n)
			continue;
		for (uint32_t k = 0; k < o->n; k++)
			if (speaks_for(&rules->v[rules->owners[o->first + k]], id,
				       m.hits[i].condition))
				return true;
	}
	return false;
}

static int
suggestion_cmp(const void *a, const void *b)
{
	const struct pr_suggestion *x = a, *y = b;

	if (x->saved != y->saved)
		return x->saved > y->saved ? -1 : 1;
	if (x->precision != y->precision)
		return x->precision > y->precision ? -1 : 1;
	if (x->support != y->support)
		return x->support > y->support ? -1 : 1;
	if (!pr_str_eq(x->phrase, y->phrase))
		return pr_str_cmp(x->phrase, y->phrase);
	if (x->lgsl != y->lgsl)
		return x->lgsl < y->lgsl ? -1 : 1;
	return x->lgil < y->lgil ? -1 : 1;
}

/* Is one a part of the other, whole words? */
static bool
is_part(struct pr_str a, struct pr_str b)
{
	struct pr_str less = a.n < b.n ? a : b, more = a.n < b.n ? b : a;

	for (size_t i = 0; i + less.n <= more.n; i++)
		if ((!i || more.p[i - 1] == ' ') &&
		    (i + less.n == more.n || more.p[i + less.n] == ' ') &&
		    memcmp(more.p + i, less.p, less.n) == 0)
			return true;
	return false;
}

/* The same phrase was met before, for a service that it speaks for as well or better. */
static bool
is_met(const struct pr_suggestion *v, size_t n, struct pr_str phrase)
{
	for (size_t i = 0; i < n; i++)
		if (pr_str_eq(v[i].phrase, phrase))
			return true;
	return false;
}

/* Known for this service, or for one right behind it that it speaks for just as well: both were
 * right. */
static bool
is_known(struct pr_rules *rules, const struct pr_suggestion *v, size_t n)
{
	for (size_t i = 0; i < n && pr_str_eq(v[i].phrase, v->phrase); i++) {
		struct pr_service_id id = {v[i].lgsl, v[i].lgil};

		if (is_known_for(rules, v->phrase, id))
			return true;
	}
	return false;
}

/* Of several phrases of a service that lie within each other, one is told. */
static bool
is_told(const struct pr_suggestion *v, size_t n, const struct pr_suggestion *s)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].lgsl == s->lgsl && v[i].lgil == s->lgil && is_part(v[i].phrase, s->phrase))
			return true;
	return false;
}

static size_t
gather(struct pr_suggest *s, size_t min_support, int min_precision, struct pr_suggestion *v)
{
	size_t n = 0;

	for (size_t i = 0; i < s->room; i++) {
		const struct entry *e = &s->entries[i], *all;
		struct pr_str phrase;
		int precision;

		if (!e->key || !e->service || !e->saved || e->count < min_support)
			continue;
		phrase = pr_str_n(s->words.p + e->phrase, e->length);
		all = slot(s->entries, s->room, pr_suggest_key(phrase));
		precision = all->count ? (int)((uint64_t)e->count * 1000 / all->count) : 0;
		if (precision < min_precision || __builtin_popcountll(e->senders) < SENDERS_MIN)
			continue;
		if (v)
			v[n] = (struct pr_suggestion){.phrase = phrase,
						      .lgsl = s->services[e->service - 1].lgsl,
						      .lgil = s->services[e->service - 1].lgil,
						      .saved = e->saved,
						      .support = e->count,
						      .precision = precision};
		n++;
	}
	return n;
}

size_t
pr_suggest_best(struct pr_suggest *s, size_t min_support, int min_precision, size_t max,
		struct pr_arena *a, struct pr_suggestion **out)
{
	size_t n = gather(s, min_support, min_precision, NULL), kept = 0;
	struct pr_suggestion *v = pr_calloc(n + 1, sizeof(*v));

	gather(s, min_support, min_precision, v);
	qsort(v, n, sizeof(*v), suggestion_cmp);
	*out = pr_arena_array(a, (max < n ? max : n) + 1, sizeof(**out));
	for (size_t i = 0; i < n && kept < max; i++) {
		if (is_met(v, i, v[i].phrase) || is_told(*out, kept, &v[i]) ||
		    is_known(s->rules, v + i, n - i))
			continue;
		(*out)[kept] = v[i];
		(*out)[kept++].phrase = pr_arena_dup(a, v[i].phrase);
	}
	free(v);
	return kept;
}
