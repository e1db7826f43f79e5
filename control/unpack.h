/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that were packed with gzip or xz, told by their first bytes. What comes out is bounded, so
 * that a small file cannot become a large one unnoticed. The only user of zlib and liblzma that
 * reads what strangers wrote.
 */
#ifndef SLUICE_UNPACK_H
#define SLUICE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

enum { UNPACK_MEMORY = 128 << 20 }; /* bytes that xz may take to work in */

bool unpack_is_packed(const char *bytes, size_t len);

/* What is in there, several members or streams one after the other; the caller frees. NULL, and
 * *why is static text, when it is broken, ends early, or is more than `max` bytes. */
char *unpack(const char *bytes, size_t len, size_t max, size_t *unpacked, const char **why);

#endif
