/* SPDX-License-Identifier: BSD-3-Clause */
#include "reach.h"

#include "dictionary.h"
#include "space.h"

#include <stdio.h>
#include <string.h>

enum {
	RAW_MAX = 32,       /* patterns without label boundary that are tried for each name */
	COMPARED_MAX = 250, /* rules that are compared pair by pair; a limit on time only */
	PATTERNS_MAX = 64,  /* patterns compared so */
};

struct taken {
	const struct expr *expr;
	const char *id;
};

struct raw {
	const char *pattern;
	uint32_t rule;
	uint16_t sources;
	uint8_t inspect;
};

struct reach {
	struct arena *arena;
	struct failure *failure;
	struct dictionary *conditions; /* canonical text to rule number from 1 */
	struct dictionary *patterns;   /* "inspect source pattern" to rule number from 1 */
	struct taken *rules;
	uint32_t count, room;
	uint32_t raw_count;
	const char *takes_all; /* id of a rule that matches everything */
	struct raw raws[RAW_MAX];
};

struct reach *reach_new(struct arena *arena, struct failure *failure)
{
	struct reach *reach = arena_alloc(arena, sizeof(*reach));

	reach->arena = arena;
	reach->failure = failure;
	reach->conditions = dictionary_new();
	reach->patterns = dictionary_new();
	return reach;
}

void reach_free(struct reach *reach)
{
	dictionary_free(reach->conditions);
	dictionary_free(reach->patterns);
}

enum form { FORM_EXACT, FORM_ONE_LABEL, FORM_ANY_DEPTH, FORM_SUFFIX, FORM_PART, FORM_REGEX };

/* The form of a pattern, and the text that every name it matches ends with (FORM_PART: has). */
static enum form form_of(const char *pattern, const char **text, size_t *len)
{
	size_t all = strlen(pattern);
	enum form form = FORM_EXACT;
	size_t skip = 0;

	if (!strncmp(pattern, "**.", 3)) {
		form = FORM_ANY_DEPTH;
		skip = 3;
	} else if (!strncmp(pattern, "*.", 2)) {
		form = FORM_ONE_LABEL;
		skip = 1;
	} else if (*pattern == '/') {
		form = FORM_REGEX;
	} else if (*pattern == '*') {
		form = pattern[all - 1] == '*' ? FORM_PART : FORM_SUFFIX;
		skip = 1;
	}
	*text = pattern + skip;
	*len = all - skip - (form == FORM_PART && all > skip);
	return form;
}

static bool ends_with(const char *text, size_t len, const char *end, size_t end_len)
{
	return len >= end_len && !memcmp(text + len - end_len, end, end_len);
}

bool reach_pattern_covers(const char *q, const char *p)
{
	const char *wide, *narrow;
	size_t wide_len, narrow_len;
	enum form wide_form = form_of(q, &wide, &wide_len);
	enum form form = form_of(p, &narrow, &narrow_len);

	if (!strcmp(p, q))
		return true;
	if (wide_form == FORM_REGEX || form == FORM_REGEX)
		return false;
	switch (wide_form) {
	case FORM_EXACT:
		return false;
	case FORM_PART:
		return memmem(narrow, narrow_len, wide, wide_len);
	case FORM_SUFFIX:
		return form != FORM_PART && ends_with(narrow, narrow_len, wide, wide_len);
	case FORM_ONE_LABEL: /* wide begins with the dot */
		return form == FORM_EXACT && ends_with(narrow, narrow_len, wide, wide_len) &&
		       narrow_len > wide_len && !memchr(narrow, '.', narrow_len - wide_len);
	default: /* **. takes the name itself and what ends with a dot and the name */
		if (form == FORM_SUFFIX || form == FORM_PART)
			return false;
		return ends_with(narrow, narrow_len, wide, wide_len) &&
		       (narrow_len == wide_len || narrow[narrow_len - wide_len - 1] == '.');
	}
}

static uint64_t key_taken(const struct reach *reach, const struct expr *expr, int source,
	const char *star, const char *pattern)
{
	char key[320];

	if ((size_t)snprintf(key, sizeof(key), "%u %d %s%s", expr->inspect, source, star,
		    pattern) >= sizeof(key))
		return 0;
	return dictionary_get(reach->patterns, key);
}

/* Number from 1 of an earlier rule, of names alone, that takes this pattern from this source. */
static uint64_t pattern_taken(
	const struct reach *reach, const struct expr *expr, int source, const char *pattern)
{
	const char *text;
	size_t len;
	enum form form = form_of(pattern, &text, &len);
	uint64_t rule = key_taken(reach, expr, source, "", pattern);

	if (form == FORM_EXACT && !rule && strchr(text, '.'))
		rule = key_taken(reach, expr, source, "*", strchr(text, '.'));
	text += *text == '.';
	while (form <= FORM_ANY_DEPTH && text && !rule) {
		rule = key_taken(reach, expr, source, "**.", text);
		text = strchr(text, '.');
		text = text ? text + 1 : NULL;
	}
	for (uint32_t i = 0; i < reach->raw_count && !rule; i++) {
		const struct raw *raw = &reach->raws[i];

		if (raw->inspect == expr->inspect && raw->sources & 1 << source &&
			reach_pattern_covers(raw->pattern, pattern))
			rule = raw->rule + 1;
	}
	return rule;
}

