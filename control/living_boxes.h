/* SPDX-License-Identifier: BSD-3-Clause */
/* Boxes that run on this machine, found by their telemetry sockets: a dead one's does not answer.
 */
#ifndef SLUICE_LIVING_BOXES_H
#define SLUICE_LIVING_BOXES_H

#include "failure.h"

/* A connection to the box of that name, or to the only one (NULL); the caller closes it. -1 with
 * *failure set: there is none, or there are several (says which). */
int living_box(const char *lab, struct failure *failure);

#endif
