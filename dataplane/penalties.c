/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/penalties.h"

#include "dataplane/decision.h"
#include "dataplane/prng.h"
#include "dataplane/verdict.h"

#include <string.h>

/* What a key is made of. */
enum part {
	PART_CLIENT = 1,
	PART_CLIENT_PORT = 2,
	PART_SERVER = 4,
	PART_SERVER_PORT = 8,
	PARTS_PORT = PART_CLIENT_PORT | PART_SERVER_PORT
};

static const uint8_t parts_of[PENALTY_KEYS] = {
	[PENALTY_4_TUPLE] = PART_CLIENT | PART_CLIENT_PORT | PART_SERVER | PART_SERVER_PORT,
	[PENALTY_3_TUPLE] = PART_CLIENT | PART_SERVER | PART_SERVER_PORT,
	[PENALTY_CLIENT_SERVER] = PART_CLIENT | PART_SERVER,
	[PENALTY_SERVER_PORT] = PART_SERVER | PART_SERVER_PORT,
	[PENALTY_CLIENT] = PART_CLIENT,
	[PENALTY_SERVER] = PART_SERVER,
};

static uint64_t mix_address(uint64_t tag, const uint8_t *address)
{
	uint64_t half[2];

	memcpy(half, address, sizeof(half));
	return prng_draw(prng_draw(tag, half[0]), half[1]);
}

/* A rule that changes in a way that its flows are decided anew begins without penalties. */
static uint64_t tag_of(const struct rule *rule, const struct flow_record *record)
{
	uint8_t parts = parts_of[rule->residual.key];
	uint64_t tag = prng_draw((uint64_t)rule->slot << 32 | rule->forgets_before, parts);

	if (parts & PART_CLIENT)
		tag = mix_address(tag, record->client);
	if (parts & PART_SERVER)
		tag = mix_address(tag, record->server);
	if (parts & PART_CLIENT_PORT)
		tag = prng_draw(tag, record->client_port);
	if (parts & PART_SERVER_PORT)
		tag = prng_draw(tag, record->server_port);
	return prng_draw(tag, (parts & PARTS_PORT ? record->proto : 0) | record->ip_version << 8);
}

static void mark(struct penalties *penalties, const struct rule *rule,
	const struct flow_record *record, uint64_t now_ns)
{
	if (!marks_set(penalties->marks, tag_of(rule, record), now_ns + rule->residual.lasts_ns,
		    now_ns))
		penalties->counters->events[EVENT_PENALTIES_EVICTED]++;
}

bool penalties_over(struct penalties *penalties, struct flow *flow, const struct packet *packet)
{
	const struct rule *rule = decision_of(penalties->ruleset, flow);
	const struct flow_record *record = flow_record(penalties->table, flow);

	if (!rule || !rule->residual.lasts_ns)
		return false;
	if (!marks_until(penalties->marks, tag_of(rule, record), packet->time_ns))
		return true;
	if (rule->residual.refreshes)
		mark(penalties, rule, record, packet->time_ns);
	return false;
}

/* By its header alone, whatever it may still say. */
static enum truth truth_by_header(
	const struct penalties *penalties, uint32_t rule, const struct flow_record *record)
{
	struct evidence evidence = decision_prospect(record);

	return condition_evaluate(
		penalties->ruleset, penalties->ruleset->rules[rule].condition, &evidence);
}

static bool is_free_to_catch(
	const struct penalties *penalties, uint32_t rule, const struct flow_record *record)
{
	if (!penalties->ruleset->rules[rule].residual.catches_all &&
		truth_by_header(penalties, rule, record) == TRUTH_FALSE)
		return false;
	for (uint32_t i = 0; i < rule; i++) {
		if (truth_by_header(penalties, i, record) == TRUTH_TRUE)
			return false;
	}
	return true;
}

void penalties_catch(struct penalties *penalties, struct flow *flow, const struct packet *packet)
{
	const struct ruleset *ruleset = penalties->ruleset;
	struct flow_record *record = flow_record(penalties->table, flow);

	if (flow->rule < RULE_SLOTS)
		return;
	for (uint32_t i = 0; i < ruleset->residual_count; i++) {
		const struct rule *rule = &ruleset->rules[ruleset->residuals[i]];

		if (!marks_until(penalties->marks, tag_of(rule, record), packet->time_ns) ||
			!is_free_to_catch(penalties, ruleset->residuals[i], record))
			continue;
		if (rule->residual.refreshes)
			mark(penalties, rule, record, packet->time_ns);
		decision_take(ruleset, flow, record, ruleset->residuals[i], DECISION_RESIDUAL);
		penalties->counters->events[EVENT_PENALTIES_CAUGHT]++;
		return;
	}
}

void penalties_begin(struct penalties *penalties, struct flow *flow, const struct packet *packet)
{
	const struct rule *rule = decision_of(penalties->ruleset, flow);
	struct flow_record *record = flow_record(penalties->table, flow);

	if (!rule || !rule->residual.lasts_ns || record->reason == DECISION_RESIDUAL ||
		record->decided_at != (uint32_t)flow_packets(flow, record))
		return;
	mark(penalties, rule, record, packet->time_ns);
	penalties->counters->events[EVENT_PENALTIES_BEGUN]++;
}

void penalties_clear(struct penalties *penalties, struct flow *flow)
{
	const struct rule *rule = decision_of(penalties->ruleset, flow);

	if (rule && rule->residual.lasts_ns && rule->residual.key == PENALTY_4_TUPLE)
		marks_clear(penalties->marks, tag_of(rule, flow_record(penalties->table, flow)));
}
