/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/succession.h"

#include <stdlib.h>
#include <string.h>

struct named {
	const char *id;
	uint32_t number;
};

/* Numbers of SCOPE_RULE that old uses, or that have been given. */
struct shared_numbers {
	uint64_t used[SHARED_MAX / 64 + 1];
	uint32_t first_free; /* none before it */
};

struct succession {
	struct ruleset *ruleset;
	const struct ruleset *old;
	uint32_t generation;
	struct rule_slot *slots;
	uint32_t slot_count;
	struct named *known; /* slots of old, by id */
	uint32_t *resting;   /* slots whose id has gone, those that went first at the front */
	uint32_t resting_count, resting_taken;
	const struct rule **was; /* by rule: the one of the same id in old, NULL none */
	struct shared_numbers *numbers;
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

static void *room(size_t count, size_t size)
{
	return calloc(count + 1, size);
}

static bool begin(struct succession *succession)
{
	const struct ruleset *old = succession->old;
	uint32_t rules = succession->ruleset->rule_count;

	succession->slots = room(old->slot_count + rules, sizeof(*succession->slots));
	succession->known = room(old->slot_count, sizeof(*succession->known));
	succession->resting = room(old->slot_count, sizeof(*succession->resting));
	succession->was = room(rules, sizeof(*succession->was));
	succession->numbers = room(1, sizeof(*succession->numbers));
	if (!succession->slots || !succession->known || !succession->resting || !succession->was ||
		!succession->numbers)
		return false;
	succession->slot_count = old->slot_count;
	for (uint32_t i = 0; i < old->slot_count; i++) {
		succession->slots[i] = old->slots[i];
		succession->slots[i].rule = RULE_NONE;
		succession->known[i] = (struct named){old->slots[i].id, i};
	}
	qsort(succession->known, old->slot_count, sizeof(*succession->known), by_id);
	return true;
}

static void take_slot(struct succession *succession, uint32_t rule, uint32_t slot)
{
	succession->slots[slot].rule = (uint16_t)rule;
	succession->slots[slot].gone_at = 0;
	succession->ruleset->rules[rule].slot = (uint16_t)slot;
}

/* Ids that have a slot, whether the rule is there or has gone. */
static void keep_slots(struct succession *succession)
{
	struct ruleset *ruleset = succession->ruleset;
	const struct ruleset *old = succession->old;

	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		struct named wanted = {ruleset->rules[i].id, i};
		const struct named *known = bsearch(&wanted, succession->known, old->slot_count,
			sizeof(*succession->known), by_id);

		ruleset->rules[i].slot = RULE_NONE;
		if (!known)
			continue;
		succession->was[i] = ruleset_rule(old, (uint16_t)known->number);
		take_slot(succession, i, known->number);
	}
}

static int by_going(const void *a, const void *b, void *context)
{
	const struct rule_slot *slots = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	if (slots[left].gone_at != slots[right].gone_at)
		return slots[left].gone_at < slots[right].gone_at ? -1 : 1;
	return left < right ? -1 : left > right;
}

static void lay_to_rest(struct succession *succession)
{
	for (uint32_t i = 0; i < succession->slot_count; i++) {
		struct rule_slot *slot = &succession->slots[i];

		if (slot->rule != RULE_NONE)
			continue;
		if (!slot->gone_at)
			slot->gone_at = succession->generation;
		succession->resting[succession->resting_count++] = i;
	}
	qsort_r(succession->resting, succession->resting_count, sizeof(*succession->resting),
		by_going, succession->slots);
}

static uint32_t free_slot(struct succession *succession)
{
	uint32_t resting = succession->resting_count - succession->resting_taken;

	if (resting <= SLOTS_RESTING && succession->slot_count < RULE_SLOTS)
		return succession->slot_count++;
	succession->ruleset->reborn_at = succession->generation;
	return succession->resting[succession->resting_taken++];
}

static void give_slots(struct succession *succession)
{
	struct ruleset *ruleset = succession->ruleset;

	ruleset->reborn_at = succession->old->reborn_at;
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		struct rule_slot *slot;
		uint32_t number;

		if (ruleset->rules[i].slot != RULE_NONE)
			continue;
		number = free_slot(succession);
		slot = &succession->slots[number];
		memcpy(slot->id, ruleset->rules[i].id, sizeof(slot->id));
		slot->born_at = succession->generation;
		take_slot(succession, i, number);
	}
}

/* Whether what the flows of a rule remember can be left as it is. */
static bool states_stay(const struct rule *rule, const struct rule *was)
{
	return was && rule->content.layout == was->content.layout &&
	       (rule->keeps || rule->content.whole == was->content.whole);
}

