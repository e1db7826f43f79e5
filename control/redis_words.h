/* SPDX-License-Identifier: BSD-3-Clause */
/* A command for redis_put_words() that is built word by word; zeroed, it is empty. */
#ifndef SLUICE_REDIS_WORDS_H
#define SLUICE_REDIS_WORDS_H

#include "redis.h"

#include <stdint.h>

enum { REDIS_WORDS_MAX = 256, REDIS_NUMBERS_MAX = 120 };

struct redis_words {
	size_t count, number_count;
	const char *items[REDIS_WORDS_MAX];
	char numbers[REDIS_NUMBERS_MAX][24];
};

/* Two words, which outlive the command. */
void redis_words_add(struct redis_words *words, const char *name, const char *value);
void redis_words_add_number(struct redis_words *words, const char *name, uint64_t value);

bool redis_words_put(const struct redis_words *words, struct redis *redis, struct failure *failure);

#endif
