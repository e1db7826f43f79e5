/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory that lives as long as what it was taken for: a document, its compiled form. Nothing is
 * freed alone, so a reader that gives up halfway leaks nothing.
 */
#ifndef SLUICE_ARENA_H
#define SLUICE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void); /* never NULL; the caller frees with arena_free */
void arena_free(struct arena *arena);

/* Zeroed, aligned for any type. Never NULL: memory that is gone ends the program. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy that ends with a NUL. */
char *arena_text(struct arena *arena, const char *text, size_t len);

char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
