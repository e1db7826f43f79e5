/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/condition.h"

#include "dataplane/prng.h"

static enum truth truth_of(bool yes)
{
	return yes ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth all_of(const struct ruleset *ruleset, const struct condition *condition,
	const struct evidence *evidence)
{
	enum truth result = TRUTH_TRUE;

	for (uint32_t i = 0; i < condition->children.count && result != TRUTH_FALSE; i++) {
		enum truth child =
			condition_evaluate(ruleset, condition->children.first + i, evidence);

		result = child < result ? child : result;
	}
	return result;
}

static enum truth any_of(const struct ruleset *ruleset, const struct condition *condition,
	const struct evidence *evidence)
{
	enum truth result = TRUTH_FALSE;

	for (uint32_t i = 0; i < condition->children.count && result != TRUTH_TRUE; i++) {
		enum truth child =
			condition_evaluate(ruleset, condition->children.first + i, evidence);

		result = child > result ? child : result;
	}
	return result;
}

static enum truth none_of(const struct ruleset *ruleset, const struct condition *condition,
	const struct evidence *evidence)
{
	return TRUTH_TRUE - any_of(ruleset, condition, evidence);
}

static enum truth port_in(
	const struct ruleset *ruleset, const struct condition *condition, uint16_t port)
{
	const struct port_range *range = ruleset->ports + condition->ports.first;

	for (uint32_t i = 0; i < condition->ports.count; i++) {
		if (port >= range[i].first && port <= range[i].last)
			return TRUTH_TRUE;
	}
	return TRUTH_FALSE;
}

/* Names that a flow of this protocol can have at all. */
static uint16_t possible_sources(uint8_t proto)
{
	if (proto == PROTO_TCP)
		return 1 << NAME_TLS | 1 << NAME_HTTP | HELLO_SOURCES;
	return proto == PROTO_UDP ? 1 << NAME_QUIC | 1 << NAME_DTLS | HELLO_SOURCES : 0;
}

static bool is_listed(const struct evidence *evidence, uint16_t list)
{
	return evidence->lists_seen && evidence->lists_seen[list / 64] >> list % 64 & 1;
}

static enum truth name_on_list(const struct condition *condition, const struct evidence *evidence)
{
	if (is_listed(evidence, condition->name.list))
		return TRUTH_TRUE;
	if (!(condition->name.sources & possible_sources(evidence->proto)))
		return TRUTH_FALSE;
	return evidence->inspecting >> condition->name.inspect & 1 ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static bool app_in(const uint64_t *apps, uint16_t app)
{
	return app && app < APP_WORDS * 64 && apps[app / 64] >> app % 64 & 1;
}

static enum truth app_is(const struct ruleset *ruleset, const struct condition *condition,
	const struct evidence *evidence)
{
	const uint64_t *apps = ruleset->apps[condition->apps];

	if (app_in(apps, evidence->master) || app_in(apps, evidence->app))
		return TRUTH_TRUE;
	return evidence->class_known ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static enum truth category_is(const struct condition *condition, const struct evidence *evidence)
{
	uint8_t category = evidence->category;

	if (category && condition->categories[category / 64] >> category % 64 & 1)
		return TRUTH_TRUE;
	return evidence->class_known ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static enum truth looks_encrypted(
	const struct condition *condition, const struct evidence *evidence)
{
	if (evidence->opening && evidence->opening->bytes)
		return truth_of(entropy_exemption(evidence->opening,
					&condition->fully_encrypted.limits) == ENTROPY_NONE);
	if (evidence->proto != PROTO_TCP && evidence->proto != PROTO_UDP)
		return TRUTH_FALSE;
	return evidence->inspecting >> condition->fully_encrypted.inspect & 1 ? TRUTH_UNKNOWN
									      : TRUTH_FALSE;
}

static enum truth datagram_fits(const struct ruleset *ruleset, const struct condition *condition,
	const struct evidence *evidence)
{
	const struct datagram_look *look = &ruleset->looks[condition->look];

	if (is_listed(evidence, look->list))
		return TRUTH_TRUE;
	if (evidence->proto != PROTO_UDP || (look->first_only && evidence->spoken))
		return TRUTH_FALSE;
	return evidence->inspecting >> look->inspect & 1 ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

/* Each condition draws for itself. */
static enum truth hits(
	const struct condition *condition, uint32_t index, const struct evidence *evidence)
{
	if (!evidence->drawn)
		return TRUTH_UNKNOWN;
	return truth_of(prng_hits(prng_draw(evidence->chance_key, index), condition->chance));
}

/* True as far as a condition can tell: decision_rule() counts. */
static enum truth may_be_too_many(const struct evidence *evidence)
{
	if (evidence->counted_later)
		return TRUTH_UNKNOWN;
	return truth_of(evidence->connections);
}

enum truth condition_evaluate(
	const struct ruleset *ruleset, uint32_t index, const struct evidence *evidence)
{
	const struct condition *condition = &ruleset->conditions[index];

	switch ((enum condition_op)condition->op) {
	case CONDITION_ALL:
		return all_of(ruleset, condition, evidence);
	case CONDITION_ANY:
		return any_of(ruleset, condition, evidence);
	case CONDITION_NOT:
		return none_of(ruleset, condition, evidence);
	case CONDITION_INITIATOR:
		return truth_of(evidence->initiator == condition->initiator);
	case CONDITION_PROTO:
		return truth_of(condition->proto[evidence->proto / 64] >> evidence->proto % 64 & 1);
	case CONDITION_CLIENT:
		return truth_of(prefixes_contain(
			condition->prefixes, evidence->client, evidence->ip_version));
	case CONDITION_SERVER:
		return truth_of(prefixes_contain(
			condition->prefixes, evidence->server, evidence->ip_version));
	case CONDITION_CLIENT_PORT:
		return port_in(ruleset, condition, evidence->client_port);
	case CONDITION_SERVER_PORT:
		return port_in(ruleset, condition, evidence->server_port);
	case CONDITION_NAME:
		return name_on_list(condition, evidence);
	case CONDITION_APP:
		return app_is(ruleset, condition, evidence);
	case CONDITION_CATEGORY:
		return category_is(condition, evidence);
	case CONDITION_FULLY_ENCRYPTED:
		return looks_encrypted(condition, evidence);
	case CONDITION_BETWEEN:
		return truth_of(opening_has(&condition->opening, evidence->first_ns));
	case CONDITION_CHANCE:
		return hits(condition, index, evidence);
	case CONDITION_PORT_ORDER:
		return truth_of(
			(evidence->client_port > evidence->server_port) == condition->client_above);
	case CONDITION_DATAGRAM:
		return datagram_fits(ruleset, condition, evidence);
	case CONDITION_CONNECTIONS:
		return may_be_too_many(evidence);
	}
	return TRUTH_FALSE;
}
