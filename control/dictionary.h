/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text to number, for what must be found again while a document is checked: ids, equal
 * conditions, patterns that earlier rules took.
 */
#ifndef SLUICE_DICTIONARY_H
#define SLUICE_DICTIONARY_H

#include <stdint.h>

struct dictionary;

struct dictionary *dictionary_new(void); /* never NULL; the caller frees with dictionary_free */
void dictionary_free(struct dictionary *dictionary);

/* The number kept for key, to read or write until the next call; 0 when the key is new. The key
 * must live as long as the dictionary. */
uint64_t *dictionary_at(struct dictionary *dictionary, const char *key);

/* The number kept for key, 0 when there is none. */
uint64_t dictionary_get(const struct dictionary *dictionary, const char *key);

#endif
