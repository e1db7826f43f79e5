/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/buffers.h"

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

enum { CACHE = 256, ROOM_MIN = 2048 };

int buffers_held_at;

static unsigned whole_room(unsigned room)
{
	return RTE_ALIGN((room < ROOM_MIN ? ROOM_MIN : room) + RTE_PKTMBUF_HEADROOM, 64);
}

unsigned buffers_megabytes(unsigned count, unsigned room)
{
	uint64_t one = whole_room(room) + sizeof(struct rte_mbuf) +
		       sizeof(struct rte_mempool_objhdr) + RTE_CACHE_LINE_SIZE;

	return (count * one >> 20) + 1;
}

/*
 * AF_XDP takes the pool's first piece of memory for the whole. With RTE_MEMPOOL_F_NO_IOVA_CONTIG
 * buffers are packed without gaps at page ends, so that there is one piece whatever the page size.
 * Cards that read memory by physical addresses cannot have that.
 */
struct rte_mempool *buffers_new(
	unsigned count, unsigned room, bool for_cards, struct trouble *trouble)
{
	static const struct rte_mbuf_dynfield field = {
		.name = "sluice_held",
		.size = sizeof(struct held),
		.align = __alignof__(struct held),
	};
	unsigned whole = whole_room(room);
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = whole};
	struct rte_mempool *pool;

	buffers_held_at = rte_mbuf_dynfield_register(&field);
	pool = rte_mempool_create_empty("sluice", count, sizeof(struct rte_mbuf) + whole, CACHE,
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
		buffers_megabytes(count, room), rte_strerror(rte_errno));
	rte_mempool_free(pool);
	return NULL;
}
