/*
 * language: English, Welsh or another one, by function words, by what only Welsh spelling does, and
 * by script.
 *
 * From about 20 characters up it is right nearly always; what is short or unclear counts as
 * English, so that a street name alone never makes a message Welsh. Tables are sorted, folded and
 * without apostrophes ("mae'n": maen).
 */
#include "classify/ruleset.h"

#include "postroom/utf8.h"

/* clang-format off */
static const char *const english[] = {
    "abandoned", "about", "above", "access", "accident", "across", "action", "after", "again",
    "ago", "all", "alley", "alleyway", "almost", "along", "already", "also", "always",
    "amount", "an", "and", "another", "any", "appears", "are", "area", "around", "as", "asap",
    "attached", "avenue", "avoid", "away", "back", "bad", "bags", "bay", "be", "because",
    "become", "been", "before", "behind", "being", "between", "bike", "bikes", "bin", "bins",
    "black", "block", "blocked", "blocking", "blue", "bollard", "bollards", "both", "bottom",
    "box", "branches", "bridge", "broken", "building", "bus", "bushes", "busy", "but", "by",
    "can", "cannot", "car", "cars", "cause", "caused", "causing", "centre", "children",
    "church", "clean", "cleaned", "cleaning", "clear", "cleared", "close", "closed",
    "collected", "collection", "come", "coming", "communal", "completely", "constant",
    "constantly", "corner", "could", "couple", "court", "cover", "covered", "crescent",
    "cross", "crossing", "cut", "cycle", "cyclists", "damage", "damaged", "danger",
    "dangerous", "dark", "day", "days", "dead", "dear", "deep", "details", "did", "difficult",
    "dirty", "disabled", "disgusting", "do", "doesnt", "dog", "dogs", "done", "dont", "door",
    "double", "down", "drain", "drains", "drive", "drivers", "driveway", "driving", "due",
    "dumped", "dumping", "during", "either", "emptied", "empty", "end", "entrance",
    "especially", "estate", "etc", "even", "every", "everywhere", "fall", "fallen", "fence",
    "few", "fire", "fix", "fixed", "flat", "flats", "flooding", "floor", "fly", "flytipping",
    "food", "footpath", "for", "forest", "foul", "fouling", "found", "fox", "fridge", "from",
    "front", "full", "furniture", "further", "garage", "garden", "gardens", "gate", "get",
    "getting", "glass", "going", "got", "graffiti", "grass", "green", "ground", "growing",
    "had", "hand", "hanging", "has", "hasnt", "have", "havent", "having", "hazard", "he",
    "health", "hedge", "hello", "here", "high", "his", "hit", "hole", "house", "household",
    "houses", "how", "however", "huge", "if", "illegal", "illegally", "including", "into",
    "is", "isnt", "issue", "issues", "it", "items", "its", "ive", "junction", "just", "keep",
    "kind", "knocked", "know", "lamp", "lane", "large", "last", "least", "leaves", "leaving",
    "left", "lift", "light", "lighting", "lights", "like", "lime", "lines", "litter", "live",
    "local", "located", "location", "look", "looks", "loose", "lots", "make", "makes",
    "making", "manhole", "many", "mattress", "may", "me", "mess", "metal", "middle", "missed",
    "missing", "month", "months", "more", "morning", "most", "moved", "much", "multiple",
    "my", "near", "nearby", "need", "needed", "needs", "never", "new", "next", "night", "no",
    "noise", "north", "not", "nothing", "noticed", "now", "number", "obstructing",
    "obstruction", "of", "off", "often", "old", "on", "one", "ongoing", "only", "onto",
    "open", "opposite", "other", "our", "out", "outside", "over", "overflowing", "overgrown",
    "overhanging", "owner", "owners", "paint", "park", "parked", "parking", "part", "pass",
    "past", "path", "pathway", "pavement", "pavements", "paving", "pedestrian", "pedestrians",
    "people", "photo", "pick", "pile", "place", "placed", "plastic", "please", "poo",
    "possible", "pothole", "potholes", "private", "properly", "property", "public", "put",
    "rd", "really", "recently", "recycling", "red", "refuse", "regards", "regularly",
    "remove", "removed", "removing", "repair", "replaced", "report", "reported", "request",
    "resident", "residents", "right", "risk", "river", "road", "roads", "roundabout", "route",
    "rubbish", "safety", "same", "school", "see", "seems", "seen", "sent", "serious",
    "service", "several", "she", "shelter", "shop", "should", "side", "sign", "signs",
    "since", "site", "small", "smashed", "smell", "so", "some", "someone", "something",
    "soon", "space", "speed", "st", "station", "still", "stop", "street", "streets", "stuck",
    "sure", "surface", "take", "taken", "taking", "tarmac", "tax", "temporary", "thank",
    "thanks", "that", "the", "their", "them", "then", "there", "theres", "these", "they",
    "think", "this", "those", "three", "through", "time", "times", "tipped", "tipping", "to",
    "today", "too", "towards", "traffic", "tree", "trees", "trip", "two", "under", "uneven",
    "up", "us", "use", "used", "users", "using", "van", "vehicle", "vehicles", "verge",
    "very", "walk", "walking", "wall", "want", "was", "wasnt", "waste", "water", "way", "we",
    "weeds", "week", "weeks", "were", "what", "when", "where", "which", "while", "white",
    "who", "whole", "why", "will", "with", "without", "wont", "work", "working", "works",
    "worse", "would", "wrong", "year", "years", "yellow", "yet", "you", "your",
};

