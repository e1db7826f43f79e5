/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every pattern is a form and a literal. A name is lower-cased once and hashed from its end to its
 * start, so that after each character the hash of one more suffix is known; where a label begins,
 * or where some pattern of the raw suffix form has just that length, the suffix is looked for in
 * one open-addressed table of literals. Only `*literal*` patterns are tried one by one, and few of
 * them get so far: all pairs of neighbouring characters of the literal must be among the name's.
 *
 * A million patterns take about 50 bytes each, a third of it their text.
 */
#include "names.h"

#include "name_pattern.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A pattern as added; gone after names_seal. */
struct pattern {
	uint32_t hash;
	uint32_t text_at;
	uint16_t list;
	uint8_t len;
	uint8_t form;
};

/* A literal and who asks for it: targets from target_at to that of the next literal. */
struct literal {
	uint32_t text_at;
	uint32_t target_at;
	uint8_t len;
	uint8_t forms; /* of all its targets */
};

struct target {
	uint16_t list;
	uint8_t forms;
};

/* Linear probing. The hash beside the index saves the look at most literals that are others. */
struct slot {
	uint32_t hash;
	uint32_t literal; /* index plus one; 0: empty */
};

struct substring {
	uint64_t pairs;
	uint32_t literal;
};

struct names {
	struct pattern *patterns;
	size_t pattern_count, pattern_room;
	uint8_t *text; /* literals, lower case, without separators */
	size_t text_used, text_room;

	struct literal *literals; /* one more than there are, for its target_at */
	size_t literal_count;
	struct target *targets;
	struct slot *slots;
	size_t slot_mask;
	struct substring *substrings;
	size_t substring_count;
	uint64_t suffix_lengths[4]; /* bit n: some FORM_SUFFIX literal has n bytes */
};

const char *names_pattern_error(const char *text)
{
	struct name_pattern pattern;

	return name_pattern_parse(text, &pattern);
}

