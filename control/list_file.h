/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list kept in a file of its own: one entry a line, # begins a comment, empty lines are skipped.
 */
#ifndef SLUICE_LIST_FILE_H
#define SLUICE_LIST_FILE_H

#include "yaml.h"

enum { LIST_FILE_BYTES_MAX = 64 * 1000 * 1000 };

/* Reads the file that the scalar names, relative to directory, as a list of scalars whose
 * positions are in that file. NULL on failure. */
const struct yaml_node *list_file_read(struct arena *arena, const struct yaml_node *path,
	const char *directory, struct failure *failure);

/* A whole regular file (never a device or a pipe that could go on for ever), or standard input
 * when path is "-". The caller frees. NULL and errno, EFBIG when it is larger than max. */
char *list_file_bytes(const char *path, size_t max, size_t *len);

#endif