static const char *const welsh[] = {
    "aberystwyth", "ac", "achlysur", "achos", "achosi", "acw", "addas", "addysg", "addysgu",
    "adeg", "adeilad", "adeiladu", "aderyn", "adnabod", "adnabyddus", "adra", "adref",
    "aelod", "aelodau", "aeth", "aethon", "affrica", "afon", "ag", "agor", "agored", "agos",
    "ai", "ail", "alban", "alla", "allai", "allan", "allwch", "ambell", "amdani", "amdano",
    "america", "amgylch", "aml", "amlwg", "amryw", "amrywiaeth", "amrywiol", "amser",
    "amserlen", "anadlu", "anfantais", "anffodus", "angen", "anifeiliaid", "annwyl", "anodd",
    "antur", "ap", "ar", "araf", "arall", "arbenigwyr", "arbennig", "arbrofi", "ardal",
    "ardaloedd", "ardd", "arddegau", "arfer", "arferol", "arholiad", "arian", "ariannol",
    "arna", "arnaf", "arni", "arno", "aros", "artist", "arw", "arwain", "arweiniad",
    "arweinydd", "arwydd", "astudiaeth", "astudiaethau", "ateb", "athro", "ati", "ato", "au",
    "awdur", "awel", "awr", "awst", "awyr", "bach", "bardd", "barddoniaeth", "barod", "bawb",
    "bedair", "bellach", "ben", "bennaf", "beth", "bethau", "biniau", "blaen", "blaid",
    "blant", "ble", "blentyn", "blodau", "blwydd", "blwyddyn", "blynyddoedd", "bo", "bob",
    "bobl", "bod", "boeth", "bont", "bore", "bosib", "bost", "braf", "brenin", "bresennol",
    "brif", "brifysgol", "briodas", "bron", "broses", "bryd", "bryn", "bu", "bum", "bun",
    "busnes", "bwrdd", "bwyd", "bwyntiau", "bwysig", "bwyta", "bychan", "byd", "bydd",
    "byddaf", "byddai", "byddain", "byddwn", "bynnag", "byr", "byrion", "byth", "byw",
    "bywyd", "cadw", "cae", "cael", "cafodd", "caiff", "caneuon", "canlyniad", "canol",
    "canolbwyntio", "canu", "capel", "cartref", "casgliad", "casglu", "castell", "cefais",
    "ceir", "celf", "cenedlaethol", "cerbyd", "cerdded", "cerddi", "cerddodd", "cerddoriaeth",
    "cerrig", "chafodd", "chdi", "chi", "chin", "chwaer", "chwaith", "chwarae", "chwe",
    "chwech", "chwerthin", "chwilio", "ci", "clwb", "clywed", "coch", "codi", "coed", "cofio",
    "cofion", "coleg", "colli", "copa", "copi", "corff", "credu", "creu", "crug", "cwblhau",
    "cwmni", "cyd", "cyfan", "cyfarchion", "cyfarfod", "cyffredin", "cyfle", "cyfnod",
    "cyfres", "cyfrol", "cylch", "cymdeithasol", "cymraeg", "cymreig", "cymry", "cymryd",
    "cyn", "cyngor", "cynllun", "cynllunio", "cynnig", "cynnwys", "cyntaf", "cyrraedd",
    "cysgu", "da", "dad", "daeth", "dafydd", "dail", "dair", "dal", "dan", "dangos",
    "darllen", "darluniau", "darn", "datblygu", "dau", "davies", "dawel", "dda", "ddaear",
    "ddal", "ddarllen", "ddaru", "ddatblygu", "ddau", "ddechrau", "ddefnyddio", "ddeg",
    "ddenu", "ddiddordeb", "ddigon", "ddim", "ddinas", "ddiogel", "ddistaw", "ddiwedd",
    "ddiweddar", "ddiweddarach", "ddiwrnod", "ddod", "ddoe", "ddogfen", "ddrama", "ddrws",
    "ddweud", "ddwr", "ddwy", "ddwyrain", "ddwywaith", "ddydd", "ddyn", "ddynes", "ddysgu",
    "deall", "debyg", "dechrau", "dechreuodd", "defnyddio", "defnyddir", "deg", "derbyn",
    "deulu", "dewis", "di", "diddorol", "digon", "digwydd", "dillad", "dilyn", "dilyniant",
    "dim", "diolch", "dipyn", "dir", "disgwyl", "disgyblion", "diwedd", "diwethaf", "diwrnod",
    "dod", "doedd", "dosbarth", "drafod", "draw", "dref", "dri", "drin", "dro", "droed",
    "dros", "drwg", "drws", "drwy", "drwyr", "du", "dull", "dw", "dweud", "dwi", "dwin",
    "dwr", "dwy", "dwyieithog", "dwylo", "dy", "dydd", "dyddiau", "dydi", "dydy", "dydyn",
    "dyma", "dymar", "dyn", "dyna", "dynar", "dynion", "dynnu", "dynol", "dysgu", "dysgwyr",
    "dyw", "dywedir", "dywedodd", "eang", "edrych", "edrychodd", "ef", "efallai", "effaith",
    "effeithiau", "effeithiol", "efo", "eglwys", "ei", "eich", "eidal", "ein", "eisiau",
    "eistedd", "eithaf", "eleni", "elfennau", "en", "enfawr", "enghraifft", "englyn",
    "ennill", "enw", "enwau", "er", "eraill", "erbyn", "erioed", "ers", "erthyglau",
    "etholaeth", "etholiad", "eto", "eu", "evans", "ewrop", "fab", "fach", "fachgen", "faes",
    "faint", "falch", "fam", "fan", "farw", "fath", "fawr", "fe", "feddwl", "fedri", "fei",
    "fel", "felly", "ferch", "ferched", "fewn", "ffenest", "ffenestr", "ffilm", "ffon",
    "ffordd", "ffrainc", "ffurf", "ffurfio", "ffwrdd", "ffynhonnell", "fi", "fin", "flaen",
    "flewog", "flin", "flodau", "flwyddyn", "flynyddoedd", "fo", "fod", "fodd", "fore",
    "fory", "frawd", "fu", "fuan", "funud", "fwy", "fwyaf", "fwyd", "fy", "fyd", "fydd",
    "fyddai", "fynd", "fyny", "fyw", "fywyd", "ga", "gadael", "gadw", "gaeaf", "gael",
    "gafodd", "gair", "gall", "gallaf", "gallai", "gallu", "gallwch", "galon", "galw", "gan",
    "ganddi", "ganddo", "ganlyniad", "ganol", "ganrif", "ganwyd", "garreg", "gartref",
    "gasglu", "gath", "gellir", "gelwir", "gem", "gen", "genedlaethol", "gennych", "gennyf",
    "geometreg", "ger", "gerdded", "gerddi", "gerllaw", "gilydd", "ginio", "glas", "glaw",
    "glir", "gloch", "glust", "glywed", "gobeithio", "goch", "godi", "goedwig", "gofod",
    "gofyn", "gogledd", "golau", "goll", "golwg", "golygu", "gorau", "gorffen", "gormod",
    "gosod", "greu", "grwp", "gwaed", "gwagio", "gwahanol", "gwaith", "gwasanaeth", "gwbl",
    "gweinidog", "gweision", "gweithio", "gweld", "gwelem", "gweler", "gwelir", "gwell",
    "gwelodd", "gwelwch", "gwelwn", "gwely", "gwesty", "gwir", "gwirionedd", "gwisgo",
    "gwlad", "gwleidyddol", "gwmpas", "gwnaeth", "gwneud", "gwr", "gwrando", "gwrs", "gwybod",
    "gwybodaeth", "gwych", "gwyddoniaeth", "gwylio", "gwyllt", "gwyn", "gwynedd", "gwynt",
    "gwyrdd", "gyd", "gyda", "gydag", "gydai", "gydar", "gyfan", "gyfer", "gyffredin",
    "gyffredinol", "gyfle", "gyfres", "gyfrifol", "gyfrol", "gymaint", "gymdeithas",
    "gymraeg", "gymreig", "gymru", "gymryd", "gynnar", "gynnwys", "gyntaf", "gyrraedd",
    "haearn", "haf", "hanes", "hanfodol", "hanner", "hapus", "haul", "hawdd", "hawliau",
    "heb", "heddiw", "heddlu", "heddwch", "hedfan", "hefo", "hefyd", "helaeth", "helo",
    "helpu", "hen", "heno", "hin", "hinsawdd", "hir", "hoff", "hoffem", "hoffi", "hoffwn",
    "holl", "hon", "honno", "hufen", "hun", "hunain", "hwn", "hwnnw", "hwy", "hwyl", "hwyr",
    "hyd", "hyfryd", "hyn", "hynaf", "hynny", "hynnyn", "hynod", "iaith", "iau", "iawn",
    "iddi", "iddo", "iddyn", "iddynt", "iechyd", "ieithoedd", "ifanc", "ir", "isel", "isio",
    "iw", "lafa", "lan", "lawer", "lawr", "lein", "lewis", "lindys", "linell", "llai",
    "llais", "llall", "llaw", "llawer", "llawn", "llawr", "lle", "lleol", "llinell", "lliw",
    "lliwgar", "lloegr", "llong", "llonydd", "lloyd", "llun", "lluniau", "llwybr", "llwyd",
    "llwyddiant", "llwyddodd", "llwyr", "llyfr", "llyfrau", "llyn", "llysiau", "llythyr",
    "llywodraeth", "lundain", "luniau", "lyfr", "lyfrau", "ma", "mab", "mae", "maen", "maent",
    "maer", "maes", "mai", "mam", "manylion", "martha", "math", "mawr", "meddwl", "medru",
    "megis", "melyn", "menywod", "merch", "merched", "methu", "mewn", "mhob", "mi", "mis",
    "mlynedd", "mod", "modd", "mor", "morgan", "morris", "mwy", "mwyaf", "mwyn", "mynd",
    "mynwent", "mynydd", "na", "nabod", "nac", "nad", "nag", "naill", "nar", "nath", "natur",
    "naturiol", "naw", "nawr", "ne", "neb", "neges", "nes", "nesaf", "neu", "neud", "neun",
    "newid", "newydd", "newyddion", "nghaerdydd", "nghanol", "nghymru", "nhw", "nhwn", "ni",
    "nid", "nifer", "nin", "nod", "nodiadau", "nofel", "nol", "noson", "o", "ochr", "oddi",
    "oed", "oedd", "oeddem", "oeddwn", "oedolyn", "oer", "oes", "offer", "ofn", "ofyn",
    "ogystal", "oherwydd", "ohono", "ohonynt", "oi", "ol", "olaf", "olau", "olew", "olion",
    "olwg", "ond", "orffen", "oriau", "os", "ou", "owen", "pa", "pam", "pan", "papur",
    "parhau", "pawb", "pe", "pedwar", "peidiwch", "peiriant", "pel", "pellter", "penderfynu",
    "pentref", "pero", "perthyn", "petai", "peth", "pethau", "phen", "plentyn", "plis", "pob",
    "pobl", "popeth", "pren", "prif", "prin", "pryd", "prydain", "prynu", "pum", "pwy",
    "pwysig", "radio", "rai", "raid", "restr", "rhag", "rhai", "rhaid", "rhain", "rhan",
    "rhedeg", "rheolaidd", "rhestr", "rhif", "rhifau", "rhoddodd", "rhoddwyd", "rhoi",
    "rhoir", "rhostir", "rhowch", "rhwng", "rhy", "rhydd", "rhyfedd", "rhyfel", "rhyngwladol",
    "rhyw", "rhywbeth", "rhywun", "roberts", "roedd", "roedden", "roeddwn", "roi", "rol",
    "rwan", "rwy", "rwyf", "rwyn", "rwyt", "rydw", "rydych", "rydym", "rydyn", "rygbi", "ryw",
    "rywbeth", "saesneg", "saif", "saith", "sal", "sant", "sawl", "sbwriel", "sef",
    "sefydliad", "sefyll", "senedd", "seneddol", "sgil", "sgiliau", "sgwar", "sgwennu",
    "sgwrs", "siani", "siarad", "sicr", "sion", "siop", "siwr", "stafell", "stori", "straeon",
    "stryd", "sul", "sut", "swn", "swper", "swydd", "sy", "sydd", "sydyn", "sylw",
    "sylweddol", "syml", "symud", "syn", "syniad", "syniadau", "tai", "tair", "tan", "te",
    "tebyg", "teimlon", "teithio", "teledu", "teulu", "thad", "ti", "tin", "tir", "tomos",
    "torri", "traeth", "tren", "treuliodd", "tri", "tro", "trwy", "trwyr", "tu", "tua",
    "tuag", "tuar", "twll", "twr", "ty", "tybed", "tyfu", "tywydd", "uchel", "ugain", "un",
    "undeb", "unig", "unol", "unrhyw", "unwaith", "uwch", "waeth", "wag", "wahanol", "waith",
    "wal", "wallt", "wastad", "weddillion", "wedi", "wedii", "wedir", "wediu", "wedyn",
    "weinidog", "weithiau", "weithio", "wel", "weld", "wers", "wil", "williams", "wir",
    "wisgo", "wlad", "wnaeth", "wnei", "wnes", "wneud", "wr", "wraig", "wrth", "wrthi",
    "wybod", "wybodaeth", "wyf", "wyn", "wyneb", "wyt", "wyth", "wythnos", "y", "ychwanegu",
    "ychydig", "ydi", "ydir", "ydoedd", "ydw", "ydy", "ydych", "ydyr", "ydyw", "yfory", "ym",
    "yma", "ymarfer", "ymchwil", "ymddangos", "ymhellach", "ymhlith", "ymladd", "ymlaen",
    "ymwneud", "ymyl", "ymysg", "yn", "yna", "ynar", "ynddo", "yng", "yno", "ynys", "yr",
    "ysbryd", "ysgafn", "ysgol", "ysgolion", "ysgrifau", "ysgrifennodd", "ysgrifennu",
    "ystafell", "ystod", "ystyr", "ystyried", "yw", "ywn", "ywr",
};

