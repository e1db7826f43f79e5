/* SPDX-License-Identifier: BSD-3-Clause */
#include "schema_values.h"

#include <stdio.h>
#include <stdlib.h>

#define REFERENCE "\\$[a-z0-9_-]+"
#define NUMBER    "[0-9]+(\\.[0-9]+)?"

json_t *schema_ref(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

/* Text, or a bare number where YAML reads one. */
static json_t *pattern(const char *text, bool bare)
{
	json_t *value = json_pack("{s:s, s:s}", "type", "string", "pattern", text);

	return bare ? json_pack("{s:[o, {s:s}]}", "anyOf", value, "type", "number") : value;
}

json_t *schema_quantity(enum quantity quantity)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *word;
	bool bare = false;
	json_t *value;

	if (!out)
		abort();
	fputs("^(" REFERENCE "|" NUMBER " ?(", out);
	for (size_t i = 0; (word = units_word(quantity, i)); i++) {
		fprintf(out, "%s%s", i ? "|" : "", word);
		bare |= !*word;
	}
	fputs("))$", out);
	fclose(out);
	value = pattern(text, bare);
	free(text);
	return value;
}

json_t *schema_words(const char *const *words)
{
	json_t *list = json_array();

	for (size_t i = 0; words[i]; i++)
		json_array_append_new(list, json_string(words[i]));
	return json_pack(
		"{s:[{s:o}, o]}", "anyOf", "enum", list, pattern("^" REFERENCE "$", false));
}

json_t *schema_one_or_more(json_t *value)
{
	json_t *list = json_pack("{s:s, s:O}", "type", "array", "items", value);

	return json_pack("{s:[o, o]}", "anyOf", value, list);
}

static void define(json_t *definitions, const char *name, json_t *value)
{
	json_object_set_new(definitions, name, value);
}

void schema_define_values(json_t *definitions)
{
	static const char *const yesno[] = {"yes", "no", NULL};

	define(definitions, "scalar",
		json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean"));
	define(definitions, "text", json_pack("{s:s}", "type", "string"));
	define(definitions, "name", pattern("^[a-z0-9-]{1,63}$", false));
	define(definitions, "label", pattern("^[A-Za-z0-9-]{1,63}$", false));
	define(definitions, "count", pattern("^(" REFERENCE "|[0-9]+)$", true));
	define(definitions, "share", pattern("^(" REFERENCE "|" NUMBER "%?)$", true));
	define(definitions, "yesno",
		json_pack("{s:[o, {s:s}]}", "anyOf", schema_words(yesno), "type", "boolean"));
	define(definitions, "values", schema_one_or_more(schema_ref("scalar")));
	define(definitions, "hours",
		schema_one_or_more(pattern("^(" REFERENCE "|[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2} "
					   "(utc|local|[+-][0-9]{2}:[0-9]{2}))$",
			false)));
	define(definitions, "zone", pattern("^[+-][0-9]{2}:[0-9]{2}$", false));
	define(definitions, "day", pattern("^[0-9]{4}(-[0-9]{2}){0,2}$", true));
	define(definitions, "url", pattern("^https?://", false));
	define(definitions, "certainty", pattern("^[ABCDRU]$", false));
}