static void mark_changes(struct succession *succession)
{
	for (uint32_t i = 0; i < succession->ruleset->rule_count; i++) {
		struct rule *rule = &succession->ruleset->rules[i];
		const struct rule *was = succession->was[i];
		bool stays = was && (rule->keeps || rule->content.whole == was->content.whole);

		rule->redecides_before = stays ? was->redecides_before : succession->generation;
		rule->forgets_before =
			states_stay(rule, was) ? was->forgets_before : succession->generation;
	}
}

static void note_used(struct shared_numbers *numbers, uint32_t number)
{
	numbers->used[number / 64] |= 1ull << number % 64;
}

static uint32_t unused_number(struct shared_numbers *numbers)
{
	while (numbers->used[numbers->first_free / 64] >> numbers->first_free % 64 & 1)
		numbers->first_free++;
	note_used(numbers, numbers->first_free);
	return numbers->first_free;
}

static void number_throttle(
	struct succession *succession, struct throttle *throttle, const struct throttle *was)
{
	if (throttle->per.scope == SCOPE_FLOW)
		return;
	throttle->shared = was ? was->shared
			   : throttle->per.scope == SCOPE_RULE
				   ? unused_number(succession->numbers)
				   : succession->ruleset->next_host_number++;
	throttle->born_at = was ? was->born_at : succession->generation;
}

static void number_throttles(struct succession *succession)
{
	const struct ruleset *old = succession->old;
	struct ruleset *ruleset = succession->ruleset;

	for (uint32_t i = 0; i < old->throttle_count; i++) {
		if (old->throttles[i].per.scope == SCOPE_RULE)
			note_used(succession->numbers, old->throttles[i].shared);
	}
	ruleset->next_host_number = old->next_host_number;
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i], *was = succession->was[i];
		bool stay = states_stay(rule, was);

		for (uint32_t step = 0; step < rule->throttle_count; step++)
			number_throttle(succession,
				&ruleset->throttles[rule->throttle_first + step],
				stay ? &old->throttles[was->throttle_first + step] : NULL);
	}
}

static const struct inspect *same_inspect(
	const struct ruleset *ruleset, const struct inspect *wanted)
{
	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		if (inspect_equal(&ruleset->inspects[i], wanted))
			return &ruleset->inspects[i];
	}
	return NULL;
}

/* A number that no other inspect of the ruleset has, if it can be one that none of old had. */
static void number_inspects(struct succession *succession)
{
	struct ruleset *ruleset = succession->ruleset;
	const struct ruleset *old = succession->old;
	uint32_t kept = 0, used = 0;

	for (uint32_t i = 0; i < old->inspect_count; i++)
		used |= 1u << old->inspects[i].number;
	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		const struct inspect *was = same_inspect(old, &ruleset->inspects[i]);

		if (was)
			kept |= 1u << was->number;
	}
	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		struct inspect *inspect = &ruleset->inspects[i];
		const struct inspect *was = same_inspect(old, inspect);
		uint32_t taken = ~(kept | used) & ((1u << INSPECTS_MAX) - 1) ? kept | used : kept;

		inspect->number = was ? was->number : (uint8_t)__builtin_ctz(~taken);
		inspect->born_at = was ? was->born_at : succession->generation;
		kept |= 1u << inspect->number;
	}
}

/* The same flows fall under the same rules: nothing has to be matched anew. */
static bool match_alike(const struct ruleset *a, const struct ruleset *b)
{
	bool alike = a->rule_count == b->rule_count;

	for (uint32_t i = 0; i < a->rule_count && alike; i++) {
		const struct rule *left = &a->rules[i], *right = &b->rules[i];

		alike = left->content.matching == right->content.matching &&
			left->counts == right->counts && !strcmp(left->id, right->id);
	}
	return alike;
}

static void put_in_place(struct succession *succession)
{
	struct ruleset *ruleset = succession->ruleset;
	bool alike = match_alike(ruleset, succession->old);

	ruleset->generation = succession->generation;
	ruleset->matching_since = alike ? succession->old->matching_since : succession->generation;
	free(ruleset->slots);
	ruleset->slots = succession->slots;
	ruleset->slot_count = succession->slot_count;
	succession->slots = NULL;
}

bool ruleset_succeed(struct ruleset *ruleset, const struct ruleset *old)
{
	static const struct ruleset nothing;
	struct succession succession = {.ruleset = ruleset, .old = old ? old : &nothing};
	bool good;

	succession.generation = succession.old->generation + 1;
	good = begin(&succession);
	if (good) {
		keep_slots(&succession);
		lay_to_rest(&succession);
		give_slots(&succession);
		mark_changes(&succession);
		number_throttles(&succession);
		number_inspects(&succession);
		put_in_place(&succession);
	}
	free(succession.slots);
	free(succession.known);
	free(succession.resting);
	free(succession.was);
	free(succession.numbers);
	return good;
}