static const char *const others[] = {
    "ajuda", "ajutor", "apa", "avec", "avem", "ayuda", "bir", "bisogno", "bitte", "bonjour",
    "buna", "buongiorno", "che", "chez", "copii", "czy", "dans", "della", "der", "des",
    "dobry", "dziekuje", "dzien", "eine", "esta", "este", "fadlan", "ghar", "gracias",
    "grazie", "haben", "hai", "hola", "ich", "icin", "il", "ist", "iyo", "jak", "je", "jest",
    "juz", "kya", "las", "les", "locuinta", "lutfen", "mahadsanid", "mein", "mera", "merci",
    "merhaba", "mes", "meu", "mieszkanie", "minha", "moja", "moje", "mon", "mujhe",
    "multumesc", "muy", "nahi", "nao", "necesito", "nevoie", "nicht", "nie", "nous",
    "obrigado", "para", "pas", "pentru", "plait", "por", "potrzebuje", "pour", "preciso",
    "prosze", "przez", "puede", "quand", "rog", "sie", "sil", "sono", "suis", "sunt", "tengo",
    "tenho", "tesekkurler", "tylko", "una", "und", "une", "usted", "vivienda", "voce", "vous",
    "waxaan", "yardim", "ziua",
};
/* clang-format on */

#define WORDS_READ   80
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SLOTS        4096 /* a power of two, over twice the words of all tables */

