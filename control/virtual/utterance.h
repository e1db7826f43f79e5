/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host says first: the bytes of one message of the traffic script, and where they are cut.
 */
#ifndef SLUICE_UTTERANCE_H
#define SLUICE_UTTERANCE_H

#include "classifiers/span.h"
#include "control/virtual/cargo.h"
#include "control/virtual/script.h"

enum { UTTERANCE_ROOM = 24000 };

struct utterance {
	uint8_t bytes[UTTERANCE_ROOM];
	uint32_t len;
};

/* `number`: which of the step's count, from 0. `tcp`: OpenVPN writes a length before it then.
 * *side: who says it. */
void utter(struct utterance *utterance, const struct script_step *step, uint64_t seed,
	unsigned number, bool tcp, enum cargo_side *side);

/* Piece i of those that the step cuts it into, which are as long as each other. */
struct span utterance_piece(
	const struct utterance *utterance, const struct script_step *step, unsigned i);
unsigned utterance_pieces(const struct utterance *utterance, const struct script_step *step);

/* Writing; what does not fit any more is left out. */
void utter_put(struct utterance *utterance, uint64_t value, unsigned width);
void utter_bytes(struct utterance *utterance, const void *bytes, size_t len);
void utter_noise(struct utterance *utterance, size_t len, uint64_t seed);
/* Fills in the width bytes at `at` how many bytes have come after them. */
void utter_length(struct utterance *utterance, uint32_t at, unsigned width);

#endif
