/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of ports when a box begins: link, MTU, queues, offloads, and what of it harms. */
#ifndef SLUICE_ANNOUNCE_H
#define SLUICE_ANNOUNCE_H

#include "dataplane/io/notes.h"
#include "dataplane/io/port.h"

/* `number`: even ones are inside. */
void announce_port(struct notes *notes, const struct port *port, unsigned number);

/* A pair's two ports, once both are open; `first` is the number of the inside one. */
void announce_pair(struct notes *notes, const struct port pair[2], unsigned first);

#endif
