/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last answers to a question whose answer never changes and takes long to find: which
 * application a host name or an address belongs to. Names come again and again, so most are here.
 *
 * One line of 64 bytes a place; a question has one place, and takes it from the one before. The
 * whole question is compared: no answer is ever another question's. One thread.
 */
#ifndef SLUICE_ANSWERS_H
#define SLUICE_ANSWERS_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

enum { ANSWERS_PLACES = 4096, ANSWERS_QUESTION_BYTES = 61 };

struct answer {
	_Alignas(64) uint16_t answer;
	uint8_t bytes; /* of the question; 0 no answer is here */
	uint8_t question[ANSWERS_QUESTION_BYTES];
};

struct answers {
	struct answer *places;
};

/* False when memory cannot be had. */
bool answers_begin(struct answers *answers);
void answers_end(struct answers *answers);

/* Where this question's answer is or belongs. NULL: the question is empty or longer than
 * ANSWERS_QUESTION_BYTES, and has no place. */
struct answer *answers_place(const struct answers *answers, struct span question);

/* Is it that question's? */
bool answer_is_of(const struct answer *place, struct span question);

/* Puts an answer into its place. */
void answer_put(struct answer *place, struct span question, uint16_t answer);

#endif
