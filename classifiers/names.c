/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A name is lower-cased once, and the dots in it are noted on the way. From its end to its start
 * each label is hashed onto what is behind it, eight characters at a time, so that after each the
 * fingerprint of one more suffix is known. The places of all of them in the table are fetched
 * before the first is looked at: what a lookup waits for is one access to memory, not one a label.
 *
 * Suffixes without label boundary are hashed on their own, once for each of their lengths.
 */
#include "names.h"

#include "name_pattern.h"
#include "name_table.h"
#include "names_regex.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* From so many on, one pass for all substrings is cheaper than one for each (bench_names). */
enum { PARTS_ONE_BY_ONE = 128 };

enum { WORD = 8, LABELS_MAX = NAME_BYTES + 1, DOT_WORDS = 4 };

/* A `*literal*`, tried one by one. Few get so far: all pairs of neighbouring characters of the
 * literal must be among the name's. */
struct part {
	char *literal; /* lower case */
	uint64_t pairs;
	uint16_t list;
	uint8_t len;
};

struct names {
	uint64_t key;
	struct name_table *table;
	struct names_regex *regex;
	bool empty, has_regex;
	uint64_t suffix_lengths[DOT_WORDS];  /* bit n: some FORM_SUFFIX literal has n bytes */
	uint64_t depths[FORM_ANY_DEPTH + 1]; /* by form, bit n: some literal has n labels */
	struct part *parts;
	size_t part_count, part_room;
};

/* A name while it is looked up: lower case, and zeros behind it to load words from. */
struct lowered {
	uint8_t text[NAME_BYTES + 1 + WORD];
	uint64_t dots[DOT_WORDS]; /* bit n: text[n] is a dot */
	size_t len;
};

const char *names_pattern_error(const char *text)
{
	struct name_pattern pattern;

	return name_pattern_parse(text, &pattern);
}

struct names *names_new(uint64_t key)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		abort();
	names->key = key;
	names->empty = true;
	names->table = name_table_new();
	names->regex = names_regex_new();
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->part_count; i++)
		free(names->parts[i].literal);
	free(names->parts);
	name_table_free(names->table);
	names_regex_free(names->regex);
	free(names);
}

#define BYTES(value) ((value)*0x0101010101010101ull)

/* Bit 7 of each byte that is in first..last, both below 128. Bytes beyond ASCII are in no range. */
static uint64_t in_range(uint64_t word, uint8_t first, uint8_t last)
{
	uint64_t low = word & BYTES(0x7full);
	uint64_t from = low + BYTES(0x80ull - first);
	uint64_t beyond = low + BYTES(0x7full - last);

	return from & ~beyond & ~word & BYTES(0x80ull);
}

