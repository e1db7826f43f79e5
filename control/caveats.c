/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/caveats.h"

void caveats_of_time(
	struct warnings *warnings, const struct timeline *time, const struct outputs_totals *totals)
{
	if (time->small_steps)
		warnings_add(warnings,
			"time runs backwards by less than a second, taken to come at the time of "
			"the packet before: %llu times",
			(unsigned long long)time->small_steps);
	if (time->large_steps)
		warnings_add(warnings,
			"time runs backwards by a second or more (at most %.3f s), taken for the "
			"begin of another recording: %llu times",
			time->largest_step_ns / 1e9, (unsigned long long)time->large_steps);
	if (totals->packets > 1 && totals->first_ns == totals->last_ns)
		warnings_add(warnings, "all packets have the same time: rates mean nothing");
}

struct event_warning {
	enum counter_event event;
	const char *text;
};

static const struct event_warning event_warnings[] = {
	{EVENT_FLOWS_NO_SIDE,
		"flows with neither end inside, so that their initiator is unknown and rules that "
		"ask for it do not match (say which addresses are inside with --inside CIDR)"},
	{EVENT_FLOWS_CUT,
		"flows without a name whose payload the capture's snap length cut while it was "
		"inspected, so that a name may be missed"},
	{EVENT_TRUNCATED, "packets cut within their headers by the capture's snap length"},
	{EVENT_MALFORMED, "malformed packets, forwarded without a flow"},
	{EVENT_FRAGMENT, "IP fragments, forwarded without a flow"},
	{EVENT_OFFLOADED,
		"throttled packets longer than 1500 bytes (captured before segmentation?), which "
		"on the wire would have been several"},
	{EVENT_FLOWS_UNTRACKED,
		"packets that passed without a flow because the table was full (see --flows)"},
	{EVENT_FLOWS_EVICTED_EMBRYONIC, "one-sided flows forgotten early (see --flows)"},
	{EVENT_FLOWS_EVICTED_IDLE, "flows forgotten early (see --flows)"},
	{EVENT_FLOWS_UNEXAMINED, "flows not examined for want of room"},
	{EVENT_STREAMS_REFUSED, "connections not reassembled for want of room"},
	{EVENT_HOSTS_REFUSED, "packets that passed a throttle for want of room for their host"},
};

void caveats_of_events(struct warnings *warnings, const struct counters *counters)
{
	uint64_t full = counters_total(counters).dropped[DROP_HOLD_FULL].packets;

	if (full)
		warnings_add(warnings,
			"packets dropped because too many were held, which says nothing about the "
			"model (see --hold): %llu",
			(unsigned long long)full);
	for (size_t i = 0; i < sizeof(event_warnings) / sizeof(event_warnings[0]); i++) {
		uint64_t count = counters->events[event_warnings[i].event];

		if (count)
			warnings_add(warnings, "%s: %llu", event_warnings[i].text,
				(unsigned long long)count);
	}
}
