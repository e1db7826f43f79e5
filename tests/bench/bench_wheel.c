/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it costs to hold a packet: one push and one pop, with so many held at a time, by the timing
 * wheel and by a binary heap of the same 32-byte entries. Both see the same times in turns, several
 * rounds, the median counts.
 *
 *   build/tests/bench/bench_wheel [ROUNDS]
 */
#include "dataplane/prng.h"
#include "dataplane/wheel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

enum { OPERATIONS = 2000000, BATCH = 32, ROUNDS_MAX = 99 };

struct heap {
	struct wheel_entry *entries; /* from 1 */
	uint32_t count;
};

static void heap_push(struct heap *heap, struct wheel_entry entry)
{
	uint32_t at = ++heap->count;

	for (; at > 1 && heap->entries[at / 2].time_ns > entry.time_ns; at /= 2)
		heap->entries[at] = heap->entries[at / 2];
	heap->entries[at] = entry;
}

static struct wheel_entry heap_pop(struct heap *heap)
{
	struct wheel_entry first = heap->entries[1], last = heap->entries[heap->count--];
	uint32_t at = 1;

	for (uint32_t child = 2; child <= heap->count; at = child, child *= 2) {
		if (child < heap->count &&
			heap->entries[child + 1].time_ns < heap->entries[child].time_ns)
			child++;
		if (heap->entries[child].time_ns >= last.time_ns)
			break;
		heap->entries[at] = heap->entries[child];
	}
	heap->entries[at] = last;
	return first;
}

static uint64_t ticks(void)
{
#ifdef __x86_64__
	return __rdtsc();
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
#endif
}

enum stay { DRAWN, SAME, BY_QUEUE };

/* Packets come evenly, and each stays for 0 to twice the mean, or for the mean, or in one of ten
 * thousand queues, which are from half to one and a half of the mean long. */
struct load {
	const char *word;
	uint32_t held; /* in the mean */
	uint64_t mean_ns;
	enum stay stay;
};

static uint64_t stay(const struct load *load, uint64_t n)
{
	switch (load->stay) {
	case DRAWN:
		return 1 + prng_draw(1, n) % (2 * load->mean_ns);
	case BY_QUEUE:
		return load->mean_ns / 2 + prng_draw(1, n % 10000) % load->mean_ns;
	default:
		return load->mean_ns;
	}
}

static double with_wheel(const struct load *load, uint64_t *sum)
{
	struct wheel *wheel = wheel_new(load->held * 2 + BATCH);
	struct held held = {.bytes = 1500};
	struct wheel_entry due[BATCH];
	uint64_t began = 0, step_ns = load->mean_ns * BATCH / load->held, now_ns = 0;

	for (uint64_t n = 0; n < load->held * 3ull + OPERATIONS; n += BATCH, now_ns += step_ns) {
		if (!began && n >= load->held * 3ull)
			began = ticks();
		for (unsigned took = BATCH; took == BATCH;) {
			took = wheel_pop(wheel, now_ns, due, BATCH);
			for (unsigned i = 0; i < took; i++)
				*sum += due[i].handle;
		}
		for (unsigned i = 0; i < BATCH; i++)
			wheel_push(wheel, now_ns + stay(load, n + i), n + i, held);
	}
	began = ticks() - began;
	wheel_free(wheel);
	return (double)began / OPERATIONS;
}

static double with_heap(const struct load *load, uint64_t *sum)
{
	struct heap heap = {calloc(load->held * 2 + 2 * BATCH, sizeof(*heap.entries)), 0};
	uint64_t began = 0, step_ns = load->mean_ns * BATCH / load->held, now_ns = 0;

	for (uint64_t n = 0; n < load->held * 3ull + OPERATIONS; n += BATCH, now_ns += step_ns) {
		if (!began && n >= load->held * 3ull)
			began = ticks();
		while (heap.count && heap.entries[1].time_ns <= now_ns)
			*sum += heap_pop(&heap).handle;
		for (unsigned i = 0; i < BATCH; i++)
			heap_push(&heap, (struct wheel_entry){now_ns + stay(load, n + i), n + i,
						 {.bytes = 1500}});
	}
	began = ticks() - began;
	free(heap.entries);
	return (double)began / OPERATIONS;
}

/* What making the times costs by itself. */
static double with_nothing(const struct load *load, uint64_t *sum)
{
	uint64_t began = ticks();

	for (uint64_t n = 0; n < OPERATIONS; n++)
		*sum += stay(load, n);
	return (double)(ticks() - began) / OPERATIONS;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	static const struct load loads[] = {
		{"1 thousand, 0 to 20 ms", 1000, 10000000, DRAWN},
		{"100 thousand, 0 to 20 ms", 100000, 10000000, DRAWN},
		{"100 thousand, 0 to 200 ms", 100000, 100000000, DRAWN},
		{"100 thousand, 100 ms each", 100000, 100000000, SAME},
		{"1 million, 0 to 200 ms", 1000000, 100000000, DRAWN},
		{"1 million, 0 to 2 s", 1000000, 1000000000, DRAWN},
		{"1 million, 1 s each", 1000000, 1000000000, SAME},
		{"1 million, 10 000 queues", 1000000, 100000000, BY_QUEUE},
	};
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	uint64_t sum = 0;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	printf("%-28s %8s %8s %8s   cycles for a push and a pop\n", "held", "wheel", "heap",
		"ratio");
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		double wheel[ROUNDS_MAX], heap[ROUNDS_MAX];

		for (int round = 0; round < rounds; round++) {
			double nothing = with_nothing(&loads[i], &sum);

			wheel[round] = with_wheel(&loads[i], &sum) - nothing;
			heap[round] = with_heap(&loads[i], &sum) - nothing;
		}
		qsort(wheel, rounds, sizeof(double), by_value);
		qsort(heap, rounds, sizeof(double), by_value);
		printf("%-28s %8.1f %8.1f %8.2f\n", loads[i].word, wheel[rounds / 2],
			heap[rounds / 2], heap[rounds / 2] / wheel[rounds / 2]);
	}
	return sum ? 0 : 1;
}
