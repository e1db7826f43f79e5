/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow table of one shard: who talks to whom, and what has been decided about it.
 *
 * Groups of 32 slots; a group's 16-bit tags fill one cache line, so that a lookup reads one tag
 * line and one slot line. Each key has two groups (two-choice placement), which keeps a table
 * usable to 3/4 full. No lock and no atomics: one thread owns a table.
 *
 * The hash is keyed with random bits of this process, so that nobody can aim at one group; where a
 * flow lies never changes a result. Expiry and eviction therefore choose flows by their age only,
 * never by their place.
 */
#ifndef SLUICE_FLOW_H
#define SLUICE_FLOW_H

#include "classifiers/entropy.h"
#include "dataplane/flow_key.h"
#include "dataplane/throttle/throttle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum flow_flag {
	FLOW_CLIENT_LOW = 1, /* the client is the lower end of the key */
	FLOW_SAW_PAYLOAD = 2,
	FLOW_EXAMINED = 4,       /* an examination is going on, see record */
	FLOW_BEGAN_WITH_SYN = 8, /* record.syn_seq is its sequence number */
	FLOW_CUT = 16,           /* the capture holds a part only of a payload that was inspected */
	FLOW_CLIENT_ACKED = 32,  /* the client has sent an ACK */
};

/* What every packet touches: one cache line. */
struct flow {
	struct flow_key key;
	uint64_t bytes[2]; /* L3, offered; by enum direction */
	uint64_t last_ns;
	uint32_t packets[2]; /* offered, modulo 2^32: see flow_record.packets_high */
	uint32_t record;     /* number in flow_table.records */
	uint32_t state;      /* number in the pipeline's pool of throttle states, 0 none */
	uint16_t rule;       /* RULE_UNDECIDED, RULE_NONE or a slot (ruleset.h) */
	uint8_t flags;       /* enum flow_flag */
	uint8_t tcp_flags;   /* all seen, or-ed */
	uint32_t generation; /* of the ruleset that it met last */
};

_Static_assert(sizeof(struct flow) == 64, "a flow is one cache line");

/* What a box that decrypts nothing sees of a datagram. */
struct datagram {
	uint32_t bytes;   /* of payload */
	uint32_t version; /* payload bytes 1 to 4, whatever they are; 0 when they are not there */
	bool first;       /* of the flow from the client */
};

/* What few packets touch, but for the first line, which verdicts are told from. */
struct flow_record {
	uint64_t id;   /* packet.index of the first packet */
	uint64_t hash; /* of the five-tuple, the same in every run */
	uint64_t payload_bytes[2];
	uint32_t packets_high[2];
	uint32_t decided_at;  /* packet of the flow, from 1; 0 undecided */
	uint32_t examination; /* number in the pipeline's pool */
	uint16_t master, app; /* what it is (classifiers/ndpi.h), 0 unknown */
	uint8_t category;     /* of the class, likewise */
	uint8_t by;           /* enum classified_by */
	uint8_t reason;       /* enum decision */
	uint8_t ip_version, proto;
	uint8_t initiator; /* enum initiator */

	uint8_t client[16], server[16]; /* IPv4 in the first four bytes */
	uint64_t first_ns;
	uint64_t dropped_bytes[2]; /* L3 */
	uint64_t delay_ns_max;
	uint64_t decided_ns, decided_bytes; /* when its rule was decided, L3 bytes until then */
	uint32_t dropped[2];
	uint32_t held;
	uint32_t classed_at; /* like decided_at, modulo 2^32: its class was known */
	uint32_t syn_seq;
	uint32_t name;         /* handle of name_store.h, 0 none */
	uint32_t hello;        /* likewise: what is known of a ClientHello (hello_texts.h) */
	uint8_t name_source;   /* enum name_source, NAME_SOURCES other */
	uint8_t hello_read_by; /* as for the name */
	uint8_t read_by;       /* bits by inspect.number: boxes that have read the name */
	uint16_t client_port, server_port;
	struct entropy opening;   /* of the first payload from the client, when a rule asks for it;
				     0 bytes: none yet */
	struct datagram datagram; /* the last from the client that fitted a look; 0 bytes: none */
};

