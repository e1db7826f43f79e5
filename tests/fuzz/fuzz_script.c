/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text is a traffic script, or has a place where it is wrong and a line that says how. */
#include "control/virtual/script.h"
#include "control/virtual/script_words.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct script *script)
{
	assert(script->count >= 1 && script->flows >= 1);
	for (size_t i = 0; i < script->count; i++) {
		const struct script_step *step = &script->steps[i];
		const struct script_verb_row *row = &script_verbs[step->verb];

		assert(!(step->given & ~row->keys));
		assert(row->amount == SCRIPT_TYPE_NONE ||
			(step->amount >= row->min && step->amount <= row->max));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct script_mistake mistake;
	struct script *script = script_parse(text, &mistake);

	if (script)
		check(script);
	else
		assert(mistake.column >= 1 && mistake.column <= strlen(text) + 1 && mistake.why[0]);
	script_free(script);
	free(text);
	return 0;
}
