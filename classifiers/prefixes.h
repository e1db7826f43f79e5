/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A set of IPv4 and IPv6 prefixes. Built once by the control plane, then read only (any number of
 * threads). Membership costs O(log n) without branches on the address bits.
 */
#ifndef SLUICE_PREFIXES_H
#define SLUICE_PREFIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prefix {
	uint8_t address[16]; /* network byte order; IPv4 in the first four bytes */
	uint8_t ip_version;  /* 4 or 6 */
	uint8_t length;      /* bits */
};

struct prefixes;

/* "10.0.0.0/8", "2001:db8::/32"; an address alone is a host prefix. Host bits beyond the length
 * are an error. Returns NULL when text is a prefix (then *prefix is filled), else a static
 * description of what is wrong. */
const char *prefix_parse(const char *text, struct prefix *prefix);

/* The caller frees with prefixes_free. Never NULL (aborts when memory is gone). */
struct prefixes *prefixes_new(void);
void prefixes_free(struct prefixes *set);

void prefixes_add(struct prefixes *set, const struct prefix *prefix);

/* After the last add and before the first lookup: sorts and merges what overlaps. */
void prefixes_seal(struct prefixes *set);

size_t prefixes_count(const struct prefixes *set); /* as added, before merging */
bool prefixes_contain(const struct prefixes *set, const uint8_t *address, uint8_t ip_version);

/* Private, shared (CGNAT), unique-local and link-local ranges: what is taken as inside when the
 * user does not say (RFC 1918, 6598, 4193, 3927, 4291). Sealed; the caller frees. */
struct prefixes *prefixes_private(void);

#endif
