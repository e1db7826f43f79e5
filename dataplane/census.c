/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/census.h"

#include <stdlib.h>
#include <sys/mman.h>

static size_t room(uint32_t limit)
{
	return (size_t)limit * sizeof(uint64_t);
}

bool census_begin(struct census *census, uint32_t limit)
{
	void *memory = mmap(NULL, room(limit), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*census = (struct census){.heard_ns = memory == MAP_FAILED ? NULL : memory, .limit = limit};
	return census->heard_ns;
}

void census_end(struct census *census)
{
	if (census->heard_ns)
		munmap(census->heard_ns, room(census->limit));
	census->heard_ns = NULL;
}

struct count {
	uint64_t *heard_ns;
	uint32_t flows;
	bool embryonic_only;
};

static void count_one(void *context, struct flow *flow)
{
	struct count *count = context;

	if (!count->embryonic_only || flow_is_embryonic(flow))
		count->heard_ns[count->flows++] = flow->last_ns;
}

static void swap(uint64_t *a, uint64_t *b)
{
	uint64_t kept = *a;

	*a = *b;
	*b = kept;
}

/* What a sorted array would have at `rank`. Hoare's selection: O(count) as long as nobody chooses
 * the order of the values, and this is the order of a keyed hash. */
static uint64_t at_rank(uint64_t *values, int64_t count, int64_t rank)
{
	int64_t low = 0, high = count - 1;

	while (low < high) {
		uint64_t pivot = values[low + (high - low) / 2];
		int64_t left = low, right = high;

		while (left <= right) {
			while (values[left] < pivot)
				left++;
			while (values[right] > pivot)
				right--;
			if (left <= right)
				swap(&values[left++], &values[right--]);
		}
		if (rank > right)
			low = left;
		if (rank < left)
			high = right;
	}
	return values[rank];
}

uint64_t census_oldest(struct census *census, struct flow_table *table, bool embryonic_only)
{
	struct count count = {census->heard_ns, 0, embryonic_only};
	uint32_t wanted = census->limit / 16 + 1;

	flow_each(table, count_one, &count);
	if (!count.flows)
		return 0;
	return at_rank(
		count.heard_ns, count.flows, (wanted < count.flows ? wanted : count.flows) - 1);
}
