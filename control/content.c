/* SPDX-License-Identifier: BSD-3-Clause */
#include "content.h"

#include "dataplane/prng.h"

#include <string.h>

static uint64_t mix_bytes(uint64_t digest, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	digest = prng_mix(digest, len);
	for (; len; at += sizeof(uint64_t)) {
		size_t part = len < sizeof(uint64_t) ? len : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, at, part);
		digest = prng_draw(digest, word);
		len -= part;
	}
	return digest;
}

static uint64_t mix_text(uint64_t digest, const char *text)
{
	return mix_bytes(digest, text, strlen(text));
}

static uint64_t mix_number(uint64_t digest, uint64_t number)
{
	return mix_bytes(digest, &number, sizeof(number));
}

static uint64_t matching_of(const struct expr *when, const struct inspect *inspect)
{
	uint64_t digest = mix_text(1, when->canonical);

	if (!inspect)
		return digest;
	digest = mix_number(digest, inspect->budget_packets);
	digest = mix_number(digest, inspect->give_up_over);
	digest = mix_number(digest, inspect->directions);
	digest = mix_number(digest, inspect->reassembly);
	digest = mix_number(digest, inspect->tls_records);
	return mix_number(digest, inspect->quic);
}

static uint64_t layout_of(const struct rule *rule, const struct throttle *throttles)
{
	uint64_t digest = mix_number(2, rule->throttle_count);

	for (uint32_t i = 0; i < rule->throttle_count; i++) {
		digest = mix_text(digest, throttles[i].kind->word);
		digest = mix_number(digest, throttles[i].per.scope);
		digest = mix_number(digest, throttles[i].per.by_direction);
	}
	return digest;
}

static uint64_t mix_timetable(uint64_t digest, const struct timetable *timetable)
{
	if (!timetable)
		return digest;
	digest = mix_bytes(digest, timetable->opening.hours,
		timetable->opening.count * sizeof(timetable->opening.hours[0]));
	for (uint32_t i = 0; i < timetable->count; i++) {
		const struct timetable_change *change = &timetable->changes[i];

		digest = mix_number(digest, change->from_ns);
		digest = mix_bytes(digest, change->params, sizeof(change->params));
	}
	return digest;
}

struct rule_content content_of(const struct rule *rule, const struct expr *when,
	const struct inspect *inspect, const struct throttle *throttles)
{
	struct rule_content content = {matching_of(when, inspect), layout_of(rule, throttles), 3};

	content.whole = mix_number(content.whole, content.matching);
	content.whole = mix_number(content.whole, content.layout);
	content.whole = mix_number(content.whole, rule->idle_ns);
	content.whole = mix_bytes(content.whole, rule->timeouts_ns, sizeof(rule->timeouts_ns));
	content.whole = mix_number(content.whole, rule->cleared_by);
	content.whole = mix_number(content.whole, rule->residual.lasts_ns);
	content.whole = mix_number(content.whole, rule->residual.key);
	content.whole = mix_number(content.whole, rule->residual.refreshes);
	content.whole = mix_number(content.whole, rule->residual.catches_all);
	for (uint32_t i = 0; i < rule->throttle_count; i++) {
		content.whole =
			mix_bytes(content.whole, throttles[i].params, sizeof(throttles[i].params));
		content.whole = mix_timetable(content.whole, throttles[i].timetable);
		content.whole = mix_number(content.whole, throttles[i].begins.unit);
		content.whole = mix_number(content.whole, throttles[i].begins.least);
		content.whole = mix_number(content.whole, throttles[i].begins.most);
	}
	return content;
}
