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
 *   /^r[0-9]+---/   this regular expression is found in it (names_regex.h)
 *
 * Exact, one-label and any-depth patterns cost one hash probe a label whatever their number, raw
 * suffixes one for each of their lengths (name_table.h: by fingerprint). A few substrings are
 * looked at one by one, many together and with the regular expressions.
 */
#ifndef SLUICE_NAMES_H
#define SLUICE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names;

/* NULL when pattern is one of the forms above (with at least one character that is not '*' or
 * '.'; printable ASCII; at most 255 characters), else a static description of what is wrong. What
 * is between slashes is not looked at: names_regex_check() does. */
const char *names_pattern_error(const char *pattern);

/* `key` is drawn at random where names come from people who may want to be mistaken for others; it
 * changes no result. Never NULL; the caller frees with names_free. */
struct names *names_new(uint64_t key);
void names_free(struct names *names);

/* Puts a valid pattern on list `list` (0 to 65535). Adding the same pair twice is harmless. */
void names_add(struct names *names, const char *pattern, uint16_t list);

/* After the last add and before the first lookup. False when the regular expressions are too much
 * together: then they match nothing. */
bool names_seal(struct names *names);

/*
 * Sets bit `list` in bits[] (a bitmap of 64-bit words that the caller sized for the highest list
 * number and cleared or keeps from earlier names) for every list that has a pattern for this name.
 * Returns how many patterns matched, one that is on two lists twice. Names longer than 255 bytes
 * match nothing. Reads only: safe from any number of threads.
 */
unsigned names_match(const struct names *names, const uint8_t *name, size_t len, uint64_t *bits);

#endif
