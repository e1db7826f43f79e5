/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/pace.h"

#define SECOND_NS 1000000000ull

typedef unsigned __int128 wide;

static uint64_t length_of(const struct pace *pace, const struct parcel *parcel)
{
	return pace->kind == PACE_BITS      ? parcel_wire_bytes(parcel) * 8ull
	       : pace->kind == PACE_PACKETS ? 1
					    : 0;
}

static void lay_out_capture(struct pace *pace, const struct parcel *parcels, size_t count)
{
	uint64_t span = count ? parcels[count - 1].position : 0;

	pace->pass_units = count > 1 ? span + span / (count - 1) : 0;
}

void pace_lay_out(struct pace *pace, struct parcel *parcels, size_t count)
{
	uint64_t at = 0;

	if (pace->kind == PACE_CAPTURE) {
		lay_out_capture(pace, parcels, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		parcels[i].position = at;
		at += length_of(pace, &parcels[i]);
	}
	pace->pass_units = at;
}

uint64_t pace_due(const struct pace *pace, uint64_t pass, uint64_t position)
{
	wide units = (wide)pass * pace->pass_units + position;
	/* Seconds and their rest apart: units times SECOND_NS may be more than 128 bits. */
	wide seconds = units / pace->units_per_second;
	uint64_t rest = (uint64_t)(units % pace->units_per_second);

	if (seconds > UINT64_MAX / SECOND_NS - 1)
		return UINT64_MAX;
	return (uint64_t)seconds * SECOND_NS +
	       (uint64_t)((wide)rest * SECOND_NS / pace->units_per_second);
}

/* Of the n-th packet of all passes, from 0. */
static uint64_t due_of(
	const struct pace *pace, const struct parcel *parcels, size_t count, uint64_t n)
{
	return pace_due(pace, n / count, parcels[n % count].position);
}

/* How many packets of the first `most` are due before; due times never fall. */
static uint64_t due_before(const struct pace *pace, const struct parcel *parcels, size_t count,
	uint64_t most, uint64_t duration_ns)
{
	uint64_t low = 0, high = most;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (due_of(pace, parcels, count, middle) < duration_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t packets_of(const struct pace *pace, const struct parcel *parcels, size_t count,
	const struct pace_limits *limits)
{
	uint64_t packets = UINT64_MAX;

	if (limits->passes && limits->passes <= UINT64_MAX / count)
		packets = limits->passes * count;
	if (limits->packets && limits->packets < packets)
		packets = limits->packets;
	if (limits->duration_ns)
		packets = due_before(pace, parcels, count, packets, limits->duration_ns);
	return packets;
}

struct pace_plan pace_plan(const struct pace *pace, const struct parcel *parcels, size_t count,
	const struct pace_limits *limits)
{
	struct pace_plan plan = {0};
	uint64_t passes, rest;

	if (!count)
		return plan;
	plan.packets = packets_of(pace, parcels, count, limits);
	if (plan.packets == UINT64_MAX || !plan.packets)
		return plan;
	passes = plan.packets / count;
	rest = plan.packets % count;
	for (size_t i = 0; i < count; i++) {
		uint64_t times = passes + (i < rest);

		plan.bytes += times * parcels[i].bytes;
		plan.wire_bytes += times * parcel_wire_bytes(&parcels[i]);
	}
	plan.last_ns = due_of(pace, parcels, count, plan.packets - 1);
	return plan;
}
