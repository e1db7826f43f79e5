/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/flow.h"

#include "classifiers/pool.h"
#include "dataplane/name_store.h"
#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	GROUP_SLOTS = 32,
	GROUPS_AT_START = 32,
	LINE = 64,
	/* Whole lines, so that the first one of each is one. */
	RECORD_BYTES = (sizeof(struct flow_record) + LINE - 1) / LINE * LINE,
};

struct group_tags {
	uint16_t tag[GROUP_SLOTS]; /* 0: free */
} __attribute__((aligned(64)));

struct flow_table {
	struct group_tags *tags;
	struct flow *slots;
	uint32_t group_mask;
	uint32_t live, embryonic, limit;
	uint32_t next_group; /* of flow_each_some */
	uint32_t groups_max;
	uint64_t changes;
	uint64_t key[2];
	struct pool records;
	struct name_store names;
};

static void *reserve(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Looked up at random, it would miss the TLB each time. Only for what gets filled: a small table
 * that may grow is better off with small pages. */
static void prefer_huge_pages(struct flow_table *table)
{
	size_t groups = (size_t)table->group_mask + 1;

	madvise(table->tags, groups * sizeof(*table->tags), MADV_HUGEPAGE);
	madvise(table->slots, groups * GROUP_SLOTS * sizeof(*table->slots), MADV_HUGEPAGE);
	madvise(table->records.blocks, table->records.block_size * table->records.limit,
		MADV_HUGEPAGE);
}

static bool table_slots(struct flow_table *table, uint32_t groups)
{
	table->tags = reserve((size_t)groups * sizeof(struct group_tags));
	table->slots = reserve((size_t)groups * GROUP_SLOTS * sizeof(struct flow));
	table->group_mask = groups - 1;
	return table->tags && table->slots;
}

static void release_slots(struct group_tags *tags, struct flow *slots, uint32_t groups)
{
	if (tags)
		munmap(tags, (size_t)groups * sizeof(struct group_tags));
	if (slots)
		munmap(slots, (size_t)groups * GROUP_SLOTS * sizeof(struct flow));
}

/* Groups so that `limit` flows fill them to 3/4 at most. */
static uint32_t groups_for(uint32_t limit)
{
	uint64_t wanted = ((uint64_t)limit * 4 / 3 + GROUP_SLOTS - 1) / GROUP_SLOTS;
	uint32_t groups = GROUPS_AT_START;

	while (groups < wanted)
		groups *= 2;
	return groups;
}

struct flow_table *flow_table_new(uint32_t limit, bool growing, uint64_t seed)
{
	struct flow_table *table = calloc(1, sizeof(*table));
	bool good;

	if (!table)
		return NULL;
	table->limit = limit;
	table->groups_max = groups_for(limit);
	table->key[0] = prng_draw(seed, 1);
	table->key[1] = prng_draw(seed, 2);
	good = table_slots(table, growing ? GROUPS_AT_START : table->groups_max) &&
	       pool_begin(&table->records, RECORD_BYTES, limit) &&
	       name_store_begin(&table->names, limit);
	if (good && !growing)
		prefer_huge_pages(table);
	if (good)
		return table;
	flow_table_free(table);
	return NULL;
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	release_slots(table->tags, table->slots, table->group_mask + 1);
	pool_end(&table->records);
	name_store_end(&table->names);
	free(table);
}

struct flow_key flow_key_of(const struct flow_table *table, const struct packet *packet, bool *low)
{
	return flow_key_with(packet, table->key, low);
}

uint64_t flow_table_hash(const struct flow_table *table, const struct flow_key *key)
{
	return prng_mix(key->word[0] ^ table->key[0], key->word[1] ^ table->key[1]);
}

static inline uint16_t tag_of(uint64_t hash)
{
	uint16_t tag = hash >> 48;

	return tag ? tag : 1;
}

static inline uint32_t group_of(const struct flow_table *table, uint64_t hash)
{
	return hash & table->group_mask;
}

static inline uint32_t other_group(const struct flow_table *table, uint32_t group, uint16_t tag)
{
	return (group ^ tag * 0x9e3779b1u) & table->group_mask;
}

/* Bit i: slot i of the group has this tag. */
static inline uint32_t tag_matches(const struct group_tags *tags, uint16_t tag)
{
#ifdef __SSE2__
	const __m128i *line = (const __m128i *)tags->tag;
	__m128i wanted = _mm_set1_epi16((short)tag);
	__m128i low = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(line), wanted),
		_mm_cmpeq_epi16(_mm_load_si128(line + 1), wanted));
	__m128i high = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(line + 2), wanted),
		_mm_cmpeq_epi16(_mm_load_si128(line + 3), wanted));

	return (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
#else
	uint32_t matches = 0;

	for (int i = 0; i < GROUP_SLOTS; i++)
		matches |= (uint32_t)(tags->tag[i] == tag) << i;
	return matches;
#endif
}

