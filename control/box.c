/* SPDX-License-Identifier: BSD-3-Clause */
#include "box.h"

#include "units.h"

#include <string.h>

enum { BUDGET_PACKETS = 10, BUDGET_PACKETS_MAX = 1000000 };

const char *const reassembly_words[] = {"none", "in-order", "full", NULL};
const char *const tls_records_words[] = {"first", "all", NULL};
const char *const quic_words[] = {"closed", "one-frame", "one-packet", "in-order", "full", NULL};

const char *const inspect_words[] = {"directions", "reassembly", "budget", NULL};
const char *const reassembly_keys[] = {"tcp", "tls_records", "quic", NULL};
const char *const budget_keys[] = {"packets", "give_up_on_unrecognised_over", NULL};

bool box_directions(const struct references *references, const struct yaml_node *node,
	const char *what, uint8_t *directions)
{
	static const char *const words[] = {"up", "down", "both", NULL};
	uint8_t index;

	if (!references_word(references, node, what, words, &index))
		return false;
	*directions = (uint8_t)(index + 1); /* DIRECTIONS_UP, _DOWN, _BOTH */
	return true;
}

static bool read_reassembly(
	const struct references *references, const struct yaml_node *node, struct inspect *inspect)
{
	const struct yaml_node *tcp, *records, *quic;

	if (!yaml_want_keys(node, "reassembly", reassembly_keys, references->failure))
		return false;
	tcp = yaml_get(node, "tcp");
	records = yaml_get(node, "tls_records");
	quic = yaml_get(node, "quic");
	if (tcp && !references_word(references, tcp, "tcp reassembly", reassembly_words,
			   &inspect->reassembly))
		return false;
	if (records && !references_word(references, records, "tls_records", tls_records_words,
			       &inspect->tls_records))
		return false;
	return !quic ||
	       references_word(references, quic, "quic reassembly", quic_words, &inspect->quic);
}

static bool read_give_up(
	const struct references *references, const struct yaml_node *node, struct inspect *inspect)
{
	const struct yaml_node *value =
		references_scalar(references, node, "give_up_on_unrecognised_over");
	char why[UNITS_WHY];
	uint64_t bytes;

	if (!value)
		return false;
	if (!units_parse(value->text, QUANTITY_BYTES, &bytes, why))
		return yaml_failure(value, references->failure, "%s", why);
	if (bytes >= UINT32_MAX)
		return yaml_failure(value, references->failure,
			"\"%.40s\" is more than any packet: leave the key out for never",
			value->text);
	inspect->give_up_over = (uint32_t)bytes;
	return true;
}

static bool read_budget(
	const struct references *references, const struct yaml_node *node, struct inspect *inspect)
{
	const struct yaml_node *packets, *give_up, *value;
	char why[UNITS_WHY];
	uint64_t count;

	if (!yaml_want_keys(node, "budget", budget_keys, references->failure))
		return false;
	packets = yaml_get(node, "packets");
	if (packets) {
		value = references_scalar(references, packets, "packets");
		if (!value)
			return false;
		if (!units_count(value->text, BUDGET_PACKETS_MAX, &count, why))
			return yaml_failure(value, references->failure, "%s", why);
		if (!count)
			return yaml_failure(value, references->failure,
				"a budget of 0 packets never reads anything: at least 1");
		inspect->budget_packets = (uint32_t)count;
	}
	give_up = yaml_get(node, "give_up_on_unrecognised_over");
	return !give_up || read_give_up(references, give_up, inspect);
}

bool box_read_inspect(
	const struct references *references, const struct yaml_node *node, struct inspect *inspect)
{
	const struct yaml_node *directions, *reassembly, *budget;

	*inspect = (struct inspect){
		.budget_packets = BUDGET_PACKETS,
		.give_up_over = UINT32_MAX,
		.directions = DIRECTIONS_BOTH,
		.reassembly = REASSEMBLY_FULL,
		.tls_records = TLS_RECORDS_ALL,
		.quic = QUIC_WAY_FULL,
	};
	if (!node)
		return true;
	if (!yaml_want_keys(node, "inspect", inspect_words, references->failure))
		return false;
	directions = yaml_get(node, "directions");
	reassembly = yaml_get(node, "reassembly");
	budget = yaml_get(node, "budget");
	if (directions &&
		!box_directions(references, directions, "directions", &inspect->directions))
		return false;
	return (!reassembly || read_reassembly(references, reassembly, inspect)) &&
	       (!budget || read_budget(references, budget, inspect));
}
