/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where captured addresses go when a capture is sent: public ones into lab ranges, and all of a
 * later pass to other ones than before, so that its flows are new.
 *
 * The mapping preserves prefixes and is keyed, in the manner of Crypto-PAn (Xu, Fan, Ammar, Moon,
 * 2002): whether a bit is flipped depends on all bits above it. The lab range is narrower than the
 * internet, so only the bits that fit are kept. With h the bits that do not (15 for the default
 * IPv4 range), two addresses that share k >= h leading bits share exactly k - h bits of what the
 * range leaves free; others lie independent of each other and may, rarely, meet. It needs no
 * table: two captures sent with one seed, from two processes, are mapped alike.
 *
 * Private, shared, documentation, benchmark, link-local, multicast and other special addresses are
 * nobody's on the internet: they stay as they are. Chance here only spreads; it hides nothing.
 */
#ifndef SLUICE_READDRESS_H
#define SLUICE_READDRESS_H

#include "classifiers/prefixes.h"

#include <stdbool.h>
#include <stdint.h>

/* What a later pass changes. */
enum fresh {
	FRESH_NONE,  /* nothing: the same flows again */
	FRESH_PORTS, /* the higher port of TCP and UDP, from 1024 up */
	FRESH_HOSTS, /* that, and the last bits of addresses that are not kept, within their range
		      */
};

struct readdress_options {
	uint64_t seed;
	bool lab; /* map public addresses; else they are kept, in every pass */
	/* Ranges to map into, 8 to 30 and 8 to 96 bits long; ip_version 0: READDRESS_LAB4, 6. */
	struct prefix lab4, lab6;
	enum fresh fresh;
};

/* For benchmarks: RFC 2544 and 5180. */
#define READDRESS_LAB4 "198.18.0.0/15"
#define READDRESS_LAB6 "2001:2::/48"

struct readdress;

/* Never NULL (aborts when memory is gone). The caller frees. Not for two threads at once. */
struct readdress *readdress_new(const struct readdress_options *options);
void readdress_free(struct readdress *readdress);

/* 4 or 16 bytes in network order, in place. Passes count from 0, which changes no host. True when
 * the address was public and is now in a lab range. O(1) for addresses met lately, else O(bits). */
bool readdress_address(
	struct readdress *readdress, uint64_t pass, uint8_t *address, uint8_t ip_version);

/* Source and destination, in host order, in place: the higher one moves within 1024 to 65535, so
 * that services keep their port. Equal ports, and a higher one below 1024, stay. Pairs with the
 * same lower port stay different. */
void readdress_ports(const struct readdress *readdress, uint64_t pass, uint16_t ports[2]);

#endif
