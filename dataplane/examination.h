/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One flow under examination: what each way of reading has put together so far, which inspects
 * still look, on which lists its names were. For examine.c.
 */
#ifndef SLUICE_EXAMINATION_H
#define SLUICE_EXAMINATION_H

#include "dataplane/decision.h"
#include "dataplane/examine.h"

struct examination {
	struct classification class;
	struct inspection ways[WAYS];
	uint32_t inspected[INSPECTS_MAX]; /* by number: packets with payload that it has seen */
	bool spoken;                      /* a payload of the client was looked at */
	uint8_t inspecting;               /* bits by number: that inspect still looks */
	uint8_t ending;                   /* enum decision: how the last inspection ended */
	uint16_t waiting;    /* a rule that counts and is true, behind one that is still open */
	uint32_t first_open; /* rules before it are false */
	uint32_t lists_seen; /* handle of sightings.h */
};

/* Ways from the most a box can put together (classify_way, number 0) to the least. */
static inline uint8_t way_number(const struct inspect *inspect)
{
	return WAYS - 1 - (inspect->reassembly * (TLS_RECORDS_ALL + 1) + inspect->tls_records);
}

static inline struct inspection_way way_at(uint32_t number)
{
	uint32_t rank = WAYS - 1 - number;

	return (struct inspection_way){
		(uint8_t)(rank / (TLS_RECORDS_ALL + 1)), (uint8_t)(rank % (TLS_RECORDS_ALL + 1))};
}

/* The same over UDP; enum quic_way goes from the least to the most. */
_Static_assert((int)QUIC_WAYS <= (int)WAYS, "an examination has room for each way");
_Static_assert((int)CLASSIFY_QUIC_WAY == (int)QUIC_WAYS - 1, "number 0 is the one for the record");

static inline uint8_t quic_way_number(const struct inspect *inspect)
{
	return QUIC_WAYS - 1 - inspect->quic;
}

static inline enum quic_way quic_way_at(uint32_t number)
{
	return (enum quic_way)(QUIC_WAYS - 1 - number);
}

/* NULL when the flow is not under examination. */
struct examination *examination_of(struct examiner *examiner, struct flow *flow);

static inline uint64_t *examination_lists(
	const struct examiner *examiner, const struct examination *examination)
{
	return sightings_at(&examiner->sightings, examination->lists_seen);
}

/* Inspect `i` (index) still looks. */
static inline bool examination_looks(
	const struct examiner *examiner, const struct examination *examination, uint32_t i)
{
	return examination->inspecting >> examiner->ruleset->inspects[i].number & 1;
}

/* The rule by all that is known now: as decision_rule(). */
uint16_t examination_rule(
	struct examiner *examiner, struct flow *flow, struct examination *examination);

#endif
