/* SPDX-License-Identifier: BSD-3-Clause */
/* Which way frames went in the kernel, at an xdp: port, as people and programs read it. */
#ifndef SLUICE_KERNEL_PATHS_H
#define SLUICE_KERNEL_PATHS_H

#include "dataplane/xdp/steer.h"

#include <jansson.h>
#include <stdio.h>

/* {"scope": {"packets": 3, "bytes": 294}, ..., "lost_behind": {"to_user": 0, "to_other": 0}}; the
 * losses are null when the kernel does not tell. The caller owns it. */
json_t *kernel_paths_json(const struct steer_counters *counters);

/* One line: the paths that were taken. */
void kernel_paths_print(unsigned port, const struct steer_counters *counters, FILE *out);

#endif
