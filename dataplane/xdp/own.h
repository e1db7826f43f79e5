/* SPDX-License-Identifier: BSD-3-Clause */
/* An interface's own addresses, for the program's map of them. */
#ifndef SLUICE_OWN_H
#define SLUICE_OWN_H

#include "dataplane/xdp/steer_maps.h"

#include <stdbool.h>
#include <stddef.h>

struct own {
	struct steer_address addresses[STEER_OWN_MAX];
	size_t count;
	__u16 mac[3]; /* as steer_setup.mac */
};

/* Reads them from the kernel. False when it refuses. */
bool own_read(struct own *own, const char *interface);

/* Makes the map hold just these. An address that stays is there at every instant. */
bool own_write(const struct own *own, int map);

#endif
