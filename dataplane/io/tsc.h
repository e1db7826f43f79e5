/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time for the live box: the processor's time stamp counter, calibrated against
 * CLOCK_MONOTONIC_RAW to better than 1 ppm and refined while running. DPDK's own figure
 * (rte_get_tsc_hz) is rounded and up to 0.2 % wrong.
 *
 * One writer (the control thread) refines; workers convert without locks: a conversion is a 64 x 64
 * to 128 bit multiplication and a shift. Refinement bends the line at its end: time never steps.
 */
#ifndef SLUICE_TSC_H
#define SLUICE_TSC_H

#include <stdbool.h>
#include <stdint.h>

/* ns = base_ns + ((tsc - base_tsc) * mult >> 32) */
struct tsc_line {
	uint64_t base_tsc, base_ns;
	uint64_t mult; /* ns per tick, 32 fraction bits */
};

struct tsc; /* aligned to a cache line, shared by all threads */

/* Takes about 200 ms. NULL when the counter is not invariant or memory is gone. */
struct tsc *tsc_new(void);
void tsc_free(struct tsc *tsc);

/* Call about once a second. */
void tsc_refine(struct tsc *tsc);

/* A consistent copy; cheap enough for once a burst. */
struct tsc_line tsc_line(const struct tsc *tsc);

uint64_t tsc_now(void); /* ticks, not serialised */
double tsc_hz(const struct tsc *tsc);

/* Wall clock at tsc_line.base_ns == 0: add it to get nanoseconds since the epoch. */
uint64_t tsc_epoch_ns(const struct tsc *tsc);

static inline uint64_t tsc_ns(const struct tsc_line *line, uint64_t tsc)
{
	return line->base_ns + (uint64_t)((__uint128_t)(tsc - line->base_tsc) * line->mult >> 32);
}

/* The first tick at which tsc_ns() is at least ns. */
uint64_t tsc_at(const struct tsc_line *line, uint64_t ns);

#endif
