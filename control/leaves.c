/* SPDX-License-Identifier: BSD-3-Clause */
#include "leaves.h"

#include "hellos.h"
#include "occasions.h"
#include "patterns.h"
#include "units.h"

#include "classifiers/packet.h"

#include <string.h>
#include <strings.h>

const struct protocol_word protocol_words[] = {
	{"tcp", PROTO_TCP},
	{"udp", PROTO_UDP},
	{"icmp", PROTO_ICMP},
	{"icmpv6", PROTO_ICMPV6},
	{"sctp", PROTO_SCTP},
	{NULL, 0},
};

static struct arena *arena_of(const struct conditions *conditions)
{
	return conditions->references->arena;
}

static struct failure *failure_of(const struct conditions *conditions)
{
	return conditions->references->failure;
}

static bool read_initiator(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	static const char *const words[] = {"inside", "outside", NULL};

	if (items->count != 1)
		return yaml_failure(expr->at, failure_of(conditions),
			"initiator is one word: inside or outside");
	if (!strcmp(items->nodes[0]->text, words[0]))
		expr->initiator = INITIATOR_INSIDE;
	else if (!strcmp(items->nodes[0]->text, words[1]))
		expr->initiator = INITIATOR_OUTSIDE;
	else
		return yaml_unknown(items->nodes[0], "initiator", items->nodes[0]->text, NULL,
			words, failure_of(conditions));
	return true;
}

static bool protocol_number(const char *text, uint64_t *number)
{
	char why[UNITS_WHY];

	for (const struct protocol_word *row = protocol_words; row->word; row++) {
		if (!strcmp(row->word, text)) {
			*number = row->number;
			return true;
		}
	}
	return units_count(text, 255, number, why);
}

static bool read_protos(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	const char *words[16] = {NULL};
	uint64_t number;
	size_t count = 0;

	for (const struct protocol_word *row = protocol_words; row->word; row++)
		words[count++] = row->word;
	words[count] = "a number to 255";
	for (uint32_t i = 0; i < items->count; i++) {
		if (!protocol_number(items->nodes[i]->text, &number))
			return yaml_unknown(items->nodes[i], "protocol", items->nodes[i]->text,
				NULL, words, failure_of(conditions));
		expr->proto[number / 64] |= 1ull << number % 64;
	}
	return true;
}

static bool read_prefixes(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	expr->prefixes = arena_alloc(arena_of(conditions), items->count * sizeof(struct prefix));
	expr->count = 0;
	for (uint32_t i = 0; i < items->count; i++) {
		const char *text = items->nodes[i]->text;
		const char *wrong = prefix_parse(text, &expr->prefixes[expr->count]);

		expr->count += !wrong;
		if (wrong && !references_skip(conditions->references, items->nodes[i],
				     "\"%.60s\" is not a prefix (10.0.0.0/8, 2001:db8::/32): %s",
				     text, wrong))
			return false;
	}
	return true;
}

/* "443" or "1000-2000" */
static bool port_range(const char *text, struct port_range *range, char *why)
{
	const char *dash = strchr(text, '-');
	char first[8] = "";
	uint64_t low, high;

	if (dash && (size_t)(dash - text) < sizeof(first))
		memcpy(first, text, (size_t)(dash - text));
	if (!units_count(dash ? first : text, UINT16_MAX, &low, why))
		return false;
	high = low;
	if (dash && !units_count(dash + 1, UINT16_MAX, &high, why))
		return false;
	*range = (struct port_range){(uint16_t)low, (uint16_t)high};
	return true;
}

static bool read_ports(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	expr->ports = arena_alloc(arena_of(conditions), items->count * sizeof(struct port_range));
	for (uint32_t i = 0; i < items->count; i++) {
		char why[UNITS_WHY];

		if (!port_range(items->nodes[i]->text, &expr->ports[i], why))
			return yaml_failure(items->nodes[i], failure_of(conditions),
				"\"%.60s\" is no port: a number to 65535 or a range like 1000-2000",
				items->nodes[i]->text);
		if (expr->ports[i].first > expr->ports[i].last)
			return yaml_failure(items->nodes[i], failure_of(conditions),
				"the port range \"%.60s\" is reversed: lowest first",
				items->nodes[i]->text);
	}
	return true;
}

static bool read_port_order(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	static const char *const words[] = {"no", "yes", NULL};
	uint8_t index;

	if (items->count != 1)
		return yaml_failure(
			expr->at, failure_of(conditions), "%s is one word: yes or no", expr->word);
	if (!references_word(conditions->references, items->nodes[0], expr->word, words, &index))
		return false;
	expr->client_above = index;
	return true;
}

static bool read_patterns(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return patterns_read(conditions->references, items, &expr->patterns, &expr->count);
}

