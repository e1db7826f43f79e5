/* SPDX-License-Identifier: BSD-3-Clause */
#include "encrypted.h"

#include "units.h"

#define BIT  1000000000ull /* in limits, and for units_parse() */
#define BYTE (8 * BIT)

static const char *const limit_words[] = {
	"set_bits", "printable_lead", "printable_share", "printable_run", "prefixes", NULL};

static bool read_mean(
	const struct references *references, const struct yaml_node *node, uint64_t *mean)
{
	char why[UNITS_WHY];

	if (!units_parse(node->text, QUANTITY_NUMBER, mean, why))
		return yaml_failure(node, references->failure, "%s", why);
	if (*mean > BYTE)
		return yaml_failure(node, references->failure,
			"\"%.40s\" is more than the 8 bits of a byte", node->text);
	return true;
}

static bool read_set_bits(const struct references *references, const struct yaml_node *node,
	struct entropy_limits *limits)
{
	struct items items;

	if (!references_items(references, node, "set_bits", &items))
		return false;
	if (items.count != 2)
		return yaml_failure(node, references->failure,
			"set_bits is two means: exempt up to the first, from the second on");
	if (!read_mean(references, items.nodes[0], &limits->set_bits_low) ||
		!read_mean(references, items.nodes[1], &limits->set_bits_high))
		return false;
	if (limits->set_bits_low >= limits->set_bits_high)
		return yaml_failure(node, references->failure,
			"set_bits leaves nothing between its two means: lowest first");
	return true;
}

static bool read_share(const struct references *references, const struct yaml_node *node,
	struct entropy_limits *limits)
{
	const struct yaml_node *value = references_scalar(references, node, "printable_share");
	char why[UNITS_WHY];
	uint64_t share;

	if (!value)
		return false;
	if (!units_parse(value->text, QUANTITY_NUMBER, &share, why))
		return yaml_failure(value, references->failure, "%s", why);
	if (share > BIT)
		return yaml_failure(value, references->failure,
			"\"%.40s\" is more than all: a share from 0 to 1, or in %%", value->text);
	limits->printable_share = (uint32_t)share;
	return true;
}

static bool read_count(const struct references *references, const struct yaml_node *node,
	const char *what, uint64_t least, uint16_t *count)
{
	const struct yaml_node *value = references_scalar(references, node, what);
	char why[UNITS_WHY];
	uint64_t number;

	if (!value)
		return false;
	if (!units_count(value->text, UINT16_MAX, &number, why))
		return yaml_failure(value, references->failure, "%s", why);
	if (number < least)
		return yaml_failure(value, references->failure, "%s of 0 exempts everything", what);
	*count = (uint16_t)number;
	return true;
}

static bool read_prefixes(const struct references *references, const struct yaml_node *node,
	struct entropy_limits *limits)
{
	static const char *const words[] = {"tls", "http", NULL};
	struct items items;
	uint8_t index;

	if (!references_items(references, node, "prefixes", &items))
		return false;
	limits->prefixes = 0;
	for (uint32_t i = 0; i < items.count; i++) {
		if (!references_word(references, items.nodes[i], "prefix", words, &index))
			return false;
		limits->prefixes |= 1u << index; /* ENTROPY_TLS, ENTROPY_HTTP */
	}
	return true;
}

static bool read_limits(const struct references *references, const struct yaml_node *map,
	struct entropy_limits *limits)
{
	const struct yaml_node *set_bits, *lead, *share, *run, *prefixes;

	if (!yaml_want_keys(map, "fully_encrypted", limit_words, references->failure))
		return false;
	set_bits = yaml_get(map, "set_bits");
	lead = yaml_get(map, "printable_lead");
	share = yaml_get(map, "printable_share");
	run = yaml_get(map, "printable_run");
	prefixes = yaml_get(map, "prefixes");
	return (!set_bits || read_set_bits(references, set_bits, limits)) &&
	       (!lead || read_count(
				 references, lead, "printable_lead", 1, &limits->printable_lead)) &&
	       (!share || read_share(references, share, limits)) &&
	       (!run || read_count(references, run, "printable_run", 0, &limits->printable_run)) &&
	       (!prefixes || read_prefixes(references, prefixes, limits));
}

struct expr *encrypted_read(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect)
{
	static const char *const words[] = {"no", "yes", NULL};
	struct expr *expr = conditions_expr(
		conditions, CONDITION_FULLY_ENCRYPTED, node->key, "fully_encrypted");
	struct expr *contrary;
	uint8_t yes = true;

	expr->limits = entropy_published;
	expr->inspect = inspect;
	if (node->kind == YAML_MAP)
		return read_limits(conditions->references, node, &expr->limits) ? expr : NULL;
	if (!references_word(conditions->references, node, "fully_encrypted", words, &yes))
		return NULL;
	if (yes)
		return expr;
	contrary = conditions_expr(conditions, CONDITION_NOT, node->key, "fully_encrypted");
	contrary->first = expr;
	contrary->count = 1;
	return contrary;
}
