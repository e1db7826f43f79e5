/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rule_switch.h"

#include "control/nearest.h"
#include "control/yaml.h"

#include <stdlib.h>
#include <string.h>

struct edit {
	const char *text;
	size_t len;
	struct arena *arena;
	struct failure *failure;
};

static const struct yaml_node *no_such_rule(
	const struct edit *edit, const struct yaml_node *rules, const char *id)
{
	const char **words = arena_alloc(edit->arena, (rules->count + 1) * sizeof(*words));
	const char *nearest;
	size_t count = 0;

	for (const struct yaml_node *rule = rules->first; rule; rule = rule->next)
		words[count++] = yaml_get(rule, "id")->text;
	nearest = nearest_word(id, words);
	failure_set(edit->failure, EXIT_BAD_INPUT, "there is no rule \"%.70s\"%s%s%s", id,
		nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
	return NULL;
}

static const struct yaml_node *find_rule(const struct edit *edit, const char *id)
{
	const struct yaml_node *root =
		yaml_read(edit->arena, "document", edit->text, edit->len, edit->failure);
	const struct yaml_node *rules = root ? yaml_get(root, "rules") : NULL;

	if (!rules)
		return NULL;
	for (const struct yaml_node *rule = rules->first; rule; rule = rule->next) {
		if (strcmp(yaml_get(rule, "id")->text, id) == 0)
			return rule;
	}
	return no_such_rule(edit, rules, id);
}

/* Where the node's text begins, columns being characters; NULL when it does not stand there. */
static const char *place_of(const struct edit *edit, const struct yaml_node *node)
{
	const char *end = edit->text + edit->len, *at = edit->text;
	size_t len = strlen(node->text);

	for (uint32_t line = 1; at && line < node->line; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	for (uint32_t column = 1; at && at < end && column < node->column; column++) {
		at++;
		while (at < end && ((unsigned char)*at & 0xc0) == 0x80)
			at++;
	}
	if (!at || (size_t)(end - at) < len + node->quoted)
		return NULL;
	return memcmp(at + node->quoted, node->text, len) == 0 ? at : NULL;
}

/* All before `at`, `more`, all from `rest` on. */
static char *join(const struct edit *edit, const char *at, const char *more, const char *rest,
	size_t *made_len)
{
	size_t before = (size_t)(at - edit->text), added = strlen(more);
	size_t after = (size_t)(edit->text + edit->len - rest);
	char *made = malloc(before + added + after + 1);

	if (!made) {
		failure_set(edit->failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	memcpy(made, edit->text, before);
	memcpy(made + before, more, added);
	memcpy(made + before + added, rest, after);
	*made_len = before + added + after;
	made[*made_len] = '\0';
	return made;
}

static char *lost(const struct edit *edit, const struct yaml_node *rule)
{
	yaml_failure(
		rule, edit->failure, "the rule is written in a way that cannot be edited here");
	return NULL;
}

/* "enabled: no" before the rule's second key, which is on a line of its own in block style. */
static char *insert(const struct edit *edit, const struct yaml_node *rule, size_t *made_len)
{
	const struct yaml_node *second = rule->first->next;
	const struct yaml_node *key = second ? second->key : rule->first->key;
	const char *at = place_of(edit, key), *begin = at;
	char more[256];
	size_t indent;

	while (begin && begin > edit->text && begin[-1] != '\n')
		begin--;
	indent = begin ? (size_t)(at - begin) : 0;
	if (!at || indent + 16 > sizeof(more))
		return lost(edit, rule);
	if (strspn(begin, " ") == indent && second && key->line != rule->first->key->line) {
		strcpy(more, "enabled: no\n");
		strncat(more, begin, indent);
	} else {
		strcpy(more, "enabled: no, ");
	}
	return join(edit, at, more, at, made_len);
}

static bool is_on(const struct yaml_node *enabled)
{
	return !enabled || strcmp(enabled->text, "yes") == 0;
}

static char *edit_rule(
	const struct edit *edit, const struct yaml_node *rule, bool on, size_t *made_len)
{
	const struct yaml_node *enabled = yaml_get(rule, "enabled");
	const char *at;

	if (enabled && *enabled->text == '$')
		return lost(edit, rule);
	if (is_on(enabled) == on) {
		failure_set(edit->failure, EXIT_ANSWER_NO, "rule %s is %s already",
			yaml_get(rule, "id")->text, on ? "enabled" : "disabled");
		return NULL;
	}
	if (!enabled)
		return insert(edit, rule, made_len);
	at = place_of(edit, enabled);
	if (!at)
		return lost(edit, rule);
	return join(edit, at, on ? "yes" : "no", at + strlen(enabled->text) + 2 * enabled->quoted,
		made_len);
}

char *rule_switch(const char *text, size_t len, const char *rule, bool on, size_t *made_len,
	struct failure *failure)
{
	struct edit edit = {text, len, arena_new(), failure};
	const struct yaml_node *found = find_rule(&edit, rule);
	char *made = found ? edit_rule(&edit, found, on, made_len) : NULL;

	arena_free(edit.arena);
	return made;
}
