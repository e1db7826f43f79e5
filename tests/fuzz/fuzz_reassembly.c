/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments at any place, beside a model that keeps one flag a byte. The first byte chooses the way
 * (odd: full), the next four the start; then each segment is 4 bytes of place, 2 of length and one
 * to fill it with. Places are signed and divided by 2^16 unless the length is odd, so that most are
 * near the start.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/reassembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENTS = 64 }; /* looked at: enough for every run, few enough to be quick */

static struct model {
	bool over;
	bool there[REASSEMBLY_BYTES];
	uint8_t bytes[REASSEMBLY_BYTES];
} model;

/* From `at`, the first byte that is there, or is not. */
static uint32_t model_next(uint32_t at, bool there)
{
	const void *found = memchr(model.there + at, there, REASSEMBLY_BYTES - at);

	return found ? (uint32_t)((const bool *)found - model.there) : REASSEMBLY_BYTES;
}

static uint32_t model_contiguous(void)
{
	return model_next(0, false);
}

static uint32_t model_runs(void)
{
	uint32_t runs = 0;

	for (uint32_t at = model_next(0, true); at < REASSEMBLY_BYTES;
		at = model_next(model_next(at, false), true))
		runs++;
	return runs;
}

/* A segment that would need one run too many is not taken, and nothing is after it. */
static void model_add(enum reassembly_way way, int64_t at, uint32_t len, uint8_t byte)
{
	static bool before[REASSEMBLY_BYTES];

	if (model.over || len == 0)
		return;
	if (way == REASSEMBLY_IN_ORDER && at > model_contiguous()) {
		model.over = true;
		return;
	}
	memcpy(before, model.there, sizeof(before));
	for (int64_t i = at; i < at + len; i++) {
		if (i < 0 || i >= REASSEMBLY_BYTES || model.there[i])
			continue;
		model.there[i] = true;
		model.bytes[i] = (uint8_t)(byte + i);
	}
	if (model_runs() > REASSEMBLY_RUNS) {
		memcpy(model.there, before, sizeof(before));
		model.over = true;
	}
}

static struct span real_add(struct reassembly *stream, enum reassembly_way way, uint32_t seq,
	int64_t at, uint32_t len, uint8_t byte)
{
	uint8_t *segment = malloc(len);
	struct span contiguous;

	for (uint32_t i = 0; i < len; i++)
		segment[i] = (uint8_t)(byte + at + i);
	contiguous = reassembly_add(stream, way, seq, (struct span){segment, len});
	free(segment);
	return contiguous;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reassembly stream;
	enum reassembly_way way;
	uint32_t start, place;
	uint16_t len;

	if (size < 5)
		return 0;
	way = data[0] & 1 ? REASSEMBLY_FULL : REASSEMBLY_IN_ORDER;
	memcpy(&start, data + 1, 4);
	reassembly_begin(&stream, start);
	memset(&model, 0, sizeof(model));
	if (size > 5 + 7 * SEGMENTS)
		size = 5 + 7 * SEGMENTS;
	for (data += 5, size -= 5; size >= 7; data += 7, size -= 7) {
		struct span contiguous;
		int64_t at;

		memcpy(&place, data, 4);
		memcpy(&len, data + 4, 2);
		len &= REASSEMBLY_BYTES - 1;
		at = len & 1 ? (int32_t)place : (int32_t)place / 65536;
		contiguous = real_add(&stream, way, start + (uint32_t)at, at, len, data[6]);
		model_add(way, at, len, data[6]);
		assert(stream.over == model.over);
		assert(contiguous.len == model_contiguous());
		assert(memcmp(contiguous.data, model.bytes, contiguous.len) == 0);
	}
	return 0;
}
