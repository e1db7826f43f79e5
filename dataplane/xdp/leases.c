/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/xdp/leases.h"

#include <stdlib.h>
#include <string.h>

struct lease {
	struct steer *here, *there;
	struct steer_flow flow;
	uint64_t until_ns;
};

/* A ring: what was granted first ends first. A lease's place is its row of the program's counts. */
struct leases {
	uint32_t first, count;
	struct lease ring[STEER_BYPASSES_MAX];
};

struct leases *leases_new(void)
{
	return calloc(1, sizeof(struct leases));
}

void leases_free(struct leases *leases)
{
	free(leases);
}

static struct steer_flow way_back(const struct steer_flow *flow)
{
	struct steer_flow back = *flow;

	memcpy(back.source, flow->destination, sizeof(back.source));
	memcpy(back.destination, flow->source, sizeof(back.destination));
	back.source_port = flow->destination_port;
	back.destination_port = flow->source_port;
	return back;
}

void leases_grant(struct leases *leases, struct steer *here, struct steer *there,
	const struct steer_flow *flow, uint64_t until_ns)
{
	uint32_t place = (leases->first + leases->count) % STEER_BYPASSES_MAX;
	struct steer_flow back = way_back(flow);

	if (leases->count == STEER_BYPASSES_MAX || !steer_redirects(here) ||
		!steer_redirects(there))
		return;
	if (!steer_bypass(here, flow, place)) /* offered again meanwhile */
		return;
	if (!steer_bypass(there, &back, place)) {
		steer_judge(here, flow);
		return;
	}
	leases->ring[place] = (struct lease){here, there, *flow, until_ns};
	leases->count++;
}

void leases_end(struct leases *leases, uint64_t now_ns)
{
	while (leases->count && leases->ring[leases->first].until_ns <= now_ns) {
		const struct lease *lease = &leases->ring[leases->first];
		struct steer_flow back = way_back(&lease->flow);

		steer_judge(lease->here, &lease->flow);
		steer_judge(lease->there, &back);
		leases->first = (leases->first + 1) % STEER_BYPASSES_MAX;
		leases->count--;
	}
}
