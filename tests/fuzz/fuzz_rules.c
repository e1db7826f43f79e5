/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a rule document: a ruleset, or one line that says what is wrong.
 */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure failure = {0};
	struct rules *rules = rules_load_text("fuzz", (const char *)data, size, NULL, 0, &failure);
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	assert(!rules == !!failure.exit_code);
	if (!rules) {
		assert(failure.exit_code == EXIT_BAD_INPUT && *failure.line);
		return 0;
	}
	assert(rules_compiled(rules)->rule_count);
	out = open_memstream(&text, &len);
	rules_explain(rules, out);
	fclose(out);
	assert(len);
	free(text);
	rules_free(rules);
	return 0;
}
