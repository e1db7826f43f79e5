/* SPDX-License-Identifier: BSD-3-Clause */
#include "dictionary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	const char *key; /* NULL: free */
	uint64_t hash;
	uint64_t value;
};

struct dictionary {
	struct slot *slots;
	size_t size; /* a power of two, at most half used */
	size_t used;
};

static struct slot *new_slots(size_t size)
{
	struct slot *slots = calloc(size, sizeof(*slots));

	if (slots)
		return slots;
	fputs("sluice: no memory left\n", stderr);
	abort();
}

struct dictionary *dictionary_new(void)
{
	struct dictionary *dictionary = calloc(1, sizeof(*dictionary));

	if (!dictionary)
		abort();
	dictionary->size = 16;
	dictionary->slots = new_slots(dictionary->size);
	return dictionary;
}

void dictionary_free(struct dictionary *dictionary)
{
	if (!dictionary)
		return;
	free(dictionary->slots);
	free(dictionary);
}

/* FNV-1a, 64 bits */
static uint64_t hash_of(const char *key)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 0x100000001b3;
	return hash ^ hash >> 32;
}

static struct slot *find(const struct dictionary *dictionary, const char *key, uint64_t hash)
{
	size_t mask = dictionary->size - 1, i = hash & mask;

	while (dictionary->slots[i].key &&
		(dictionary->slots[i].hash != hash || strcmp(dictionary->slots[i].key, key) != 0))
		i = (i + 1) & mask;
	return &dictionary->slots[i];
}

static void grow(struct dictionary *dictionary)
{
	struct dictionary larger = {.size = dictionary->size * 2, .used = dictionary->used};

	larger.slots = new_slots(larger.size);
	for (size_t i = 0; i < dictionary->size; i++) {
		const struct slot *slot = &dictionary->slots[i];

		if (slot->key)
			*find(&larger, slot->key, slot->hash) = *slot;
	}
	free(dictionary->slots);
	*dictionary = larger;
}

uint64_t *dictionary_at(struct dictionary *dictionary, const char *key)
{
	uint64_t hash = hash_of(key);
	struct slot *slot = find(dictionary, key, hash);

	if (slot->key)
		return &slot->value;
	if (++dictionary->used * 2 > dictionary->size) {
		grow(dictionary);
		slot = find(dictionary, key, hash);
	}
	slot->key = key;
	slot->hash = hash;
	return &slot->value;
}

uint64_t dictionary_get(const struct dictionary *dictionary, const char *key)
{
	return find(dictionary, key, hash_of(key))->value;
}
