/* SPDX-License-Identifier: BSD-3-Clause */
#include "datagrams.h"

#include "units.h"

#include <stdlib.h>
#include <string.h>

enum { DRAFT_MAX = 0xff };
#define DRAFT 0xff000000u /* RFC 9000 before it was one */
#define V2    0x6b3343cfu /* RFC 9369 */

static const char *const look_words[] = {"version", "payload_length", "first_datagram", NULL};

static bool hexadecimal(const char *text, uint32_t *number)
{
	char *end;

	if (strncmp(text, "0x", 2) != 0 || strlen(text) != strlen("0x00000001"))
		return false;
	*number = (uint32_t)strtoul(text, &end, 16);
	return !*end;
}

static bool version_number(const char *text, uint32_t *number)
{
	char why[UNITS_WHY];
	uint64_t draft;

	if (!strcmp(text, "1") || !strcmp(text, "2")) {
		*number = *text == '1' ? 1 : V2;
		return true;
	}
	if (!strncmp(text, "draft-", 6) && units_count(text + 6, DRAFT_MAX, &draft, why)) {
		*number = DRAFT | (uint32_t)draft;
		return true;
	}
	return hexadecimal(text, number);
}

static bool read_versions(const struct references *references, const struct yaml_node *node,
	struct datagram_look *look, uint32_t **versions)
{
	static const char *const words[] = {"1", "2", "draft-29", "0x00000001", NULL};
	struct items items;

	if (!references_items(references, node, "version", &items))
		return false;
	if (!items.count)
		return yaml_failure(node, references->failure,
			"version is empty, so it can never match: at least one value is wanted");
	*versions = arena_alloc(references->arena, items.count * sizeof(**versions));
	for (uint32_t i = 0; i < items.count; i++) {
		if (!version_number(items.nodes[i]->text, &(*versions)[i]))
			return yaml_unknown(items.nodes[i], "QUIC version", items.nodes[i]->text,
				NULL, words, references->failure);
	}
	look->version_count = items.count;
	return true;
}

static bool read_bytes(const struct references *references, const struct yaml_node *node,
	const char *text, uint32_t *bytes)
{
	char why[UNITS_WHY];
	uint64_t number;

	text += strspn(text, " ");
	if (!units_parse(text, QUANTITY_BYTES, &number, why))
		return yaml_failure(node, references->failure,
			"payload_length: %s; also allowed are \">= 1001B\", \"<= 1200B\" and "
			"\"1001B-1357B\"",
			why);
	if (number > UINT16_MAX)
		return yaml_failure(node, references->failure,
			"payload_length: a datagram has at most %d bytes", UINT16_MAX);
	*bytes = (uint32_t)number;
	return true;
}

/* ">= 1001B" and its like: `text` is past the sign. */
static bool read_bound(const struct references *references, const struct yaml_node *node,
	const char *text, char sign, struct datagram_look *look)
{
	bool included = *text == '=';
	uint32_t bytes;

	if (!read_bytes(references, node, text + included, &bytes))
		return false;
	if (!bytes && sign == '<' && !included)
		return yaml_failure(node, references->failure,
			"payload_length: no datagram is shorter than 0B");
	if (sign == '>')
		look->bytes_low = bytes + !included;
	else
		look->bytes_high = bytes - !included;
	return true;
}

static bool read_range(const struct references *references, const struct yaml_node *node,
	const char *text, struct datagram_look *look)
{
	const char *dash = strchr(text, '-');
	const char *first =
		dash ? arena_text(references->arena, text, (size_t)(dash - text)) : text;

	if (!read_bytes(references, node, first, &look->bytes_low) ||
		!read_bytes(references, node, dash ? dash + 1 : text, &look->bytes_high))
		return false;
	if (look->bytes_low > look->bytes_high)
		return yaml_failure(node, references->failure,
			"payload_length: the range \"%.40s\" is reversed: lowest first", text);
	return true;
}

static bool read_length(const struct references *references, const struct yaml_node *node,
	struct datagram_look *look)
{
	const struct yaml_node *value = references_scalar(references, node, "payload_length");

	if (!value)
		return false;
	if (*value->text == '>' || *value->text == '<')
		return read_bound(references, value, value->text + 1, *value->text, look);
	return read_range(references, value, value->text, look);
}

static bool read_look(const struct references *references, const struct yaml_node *node,
	struct datagram_look *look, uint32_t **versions)
{
	static const char *const words[] = {"no", "yes", NULL};
	const struct yaml_node *version, *length, *first;
	uint8_t index = 0;

	*look = (struct datagram_look){.bytes_high = UINT32_MAX};
	if (!yaml_want_keys(node, "quic", look_words, references->failure))
		return false;
	version = yaml_get(node, "version");
	length = yaml_get(node, "payload_length");
	first = yaml_get(node, "first_datagram");
	if (!version && !length)
		return yaml_failure(node, references->failure,
			"quic says nothing of a datagram: version or payload_length is wanted");
	if ((version && !read_versions(references, version, look, versions)) ||
		(length && !read_length(references, length, look)) ||
		(first && !references_word(references, first, "first_datagram", words, &index)))
		return false;
	look->first_only = index;
	return true;
}

struct expr *datagrams_read(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect)
{
	struct expr *expr = conditions_expr(conditions, CONDITION_DATAGRAM, node->key, "quic");

	expr->inspect = inspect;
	return read_look(conditions->references, node, &expr->look, &expr->versions) ? expr : NULL;
}
