/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First byte: the pass. Second: how many bytes at the end were not captured. What must hold for any
 * bytes: nothing is touched outside the frame, and the sum of a whole UDP datagram or TCP segment
 * over IPv4 that was right is right afterwards.
 */
#include "classifiers/packet.h"
#include "control/mend.h"
#include "dataplane/checksum.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 0xffff: right. 0: cannot be said. */
static uint32_t transport_sum(const struct packet *packet)
{
	const uint8_t *ip = packet->frame + packet->l3_at;
	const uint8_t *l4 = packet->frame + packet->l4_at;
	uint32_t bytes = packet->l3_at + packet->l3_bytes - packet->l4_at;

	if (packet->kind != PACKET_FLOW || packet->ip_version != 4 ||
		(packet->proto != PROTO_TCP && packet->proto != PROTO_UDP) ||
		packet->l4_at + bytes > packet->captured)
		return 0;
	if (packet->proto == PROTO_UDP && be16(l4 + 6) == 0)
		return 0;
	return checksum_fold(checksum_sum(ip + 12, 8) + checksum_sum(l4, bytes) + packet->proto +
			     (bytes >> 16) + (bytes & 0xffff));
}

static void mend(struct readdress *readdress, uint64_t pass, const uint8_t *data, uint32_t bytes,
	uint32_t captured)
{
	uint8_t *frame = malloc(bytes + 1);
	struct packet before, after;
	uint32_t sum;

	assert(frame);
	memcpy(frame, data, captured);
	memset(frame + captured, 0, bytes - captured);
	packet_parse(&before, LINK_ETHERNET, frame, bytes, bytes);
	sum = transport_sum(&before);
	mend_frame(readdress, pass, frame, captured, bytes);
	packet_parse(&after, LINK_ETHERNET, frame, bytes, bytes);
	assert(before.kind == after.kind && before.l4_at == after.l4_at);
	assert(before.l3_bytes == after.l3_bytes && before.payload_bytes == after.payload_bytes);
	if (sum == 0xffff)
		assert(transport_sum(&after) == 0xffff);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct readdress_options options[] = {
		{.seed = 1, .lab = true, .fresh = FRESH_HOSTS}, {.fresh = FRESH_HOSTS}};
	uint32_t bytes = (uint32_t)size - 2, cut;

	if (size < 2)
		return 0;
	cut = data[1] % (bytes + 1);
	for (int i = 0; i < 2; i++) {
		struct readdress *readdress = readdress_new(&options[i]);

		mend(readdress, data[0], data + 2, bytes, bytes);
		mend(readdress, data[0], data + 2, bytes, bytes - cut);
		readdress_free(readdress);
	}
	return 0;
}