static bool names_left(const struct reach *reach, const struct expr *expr)
{
	uint64_t rule = 0;

	for (uint32_t i = 0; i < expr->count; i++) {
		for (int source = 0; source < TEXT_SOURCES; source++) {
			if (!(expr->sources & 1 << source))
				continue;
			rule = pattern_taken(reach, expr, source, expr->patterns[i]);
			if (!rule)
				return true;
		}
	}
	return yaml_failure(expr->at, reach->failure,
		"%s can never match: the earlier rule %s takes every name of it", expr->word,
		reach->rules[rule - 1].id);
}

static void take_patterns(struct reach *reach, const struct expr *expr)
{
	for (uint32_t i = 0; i < expr->count; i++) {
		const char *pattern = expr->patterns[i], *text;
		size_t len;

		for (int source = 0; source < TEXT_SOURCES; source++) {
			if (expr->sources & 1 << source)
				*dictionary_at(reach->patterns,
					arena_format(reach->arena, "%u %d %s", expr->inspect,
						source, pattern)) = reach->count + 1;
		}
		if (form_of(pattern, &text, &len) >= FORM_SUFFIX && reach->raw_count < RAW_MAX)
			reach->raws[reach->raw_count++] =
				(struct raw){pattern, reach->count, expr->sources, expr->inspect};
	}
}

static bool patterns_within(const struct expr *narrow, const struct expr *wide)
{
	if (narrow->inspect != wide->inspect || narrow->sources & ~wide->sources)
		return false;
	if (narrow->count > PATTERNS_MAX || wide->count > PATTERNS_MAX)
		return false;
	for (uint32_t i = 0; i < narrow->count; i++) {
		uint32_t j = 0;

		while (j < wide->count &&
			!reach_pattern_covers(wide->patterns[j], narrow->patterns[i]))
			j++;
		if (j == wide->count)
			return false;
	}
	return true;
}

/* Whether what matches narrow always matches wide. Says no when it is not sure. */
static bool implies(const struct expr *narrow, const struct expr *wide)
{
	if (!strcmp(narrow->canonical, wide->canonical))
		return true;
	if (narrow->op != wide->op)
		return false;
	if (narrow->op == CONDITION_NAME)
		return patterns_within(narrow, wide);
	return space_leaf_within(narrow, wide);
}

/* Conjuncts of a condition: the children of ALL, or itself. */
static const struct expr *first_part(const struct expr *expr)
{
	return expr->op == CONDITION_ALL ? expr->first : expr;
}

static const struct expr *next_part(const struct expr *expr, const struct expr *part)
{
	return expr->op == CONDITION_ALL ? part->next : NULL;
}

static bool takes(const struct expr *earlier, const struct expr *expr)
{
	for (const struct expr *want = first_part(earlier); want; want = next_part(earlier, want)) {
		const struct expr *part = first_part(expr);

		while (part && !implies(part, want))
			part = next_part(expr, part);
		if (!part)
			return false;
	}
	return true;
}

static bool left_by_earlier(const struct reach *reach, const struct expr *expr,
	const struct yaml_node *at, const char *id)
{
	uint64_t equal = dictionary_get(reach->conditions, expr->canonical);

	if (reach->takes_all)
		return yaml_failure(at, reach->failure,
			"rule %s can never match: the earlier rule %s matches every flow", id,
			reach->takes_all);
	if (equal)
		return yaml_failure(at, reach->failure,
			"rule %s can never match: the earlier rule %s has the same condition", id,
			reach->rules[equal - 1].id);
	for (const struct expr *part = first_part(expr); part; part = next_part(expr, part)) {
		if (part->op == CONDITION_NAME && !names_left(reach, part))
			return false;
	}
	for (uint32_t i = 0; reach->count < COMPARED_MAX && i < reach->count; i++) {
		if (takes(reach->rules[i].expr, expr))
			return yaml_failure(at, reach->failure,
				"rule %s can never match: the earlier rule %s takes all of it", id,
				reach->rules[i].id);
	}
	return true;
}

static void remember(struct reach *reach, const struct expr *expr, const char *id)
{
	if (reach->count == reach->room) {
		uint32_t room = reach->room ? reach->room * 2 : 16;
		struct taken *rules = arena_alloc(reach->arena, room * sizeof(*rules));

		if (reach->count)
			memcpy(rules, reach->rules, reach->count * sizeof(*rules));
		reach->rules = rules;
		reach->room = room;
	}
	if (conditions_always(expr))
		reach->takes_all = id;
	if (expr->op == CONDITION_NAME)
		take_patterns(reach, expr);
	*dictionary_at(reach->conditions, expr->canonical) = reach->count + 1;
	reach->rules[reach->count++] = (struct taken){expr, id};
}

bool reach_add(
	struct reach *reach, const struct expr *expr, const struct yaml_node *at, const char *id)
{
	if (conditions_never(expr) && expr->off)
		return true;
	if (conditions_never(expr))
		return yaml_failure(expr->at ? expr->at : at, reach->failure,
			"rule %s can never match: %s%s", id, expr->word,
			strcmp(expr->word, "not") ? " is an empty list" : " excludes every flow");
	if (!space_possible(expr, reach->failure) || !left_by_earlier(reach, expr, at, id))
		return false;
	remember(reach, expr, id);
	return true;
}
