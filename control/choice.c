/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/choice.h"

#include "control/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts "name=value" in place. */
static bool cut_setting(const char *text, const struct rules_setting *first,
	struct rules_setting *setting, struct failure *failure)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return failure_set(failure, EXIT_BAD_INPUT,
			"--set %s: say which parameter and which value, as in rate=140kbit/s",
			text);
	for (const struct rules_setting *each = first; each < setting; each++) {
		if (!strncmp(each->name, text, equals - text) && !each->name[equals - text])
			return failure_set(failure, EXIT_BAD_INPUT, "--set %s: %s is set twice",
				text, each->name);
	}
	setting->name = strndup(text, equals - text);
	setting->value = equals + 1;
	return setting->name || failure_set(failure, EXIT_REFUSED, "out of memory");
}

struct rules *choice_load(const struct choice *choice, struct failure *failure)
{
	const struct option_list *given = &choice->settings;
	struct rules_setting *settings = calloc(given->count + 1, sizeof(*settings));
	struct rules *rules = NULL;
	bool good = settings != NULL;

	for (size_t i = 0; good && i < given->count; i++)
		good = cut_setting(given->items[i], settings, &settings[i], failure);
	if (good && choice->model)
		rules = rules_load_model(choice->model, settings, given->count, failure);
	else if (good && choice->skip_bad)
		rules = rules_load_file_in_part(choice->rules, settings, given->count, failure);
	else if (good)
		rules = rules_load_file(choice->rules, settings, given->count, failure);
	for (size_t i = 0; settings && i < given->count; i++)
		free((char *)settings[i].name);
	free(settings);
	return rules;
}

void choice_tell(const struct rules *rules)
{
	struct warnings warnings = {0};

	rules_warn(rules, &warnings);
	for (int i = 0; i < warnings.count; i++)
		notice("warning: %s", warnings.text[i]);
}
