/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "$NAME": a parameter or a list of the same document, wherever a value or a list is wanted.
 *
 *   lists:
 *     allowed: ["a.example", "**.b.example"]
 *     hosts: {file: hosts.txt}            one entry a line, # begins a comment
 *     ads: {file: ads.gz, format: hosts}  the other formats: list_format.h
 *     cdn: {file: as.txt, format: prefixes, only: [AS13335]}
 *     names: {versions: {2021-03-10: [..], 2021-04-02: [..]}, select: $date}
 *
 * Of dated versions the newest that is not after the date counts; versions may also be named by
 * words, then the word selects. A list of one item may stand where a single value is wanted, so
 * that a rate can have versions too.
 */
#ifndef SLUICE_REFERENCES_H
#define SLUICE_REFERENCES_H

#include "parameters.h"
#include "skips.h"

struct named_list {
	const char *name;
	const struct yaml_node *items;  /* a list of scalars */
	const char *version;            /* the one in force, "" when there is only one */
	const char *source, *certainty; /* "" when none */
};

/* Values that the rules of one document may take, those behind references counted each time: a
 * small file could name a long list very often. */
enum { REFERENCES_VALUES_MAX = 4000000 };

struct references {
	struct arena *arena;
	struct failure *failure;
	const struct yaml_node *root;
	struct parameters parameters;
	struct named_list *lists;
	size_t list_count;
	uint64_t *values_taken;
	struct skips *skips; /* bad lines of list files */
};

struct items {
	const struct yaml_node **nodes; /* scalars */
	uint32_t count;
	bool written; /* the document itself says "[]", or anything that has items */
};

/* A value cannot be taken. True when it is a line of a list file and may be left out, else false
 * after a failure at it. */
bool references_skip(const struct references *references, const struct yaml_node *node,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reads `lists` of the root after the parameters. `directory` is where `file:` starts, NULL when
 * the document may not name files. False on failure. */
bool references_read_lists(
	struct references *references, const struct yaml_node *root, const char *directory);

/* The scalar that node is or stands for, never empty; NULL on failure. */
const struct yaml_node *references_scalar(
	const struct references *references, const struct yaml_node *node, const char *what);

/* A scalar that is one of the words (NULL-terminated): its index into *index. False on failure,
 * with the nearest word. */
bool references_word(const struct references *references, const struct yaml_node *node,
	const char *what, const char *const *words, uint8_t *index);

/* The scalars of a list, of one scalar, or of what they stand for. False on failure. */
bool references_items(const struct references *references, const struct yaml_node *node,
	const char *what, struct items *items);

/* The list behind "$NAME", NULL when node is something else. */
const struct named_list *references_list(
	const struct references *references, const struct yaml_node *node);

/* Keys of a list that is a map, NULL-terminated. */
extern const char *const references_list_words[];

#endif
