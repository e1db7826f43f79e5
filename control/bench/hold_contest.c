/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * B10, its first half: what it costs to hold a packet, one push and one pop with so many held at a
 * time, by the timing wheel and by a binary heap of the same 32-byte entries.
 */
#include "control/bench/contest.h"

#include "dataplane/io/tsc.h"
#include "dataplane/pipeline.h"
#include "dataplane/prng.h"
#include "dataplane/wheel.h"

#include <math.h>
#include <stdlib.h>

enum { OPERATIONS = 1 << 20, MEAN_NS = 100000000, QUEUES = 10000 };

struct heap {
	struct wheel_entry *entries; /* from 1 */
	uint32_t count;
};

struct run {
	struct setting setting;
	struct wheel *wheel;
	struct heap heap;
	uint64_t now_ns, step_ns, pushed;
	uint64_t leaves_ns[BURST];
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

static void end(void *state)
{
	struct run *run = state;

	wheel_free(run->wheel);
	free(run->heap.entries);
	free(run);
}

static void with_wheel(struct run *run)
{
	struct wheel_entry due[BURST];
	unsigned took = BURST;

	while (took == BURST)
		took = wheel_pop(run->wheel, run->now_ns, due, BURST);
	for (unsigned i = 0; i < BURST; i++)
		wheel_push(run->wheel, run->leaves_ns[i], i, (struct held){.bytes = 1500});
}

static void with_heap(struct run *run)
{
	while (run->heap.count && run->heap.entries[1].time_ns <= run->now_ns)
		heap_pop(&run->heap);
	for (unsigned i = 0; i < BURST; i++)
		heap_push(&run->heap, (struct wheel_entry){run->leaves_ns[i], i, {.bytes = 1500}});
}

/* Each stays as long as its queue is: from half to one and a half of the mean. */
static void next_burst(struct run *run)
{
	run->now_ns += run->step_ns;
	for (unsigned i = 0; i < BURST; i++)
		run->leaves_ns[i] =
			run->now_ns + MEAN_NS / 2 + prng_draw(1, run->pushed++ % QUEUES) % MEAN_NS;
}

/* Ticks of so many pushes and as many pops. */
static uint64_t hold(struct run *run, uint64_t operations)
{
	uint64_t ticks = 0;

	for (uint64_t n = 0; n < operations; n += BURST) {
		uint64_t begin;

		next_burst(run);
		begin = tsc_now();
		if (run->wheel)
			with_wheel(run);
		else
			with_heap(run);
		ticks += tsc_now() - begin;
	}
	return ticks;
}

static void *begin_with(const struct setting *setting, bool heap, struct failure *failure)
{
	struct run *run = calloc(1, sizeof(*run));
	uint32_t limit = setting->flows * 2 + BURST;

	if (run) {
		run->setting = *setting;
		run->step_ns = (uint64_t)MEAN_NS * BURST / setting->flows;
		if (heap)
			run->heap.entries = calloc(limit + 1, sizeof(*run->heap.entries));
		else
			run->wheel = wheel_new(limit);
	}
	if (!run || (!run->wheel && !run->heap.entries)) {
		failure_set(failure, EXIT_REFUSED, "no memory to hold so many packets");
		free(run);
		return NULL;
	}
	hold(run, setting->flows * 3ull); /* until as many are held as will be */
	return run;
}

static void *begin_wheel(const struct setting *setting, struct failure *failure)
{
	return begin_with(setting, false, failure);
}

static void *begin_heap(const struct setting *setting, struct failure *failure)
{
	return begin_with(setting, true, failure);
}

static double trial(void *state)
{
	struct run *run = state;
	double cycles = (double)hold(run, OPERATIONS) / OPERATIONS;
	uint32_t held = run->wheel ? wheel_count(run->wheel) : run->heap.count;

	return fabs((double)held / run->setting.flows - 1) < 0.1 ? cycles : NAN;
}

static const struct setting settings[] = {
	{.label = "1k held", .flows = 1000},
	{.label = "100k held", .flows = 100000},
	{.label = "1M held", .flows = 1000000, .slow = true},
	{.label = NULL},
};

static const struct target targets[] = {
	{"1M held", NULL, 80},
	{NULL, NULL, 0},
};

const struct contest contest_hold = {
	.id = "B10-hold",
	.title = "a packet held and let go, in 10,000 queues of 50 to 150 ms",
	.unit = "TSC cycles a packet",
	.settings = settings,
	.contenders =
		{
			{"sluice", begin_wheel, trial, end},
			{"binary heap", begin_heap, trial, end},
		},
	.targets = targets,
};
