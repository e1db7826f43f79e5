/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/ruleset.h"

#include <stdlib.h>

const struct throttle_param throttle_common[] = {
	{"begins",
		"packets, bytes or time after the packet that decided the rule before the step "
		"acts, or two bounds between which they are drawn for each flow (default: at once)",
		NULL, offsetof(struct throttle, begins), PARAM_ONSET, false},
	{NULL, NULL, NULL, 0, 0, false},
};

void ruleset_free(struct ruleset *ruleset)
{
	if (!ruleset)
		return;
	for (uint32_t i = 0; i < ruleset->prefixes_count; i++)
		prefixes_free(ruleset->prefixes[i]);
	for (int i = 0; i < INSPECTS_MAX; i++) {
		for (int source = 0; source < TEXT_SOURCES; source++)
			free(ruleset->list_masks[i][source]);
	}
	names_free(ruleset->names);
	free(ruleset->slots);
	free(ruleset->prefixes);
	free(ruleset->apps);
	free(ruleset->ports);
	free(ruleset->versions);
	free(ruleset->looks);
	for (uint32_t i = 0; i < ruleset->throttle_count; i++)
		timetable_free(ruleset->throttles[i].timetable);
	free(ruleset->throttles);
	free(ruleset->conditions);
	free(ruleset->residuals);
	free(ruleset->rules);
	free(ruleset);
}
