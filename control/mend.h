/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gives a captured frame the addresses and ports of its pass (readdress.h) and mends its checksums.
 *
 * Addresses are changed in IPv4 and IPv6 headers behind Ethernet, any VLAN tags and SNAP; in ARP;
 * in the packet that an ICMP or ICMPv6 error quotes; in ICMP redirects and IPv6 neighbour
 * discovery. Ports in TCP, UDP, UDP-Lite and DCCP. Not followed, and so payload: tunnels, MPLS,
 * PPPoE, routing headers, and addresses that protocols carry in their data.
 *
 * Checksums (IPv4 header, TCP, UDP, UDP-Lite, DCCP, ICMP, ICMPv6) are updated by what changed (RFC
 * 1624, equation 3): what was right stays right and what was wrong on purpose stays wrong, also in
 * the first of several fragments. A UDP checksum of zero stays zero. Summed anew are
 *   - a checksum that the capturing host had left to its network card: zero in an IPv4 header, the
 *     pseudo-header's sum in TCP and UDP;
 *   - that of a packet which the capture had cut and which is sent with zeros in place of the rest,
 * unless it is a fragment. A packet in which nothing changes and nothing was cut stays as it was,
 * to the byte.
 *
 * Any bytes may be given: headers that contradict themselves are changed as far as they are there.
 */
#ifndef SLUICE_MEND_H
#define SLUICE_MEND_H

#include "readdress.h"

enum mended {
	MEND_MAPPED = 1, /* a public address is in a lab range now */
	MEND_SUMMED = 2, /* a checksum was not updated but summed anew */
};

/* An Ethernet frame of `bytes` bytes in place, of which those from `captured` on are zeros that
 * stand for what was not captured. Returns enum mended, or-ed. O(bytes) when summed anew, else
 * O(header). */
unsigned mend_frame(struct readdress *readdress, uint64_t pass, uint8_t *frame, uint32_t captured,
	uint32_t bytes);

#endif
