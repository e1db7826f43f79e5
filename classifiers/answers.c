/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/answers.h"

#include <stdlib.h>
#include <string.h>

bool answers_begin(struct answers *answers)
{
	answers->places = aligned_alloc(64, ANSWERS_PLACES * sizeof(struct answer));
	if (answers->places)
		memset(answers->places, 0, ANSWERS_PLACES * sizeof(struct answer));
	return answers->places;
}

void answers_end(struct answers *answers)
{
	free(answers->places);
	answers->places = NULL;
}

/* Which place is nobody's secret: who fills one with questions of his own makes others slow, not
 * wrong. */
static uint32_t hash_of(struct span question)
{
	uint64_t hash = question.len, word = 0;
	uint32_t at = 0;

	for (; at + sizeof(word) <= question.len; at += sizeof(word)) {
		memcpy(&word, question.data + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, question.data + at, question.len - at);
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(hash >> 32) % ANSWERS_PLACES;
}

struct answer *answers_place(const struct answers *answers, struct span question)
{
	if (!question.len || question.len > ANSWERS_QUESTION_BYTES)
		return NULL;
	return &answers->places[hash_of(question)];
}

bool answer_is_of(const struct answer *place, struct span question)
{
	return place->bytes == question.len &&
	       !memcmp(place->question, question.data, question.len);
}

void answer_put(struct answer *place, struct span question, uint16_t answer)
{
	place->answer = answer;
	place->bytes = (uint8_t)question.len;
	memcpy(place->question, question.data, question.len);
}
