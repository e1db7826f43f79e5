/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list kept in a file of its own: text in one of the formats of list_format.h, as it is or packed
 * with gzip or xz.
 */
#ifndef SLUICE_LIST_FILE_H
#define SLUICE_LIST_FILE_H

#include "skips.h"
#include "yaml.h"

/* Of the file, and of what it unpacks to. */
enum { LIST_FILE_BYTES_MAX = 64 * 1000 * 1000 };

struct list_source {
	const struct yaml_node *path; /* a scalar */
	const struct yaml_node *only; /* a list: the named prefixes that are wanted; NULL all */
	const char *directory;        /* what path is relative to; NULL: no files are allowed */
	uint8_t format;               /* index into list_formats */
};

/* Reads it as a list of scalars whose positions are in that file. A bad line is one of `skips`, or
 * a failure. NULL on failure. */
const struct yaml_node *list_file_read(struct arena *arena, const struct list_source *source,
	struct skips *skips, struct failure *failure);

/* A whole regular file (never a device or a pipe that could go on for ever), or standard input
 * when path is "-". The caller frees. NULL and errno, EFBIG when it is larger than max. */
char *list_file_bytes(const char *path, size_t max, size_t *len);

#endif
