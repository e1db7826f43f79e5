/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/answers.h"

#include "dataplane/io/buffers.h"

#include <string.h>

/* Ports are pairs: what goes back comes in, as it were, by the other one. */
static struct rte_mbuf *make(const struct verdict *verdict, const struct packet *packet,
	struct rte_mempool *pool, unsigned n)
{
	uint8_t frame[RESET_BYTES_MAX];
	bool back;
	uint32_t bytes = reset_make(verdict, packet, LINK_ETHERNET, n, frame, &back);
	struct rte_mbuf *buffer = bytes ? rte_pktmbuf_alloc(pool) : NULL;
	char *room = buffer ? rte_pktmbuf_append(buffer, (uint16_t)bytes) : NULL;

	if (!room) {
		rte_pktmbuf_free(buffer);
		return NULL;
	}
	memcpy(room, frame, bytes);
	buffer->port = back ? packet->port ^ 1 : packet->port;
	*buffer_held(buffer) = pipeline_made(buffer->port);
	return buffer;
}

unsigned answers_make(const struct verdict *verdict, const struct packet *packet,
	struct rte_mempool *pool, struct rte_mbuf *made[ANSWERS_MAX])
{
	unsigned count = 0;

	for (unsigned n = 0; n < reset_count(verdict->reset); n++) {
		made[count] = make(verdict, packet, pool, n);
		count += made[count] != NULL;
	}
	return count;
}
