/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host-name patterns as a document or a list file has them, to the form in which names.h takes
 * them: in A-labels (idna.h) and in small letters, all but regular expressions.
 */
#ifndef SLUICE_PATTERNS_H
#define SLUICE_PATTERNS_H

#include "references.h"

/* Into the references' arena. Those that references_skip() leaves out are not counted. False after
 * a failure at the one that is none. */
bool patterns_read(const struct references *references, const struct items *items,
	const char ***patterns, uint32_t *count);

#endif
