/*
 * fact_street_words: the words that tell a street from talk of one: "station road" from "busy
 * road". A list of what is no part of a name; what is missing here makes a wrong street, what is
 * too much loses one.
 */
#include "classify/fact_street.h"

#include <pthread.h>

/* Each list: words between blanks. */
static const char place[] =
    "on in at of along near nr down off from to into onto outside opposite between by up towards "
    "toward via for around round and or junction corner behind beside next across under over "
    "through throughout with bordering adjoining is address live lives living inside both "
    "yn ym ar ger at rhwng ac wrth";
static const char determiner[] =
    "the my our your their his her its this that these those every each any some no same other "
    "another which what whose whole entire all one two three four several many most first second "
    "third last whichever either neither residents neighbours ein eich eu";
static const char title[] =
    "mr mrs ms miss dr prof rev sir lady lord cllr councillor dear hi hello regards thanks cheers "
    "from: sincerely faithfully";
/* Not in a name unless it is written with a capital. */
static const char lower_only[] =
    "main new old long broad wide narrow back front upper lower north south east west middle top "
    "park school village town green little great quiet";
static const char talk[] =
    "about after again against ago also always am an another are area as away bad badly be because "
    "been before being below best better big blind blocked blocking both broken bus busy but can "
    "cannot cars car caravan cant causing cctv centre cleaned clear closed closing come coming "
    "connecting council country county crown magistrates tennis squash tribunal small claims "
    "supreme appeal family access adjacent adopted unadopted approach arterial bin bins black "
    "bottom bridge broad build building bumpy cab carriage clean clear coach crossing cul cycle "
    "cycling damaged dangerous dark dead deep did dirt dirty disgusting disused do does dog dogs "
    "done double drain drains drive drives driving dual dumped dumping during dusty emergency "
    "empty "
    "end ending entire escape ever exit express fast faulty feeder few filthy fire flooded "
    "flooding "
    "floor fly flytipping tipping footpath forest found full garage gate get gets getting give go "
    "goes going good got graffiti gravel gully had half hard has hate have having he hedge help "
    "here "
    "high-speed hole holes home horrible house houses how huge if illegal important inner inside "
    "internal it just keep keeps kids know large left leading leaking leave left less light lights "
    "like lit litter local lock look lorry lots loud lovely make making me mess middle might "
    "missed "
    "missing more motorway much mud muddy must nasty near nearby nearest need needs never nice "
    "night "
    "noise noisy not nothing now observed occupied oncoming only open opened or other out over "
    "overgrown overflowing overtaking own parked parking passing path paved pavement pavements "
    "people please private signage pot pothole potholes potholed public put quick quite rail "
    "railway rat ramp re "
    "fw "
    "fwd real really rear red regarding relief report reporting reported residential right ring "
    "rough "
    "rubbish run running rural safe same saw scary see service shared she should side single slip "
    "slippery slow so someone soon speeding starting stop straight street streets such surrounding "
    "take taken taking taxi tarmac temporary terrible than thank then there they thing this thru "
    "tiny toll too track traffic tram tree trees trunk turn turning two-way one-way ugly unlit "
    "unmade "
    "unsafe until urban urgent use used using van vehicle vehicles very walk was water way we "
    "weeds "
    "well went were wet when where while who why will winding with won work works would wrong "
    "yellow "
    "yes you if issue issues problem problems complaint complain street-light lamp lamps signs "
    "sign "
    "collection collections abandoned fouling dead uneven dim icy snowy gritted ungritted "
    "congested "
    "crowded quietest steep smelly shopping shop shops market side-street hello hi afternoon "
    "morning "
    "evening good today yesterday tomorrow monday tuesday wednesday thursday friday saturday "
    "sunday "
    "january february march april june july august september october november december minute "
    "minutes min mins hour hours mile miles metre metres yard yards day days week weeks month "
    "months "
    "year years people times ft feet kids children men women lorries bikes bags trees cats houses "
    "flats schools pubs bollard bollards repair repairs resurface resurfaced resurfacing refuse "
    "recycling update request enquiry query new-build via thro photos photo attached map ref ward "
    "parcio chwarae carafanau chwaraeon pebyll awyr";

static struct pr_fact_table table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The first list that a word stands in has its meaning. */
static void
add(const char *list, uint8_t meaning)
{
	static char room[8192];
	static size_t used;
	struct pr_str rest = pr_str_c(list), word;

	while (pr_str_cut(&rest, ' ', &word)) {
		struct pr_fact_word one[2] = {{room + used, meaning}, {NULL, 0}};

		if (word.n < 2 || word.n > 16 || used + word.n + 1 > sizeof(room) ||
		    pr_fact_meaning(&table, word) >= 0)
			continue;
		memcpy(room + used, word.p, word.n);
		used += word.n + 1;
		pr_fact_table_add(&table, one, 0);
	}
}

static void
make(void)
{
	add(title, PR_STREET_TITLE);
	add(place, PR_STREET_PLACE);
	add(determiner, PR_STREET_DETERMINER);
	add(lower_only, PR_STREET_LOWER);
	add(talk, PR_STREET_TALK);
}

int
pr_street_word(struct pr_str word)
{
	pthread_once(&once, make);
	/* single letters: "a", "I", "y" */
	if (word.n == 1)
		return PR_STREET_TALK;
	return pr_fact_meaning(&table, word);
}
