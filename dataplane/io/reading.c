/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/reading.h"

void reading_parse(struct packet *packet, struct rte_mbuf *buffer, uint8_t *copy)
{
	uint32_t length = rte_pktmbuf_pkt_len(buffer);
	uint32_t captured = rte_pktmbuf_data_len(buffer);
	const uint8_t *frame = rte_pktmbuf_mtod(buffer, const uint8_t *);

	if (unlikely(buffer->nb_segs > 1)) {
		captured = length < READING_BYTES ? length : READING_BYTES;
		frame = rte_pktmbuf_read(buffer, 0, captured, copy);
	}
	packet_parse(packet, LINK_ETHERNET, frame, captured, length);
	packet->port = buffer->port;
}
