/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/redis_words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

void redis_words_add(struct redis_words *words, const char *name, const char *value)
{
	assert(words->count + 2 <= REDIS_WORDS_MAX);
	words->items[words->count++] = name;
	words->items[words->count++] = value;
}

void redis_words_add_number(struct redis_words *words, const char *name, uint64_t value)
{
	char *text = words->numbers[words->number_count++];

	assert(words->number_count <= REDIS_NUMBERS_MAX);
	snprintf(text, sizeof(words->numbers[0]), "%" PRIu64, value);
	redis_words_add(words, name, text);
}

bool redis_words_put(const struct redis_words *words, struct redis *redis, struct failure *failure)
{
	return redis_put_words(redis, failure, words->count, words->items);
}
