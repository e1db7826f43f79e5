/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/buffers.h"

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

enum { CACHE = 256, TAGS = 8 /* two VLAN tags */ };

int buffers_held_at;

static unsigned room_for(unsigned mtu)
{
	unsigned frame = mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + TAGS;

	if (frame < 2048)
		frame = 2048;
	return RTE_ALIGN(frame + RTE_PKTMBUF_HEADROOM, 64);
}

unsigned buffers_megabytes(unsigned count, unsigned mtu)
{
	uint64_t one = room_for(mtu) + sizeof(struct rte_mbuf) + sizeof(struct rte_mempool_objhdr);

	return (count * one >> 20) + 1;
}

/*
 * AF_XDP takes the pool's first piece of memory for the whole. With RTE_MEMPOOL_F_NO_IOVA_CONTIG
 * buffers are packed without gaps at page ends, so that there is one piece whatever the page size.
 * Cards that read memory by physical addresses cannot have that.
 */
struct rte_mempool *buffers_new(
	unsigned count, unsigned mtu, bool for_cards, struct trouble *trouble)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "sluice_held",
		.size = sizeof(struct held),
		.align = __alignof__(struct held),
	};
	unsigned room = room_for(mtu);
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
	struct rte_mempool *pool;

	buffers_held_at = rte_mbuf_dynfield_register(&field);
	pool = rte_mempool_create_empty("sluice", count, sizeof(struct rte_mbuf) + room, CACHE,
		sizeof(private), SOCKET_ID_ANY, for_cards ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (pool && buffers_held_at >= 0) {
		rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
		rte_pktmbuf_pool_init(pool, &private);
		if (rte_mempool_populate_default(pool) > 0) {
			rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
			return pool;
		}
	}
	trouble_set(trouble, true, "no memory for %u packet buffers (%u MB): %s", count,
		buffers_megabytes(count, mtu), rte_strerror(rte_errno));
	rte_mempool_free(pool);
	return NULL;
}
