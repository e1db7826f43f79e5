/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers and vectors taken from the front of a span, big-endian. What is not all there is not
 * taken, so nothing reads beyond the span. Inline because the widths are then constants, which is
 * most of a hello's time.
 */
#ifndef SLUICE_CURSOR_H
#define SLUICE_CURSOR_H

#include "span.h"

#include <stdbool.h>

static inline uint32_t cursor_value(const uint8_t *bytes, uint32_t count)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static inline bool cursor_take(struct span *from, uint32_t count, struct span *taken)
{
	if (from->len < count)
		return false;
	*taken = (struct span){from->data, count};
	from->data += count;
	from->len -= count;
	return true;
}

static inline bool cursor_number(struct span *from, uint32_t width, uint32_t *number)
{
	struct span bytes;

	if (!cursor_take(from, width, &bytes))
		return false;
	*number = cursor_value(bytes.data, width);
	return true;
}

/* A vector with a length of `width` bytes before it. */
static inline bool cursor_vector(struct span *from, uint32_t width, struct span *vector)
{
	uint32_t count;

	return cursor_number(from, width, &count) && cursor_take(from, count, vector);
}

#endif
