/* SPDX-License-Identifier: BSD-3-Clause */
/* Which frames may leave by a port that reaches a wire: those whose two ends are within the
 * testbed's prefixes or never leave a link (RFC 3927, 4291, 5771), and those that are not IP. */
#ifndef SLUICE_CONFINES_H
#define SLUICE_CONFINES_H

#include "classifiers/prefixes.h"

#include <stdbool.h>
#include <stdint.h>

struct confines;

/* `scope` is sealed, stays the caller's, and may be NULL: nothing. Never NULL (aborts when memory
 * is gone). The caller frees. */
struct confines *confines_new(const struct prefixes *scope);
void confines_free(struct confines *confines);

/* An Ethernet frame. IP headers that cannot be read are not held. */
bool confines_hold(const struct confines *confines, const uint8_t *frame, uint32_t bytes);

#endif
