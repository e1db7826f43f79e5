/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/readings.h"

#include "dataplane/io/telemetry.h"

bool readings_begin(struct readings *readings, struct box *box, const char *lab,
	const struct ruleset *ruleset, const char *const *ports, unsigned port_count,
	struct failure *failure)
{
	*readings = (struct readings){.box = box};
	if (!snapshot_begin(&readings->last, lab, ruleset, ports, port_count))
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	if (!telemetry_begin())
		return failure_set(failure, EXIT_REFUSED, "DPDK's telemetry does not start");
	return (readings_take(readings) && snapshot_copy(&readings->first, &readings->last)) ||
	       failure_set(failure, EXIT_REFUSED, "out of memory");
}

int readings_fd(void)
{
	return telemetry_fd();
}

bool readings_take(struct readings *readings)
{
	struct box_counters counters;

	if (!box_counters(readings->box, &counters)) {
		box_counters_end(&counters);
		return false;
	}
	box_counters_end(&readings->last.counters);
	readings->last.counters = counters;
	telemetry_publish(&readings->last);
	return true;
}

void readings_rename(struct readings *readings, const struct ruleset *ruleset)
{
	snapshot_rename(&readings->last, ruleset);
}

void readings_end(struct readings *readings)
{
	telemetry_end();
	snapshot_end(&readings->first);
	snapshot_end(&readings->last);
}
