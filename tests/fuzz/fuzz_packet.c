/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First byte: the framing. Second: how many bytes the wire had beyond the captured ones, in 16s.
 */
#include "classifiers/packet.h"

#include <assert.h>
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t captured = (uint32_t)size - 2;
	uint32_t addresses;
	struct packet packet;

	if (size < 2)
		return 0;
	packet_parse(
		&packet, data[0] % (LINK_PPP + 1), data + 2, captured, captured + data[1] * 16u);
	assert(packet.kind <= PACKET_MALFORMED);
	if (packet.kind != PACKET_FLOW && packet.kind != PACKET_FRAGMENT)
		return 0;
	assert(packet.ip_version == 4 || packet.ip_version == 6);
	addresses = packet.ip_version == 4 ? 4 : 16;
	assert(packet.l3_at + packet.destination_at + addresses <= captured);
	assert(packet.source_at + addresses == packet.destination_at);
	assert(packet.l3_at + packet.l3_bytes <= packet.wire);
	if (packet.kind == PACKET_FRAGMENT)
		return 0;
	assert(packet.l3_at < packet.l4_at && packet.l4_at <= packet.payload_at);
	assert(packet.payload_at + packet.payload_captured <= captured);
	assert(packet.payload_captured <= packet.payload_bytes);
	assert(packet.l4_at - packet.l3_at + packet.payload_bytes <= packet.l3_bytes);
	return 0;
}
