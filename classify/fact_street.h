/* fact_street: what words mean beside the word that a street name ends with. */
#ifndef CLASSIFY_FACT_STREET_H
#define CLASSIFY_FACT_STREET_H

#include "classify/fact.h"

enum pr_street_word {
	PR_STREET_PLACE,      /* a name may follow: "in", "near" */
	PR_STREET_DETERMINER, /* it is talk of a street: "the", "our" */
	PR_STREET_TITLE,      /* it is a person: "Mrs Hill" */
	PR_STREET_LOWER,      /* no part of a name without a capital: "main road" */
	PR_STREET_TALK,       /* no part of a name: "busy road" */
};
/* -1: may be part of a name. */
int pr_street_word(struct pr_str word);

#endif
