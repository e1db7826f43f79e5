/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `enabled: no` written into a rule of a document, or taken back, without touching anything else of
 * what a person wrote.
 */
#ifndef SLUICE_RULE_SWITCH_H
#define SLUICE_RULE_SWITCH_H

#include "failure.h"

#include <stddef.h>

/* A new text, which the caller frees. NULL with *failure set: no such rule (the nearest is named),
 * it is so already (EXIT_ANSWER_NO), or the place is not found; the document itself is good. */
char *rule_switch(const char *text, size_t len, const char *rule, bool on, size_t *made_len,
	struct failure *failure);

#endif
