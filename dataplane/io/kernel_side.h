/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's side of a box's xdp: ports: who steers what where, in terms of port pairs. Ports of
 * other kinds are passed over. */
#ifndef SLUICE_KERNEL_SIDE_H
#define SLUICE_KERNEL_SIDE_H

#include "dataplane/io/port.h"
#include "dataplane/xdp/steer.h"

/* All ports are open and workers run: frames go where they belong from now on. */
bool kernel_side_begin(struct port *ports, unsigned count, const struct prefix *scope,
	size_t scope_count, bool bypass, struct trouble *trouble);

/* How the port's frames cross, for the user: one line without a newline; false: it is no xdp: port.
 */
bool kernel_side_describe(const struct port *port, char *line, size_t size);

/* Once a second or so. True when what kernel_side_describe() says has changed. */
bool kernel_side_tend(struct port *port);

/* Which way the frames went that came in; zero when it is no xdp: port. */
void kernel_side_counters(const struct port *port, struct steer_counters *counters);

#endif
