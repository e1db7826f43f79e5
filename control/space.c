/* SPDX-License-Identifier: BSD-3-Clause */
#include "space.h"

#include "leaves.h"

#include "classifiers/packet.h"

#include <stdio.h>
#include <string.h>

enum { FAMILY_4 = 1, FAMILY_6 = 2, FAMILIES = FAMILY_4 | FAMILY_6 };
enum { INITIATORS = 1 << INITIATOR_UNKNOWN | 1 << INITIATOR_INSIDE | 1 << INITIATOR_OUTSIDE };

struct space {
	uint64_t proto[4];
	uint8_t families;
	uint8_t initiators;
};

static const struct space everything = {
	{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, FAMILIES, INITIATORS};

static void allow(struct space *space, unsigned proto)
{
	space->proto[proto / 64] |= 1ull << proto % 64;
}

static bool no_proto(const struct space *space)
{
	return !(space->proto[0] | space->proto[1] | space->proto[2] | space->proto[3]);
}

static void intersect(struct space *space, const struct space *other)
{
	for (int i = 0; i < 4; i++)
		space->proto[i] &= other->proto[i];
	space->families &= other->families;
	space->initiators &= other->initiators;
}

static void unite(struct space *space, const struct space *other)
{
	for (int i = 0; i < 4; i++)
		space->proto[i] |= other->proto[i];
	space->families |= other->families;
	space->initiators |= other->initiators;
}

static struct space of_ports(void)
{
	struct space space = {.families = FAMILIES, .initiators = INITIATORS};

	allow(&space, PROTO_TCP);
	allow(&space, PROTO_UDP);
	allow(&space, PROTO_SCTP);
	return space;
}

static struct space of_payload(void)
{
	struct space space = {.families = FAMILIES, .initiators = INITIATORS};

	allow(&space, PROTO_TCP);
	allow(&space, PROTO_UDP);
	return space;
}

static struct space of_datagrams(void)
{
	struct space space = {.families = FAMILIES, .initiators = INITIATORS};

	allow(&space, PROTO_UDP);
	return space;
}

static struct space of_names(const struct expr *expr)
{
	struct space space = {.families = FAMILIES, .initiators = INITIATORS};

	if (expr->sources & (1 << NAME_TLS | 1 << NAME_HTTP | HELLO_SOURCES))
		allow(&space, PROTO_TCP);
	if (expr->sources & (1 << NAME_QUIC | 1 << NAME_DTLS | HELLO_SOURCES))
		allow(&space, PROTO_UDP);
	return space;
}

static struct space of_leaf(const struct expr *expr)
{
	struct space space = everything;

	switch (expr->op) {
	case CONDITION_PROTO:
		memcpy(space.proto, expr->proto, sizeof(space.proto));
		return space;
	case CONDITION_INITIATOR:
		space.initiators = (uint8_t)(1 << expr->initiator);
		return space;
	case CONDITION_CLIENT:
	case CONDITION_SERVER:
		space.families = 0;
		for (uint32_t i = 0; i < expr->count; i++)
			space.families |= expr->prefixes[i].ip_version == 4 ? FAMILY_4 : FAMILY_6;
		return space;
	case CONDITION_CLIENT_PORT:
	case CONDITION_SERVER_PORT:
	case CONDITION_PORT_ORDER:
		return of_ports();
	case CONDITION_NAME:
		return of_names(expr);
	case CONDITION_FULLY_ENCRYPTED:
		return of_payload();
	case CONDITION_DATAGRAM:
		return of_datagrams();
	default:
		return space;
	}
}

static struct space of_not(const struct expr *child)
{
	struct space space = everything;

	for (int i = 0; child->op == CONDITION_PROTO && i < 4; i++)
		space.proto[i] = ~child->proto[i];
	if (child->op == CONDITION_INITIATOR)
		space.initiators = (uint8_t)(INITIATORS & ~(1 << child->initiator));
	return space;
}

/* "tcp, udp", with a count of what has no word. */
static void proto_words(const struct space *space, char *text, size_t size)
{
	struct space rest = *space;
	size_t used = 0, others = 0;

	*text = 0;
	for (const struct protocol_word *row = protocol_words; row->word; row++) {
		uint64_t bit = 1ull << row->number % 64;

		if (rest.proto[row->number / 64] & bit)
			used += (size_t)snprintf(
				text + used, size - used, "%s%s", used ? ", " : "", row->word);
		rest.proto[row->number / 64] &= ~bit;
	}
	for (int i = 0; i < 4; i++)
		others += (size_t)__builtin_popcountll(rest.proto[i]);
	if (others)
		snprintf(text + used, size - used, "%s%zu others", used ? ", " : "", others);
}

static bool contradiction(const struct expr *part, const struct space *before,
	const struct space *after, const struct space *own, struct failure *failure)
{
	char wanted[96], left[96];

	if (no_proto(after)) {
		proto_words(own, wanted, sizeof(wanted));
		proto_words(before, left, sizeof(left));
		return yaml_failure(part->at, failure,
			"%s can never match here: it needs proto %s, and what stands before "
			"allows %s",
			part->word, wanted, left);
	}
	return yaml_failure(part->at, failure,
		"%s can never match here: what stands before allows only %s", part->word,
		after->families ? "the other initiator" : "the other IP version");
}

static bool of_expr(const struct expr *expr, struct space *space, struct failure *failure);

static bool of_all(const struct expr *expr, struct space *space, struct failure *failure)
{
	struct space own, before;

	*space = everything;
	for (const struct expr *part = expr->first; part; part = part->next) {
		if (!of_expr(part, &own, failure))
			return false;
		before = *space;
		intersect(space, &own);
		if (no_proto(space) || !space->families || !space->initiators)
			return contradiction(part, &before, space, &own, failure);
	}
	return true;
}

static bool of_expr(const struct expr *expr, struct space *space, struct failure *failure)
{
	struct space own;

	if (expr->op == CONDITION_ALL)
		return of_all(expr, space, failure);
	if (expr->op == CONDITION_NOT) {
		*space = of_not(expr->first);
		return of_expr(expr->first, &own, failure);
	}
	if (expr->op != CONDITION_ANY) {
		*space = of_leaf(expr);
		return true;
	}
	*space = (struct space){0};
	for (const struct expr *part = expr->first; part; part = part->next) {
		if (!of_expr(part, &own, failure))
			return false;
		unite(space, &own);
	}
	return true;
}

bool space_possible(const struct expr *expr, struct failure *failure)
{
	struct space space;

	return of_expr(expr, &space, failure);
}

static bool bits_within(const uint64_t *narrow, const uint64_t *wide, int words)
{
	for (int i = 0; i < words; i++) {
		if (narrow[i] & ~wide[i])
			return false;
	}
	return true;
}

static bool prefix_within(const struct prefix *narrow, const struct prefix *wide)
{
	unsigned whole = wide->length / 8, bits = wide->length % 8;

	if (narrow->ip_version != wide->ip_version || narrow->length < wide->length)
		return false;
	if (memcmp(narrow->address, wide->address, whole) != 0)
		return false;
	return !bits || !((narrow->address[whole] ^ wide->address[whole]) >> (8 - bits));
}

enum { VALUES_MAX = 64 }; /* of lists that are compared; a limit on time only */

static bool prefixes_within(const struct expr *narrow, const struct expr *wide)
{
	if (narrow->count > VALUES_MAX || wide->count > VALUES_MAX)
		return false;
	for (uint32_t i = 0; i < narrow->count; i++) {
		uint32_t j = 0;

		while (j < wide->count && !prefix_within(&narrow->prefixes[i], &wide->prefixes[j]))
			j++;
		if (j == wide->count)
			return false;
	}
	return true;
}

static bool ports_within(const struct expr *narrow, const struct expr *wide)
{
	if (narrow->count > VALUES_MAX || wide->count > VALUES_MAX)
		return false;
	for (uint32_t i = 0; i < narrow->count; i++) {
		uint32_t j = 0;

		while (j < wide->count && (wide->ports[j].first > narrow->ports[i].first ||
						  wide->ports[j].last < narrow->ports[i].last))
			j++;
		if (j == wide->count)
			return false;
	}
	return true;
}

bool space_leaf_within(const struct expr *narrow, const struct expr *wide)
{
	switch (narrow->op) {
	case CONDITION_PROTO:
		return bits_within(narrow->proto, wide->proto, 4);
	case CONDITION_CLIENT:
	case CONDITION_SERVER:
		return prefixes_within(narrow, wide);
	case CONDITION_CLIENT_PORT:
	case CONDITION_SERVER_PORT:
		return ports_within(narrow, wide);
	case CONDITION_APP:
		return bits_within(narrow->apps, wide->apps, APP_WORDS);
	case CONDITION_CATEGORY:
		return bits_within(narrow->categories, wide->categories, CATEGORY_WORDS);
	default:
		return false;
	}
}