_Static_assert(offsetof(struct flow_record, client) <= 64, "what verdicts tell is in one line");

/* All packets of a flow so far, both directions. */
static inline uint64_t flow_packets(const struct flow *flow, const struct flow_record *record)
{
	uint64_t high = (uint64_t)record->packets_high[0] + record->packets_high[1];

	return (high << 32) + flow->packets[0] + flow->packets[1];
}

struct flow_table;

/* `limit`: most live flows; a quarter of them may be embryonic (packets in one direction only).
 * `growing`: start small and double as needed up to the limit, else all slots at once. `seed`
 * keys the hash. NULL when memory cannot be had. */
struct flow_table *flow_table_new(uint32_t limit, bool growing, uint64_t seed);
void flow_table_free(struct flow_table *table);

/* The key of a PACKET_FLOW; *low: its sender is the lower end. */
struct flow_key flow_key_of(const struct flow_table *table, const struct packet *packet, bool *low);

uint64_t flow_table_hash(const struct flow_table *table, const struct flow_key *key);
/* A lookup in stages, for many at once: each asks for the memory that the next one reads. The tag
 * line; which of its slots may be the flow's; the flow or NULL, as long as nothing is inserted or
 * removed in between. */
void flow_prefetch_tags(const struct flow_table *table, uint64_t hash);
uint32_t flow_matches(const struct flow_table *table, uint64_t hash);
struct flow *flow_find_among(const struct flow_table *table, const struct flow_key *key,
	uint64_t hash, uint32_t matches);

/* The flow or NULL. The pointer lives until the next insert or remove. */
struct flow *flow_find(const struct flow_table *table, const struct flow_key *key, uint64_t hash);

/* Inserts and removals so far: pointers are good while it stands. */
uint64_t flow_table_changes(const struct flow_table *table);

/* A zeroed flow with its key and a zeroed record, or NULL when there is no room (the caller makes
 * room first, see flow_room_needed, or lets the packet pass untracked). */
struct flow *flow_insert(struct flow_table *table, const struct flow_key *key, uint64_t hash);

/* Fills a record from the flow's first packet: who talks to whom, since when. */
void flow_introduce(struct flow_record *record, const struct packet *packet);

/* Frees the slot, the record and its name. */
void flow_remove(struct flow_table *table, struct flow *flow);

/* A flow now has packets in both directions. */
void flow_established(struct flow_table *table);

static inline bool flow_is_embryonic(const struct flow *flow)
{
	return !flow->bytes[DIRECTION_UP] || !flow->bytes[DIRECTION_DOWN];
}

struct flow_record *flow_record(const struct flow_table *table, const struct flow *flow);

/* Keeps a copy of a text in a flow's record (its name or hello) instead of an earlier one (an empty
 * one changes nothing); false when it is longer than 255 bytes or there is no room. */
bool flow_keep(struct flow_table *table, uint32_t *kept, struct span text);
struct span flow_kept(const struct flow_table *table, uint32_t kept);

static inline bool flow_set_name(
	struct flow_table *table, struct flow_record *record, struct span name)
{
	return flow_keep(table, &record->name, name);
}

static inline struct span flow_name(
	const struct flow_table *table, const struct flow_record *record)
{
	return flow_kept(table, record->name);
}

static inline struct span flow_hello(
	const struct flow_table *table, const struct flow_record *record)
{
	return flow_kept(table, record->hello);
}

/* Calls `visit` for every live flow; it may remove the flow it is given. */
typedef void (*flow_visit)(void *context, struct flow *flow);
void flow_each(struct flow_table *table, flow_visit visit, void *context);
/* The same for the next so many groups of 32 slots, going round: a sweep in small steps. */
void flow_each_some(struct flow_table *table, uint32_t groups, flow_visit visit, void *context);

/* What an insertion would need first. */
enum flow_room {
	FLOW_ROOM,
	FLOW_ROOM_EMBRYONIC, /* a quarter of the limit is embryonic: some of the oldest must go */
	FLOW_ROOM_ANY,       /* the limit is reached */
};
enum flow_room flow_room_needed(const struct flow_table *table);

uint32_t flow_count(const struct flow_table *table);

#endif