enum lang { NO_LANG, EN, CY, OTHER };

/* The words of all tables by their hash. */
struct pr_languages {
	uint64_t hash[SLOTS];
	unsigned char lang[SLOTS];
};

static size_t
slot_of(const struct pr_languages *l, uint64_t hash)
{
	size_t i = (size_t)hash & (SLOTS - 1);

	while (l->lang[i] && l->hash[i] != hash)
		i = (i + 1) & (SLOTS - 1);
	return i;
}

static void
add_words(struct pr_languages *l, const char *const *table, size_t n, enum lang lang)
{
	for (size_t k = 0; k < n; k++) {
		uint64_t hash = PR_WORD_HASH_START;
		size_t i;

		for (const char *c = table[k]; *c; c++)
			hash = pr_word_hash_add(hash, *c);
		i = slot_of(l, hash);
		if (!l->lang[i]) {
			l->hash[i] = hash;
			l->lang[i] = (unsigned char)lang;
		}
	}
}

struct pr_languages *
pr_languages_new(struct pr_arena *a)
{
	struct pr_languages *l = PR_ARENA_NEW(a, struct pr_languages);

	_Static_assert(2 * (COUNT(english) + COUNT(welsh) + COUNT(others)) < SLOTS, "room");
	add_words(l, welsh, COUNT(welsh), CY);
	add_words(l, english, COUNT(english), EN);
	add_words(l, others, COUNT(others), OTHER);
	return l;
}

