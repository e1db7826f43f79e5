/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host-name patterns. Many rules put their patterns into one set; a lookup says which of the lists
 * a name is on. Names are compared without regard to ASCII case; a trailing dot is significant
 * (a published evasion depends on it).
 *
 *   t.co            exactly this name
 *   *.twimg.com     exactly one label more (abs.twimg.com; not twimg.com, not a.b.twimg.com)
 *   **.twitter.com  the name itself and everything below it, at label boundaries
 *   *twitter.com    ends with these characters, no label boundary needed (throttletwitter.com)
 *   *t.co*          contains these characters (reddit.com, microsoft.com)
 *
 * Exact, one-label and any-depth patterns cost one hash probe a label whatever their number, raw
 * suffixes one for each of their lengths; only *substrings* are looked at one by one.
 */
#ifndef SLUICE_NAMES_H
#define SLUICE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names;

/* NULL when pattern is one of the forms above (with at least one character that is not '*' or
 * '.'; printable ASCII; at most 255 characters), else a static description of what is wrong. */
const char *names_pattern_error(const char *pattern);

struct names *names_new(void); /* never NULL; the caller frees with names_free */
void names_free(struct names *names);

/* Puts a valid pattern on list `list` (0 to 65535). Adding the same pair twice is harmless. */
void names_add(struct names *names, const char *pattern, uint16_t list);

/* After the last add and before the first lookup. */
void names_seal(struct names *names);

/*
 * Sets bit `list` in bits[] (a bitmap of 64-bit words that the caller sized for the highest list
 * number and cleared or keeps from earlier names) for every list that has a pattern for this name.
 * Returns how many patterns matched, one that is on two lists twice. Names longer than 255 bytes
 * match nothing. Reads only: safe from any number of threads.
 */
unsigned names_match(const struct names *names, const uint8_t *name, size_t len, uint64_t *bits);

#endif
