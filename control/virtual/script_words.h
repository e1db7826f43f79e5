/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of the traffic script as tables: what the parser allows, and what the help prints. */
#ifndef SLUICE_SCRIPT_WORDS_H
#define SLUICE_SCRIPT_WORDS_H

#include "control/virtual/script.h"

#include <stdio.h>

enum script_type {
	SCRIPT_TYPE_NONE, /* of an amount: there is none. Of a key: it is a word without value */
	SCRIPT_TYPE_BYTES,
	SCRIPT_TYPE_DURATION,
	SCRIPT_TYPE_RATE,
	SCRIPT_TYPE_COUNT,
	SCRIPT_TYPE_SHARE,
	SCRIPT_TYPE_NUMBER,  /* in 1e-9 */
	SCRIPT_TYPE_TIME,    /* 2021-03-10 or 2021-03-10T08:00, UTC: seconds since the epoch */
	SCRIPT_TYPE_ADDRESS, /* kept as text */
	SCRIPT_TYPE_TEXT,
	SCRIPT_TYPE_WORD, /* one of key.words */
};

struct script_key_row {
	const char *word;
	enum script_type type;
	uint64_t min, max;
	const char *const *words;
	const char *help;
};

struct script_verb_row {
	const char *word; /* several words have one blank between them */
	uint32_t counted; /* COUNT when none is written; 0: none may be */
	enum script_type amount;
	uint64_t usual; /* amount when none is written; 0: one must be */
	uint64_t min, max;
	uint64_t keys; /* bit 1 << key: allowed */
	const char *help;
};

extern const struct script_verb_row script_verbs[SCRIPT_VERBS];
extern const struct script_key_row script_keys[SCRIPT_KEYS];

void script_words_print(FILE *out);

#endif
