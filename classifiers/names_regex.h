/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regular expressions on host names, all of them in one pass over the name. Hyperscan (Vectorscan
 * on processors that are not Intel's), and nothing of it leaves names_regex.c.
 *
 * The dialect is that of PCRE without back references and look-around. An expression matches where
 * it is found in the name, unless ^ and $ tie it down; ASCII case is ignored.
 */
#ifndef SLUICE_NAMES_REGEX_H
#define SLUICE_NAMES_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names_regex;

/* True when text is an expression that Hyperscan takes. Else `why` says what is wrong with it, and
 * *at is the index of the character where, 0 when there is no saying. About 50 us. */
bool names_regex_check(const char *text, size_t len, char *why, size_t size, size_t *at);

/* Whether this processor can do it at all (x86: SSSE3). */
bool names_regex_possible(void);

/* Never NULL; the caller frees with names_regex_free. */
struct names_regex *names_regex_new(void);
void names_regex_free(struct names_regex *set);

/* An expression that was checked, or (literal) characters that are what they are. The same again
 * is harmless. */
void names_regex_add(
	struct names_regex *set, const char *text, size_t len, bool literal, uint16_t list);

/* Compiles all together: about 50 us an expression. After the last add and before the first
 * lookup. False when they are too much for Hyperscan: then nothing matches. */
bool names_regex_seal(struct names_regex *set);

/* Sets bit `list` for every list with an expression that is found in the name; how many pairs of
 * expression and list were. Safe from any number of threads: each works in a scratch space of its
 * own while it is here. */
unsigned names_regex_match(
	struct names_regex *set, const uint8_t *name, size_t len, uint64_t *bits);

#endif
