/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A YAML document as a tree that remembers where everything was written. The only user of
 * libfyaml.
 *
 * Only what a rule file needs is taken: one document, maps with plain keys, lists and scalars.
 * Anchors, aliases and tags are refused (an alias can blow up a small file), so is a key that
 * appears twice.
 */
#ifndef SLUICE_YAML_H
#define SLUICE_YAML_H

#include "arena.h"
#include "failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YAML_BYTES_MAX = 16000000, YAML_NODES_MAX = 4000000, YAML_FEW = 1000 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	const char *file;            /* where it was read, for messages */
	const char *text;            /* YAML_SCALAR: UTF-8, ends with NUL */
	const struct yaml_node *key; /* of a value in a map, else NULL */
	struct yaml_node *first;     /* YAML_LIST, YAML_MAP: values in the order of the document */
	struct yaml_node *next;      /* in the parent */
	uint32_t count;              /* of values */
	uint32_t line, column;       /* from 1; line 0: not from a document */
	uint8_t kind;                /* enum yaml_kind */
	bool quoted;                 /* a scalar in quotes or as a block */
	bool listed;                 /* a line of a list file (list_file.h) */
};

/* The root. Everything lives in the arena. NULL on failure. */
const struct yaml_node *yaml_read(struct arena *arena, const char *file, const char *text,
	size_t len, struct failure *failure);

/* A scalar that no document holds; `file` says in messages where it comes from. */
struct yaml_node *yaml_scalar(struct arena *arena, const char *file, const char *text, size_t len);

/* The value of a key, NULL when it is not there (or when map is not a map). */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* "FILE:LINE:COLUMN: text"; returns false. */
bool yaml_failure(const struct yaml_node *node, struct failure *failure, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Each returns false after a failure that says `what` is wanted ("a rule", "params"). */
bool yaml_want_map(const struct yaml_node *node, const char *what, struct failure *failure);
bool yaml_want_list(const struct yaml_node *node, const char *what, struct failure *failure);
bool yaml_want_scalar(const struct yaml_node *node, const char *what, struct failure *failure);
/* A map of at most YAML_FEW keys, which are searched one by one. */
bool yaml_want_few(const struct yaml_node *node, const char *what, struct failure *failure);
/* A map whose keys are all among `words` (NULL-terminated). */
bool yaml_want_keys(const struct yaml_node *node, const char *what, const char *const *words,
	struct failure *failure);

/* "unknown THING "word" in WHAT, did you mean ...? allowed: ..." at the node; returns false.
 * `in` may be NULL. */
bool yaml_unknown(const struct yaml_node *node, const char *thing, const char *word, const char *in,
	const char *const *words, struct failure *failure);

/* The version of libfyaml at run time, as it says itself. */
const char *yaml_library(void);

#endif
