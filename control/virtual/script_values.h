/* SPDX-License-Identifier: BSD-3-Clause */
/* The values of a traffic script's words, read as their rows say. */
#ifndef SLUICE_SCRIPT_VALUES_H
#define SLUICE_SCRIPT_VALUES_H

#include "control/virtual/script_words.h"

/* False: why[SCRIPT_WHY] says what is wrong and what is allowed. */
bool script_value_read(
	const struct script_key_row *row, const char *text, uint64_t *value, char *why);

/* "unknown THING "word", did you mean ...? allowed: ..."; returns false. */
bool script_unknown(char *why, const char *thing, const char *word, const char *const *words);

#endif
