/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model library inside the program: the YAML files of this folder, made into data by embed.py
 * when the program is built.
 */
#ifndef SLUICE_LIBRARY_H
#define SLUICE_LIBRARY_H

#include <stddef.h>

struct library_model {
	const char *id;   /* the file's name without .yaml */
	const char *text; /* ends with a NUL that len does not count */
	size_t len;
};

/* In alphabetical order. */
extern const struct library_model library_models[];
extern const size_t library_count;

#endif
