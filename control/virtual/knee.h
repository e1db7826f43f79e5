/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a transfer changes its rate for good. */
#ifndef SLUICE_KNEE_H
#define SLUICE_KNEE_H

#include "control/virtual/connection.h"

/* The bytes at the reading where two straight lines, one to it and one from it, are nearest to the
 * readings; 0 when there are fewer than 8. */
double knee_find(const struct reading *readings, size_t count, uint64_t begin_ns);

#endif
