/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time for the live box: the processor's time stamp counter, calibrated against
 * CLOCK_MONOTONIC_RAW to better than 1 ppm and refined while running. DPDK's own figure
 * (rte_get_tsc_hz) is rounded and up to 0.2 % wrong. Nanoseconds are those of
 * CLOCK_MONOTONIC_RAW, so they compare between processes.
 *
 * One writer (the control thread) refines; workers convert without locks: a conversion is a 64 x 64
 * to 128 bit multiplication and a shift. Refinement bends the line at its end: time never steps.
 * It bends by at most half a ppm, so that rates stay true while an offset is worked off.
 *
 * On arm64 the counter is cntvct_el0; elsewhere it is CLOCK_MONOTONIC_RAW itself.
 */
#ifndef SLUICE_TSC_H
#define SLUICE_TSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ns = base_ns + ((tsc - base_tsc) * mult >> 32) */
struct tsc_line {
	uint64_t base_tsc, base_ns;
	uint64_t mult; /* ns per tick, 32 fraction bits */
};

struct tsc; /* aligned to a cache line, shared by all threads */

/* Takes about 200 ms, mostly asleep. NULL when the counter is not invariant or memory is gone. */
struct tsc *tsc_new(void);
void tsc_free(struct tsc *tsc);

/* Call about once a second. Takes some microseconds. */
void tsc_refine(struct tsc *tsc);

/* A consistent copy; cheap enough for once a burst. */
struct tsc_line tsc_line(const struct tsc *tsc);

/* Measured, over the last half minute or more once that long has passed. */
double tsc_hz(const struct tsc *tsc);

/* Wall clock at tsc_line.base_ns == 0, as it was in tsc_new(): add it to get nanoseconds since the
 * epoch. Modulo 2^64, like the sum. */
uint64_t tsc_epoch_ns(const struct tsc *tsc);

uint64_t tsc_raw_ns(void); /* CLOCK_MONOTONIC_RAW */

/* Ticks, not serialised. */
static inline uint64_t tsc_now(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return tsc_raw_ns();
#endif
}

/* Also right for a tick that was read just before the line was bent. */
static inline uint64_t tsc_ns(const struct tsc_line *line, uint64_t tsc)
{
	return line->base_ns +
	       (uint64_t)((__int128)(int64_t)(tsc - line->base_tsc) * line->mult >> 32);
}

/* The first tick at which tsc_ns() is at least ns, which is within 292 years of the base. Divides.
 */
uint64_t tsc_at(const struct tsc_line *line, uint64_t ns);

/*
 * The arithmetic, apart from the clocks.
 *
 * A sample is the clock read between two readings of the counter: `tsc` lies in the middle, and
 * the truth within `width` ticks. An interrupted one is wide.
 */
struct tsc_sample {
	uint64_t tsc, ns, width;
};

/* The slope of least squares in ns per tick, 32 fraction bits. Samples more than twice as wide as
 * the narrowest are left out. False when those that remain are all at one tick. */
bool tsc_fit(const struct tsc_sample *samples, size_t count, uint64_t *mult);

/* The line that leaves `line` at the sample's tick, has the slope `mult`, and works off what the
 * sample's ns differs. */
struct tsc_line tsc_bend(
	const struct tsc_line *line, uint64_t mult, const struct tsc_sample *sample);

#endif
