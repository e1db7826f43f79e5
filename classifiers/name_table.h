/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fingerprints of literals, and which lists ask for them in which form: what names.c keeps of
 * patterns that are compared at known places of a name.
 *
 * Only 64 keyed bits of a literal are kept. That a name which is on no list meets one of a million
 * fingerprints has a chance of 2^-44; so has a list that two of its names meet, in all its pairs,
 * of 2^-25. Nobody who does not know the key can look for such names.
 *
 * Five fingerprints and their answers fill a cache line, and a literal lies in the line that its
 * fingerprint names, rarely in the one behind it. 20 bytes a literal.
 */
#ifndef SLUICE_NAME_TABLE_H
#define SLUICE_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct name_table;

struct name_table *name_table_new(void); /* never NULL; the caller frees with name_table_free */
void name_table_free(struct name_table *table);

/* `form`: one bit of enum name_form. The same again is harmless. */
void name_table_add(struct name_table *table, uint64_t fingerprint, uint8_t form, uint16_t list);

/* After the last add and before the first lookup. */
void name_table_seal(struct name_table *table);

/* A lookup of this fingerprint is near. */
void name_table_prefetch(const struct name_table *table, uint64_t fingerprint);

/* Sets bit `list` for each list that asks in one of these forms; how many pairs of list and form
 * there are. */
unsigned name_table_match(
	const struct name_table *table, uint64_t fingerprint, unsigned forms, uint64_t *bits);

#endif
