/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/kernel_side.h"

#include <stdio.h>
#include <string.h>

bool kernel_side_begin(struct port *ports, unsigned count, const struct prefix *scope,
	size_t scope_count, bool bypass, struct trouble *trouble)
{
	for (unsigned i = 0; i < count; i++) {
		struct steer_options options = {
			.other = ports[i ^ 1].interface[0] ? ports[i ^ 1].interface : NULL,
			.scope = scope,
			.scope_count = scope_count,
			.frame_max = ports[i].frame_max,
			.bypass = bypass,
		};

		if (ports[i].steer && !steer_serve(ports[i].steer, &options, trouble))
			return false;
	}
	return true;
}

bool kernel_side_describe(const struct port *port, char *line, size_t size)
{
	if (!port->steer)
		return false;
	snprintf(line, size, "%s XDP; what is out of scope%s crosses %s",
		steer_native(port->steer) ? "native" : "generic (slow)",
		steer_bypasses(port->steer) ? ", or free by all rules," : "",
		steer_redirects(port->steer) ? "in the kernel" : "by user space");
	return true;
}

bool kernel_side_tend(struct port *port)
{
	return port->steer && steer_tend(port->steer);
}

void kernel_side_counters(const struct port *port, struct steer_counters *counters)
{
	if (port->steer)
		steer_counters(port->steer, counters);
	else
		memset(counters, 0, sizeof(*counters));
}
