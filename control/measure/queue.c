/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/queue.h"

#include <math.h>

static const double delay_least_us = 3000;
static const double delay_share = 0.04; /* of the least round trip */

enum { PARTS = 8, SAMPLES_LEAST = 16 };

/* Data that arrived while there was a queue, part by part. */
struct parts {
	double bytes[PARTS], seconds[PARTS];
	double busy_s;
	size_t samples;
};

double queue_least_us(double base_us)
{
	double share = base_us * delay_share;

	return share > delay_least_us ? share : delay_least_us;
}

static double arrived_s(const struct copy *copy)
{
	return (double)copy->time_ns / 1e9 + copy->rtt_us / 1e6;
}

/* From one acknowledged copy to the next, both of which had waited. */
static void add_step(
	struct parts *parts, const struct copy *from, const struct copy *to, unsigned part)
{
	double seconds = arrived_s(to) - arrived_s(from);

	if (seconds <= 0 || to->begin <= from->begin)
		return;
	parts->bytes[part] += (double)(to->begin + to->payload - from->begin - from->payload);
	parts->seconds[part] += seconds;
	parts->busy_s += seconds;
	parts->samples++;
}

static struct parts walk(const struct journal *journal, const struct burst *burst, double long_us)
{
	const struct copy *before = NULL;
	struct parts parts = {0};

	for (uint32_t i = burst->first; i < burst->end; i++) {
		const struct copy *copy = &journal->copies[i];

		if (!copy->rtt_us)
			continue;
		if (before && before->rtt_us > long_us && copy->rtt_us > long_us)
			add_step(&parts, before, copy,
				(i - burst->first) * PARTS / (burst->end - burst->first));
		before = copy;
	}
	return parts;
}

static void take_rate(struct queue_evidence *evidence, const struct parts *parts)
{
	double bytes = 0, seconds = 0, squares = 0;
	int used = 0;

	for (int i = 0; i < PARTS; i++) {
		bytes += parts->bytes[i];
		seconds += parts->seconds[i];
	}
	if (seconds <= 0)
		return;
	evidence->rate = bytes / seconds;
	for (int i = 0; i < PARTS; i++) {
		double off;

		if (parts->seconds[i] < seconds / (2 * PARTS))
			continue;
		off = parts->bytes[i] / parts->seconds[i] / evidence->rate - 1;
		squares += off * off;
		used++;
	}
	evidence->spread = used > 1 ? sqrt(squares / used) : 1;
}

struct queue_evidence queue_look(
	const struct journal *journal, const struct burst *burst, double base_us, uint32_t *values)
{
	double least_us = queue_least_us(base_us), duration_s;
	struct queue_evidence evidence = {0};
	struct parts parts;
	size_t count = 0;

	for (uint32_t i = burst->first; i < burst->end; i++) {
		if (journal->copies[i].rtt_us)
			values[count++] = journal->copies[i].rtt_us;
	}
	if (base_us <= 0 || count < SAMPLES_LEAST)
		return evidence;
	evidence.delay_us = quantile(values, count, 0.5) - base_us;
	evidence.seen = quantile(values, count, 0.75) > base_us + least_us;
	parts = walk(journal, burst, base_us + least_us);
	duration_s = (double)(journal->copies[burst->end - 1].time_ns -
			      journal->copies[burst->first].time_ns) /
		     1e9;
	evidence.busy = duration_s > 0 ? parts.busy_s / duration_s : 0;
	if (parts.samples >= SAMPLES_LEAST)
		take_rate(&evidence, &parts);
	return evidence;
}
