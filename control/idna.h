/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names as people write them to names as they go over the wire: U-labels to A-labels (RFC 5890,
 * 5891; mapped before that as UTS 46 says, so that case and width do not matter). The only user of
 * libidn2.
 */
#ifndef SLUICE_IDNA_H
#define SLUICE_IDNA_H

#include "arena.h"

/* The pattern (names.h) with every label beyond ASCII as "xn--..."; the text itself when it has
 * none. NULL and *why when that cannot be: a part of a label has no such form. */
const char *idna_pattern(struct arena *arena, const char *pattern, const char **why);

#endif