static void lower(struct lowered *lowered, const void *name, size_t len)
{
	lowered->len = len;
	memset(lowered->dots, 0, sizeof(lowered->dots));
	memcpy(lowered->text, name, len);
	memset(lowered->text + len, 0, WORD);
	for (size_t at = 0; at < len; at += WORD) {
		uint64_t word, dots;

		memcpy(&word, lowered->text + at, WORD);
		word = le64toh(word);
		word |= in_range(word, 'A', 'Z') >> 2;
		dots = in_range(word, '.', '.') >> 7;
		lowered->dots[at / 64] |= (dots * 0x0102040810204080 >> 56) << at % 64;
		word = htole64(word);
		memcpy(lowered->text + at, &word, WORD);
	}
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product =
		(unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd6e8feb86659fd93);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Of some bytes of a lowered name, on top of what came before. */
static uint64_t hash_onto(uint64_t hash, const struct lowered *lowered, size_t begin, size_t end)
{
	const uint8_t *text = lowered->text + begin;
	size_t len = end - begin;
	uint64_t word;

	hash += len;
	for (; len > WORD; len -= WORD, text += WORD) {
		memcpy(&word, text, WORD);
		hash = mix(hash, le64toh(word));
	}
	memcpy(&word, text, WORD);
	word = le64toh(word);
	if (len < WORD)
		word &= (1ull << len * 8) - 1;
	return mix(hash, word);
}

/* The dot before `end`, -1 when there is none. */
static int dot_before(const struct lowered *lowered, size_t end)
{
	for (int word = (int)(end / 64); word >= 0; word--) {
		uint64_t dots = lowered->dots[word];

		if (word == (int)(end / 64))
			dots &= (1ull << end % 64) - 1;
		if (dots)
			return word * 64 + 63 - __builtin_clzll(dots);
	}
	return -1;
}

static uint64_t suffix_hash(const struct names *names, const struct lowered *lowered, size_t len)
{
	return hash_onto(~names->key, lowered, lowered->len - len, lowered->len);
}

static uint64_t depth_bit(size_t labels)
{
	return 1ull << (labels < 63 ? labels : 63);
}

static void add_labels(
	struct names *names, const struct lowered *lowered, uint8_t form, uint16_t list)
{
	uint64_t hash = names->key;
	int end = (int)lowered->len, labels = 0;

	while (end >= 0) {
		int dot = dot_before(lowered, (size_t)end);

		hash = hash_onto(hash, lowered, (size_t)(dot + 1), (size_t)end);
		end = dot;
		labels++;
	}
	names->depths[form] |= depth_bit((size_t)labels);
	name_table_add(names->table, hash, form, list);
}

static uint64_t pairs_of(const uint8_t *text, size_t len)
{
	uint64_t pairs = 0;

	for (size_t i = 1; i < len; i++)
		pairs |= 1ull << ((text[i - 1] * 5u + text[i]) * 0x9e3779b1u >> 26);
	return pairs;
}

static void add_part(struct names *names, const struct lowered *lowered, uint16_t list)
{
	if (names->part_count == names->part_room) {
		names->part_room = names->part_room ? names->part_room * 2 : 16;
		names->parts = reallocarray(names->parts, names->part_room, sizeof(*names->parts));
		if (!names->parts)
			abort();
	}
	names->parts[names->part_count++] = (struct part){
		.literal = strndup((const char *)lowered->text, lowered->len),
		.pairs = pairs_of(lowered->text, lowered->len),
		.list = list,
		.len = (uint8_t)lowered->len,
	};
}

void names_add(struct names *names, const char *pattern, uint16_t list)
{
	struct name_pattern parsed;
	struct lowered lowered;
	const char *wrong = name_pattern_parse(pattern, &parsed);

	assert(!wrong);
	names->empty = false;
	if (parsed.form == FORM_REGEX) {
		names->has_regex = true;
		names_regex_add(names->regex, parsed.literal, parsed.len, false, list);
		return;
	}
	lower(&lowered, parsed.literal, parsed.len);
	if (parsed.form == FORM_CONTAINS) {
		add_part(names, &lowered, list);
	} else if (parsed.form == FORM_SUFFIX) {
		names->suffix_lengths[parsed.len / 64] |= 1ull << parsed.len % 64;
		name_table_add(
			names->table, suffix_hash(names, &lowered, parsed.len), FORM_SUFFIX, list);
	} else {
		add_labels(names, &lowered, (uint8_t)parsed.form, list);
	}
}

static int compare_parts(const void *a, const void *b)
{
	const struct part *left = a, *right = b;
	int order = strcmp(left->literal, right->literal);

	return order ? order : left->list - right->list;
}

/* The same twice on one list counts once. */
static void sort_parts(struct names *names)
{
	size_t kept = 0;

	if (names->part_count)
		qsort(names->parts, names->part_count, sizeof(*names->parts), compare_parts);
	for (size_t i = 0; i < names->part_count; i++) {
		if (kept && !compare_parts(&names->parts[kept - 1], &names->parts[i]))
			free(names->parts[i].literal);
		else
			names->parts[kept++] = names->parts[i];
	}
	names->part_count = kept;
}

static void hand_over_parts(struct names *names)
{
	for (size_t i = 0; i < names->part_count; i++) {
		const struct part *part = &names->parts[i];

		names_regex_add(names->regex, part->literal, part->len, true, part->list);
		free(part->literal);
	}
	names->part_count = 0;
	names->has_regex = true;
}

bool names_seal(struct names *names)
{
	name_table_seal(names->table);
	sort_parts(names);
	if (names->part_count > PARTS_ONE_BY_ONE && names_regex_possible())
		hand_over_parts(names);
	return names_regex_seal(names->regex);
}

/* In which forms a suffix of so many labels can be on a list. `whole`: it is the name; `below`: one
 * label is in front of it, and it is no empty one. */
static unsigned forms_wanted(const struct names *names, size_t labels, bool whole, bool below)
{
	uint64_t depth = depth_bit(labels);
	unsigned forms = names->depths[FORM_ANY_DEPTH] & depth ? FORM_ANY_DEPTH : 0;

	if (whole && names->depths[FORM_EXACT] & depth)
		forms |= FORM_EXACT;
	if (below && names->depths[FORM_ONE_LABEL] & depth)
		forms |= FORM_ONE_LABEL;
	return forms;
}

struct probe {
	uint64_t fingerprint;
	unsigned forms;
};

static unsigned match_labels(
	const struct names *names, const struct lowered *lowered, uint64_t *bits)
{
	struct probe probes[LABELS_MAX];
	uint64_t hash = names->key;
	unsigned count = 0, matches = 0;
	int dot, end = (int)lowered->len;

	for (size_t labels = 1; end >= 0; labels++, end = dot) {
		unsigned forms;

		dot = dot_before(lowered, (size_t)end);
		hash = hash_onto(hash, lowered, (size_t)(dot + 1), (size_t)end);
		forms = forms_wanted(
			names, labels, dot<0, dot> 0 && dot_before(lowered, (size_t)dot) < 0);
		if (!forms)
			continue;
		name_table_prefetch(names->table, hash);
		probes[count++] = (struct probe){hash, forms};
	}
	for (unsigned i = 0; i < count; i++)
		matches += name_table_match(
			names->table, probes[i].fingerprint, probes[i].forms, bits);
	return matches;
}

static unsigned match_suffixes(
	const struct names *names, const struct lowered *lowered, uint64_t *bits)
{
	unsigned matches = 0;

	for (size_t word = 0; word <= lowered->len / 64; word++) {
		for (uint64_t left = names->suffix_lengths[word]; left; left &= left - 1) {
			size_t len = word * 64 + (size_t)__builtin_ctzll(left);

			if (len > lowered->len)
				return matches;
			matches += name_table_match(
				names->table, suffix_hash(names, lowered, len), FORM_SUFFIX, bits);
		}
	}
	return matches;
}

static unsigned match_parts(
	const struct names *names, const struct lowered *lowered, uint64_t *bits)
{
	uint64_t pairs = names->part_count ? pairs_of(lowered->text, lowered->len) : 0;
	unsigned matches = 0;

	for (size_t i = 0; i < names->part_count; i++) {
		const struct part *part = &names->parts[i];

		if (part->pairs & ~pairs ||
			!memmem(lowered->text, lowered->len, part->literal, part->len))
			continue;
		bits[part->list / 64] |= 1ull << part->list % 64;
		matches++;
	}
	return matches;
}

unsigned names_match(const struct names *names, const uint8_t *name, size_t len, uint64_t *bits)
{
	struct lowered lowered;
	unsigned matches;

	if (len == 0 || len > NAME_BYTES || names->empty)
		return 0;
	lower(&lowered, name, len);
	matches = match_labels(names, &lowered, bits) + match_suffixes(names, &lowered, bits) +
		  match_parts(names, &lowered, bits);
	if (names->has_regex)
		matches += names_regex_match(names->regex, lowered.text, len, bits);
	return matches;
}
