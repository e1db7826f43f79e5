/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/decision.h"

#include <string.h>

struct evidence decision_evidence(const struct flow_record *record)
{
	return (struct evidence){
		.first_ns = record->first_ns,
		.client = record->client,
		.server = record->server,
		.client_port = record->client_port,
		.server_port = record->server_port,
		.ip_version = record->ip_version,
		.proto = record->proto,
		.initiator = record->initiator,
		.class_known = true,
		.master = record->master,
		.app = record->app,
		.category = record->category,
		.spoken = true,
		.opening = &record->opening,
	};
}

struct evidence decision_prospect(const struct flow_record *record)
{
	struct evidence evidence = decision_evidence(record);

	evidence.class_known = false;
	evidence.counted_later = true;
	evidence.master = evidence.app = evidence.category = 0;
	evidence.inspecting = UINT8_MAX;
	evidence.spoken = false;
	evidence.opening = NULL;
	return evidence;
}

/* What a rule says of how often such flows come, now that all before it is false. */
static enum truth count_in(const struct rule *rule, const struct evidence *evidence)
{
	if (!rule->connections.limit.over ||
		connections_over(evidence->connections, rule, evidence->record, evidence->now_ns))
		return TRUTH_TRUE;
	return TRUTH_FALSE;
}

uint16_t decision_rule(const struct ruleset *ruleset, const struct evidence *evidence,
	uint32_t *first_open, uint16_t *waiting)
{
	bool open = false;

	*waiting = RULE_NONE;
	for (uint32_t i = *first_open; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		enum truth truth = condition_evaluate(ruleset, rule->condition, evidence);

		if (truth == TRUTH_TRUE && !open)
			truth = count_in(rule, evidence);
		if (truth == TRUTH_FALSE && !open)
			*first_open = i + 1;
		if (truth == TRUTH_UNKNOWN)
			open = true;
		if (truth != TRUTH_TRUE)
			continue;
		if (!open)
			return i;
		if (rule->counts && !rule->connections.limit.over)
			*waiting = i;
		return RULE_UNDECIDED;
	}
	return open ? RULE_UNDECIDED : RULE_NONE;
}

void decision_take(const struct ruleset *ruleset, struct flow *flow, struct flow_record *record,
	uint16_t index, uint8_t reason)
{
	flow->rule = index == RULE_NONE ? RULE_NONE : ruleset->rules[index].slot;
	record->decided_at = flow_packets(flow, record);
	record->decided_ns = flow->last_ns ? flow->last_ns : record->first_ns;
	record->decided_bytes = flow->bytes[DIRECTION_UP] + flow->bytes[DIRECTION_DOWN];
	record->reason = reason;
}

bool decision_sight(
	const struct ruleset *ruleset, uint32_t i, struct span name, uint8_t source, uint64_t *seen)
{
	const uint64_t *mask = source < TEXT_SOURCES ? ruleset->list_masks[i][source] : NULL;
	uint64_t on[ruleset->list_words], any = 0;

	memset(on, 0, sizeof(on));
	if (!mask || !names_match(ruleset->names, name.data, name.len, on))
		return false;
	for (uint32_t word = 0; word < ruleset->list_words; word++) {
		uint64_t news = on[word] & mask[word] & ~seen[word];

		seen[word] |= news;
		any |= news;
	}
	return any;
}

bool decision_sight_hello(
	const struct ruleset *ruleset, uint32_t i, struct span texts, uint64_t *seen)
{
	struct span text;
	bool any = false;
	uint8_t source;

	while (hello_texts_next(&texts, &source, &text))
		any |= decision_sight(ruleset, i, text, source, seen);
	return any;
}

static bool fits(const struct ruleset *ruleset, const struct datagram_look *look,
	const struct datagram *datagram)
{
	const uint32_t *version = ruleset->versions + look->version_first;

	if (datagram->bytes < look->bytes_low || datagram->bytes > look->bytes_high ||
		(look->first_only && !datagram->first))
		return false;
	for (uint32_t i = 0; i < look->version_count; i++) {
		if (version[i] == datagram->version)
			return true;
	}
	return !look->version_count;
}

bool decision_sight_datagram(
	const struct ruleset *ruleset, uint32_t i, const struct datagram *datagram, uint64_t *seen)
{
	bool any = false;

	for (uint32_t n = 0; n < ruleset->look_count; n++) {
		const struct datagram_look *look = &ruleset->looks[n];
		uint64_t bit = 1ull << look->list % 64;

		if (look->inspect != i || seen[look->list / 64] & bit ||
			!fits(ruleset, look, datagram))
			continue;
		seen[look->list / 64] |= bit;
		any = true;
	}
	return any;
}

void decision_sight_known(const struct ruleset *ruleset, const struct flow_record *record,
	struct span name, struct span hello, uint64_t *seen)
{
	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		if (record->datagram.bytes)
			decision_sight_datagram(ruleset, i, &record->datagram, seen);
		if (record->hello_read_by >> ruleset->inspects[i].number & 1)
			decision_sight_hello(ruleset, i, hello, seen);
		if (name.len && record->read_by >> ruleset->inspects[i].number & 1)
			decision_sight(ruleset, i, name, record->name_source, seen);
	}
}

bool decision_is_due(
	const struct ruleset *ruleset, const struct rule *rule, const struct throttle_input *packet)
{
	const struct throttle *step = ruleset->throttles + rule->throttle_first;

	for (uint32_t i = 0; rule->counts && i < rule->throttle_count; i++) {
		if (step[i].kind->due && step[i].kind->due(step[i].params, packet))
			return true;
	}
	return false;
}
