/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/bench/steadiness.h"

#include "dataplane/io/tsc.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ADDITIONS = 1000000, TRIES = 5, NS_PER_TICK = 10000000 };

static uint64_t thread_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* In units of 10 ms. */
static uint64_t steal_ticks(void)
{
	unsigned long long fields[8];
	uint64_t steal = 0;
	char line[512], name[32];
	FILE *file = fopen("/proc/stat", "re");

	snprintf(name, sizeof(name), "cpu%d ", sched_getcpu());
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, strlen(name)) &&
			sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu %llu",
				&fields[0], &fields[1], &fields[2], &fields[3], &fields[4],
				&fields[5], &fields[6], &fields[7]) == 8)
			steal = fields[7];
	}
	if (file)
		fclose(file);
	return steal;
}

/* Ticks per addition in a chain: the least of a few, as an interrupt only adds. */
static double probe(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t begin = tsc_now(), sum = begin, ticks = i;

		for (int j = 0; j < ADDITIONS / TRIES; j++) {
			sum += ticks;
			__asm__ volatile("" : "+r"(sum)); /* one after the other */
		}
		ticks = tsc_now() - begin;
		if (ticks < least)
			least = ticks;
	}
	return (double)least / (ADDITIONS / TRIES);
}

struct steadiness steadiness_begin(void)
{
	struct steadiness begin = {.probe = probe(), .steal_ticks = steal_ticks()};

	begin.raw_ns = tsc_raw_ns();
	begin.thread_ns = thread_ns();
	return begin;
}

bool steadiness_kept(const struct steadiness *begin)
{
	double got = (double)(thread_ns() - begin->thread_ns);
	double all = (double)(tsc_raw_ns() - begin->raw_ns);
	double stolen = (double)(steal_ticks() - begin->steal_ticks) * NS_PER_TICK;

	return (all - got) / all <= STEADINESS_LOST_MAX && stolen / all <= STEADINESS_LOST_MAX &&
	       fabs(probe() / begin->probe - 1) <= STEADINESS_CLOCK_MAX;
}
