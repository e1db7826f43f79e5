/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of `when` whose values are a scalar or a list of them: what each takes, and for what. */
#ifndef SLUICE_LEAVES_H
#define SLUICE_LEAVES_H

#include "conditions.h"

/* Fills what the op of expr is about from at least one scalar. False on failure. */
typedef bool read_values(
	struct conditions *conditions, struct expr *expr, const struct items *items);

struct leaf {
	const char *word;
	enum condition_op op;
	read_values *read;
	uint16_t sources; /* NAME: 1 << enum name_source or hello_source */
};

extern const struct leaf leaves[]; /* ends with a NULL word */

/* Keys of `when`, NULL-terminated. */
extern const char *const condition_words[];

/* Names of IP protocols that the language knows. */
extern const struct protocol_word {
	const char *word;
	uint8_t number;
} protocol_words[]; /* ends with a NULL word */

#endif