static bool
is_consonant(char c)
{
	const uint32_t vowels = 1u << ('a' - 'a') | 1u << ('e' - 'a') | 1u << ('i' - 'a') |
				1u << ('o' - 'a') | 1u << ('u' - 'a') | 1u << ('w' - 'a') |
				1u << ('y' - 'a');

	return c >= 'a' && c <= 'z' && !(vowels >> (c - 'a') & 1);
}

/* Marks of Welsh spelling in a word that is on no list: 'w' as a vowel, mutations, -ydd. 0 to 2. */
static int
welsh_look(struct pr_str w)
{
	static const struct pr_str starts[] = {
	    {"ngh", 3}, {"mh", 2},  {"nh", 2},  {"ffo", 3}, {"ffr", 3},  {"gwy", 3},
	    {"rhy", 3}, {"rho", 3}, {"llw", 3}, {"lly", 3}, {"nghy", 4},
	};
	static const struct pr_str ends[] = {
	    {"ydd", 3},  {"edd", 3}, {"wyd", 3},   {"iaeth", 5}, {"wch", 3},
	    {"iwyd", 4}, {"odd", 3}, {"ioedd", 5}, {"oedd", 4},
	};
	char first = w.p[0], last = w.p[w.n - 1];
	int look = 0;

	for (size_t i = 1; i + 1 < w.n; i++)
		if (w.p[i] == 'w' && is_consonant(w.p[i - 1]) && is_consonant(w.p[i + 1]))
			look = 1;
	if (w.n > 3 && (first == 'n' || first == 'm' || first == 'f' || first == 'g' ||
			first == 'r' || first == 'l'))
		for (size_t i = 0; i < COUNT(starts); i++)
			look += pr_str_starts(w, starts[i]);
	if (last == 'd' || last == 'h')
		for (size_t i = 0; i < COUNT(ends); i++)
			look += w.n > ends[i].n + 1 && pr_str_ends(w, ends[i]);
	return look > 2 ? 2 : look;
}