void flow_prefetch_tags(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->tags[group_of(table, hash)]);
}

uint32_t flow_matches(const struct flow_table *table, uint64_t hash)
{
	uint32_t group = group_of(table, hash);
	uint32_t matches = tag_matches(&table->tags[group], tag_of(hash));

	if (matches)
		__builtin_prefetch(
			&table->slots[(size_t)group * GROUP_SLOTS + __builtin_ctz(matches)]);
	else
		__builtin_prefetch(&table->tags[other_group(table, group, tag_of(hash))]);
	return matches;
}

static struct flow *find_in(const struct flow_table *table, uint32_t group,
	const struct flow_key *key, uint32_t matches)
{
	struct flow *slots = table->slots + (size_t)group * GROUP_SLOTS;

	for (; matches; matches &= matches - 1) {
		struct flow *flow = slots + __builtin_ctz(matches);

		if (flow->key.word[0] == key->word[0] && flow->key.word[1] == key->word[1])
			return flow;
	}
	return NULL;
}

struct flow *flow_find_among(
	const struct flow_table *table, const struct flow_key *key, uint64_t hash, uint32_t matches)
{
	uint32_t group = group_of(table, hash);
	struct flow *flow = find_in(table, group, key, matches);
	uint32_t other;

	if (flow)
		return flow;
	other = other_group(table, group, tag_of(hash));
	return find_in(table, other, key, tag_matches(&table->tags[other], tag_of(hash)));
}

struct flow *flow_find(const struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	return flow_find_among(
		table, key, hash, tag_matches(&table->tags[group_of(table, hash)], tag_of(hash)));
}

/* A free slot in the emptier of the two groups, the first one unless it is nearly full. */
static struct flow *place(struct flow_table *table, uint64_t hash)
{
	uint16_t tag = tag_of(hash);
	uint32_t group = group_of(table, hash);
	uint32_t second = other_group(table, group, tag);
	uint32_t room = tag_matches(&table->tags[group], 0);
	uint32_t second_room = tag_matches(&table->tags[second], 0);
	int slot;

	if (__builtin_popcount(room) < 8 &&
		__builtin_popcount(second_room) > __builtin_popcount(room)) {
		group = second;
		room = second_room;
	}
	if (!room)
		return NULL;
	slot = __builtin_ctz(room);
	table->tags[group].tag[slot] = tag;
	return &table->slots[(size_t)group * GROUP_SLOTS + slot];
}

static bool move_all(struct flow_table *table, const struct group_tags *tags,
	const struct flow *slots, uint32_t groups)
{
	for (size_t i = 0; i < (size_t)groups * GROUP_SLOTS; i++) {
		struct flow *flow;

		if (!tags[i / GROUP_SLOTS].tag[i % GROUP_SLOTS])
			continue;
		flow = place(table, flow_table_hash(table, &slots[i].key));
		if (!flow)
			return false;
		*flow = slots[i];
	}
	return true;
}

