/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that were lost after the program had redirected them: what steer_counters() says went to
 * user space or to the other port, less these, arrived there. Watched by programs on the kernel's
 * tracepoints, which end with this process.
 */
#ifndef SLUICE_LOSSES_H
#define SLUICE_LOSSES_H

#include "dataplane/xdp/steer_maps.h"

struct losses;

/* NULL when the kernel cannot tell (no BTF, an old one). */
struct losses *losses_new(unsigned interface);
void losses_free(struct losses *losses);

struct steer_losses losses_read(const struct losses *losses);

#endif