/* Are most letters of another alphabet? Greek and all that stand behind it in Unicode. */
static bool
is_other_script(struct pr_str folded)
{
	struct pr_str rest = pr_str_sub(folded, 0, 2000);
	size_t latin = 0, other = 0, high = 0, used;
	uint32_t c;

	for (size_t i = 0; i < rest.n; i++)
		high += (unsigned char)rest.p[i] >= 0x80;
	while (high > 5 && (used = pr_utf8_decode(rest, &c)) > 0) {
		latin += (c >= 'a' && c <= 'z') || (c >= 0xc0 && c < 0x370);
		other += c >= 0x370;
		rest = pr_str_sub(rest, used, rest.n);
	}
	return other > 5 && other > latin;
}

const char *
pr_language_of(const struct pr_languages *l, const struct pr_searched *field)
{
	struct pr_str folded = field->folded.text;
	int en = 0, cy = 0, other = 0, look = 0;

	if (is_other_script(folded))
		return "other";
	for (size_t i = 0; i < field->nwords && i < WORDS_READ; i++) {
		const struct pr_word *w = &field->words[i];

		switch ((enum lang)l->lang[slot_of(l, w->hash)]) {
		case CY: /* "Heol y Bryn" is an address in an English text */
			cy += w->end - w->start > 1 ? 2 : 1;
			break;
		case EN:
			en += 2;
			break;
		case OTHER:
			other += 2;
			break;
		case NO_LANG:
			look += welsh_look(pr_str_sub(folded, w->start, w->end - w->start));
			break;
		}
	}
	/* place names alone ("Rhyddings, Cwmbwrla") are not a language */
	if (cy > 1 || look > 2)
		cy += look;
	if (cy > 1 && cy > en && cy > other)
		return "cy";
	return other > 2 && other > en ? "other" : "en";
}
