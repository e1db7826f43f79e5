/* SPDX-License-Identifier: BSD-3-Clause */
/* Recognises compressed files, so that a user is told what to do with one. */
#ifndef SLUICE_COMPRESSION_H
#define SLUICE_COMPRESSION_H

/* The program that decompresses this file ("xz"), by its first bytes; NULL when it is not
 * compressed or cannot be read twice. Does not move the descriptor's position. */
const char *compression_tool(int fd);

#endif
