/* SPDX-License-Identifier: BSD-3-Clause */
#include "canonical.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int by_bytes(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct prefix));
}

static int by_first(const void *left, const void *right)
{
	const struct port_range *a = left, *b = right;

	return a->first != b->first ? a->first - b->first : a->last - b->last;
}

/* Removes neighbours that are equal; the new count. */
static uint32_t unique(
	void *values, uint32_t count, size_t size, int (*order)(const void *, const void *))
{
	unsigned char *bytes = values;
	uint32_t kept = count ? 1 : 0;

	if (count)
		qsort(values, count, size, order);
	for (uint32_t i = 1; i < count; i++) {
		if (order(bytes + (kept - 1) * size, bytes + i * size))
			memmove(bytes + kept++ * size, bytes + i * size, size);
	}
	return kept;
}

static void write_bits(FILE *out, const uint64_t *words, int count)
{
	for (int i = 0; i < count; i++)
		fprintf(out, " %" PRIx64, words[i]);
}

static void write_inspect(FILE *out, const struct inspect *inspect)
{
	fprintf(out, " %u.%u.%u.%u.%u.%u", inspect->budget_packets, inspect->give_up_over,
		inspect->directions, inspect->reassembly, inspect->tls_records, inspect->quic);
}

static int by_number(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static void write_look(FILE *out, struct expr *expr)
{
	struct datagram_look *look = &expr->look;

	look->version_count =
		unique(expr->versions, look->version_count, sizeof(uint32_t), by_number);
	fprintf(out, " %u-%u %d", look->bytes_low, look->bytes_high, look->first_only);
	for (uint32_t i = 0; i < look->version_count; i++)
		fprintf(out, " %x", expr->versions[i]);
}

static void write_leaf(FILE *out, const struct inspect *inspects, struct expr *expr)
{
	switch (expr->op) {
	case CONDITION_INITIATOR:
		fprintf(out, " %u", expr->initiator);
		break;
	case CONDITION_PROTO:
		write_bits(out, expr->proto, 4);
		break;
	case CONDITION_CLIENT:
	case CONDITION_SERVER:
		expr->count = unique(expr->prefixes, expr->count, sizeof(struct prefix), by_bytes);
		for (uint32_t i = 0; i < expr->count; i++) {
			const struct prefix *prefix = &expr->prefixes[i];

			fprintf(out, " %u/%u", prefix->ip_version, prefix->length);
			for (int byte = 0; byte < 16; byte++)
				fprintf(out, "%c%02x", byte ? '.' : ':', prefix->address[byte]);
		}
		break;
	case CONDITION_CLIENT_PORT:
	case CONDITION_SERVER_PORT:
		expr->count = unique(expr->ports, expr->count, sizeof(struct port_range), by_first);
		for (uint32_t i = 0; i < expr->count; i++)
			fprintf(out, " %u-%u", expr->ports[i].first, expr->ports[i].last);
		break;
	case CONDITION_NAME:
		fprintf(out, " %u", expr->sources);
		write_inspect(out, &inspects[expr->inspect]);
		expr->count = unique(expr->patterns, expr->count, sizeof(char *), by_text);
		for (uint32_t i = 0; i < expr->count; i++)
			fprintf(out, " %s", expr->patterns[i]);
		break;
	case CONDITION_FULLY_ENCRYPTED:
		fprintf(out, " %" PRIu64 " %" PRIu64 " %u %u %u %u", expr->limits.set_bits_low,
			expr->limits.set_bits_high, expr->limits.printable_share,
			expr->limits.printable_lead, expr->limits.printable_run,
			expr->limits.prefixes);
		write_inspect(out, &inspects[expr->inspect]);
		break;
	case CONDITION_BETWEEN:
		for (uint32_t i = 0; i < expr->opening.count; i++)
			fprintf(out, " %u-%u", expr->opening.hours[i].opens_s,
				expr->opening.hours[i].closes_s);
		break;
	case CONDITION_CHANCE:
		fprintf(out, " %" PRIu64, expr->chance);
		break;
	case CONDITION_PORT_ORDER:
		fprintf(out, " %d", expr->client_above);
		break;
	case CONDITION_CONNECTIONS:
		fprintf(out, " %u %" PRIu64 " %x", expr->connections.limit.over,
			expr->connections.limit.within_ns, expr->connections.parts);
		break;
	case CONDITION_DATAGRAM:
		write_look(out, expr);
		write_inspect(out, &inspects[expr->inspect]);
		break;
	case CONDITION_CATEGORY:
		write_bits(out, expr->categories, CATEGORY_WORDS);
		break;
	default:
		write_bits(out, expr->apps, APP_WORDS);
	}
}

static void write_children(
	FILE *out, struct arena *arena, const struct inspect *inspects, struct expr *expr)
{
	const char **texts = arena_alloc(arena, expr->count * sizeof(*texts));
	uint32_t count = 0;

	for (struct expr *child = expr->first; child; child = child->next) {
		canonical_write(arena, inspects, child);
		texts[count++] = child->canonical;
	}
	count = unique(texts, count, sizeof(*texts), by_text);
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, " (%s)", texts[i]);
}

void canonical_write(struct arena *arena, const struct inspect *inspects, struct expr *expr)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	fprintf(out, "%d", expr->op);
	if (expr->op <= CONDITION_NOT)
		write_children(out, arena, inspects, expr);
	else
		write_leaf(out, inspects, expr);
	if (fclose(out))
		abort();
	expr->canonical = arena_text(arena, text, len);
	free(text);
}
