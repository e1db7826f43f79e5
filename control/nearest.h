/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which word was meant: the nearest of a list by edit distance (insertion, deletion,
 * substitution, or two neighbours swapped, each one step; upper and lower case are alike).
 */
#ifndef SLUICE_NEAREST_H
#define SLUICE_NEAREST_H

/* The nearest of `words` (NULL-terminated), the first of several; NULL when none is near: more
 * than a third of the longer word away. */
const char *nearest_word(const char *word, const char *const *words);

#endif