/* Twice the groups. On failure everything stays as it was. */
static bool grow(struct flow_table *table)
{
	struct group_tags *tags = table->tags;
	struct flow *slots = table->slots;
	uint32_t groups = table->group_mask + 1;

	if (groups >= table->groups_max)
		return false;
	if (table_slots(table, groups * 2) && move_all(table, tags, slots, groups)) {
		release_slots(tags, slots, groups);
		return true;
	}
	release_slots(table->tags, table->slots, groups * 2);
	table->tags = tags;
	table->slots = slots;
	table->group_mask = groups - 1;
	return false;
}

struct flow *flow_insert(struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	uint32_t slots = (table->group_mask + 1) * GROUP_SLOTS;
	struct flow *flow;
	uint32_t record;

	if (table->live >= table->limit)
		return NULL;
	table->changes++;
	if (table->live >= slots / 4 * 3)
		grow(table);
	flow = place(table, hash);
	while (!flow && grow(table))
		flow = place(table, hash);
	if (!flow)
		return NULL;
	record = pool_take(&table->records);
	memset(flow, 0, sizeof(*flow));
	flow->key = *key;
	flow->record = record;
	table->live++;
	table->embryonic++;
	return flow;
}

void flow_introduce(struct flow_record *record, const struct packet *packet)
{
	size_t length = packet->ip_version == 4 ? 4 : 16;

	memcpy(record->client, packet_source(packet), length);
	memcpy(record->server, packet_destination(packet), length);
	record->client_port = packet->source_port;
	record->server_port = packet->destination_port;
	record->ip_version = packet->ip_version;
	record->proto = packet->proto;
	record->syn_seq = packet->tcp_seq;
	record->id = packet->index;
	record->hash = flow_hash(packet);
	record->first_ns = packet->time_ns;
}

void flow_remove(struct flow_table *table, struct flow *flow)
{
	struct flow_record *record = flow_record(table, flow);
	size_t slot = flow - table->slots;

	table->changes++;
	name_store_forget(&table->names, record->name);
	name_store_forget(&table->names, record->hello);
	pool_give(&table->records, flow->record);
	if (flow_is_embryonic(flow))
		table->embryonic--;
	table->live--;
	table->tags[slot / GROUP_SLOTS].tag[slot % GROUP_SLOTS] = 0;
}

void flow_established(struct flow_table *table)
{
	table->embryonic--;
}

struct flow_record *flow_record(const struct flow_table *table, const struct flow *flow)
{
	return pool_at(&table->records, flow->record);
}

bool flow_keep(struct flow_table *table, uint32_t *kept, struct span text)
{
	uint32_t now;

	if (!text.len)
		return true;
	now = name_store_keep(&table->names, text);
	if (!now)
		return false;
	name_store_forget(&table->names, *kept);
	*kept = now;
	return true;
}

struct span flow_kept(const struct flow_table *table, uint32_t kept)
{
	return name_store_at(&table->names, kept);
}

void flow_each_some(struct flow_table *table, uint32_t groups, flow_visit visit, void *context)
{
	for (; groups; groups--) {
		uint32_t group = table->next_group++ & table->group_mask;
		uint32_t used = ~tag_matches(&table->tags[group], 0);

		for (; used; used &= used - 1)
			visit(context,
				&table->slots[(size_t)group * GROUP_SLOTS + __builtin_ctz(used)]);
	}
}

void flow_each(struct flow_table *table, flow_visit visit, void *context)
{
	flow_each_some(table, table->group_mask + 1, visit, context);
}

enum flow_room flow_room_needed(const struct flow_table *table)
{
	if (table->embryonic >= (table->limit + 3) / 4)
		return FLOW_ROOM_EMBRYONIC;
	return table->live >= table->limit ? FLOW_ROOM_ANY : FLOW_ROOM;
}

uint64_t flow_table_changes(const struct flow_table *table)
{
	return table->changes;
}

uint32_t flow_count(const struct flow_table *table)
{
	return table->live;
}
