/* SPDX-License-Identifier: BSD-3-Clause */
#include "tsc.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#define SECOND_NS 1000000000ull
#define ONE       4294967296.0 /* 32 fraction bits */

enum {
	ROUNDS = 21,
	ROUND_GAP_NS = 10 * 1000 * 1000,
	READS = 16, /* a round's sample is the narrowest of so many */
	WIDER = 2,  /* samples so many times as wide as the narrowest were interrupted */
};

#define BASELINE_NS (32 * SECOND_NS) /* the frequency's baseline is one to two of these */
#define WORK_OFF_NS (4 * SECOND_NS)  /* a small offset is gone after so long */
#define BEND_MAX    0.5e-6
#define JUMP        50e-6 /* frequencies that differ so much are not one counter's */

/* Fields of `line` are written between two increments of `sequence`: odd while it changes. */
struct tsc {
	_Alignas(64) atomic_uint_fast64_t sequence;
	atomic_uint_fast64_t base_tsc, base_ns, mult;
	atomic_uint_fast64_t frequency; /* ns per tick as measured, 32 fraction bits */
	uint64_t epoch_ns;
	/* The rest is the writer's own. */
	_Alignas(64) struct tsc_sample anchor, next_anchor;
	uint64_t width; /* the narrowest when calibrating */
	bool restarted; /* the baseline, at the last sample */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t tsc_raw_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_RAW);
}

/* The clocks of these sources are the counter, scaled: the kernel vouches for it. A virtual machine
 * often does not show the processor's own word. */
static bool kernel_counts_by_it(void)
{
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
	char word[32] = "";

	if (!file)
		return false;
	if (!fgets(word, sizeof(word), file))
		word[0] = '\0';
	fclose(file);
	word[strcspn(word, "\n")] = '\0';
	return strcmp(word, "tsc") == 0 || strcmp(word, "kvm-clock") == 0 ||
	       strcmp(word, "hyperv_clocksource_tsc_page") == 0;
}

static bool invariant(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned eax, ebx, ecx, edx = 0;
	const unsigned invariant_tsc = 1u << 8;

	if (__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) && (edx & invariant_tsc))
		return true;
	return kernel_counts_by_it();
#else
	(void)kernel_counts_by_it;
	return true;
#endif
}

static struct tsc_sample sample_once(void)
{
	uint64_t before = tsc_now();
	uint64_t ns = tsc_raw_ns();
	uint64_t after = tsc_now();

	return (struct tsc_sample){before + (after - before) / 2, ns, after - before};
}

static struct tsc_sample sample_best(void)
{
	struct tsc_sample best = sample_once();

	for (int i = 1; i < READS; i++) {
		struct tsc_sample sample = sample_once();

		best = sample.width < best.width ? sample : best;
	}
	return best;
}

static uint64_t narrowest(const struct tsc_sample *samples, size_t count)
{
	uint64_t width = UINT64_MAX;

	for (size_t i = 0; i < count; i++)
		width = samples[i].width < width ? samples[i].width : width;
	return width;
}

bool tsc_fit(const struct tsc_sample *samples, size_t count, uint64_t *mult)
{
	uint64_t widest = WIDER * narrowest(samples, count);
	double n = 0, x_mean = 0, y_mean = 0, xx = 0, xy = 0;

	/* Means and sums together, after Welford: no difference of large numbers. */
	for (size_t i = 0; i < count; i++) {
		double x = (double)(int64_t)(samples[i].tsc - samples[0].tsc);
		double y = (double)(int64_t)(samples[i].ns - samples[0].ns);
		double dx = x - x_mean;

		if (samples[i].width > widest)
			continue;
		n++;
		x_mean += dx / n;
		y_mean += (y - y_mean) / n;
		xx += dx * (x - x_mean);
		xy += dx * (y - y_mean);
	}
	if (xx <= 0 || xy <= 0)
		return false;
	*mult = (uint64_t)(xy / xx * ONE + 0.5);
	return true;
}

struct tsc_line tsc_bend(
	const struct tsc_line *line, uint64_t mult, const struct tsc_sample *sample)
{
	uint64_t here_ns = tsc_ns(line, sample->tsc);
	double bend = (double)(int64_t)(sample->ns - here_ns) / WORK_OFF_NS;

	bend = bend > BEND_MAX ? BEND_MAX : bend < -BEND_MAX ? -BEND_MAX : bend;
	return (struct tsc_line){
		sample->tsc, here_ns, (uint64_t)((int64_t)mult + (int64_t)((double)mult * bend))};
}