static void load_apps(struct conditions *conditions)
{
	uint16_t count = 0;

	if (conditions->dpi)
		return;
	conditions->dpi = dpi_new(1);
	while (dpi_app_name(conditions->dpi, count))
		count++;
	conditions->app_names = arena_alloc(arena_of(conditions), (count + 1u) * sizeof(char *));
	for (uint16_t app = 0; app < count; app++)
		conditions->app_names[app] = dpi_app_name(conditions->dpi, app);
}

static bool read_apps(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	load_apps(conditions);
	expr->apps = arena_alloc(arena_of(conditions), APP_WORDS * sizeof(uint64_t));
	for (uint32_t i = 0; i < items->count; i++) {
		int app = dpi_app_number(conditions->dpi, items->nodes[i]->text);

		if (app < 0 || app >= APP_WORDS * 64)
			return yaml_unknown(items->nodes[i], "app", items->nodes[i]->text, NULL,
				conditions->app_names, failure_of(conditions));
		expr->apps[app / 64] |= 1ull << app % 64;
	}
	return true;
}

static void load_categories(struct conditions *conditions)
{
	uint16_t end = 0, count = 0;
	const char *name;

	if (conditions->category_names)
		return;
	while (dpi_category_name(conditions->dpi, end))
		end++;
	conditions->category_names = arena_alloc(arena_of(conditions), (end + 1u) * sizeof(char *));
	for (uint16_t category = 0; category < end; category++) {
		name = dpi_category_name(conditions->dpi, category);
		if (*name)
			conditions->category_names[count++] = name;
	}
}

static int category_number(const struct conditions *conditions, const char *text)
{
	const char *name;

	for (uint16_t category = 1; (name = dpi_category_name(conditions->dpi, category));
		category++) {
		if (!strcasecmp(name, text))
			return category;
	}
	return -1;
}

static bool read_categories(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	load_apps(conditions);
	load_categories(conditions);
	for (uint32_t i = 0; i < items->count; i++) {
		int category = category_number(conditions, items->nodes[i]->text);

		if (category < 0)
			return yaml_unknown(items->nodes[i], "category", items->nodes[i]->text,
				NULL, conditions->category_names, failure_of(conditions));
		expr->categories[category / 64] |= 1ull << category % 64;
	}
	return true;
}

const struct leaf leaves[] = {
	{"initiator", CONDITION_INITIATOR, read_initiator, 0},
	{"proto", CONDITION_PROTO, read_protos, 0},
	{"client", CONDITION_CLIENT, read_prefixes, 0},
	{"server", CONDITION_SERVER, read_prefixes, 0},
	{"client_port", CONDITION_CLIENT_PORT, read_ports, 0},
	{"server_port", CONDITION_SERVER_PORT, read_ports, 0},
	{"name", CONDITION_NAME, read_patterns,
		1 << NAME_TLS | 1 << NAME_QUIC | 1 << NAME_HTTP | 1 << NAME_DTLS},
	{"tls.sni", CONDITION_NAME, read_patterns, 1 << NAME_TLS},
	{"quic.sni", CONDITION_NAME, read_patterns, 1 << NAME_QUIC},
	{"dtls.sni", CONDITION_NAME, read_patterns, 1 << NAME_DTLS},
	{"http.host", CONDITION_NAME, read_patterns, 1 << NAME_HTTP},
	{"tls.version", CONDITION_NAME, hellos_read_versions, 1 << HELLO_VERSION},
	{"tls.key_share", CONDITION_NAME, hellos_read_groups, 1 << HELLO_KEY_SHARE},
	{"tls.ech", CONDITION_NAME, hellos_read_ech, 1 << HELLO_ECH},
	{"tls.alpn", CONDITION_NAME, hellos_read_protocols, 1 << HELLO_ALPN},
	{"tls.ja3", CONDITION_NAME, hellos_read_ja3, 1 << HELLO_JA3},
	{"tls.ja4", CONDITION_NAME, hellos_read_ja4, 1 << HELLO_JA4},
	{"app", CONDITION_APP, read_apps, 0},
	{"category", CONDITION_CATEGORY, read_categories, 0},
	{"between", CONDITION_BETWEEN, occasions_between, 0},
	{"chance", CONDITION_CHANCE, occasions_chance, 0},
	{"client_port_over_server_port", CONDITION_PORT_ORDER, read_port_order, 0},
	{NULL, CONDITION_ALL, NULL, 0},
};

const char *const condition_words[] = {"initiator", "proto", "client", "server", "client_port",
	"server_port", "name", "tls.sni", "tls.version", "tls.key_share", "tls.ech", "tls.alpn",
	"tls.ja3", "tls.ja4", "quic.sni", "dtls.sni", "http.host", "app", "category",
	"fully_encrypted", "quic", "connections", "between", "chance",
	"client_port_over_server_port", "not", "any", NULL};
