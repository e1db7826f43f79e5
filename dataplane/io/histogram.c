/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/histogram.h"

static unsigned place_of(uint64_t value)
{
	unsigned octave;

	if (value < HISTOGRAM_STEPS)
		return (unsigned)value;
	octave = 63 - HISTOGRAM_BITS - (unsigned)__builtin_clzll(value);
	/* The highest bit stays in the shifted value, so the first octave follows the exact part.
	 */
	return octave * HISTOGRAM_STEPS + (unsigned)(value >> octave);
}

static uint64_t highest_of(unsigned place)
{
	unsigned octave = place / HISTOGRAM_STEPS;
	uint64_t step = place % HISTOGRAM_STEPS;

	if (octave == 0)
		return step;
	/* Of the last place the shift leaves nothing, and 0 - 1 is what it should be. */
	return ((HISTOGRAM_STEPS + step + 1) << (octave - 1)) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->count++;
	histogram->places[place_of(value)]++;
	if (value > histogram->most)
		histogram->most = value;
}

uint64_t histogram_at(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;

	if ((double)wanted < share * (double)histogram->count || wanted == 0)
		wanted++;
	for (unsigned place = 0; place < HISTOGRAM_PLACES; place++) {
		seen += histogram->places[place];
		if (seen >= wanted)
			return highest_of(place) < histogram->most ? highest_of(place)
								   : histogram->most;
	}
	return histogram->most;
}
