/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * On which lists of a ruleset the names of young flows were: bitmaps, bounded, of the size that the
 * ruleset needs. One thread.
 */
#ifndef SLUICE_SIGHTINGS_H
#define SLUICE_SIGHTINGS_H

#include "classifiers/pool.h"

enum { SIGHTING_SIZES = 6 };

struct sightings {
	struct pool blocks[SIGHTING_SIZES]; /* of 1, 4, 16, 64, 256 and 1,024 words */
	uint32_t limit, words;
	uint32_t size; /* index of the pool in use */
};

/* `limit`: most bitmaps of each size. */
void sightings_begin(struct sightings *sightings, uint32_t limit);
void sightings_end(struct sightings *sightings);

/* Bitmaps that are taken from now on have so many 64-bit words; those taken before stay. Asks the
 * system for address space the first time a size is wanted; when it refuses, none is there. */
void sightings_fit(struct sightings *sightings, uint32_t words);

/* A handle of a cleared bitmap, 0 when there is no room. */
uint32_t sightings_take(struct sightings *sightings);
uint64_t *sightings_at(const struct sightings *sightings, uint32_t handle);
void sightings_give(struct sightings *sightings, uint32_t handle); /* 0 is fine */

#endif