static void publish(struct tsc *tsc, const struct tsc_line *line, uint64_t frequency)
{
	uint64_t sequence = atomic_load_explicit(&tsc->sequence, memory_order_relaxed);

	atomic_store_explicit(&tsc->sequence, sequence + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&tsc->base_tsc, line->base_tsc, memory_order_relaxed);
	atomic_store_explicit(&tsc->base_ns, line->base_ns, memory_order_relaxed);
	atomic_store_explicit(&tsc->mult, line->mult, memory_order_relaxed);
	atomic_store_explicit(&tsc->frequency, frequency, memory_order_relaxed);
	atomic_store_explicit(&tsc->sequence, sequence + 2, memory_order_release);
}

struct tsc_line tsc_line(const struct tsc *tsc)
{
	uint64_t before, after;
	struct tsc_line line;

	do {
		before = atomic_load_explicit(&tsc->sequence, memory_order_acquire);
		line.base_tsc = atomic_load_explicit(&tsc->base_tsc, memory_order_relaxed);
		line.base_ns = atomic_load_explicit(&tsc->base_ns, memory_order_relaxed);
		line.mult = atomic_load_explicit(&tsc->mult, memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&tsc->sequence, memory_order_relaxed);
	} while (before != after || before % 2);
	return line;
}

static bool calibrate(struct tsc *tsc)
{
	const struct timespec gap = {.tv_nsec = ROUND_GAP_NS};
	struct tsc_sample rounds[ROUNDS];
	struct tsc_line line;
	uint64_t mult;

	for (int i = 0; i < ROUNDS; i++) {
		if (i > 0)
			nanosleep(&gap, NULL);
		rounds[i] = sample_best();
	}
	if (!tsc_fit(rounds, ROUNDS, &mult))
		return false;
	tsc->width = narrowest(rounds, ROUNDS);
	/* The first sample that is narrow enough bears the line and the frequency's baseline. */
	for (int i = ROUNDS - 1; i >= 0; i--) {
		if (rounds[i].width <= WIDER * tsc->width)
			tsc->anchor = rounds[i];
	}
	tsc->next_anchor = tsc->anchor;
	line = (struct tsc_line){tsc->anchor.tsc, tsc->anchor.ns, mult};
	publish(tsc, &line, mult);
	return true;
}

struct tsc *tsc_new(void)
{
	struct tsc *tsc;

	if (!invariant())
		return NULL;
	tsc = aligned_alloc(_Alignof(struct tsc), sizeof(*tsc));
	if (!tsc)
		return NULL;
	memset(tsc, 0, sizeof(*tsc));
	if (!calibrate(tsc)) {
		free(tsc);
		return NULL;
	}
	tsc->epoch_ns = clock_ns(CLOCK_REALTIME) - tsc_raw_ns();
	return tsc;
}

void tsc_free(struct tsc *tsc)
{
	free(tsc);
}

/* Suspended, migrated or reset: the two clocks no longer tell one story. The baseline begins anew,
 * and when the next sample says the same, the counter has another frequency now. */
static bool jumped(struct tsc *tsc, const struct tsc_sample *sample, double frequency)
{
	double known = (double)atomic_load_explicit(&tsc->frequency, memory_order_relaxed);
	bool again = tsc->restarted;

	tsc->restarted = !(fabs(frequency / known - 1) <= JUMP) && !again;
	if (!tsc->restarted && frequency > 0)
		return false;
	tsc->anchor = tsc->next_anchor = *sample;
	return true;
}

void tsc_refine(struct tsc *tsc)
{
	struct tsc_sample sample = sample_best();
	struct tsc_line line = tsc_line(tsc);
	double frequency = (double)(int64_t)(sample.ns - tsc->anchor.ns) /
			   (double)(int64_t)(sample.tsc - tsc->anchor.tsc) * ONE;

	if (sample.width > WIDER * tsc->width)
		return; /* interrupted each time; the next call is a second away */
	if (jumped(tsc, &sample, frequency))
		return;
	line = tsc_bend(&line, (uint64_t)frequency, &sample);
	publish(tsc, &line, (uint64_t)frequency);
	if (sample.ns - tsc->next_anchor.ns < BASELINE_NS)
		return;
	tsc->anchor = tsc->next_anchor;
	tsc->next_anchor = sample;
}

double tsc_hz(const struct tsc *tsc)
{
	return SECOND_NS * ONE /
	       (double)atomic_load_explicit(&tsc->frequency, memory_order_relaxed);
}

uint64_t tsc_epoch_ns(const struct tsc *tsc)
{
	return tsc->epoch_ns;
}

uint64_t tsc_at(const struct tsc_line *line, uint64_t ns)
{
	__int128 ticks_shifted = (__int128)(int64_t)(ns - line->base_ns) * (1ull << 32);
	__int128 mult = line->mult;
	__int128 ticks = ticks_shifted / mult;

	/* Division goes towards zero, which is up for what is negative. */
	return line->base_tsc + (uint64_t)(ticks + (ticks_shifted > ticks * mult));
}
