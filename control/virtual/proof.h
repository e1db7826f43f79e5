/* SPDX-License-Identifier: BSD-3-Clause */
/* An expectation and what was measured of it, with as many seeds as it asks for. */
#ifndef SLUICE_PROOF_H
#define SLUICE_PROOF_H

#include "control/virtual/expectation.h"
#include "control/virtual/trial.h"

enum proof_state {
	PROOF_PASS,
	PROOF_FAIL,
	PROOF_UNMET,   /* not shown, and the model says why it cannot be */
	PROOF_NOT_RUN, /* wants real hosts */
	PROOF_STATES,
};

extern const char *const proof_words[PROOF_STATES];

/* Over all seeds. */
struct measured {
	double least, most;
	char word[TRIAL_WORD]; /* OBSERVABLE_WORD: of the first seed that differs, else of all */
	bool good;
};

struct proof {
	const struct expectation *expectation;
	enum proof_state state;
	struct measured measured[EXPECTED_MAX];
	unsigned seeds;     /* that were run */
	struct trial first; /* with the first seed, for the plot */
};

struct proof_setup {
	const char *model; /* a name as rules_load_model() or a path as rules_load_file() takes */
	bool file;
	const struct rules_setting *settings; /* before the expectation's own */
	size_t setting_count;
	uint64_t seed;       /* the first one */
	const char *capture; /* of the first run; NULL: none */
};

/* False with *failure set when it could not be run, as the rules with its settings are not good. */
bool proof_run(struct proof *proof, const struct proof_setup *setup,
	const struct expectation *expectation, struct failure *failure);

/* True when it can be run here. */
bool proof_is_virtual(const struct expectation *expectation);

/* A value as people write it: "139.2kbit/s". Returns `into`. */
const char *proof_value(enum observable_kind kind, double value, char *into, size_t size);

#endif