static void *grown(void *array, size_t count, size_t size)
{
	void *memory = reallocarray(array, count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

static void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

struct names *names_new(void)
{
	return zeroed(1, sizeof(struct names));
}

void names_free(struct names *names)
{
	if (!names)
		return;
	free(names->patterns);
	free(names->text);
	free(names->literals);
	free(names->targets);
	free(names->slots);
	free(names->substrings);
	free(names);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The hash of a suffix from the one that is a character shorter (FNV-1a, 64 bits, backwards). */
static uint64_t hash_before(uint64_t hash, uint8_t c)
{
	return (hash ^ c) * 0x100000001b3;
}

enum { HASH_OF_NOTHING = 0x1505 };

/* The upper half is well mixed, the lower bits of a product are not. */
static uint32_t hash_fold(uint64_t hash)
{
	return (uint32_t)((hash * 0x9e3779b97f4a7c15) >> 32);
}

static uint32_t hash_of(const uint8_t *text, size_t len)
{
	uint64_t hash = HASH_OF_NOTHING;

	while (len > 0)
		hash = hash_before(hash, text[--len]);
	return hash_fold(hash);
}

void names_add(struct names *names, const char *pattern, uint16_t list)
{
	struct name_pattern parsed;
	const char *wrong = name_pattern_parse(pattern, &parsed);
	uint8_t *text;

	assert(!wrong);

	if (names->pattern_count == names->pattern_room) {
		names->pattern_room = names->pattern_room ? names->pattern_room * 2 : 64;
		names->patterns =
			grown(names->patterns, names->pattern_room, sizeof(*names->patterns));
	}
	if (names->text_room - names->text_used < parsed.len) {
		names->text_room = names->text_room * 2 + 1024;
		names->text = grown(names->text, names->text_room, 1);
	}
	text = names->text + names->text_used;
	for (size_t i = 0; i < parsed.len; i++)
		text[i] = lower((uint8_t)parsed.literal[i]);
	names->patterns[names->pattern_count++] = (struct pattern){
		.hash = hash_of(text, parsed.len),
		.text_at = (uint32_t)names->text_used,
		.list = list,
		.len = (uint8_t)parsed.len,
		.form = parsed.form,
	};
	names->text_used += parsed.len;
}

/* Same literals come to lie together, within them same lists. By hash first: cheap to compare. */
static int compare_patterns(const void *a, const void *b, void *text)
{
	const struct pattern *left = a, *right = b;
	int order;

	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	if (left->len != right->len)
		return left->len - right->len;
	order = memcmp(
		(uint8_t *)text + left->text_at, (uint8_t *)text + right->text_at, left->len);
	return order ? order : left->list - right->list;
}

static bool same_literal(
	const struct names *names, const struct pattern *a, const struct pattern *b)
{
	return a->hash == b->hash && a->len == b->len &&
	       memcmp(names->text + a->text_at, names->text + b->text_at, a->len) == 0;
}

/* Literals and targets out of the sorted patterns; only one copy of each literal's text stays. */
static void gather(struct names *names)
{
	uint8_t *text = zeroed(names->text_used, 1);
	size_t text_used = 0, target_count = 0;
	const struct pattern *last = NULL;

	names->literals = zeroed(names->pattern_count + 1, sizeof(*names->literals));
	names->targets = zeroed(names->pattern_count, sizeof(*names->targets));
	for (size_t i = 0; i < names->pattern_count; i++) {
		const struct pattern *pattern = &names->patterns[i];
		bool same = last && same_literal(names, last, pattern);

		if (!same) {
			names->literals[names->literal_count++] = (struct literal){
				(uint32_t)text_used, (uint32_t)target_count, pattern->len, 0};
			memcpy(text + text_used, names->text + pattern->text_at, pattern->len);
			text_used += pattern->len;
		}
		if (!same || last->list != pattern->list)
			names->targets[target_count++].list = pattern->list;
		names->targets[target_count - 1].forms |= pattern->form;
		names->literals[names->literal_count - 1].forms |= pattern->form;
		last = pattern;
	}
	names->literals[names->literal_count].target_at = (uint32_t)target_count;
	free(names->text);
	names->text = text;
}

static void index_literal(struct names *names, uint32_t index)
{
	const struct literal *literal = &names->literals[index];
	uint32_t hash = hash_of(names->text + literal->text_at, literal->len);
	size_t at = hash & names->slot_mask;

	while (names->slots[at].literal)
		at = (at + 1) & names->slot_mask;
	names->slots[at] = (struct slot){hash, index + 1};
}

/* At least a third of the slots stays empty, which ends a search after a few. */
static void index_suffixes(struct names *names)
{
	size_t slots = 4;

	while (slots * 2 < names->literal_count * 3)
		slots *= 2;
	names->slots = zeroed(slots, sizeof(*names->slots));
	names->slot_mask = slots - 1;
	for (size_t i = 0; i < names->literal_count; i++) {
		const struct literal *literal = &names->literals[i];

		if (literal->forms & ~FORM_CONTAINS)
			index_literal(names, (uint32_t)i);
		if (literal->forms & FORM_SUFFIX)
			names->suffix_lengths[literal->len / 64] |= 1ull << literal->len % 64;
	}
}

/* Which pairs of neighbouring characters occur, as a filter of 64 bits. */
static uint64_t pairs_of(const uint8_t *text, size_t len)
{
	uint64_t pairs = 0;

	for (size_t i = 1; i < len; i++)
		pairs |= 1ull << ((text[i - 1] * 5u + text[i]) * 0x9e3779b1u >> 26);
	return pairs;
}

static void index_substrings(struct names *names)
{
	size_t count = 0;

	for (size_t i = 0; i < names->literal_count; i++)
		count += (names->literals[i].forms & FORM_CONTAINS) != 0;
	names->substrings = zeroed(count, sizeof(*names->substrings));
	for (size_t i = 0; i < names->literal_count; i++) {
		const struct literal *literal = &names->literals[i];
		const uint8_t *text = names->text + literal->text_at;

		if (literal->forms & FORM_CONTAINS)
			names->substrings[names->substring_count++] =
				(struct substring){pairs_of(text, literal->len), (uint32_t)i};
	}
}

void names_seal(struct names *names)
{
	if (names->literals)
		return;
	if (names->pattern_count)
		qsort_r(names->patterns, names->pattern_count, sizeof(*names->patterns),
			compare_patterns, names->text);
	gather(names);
	index_suffixes(names);
	index_substrings(names);
	free(names->patterns);
	names->patterns = NULL;
}

/* Every target of a literal that asks for it in one of these forms. */
static unsigned hit(const struct names *names, uint32_t index, unsigned forms, uint64_t *bits)
{
	const struct literal *literal = &names->literals[index];
	unsigned matches = 0;

	if (!(literal->forms & forms))
		return 0;
	for (uint32_t i = literal[0].target_at; i < literal[1].target_at; i++) {
		const struct target *target = &names->targets[i];
		unsigned asked = target->forms & forms;

		if (!asked)
			continue;
		bits[target->list / 64] |= 1ull << target->list % 64;
		matches += (unsigned)__builtin_popcount(asked);
	}
	return matches;
}

static unsigned probe(const struct names *names, uint32_t hash, const uint8_t *suffix, size_t len,
	unsigned forms, uint64_t *bits)
{
	const struct slot *slots = names->slots;

	for (size_t at = hash & names->slot_mask; slots[at].literal;
		at = (at + 1) & names->slot_mask) {
		const struct literal *literal = &names->literals[slots[at].literal - 1];

		if (slots[at].hash == hash && literal->len == len &&
			memcmp(names->text + literal->text_at, suffix, len) == 0)
			return hit(names, slots[at].literal - 1, forms, bits);
	}
	return 0;
}

static unsigned match_suffixes(
	const struct names *names, const uint8_t *name, size_t len, uint64_t *bits)
{
	const uint8_t *dot = memchr(name, '.', len);
	size_t second_label = dot && dot > name ? (size_t)(dot - name) + 1 : len;
	uint64_t hash = HASH_OF_NOTHING;
	unsigned matches = 0;

	for (size_t at = len; at-- > 0;) {
		size_t left = len - at;
		unsigned forms = 0;

		hash = hash_before(hash, name[at]);
		if (at == 0)
			forms = FORM_EXACT | FORM_ANY_DEPTH;
		else if (name[at - 1] == '.')
			forms = at == second_label ? FORM_ONE_LABEL | FORM_ANY_DEPTH
						   : FORM_ANY_DEPTH;
		if (names->suffix_lengths[left / 64] >> left % 64 & 1)
			forms |= FORM_SUFFIX;
		if (forms)
			matches += probe(names, hash_fold(hash), name + at, left, forms, bits);
	}
	return matches;
}

static unsigned match_substrings(
	const struct names *names, const uint8_t *name, size_t len, uint64_t *bits)
{
	uint64_t pairs = pairs_of(name, len);
	unsigned matches = 0;

	for (size_t i = 0; i < names->substring_count; i++) {
		const struct substring *substring = &names->substrings[i];
		const struct literal *literal = &names->literals[substring->literal];

		if (substring->pairs & ~pairs)
			continue;
		if (memmem(name, len, names->text + literal->text_at, literal->len))
			matches += hit(names, substring->literal, FORM_CONTAINS, bits);
	}
	return matches;
}

unsigned names_match(const struct names *names, const uint8_t *name, size_t len, uint64_t *bits)
{
	uint8_t lowered[NAME_BYTES];
	unsigned matches;

	if (len == 0 || len > NAME_BYTES || names->literal_count == 0)
		return 0;
	for (size_t i = 0; i < len; i++)
		lowered[i] = lower(name[i]);
	matches = match_suffixes(names, lowered, len, bits);
	if (names->substring_count)
		matches += match_substrings(names, lowered, len, bits);
	return matches;
}
