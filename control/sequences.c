/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/sequences.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	FOLLOWED = 256,
	POINTS = 4096,
	WRITTEN = 24,
	SLOTS = FOLLOWED * 4, /* open addressing over the followed flows */
};

struct point {
	uint64_t time_ns; /* when it left, or was dropped */
	uint64_t number;  /* of the flow's packets, as they came */
	uint64_t bytes;   /* of the direction's stream, where the packet ends */
	uint8_t direction;
	bool dropped;
};

struct followed {
	uint64_t flow; /* 0: free */
	uint64_t dropped, held;
	uint64_t first_ns;
	uint64_t bytes[2];    /* furthest end so far: 64-bit, follows wrapped numbers */
	uint32_t next_seq[2]; /* TCP: sequence number at bytes[] */
	bool begun[2];
	uint32_t keep_every[2]; /* one point of so many is kept: of packets that pass, that drop */
	uint32_t seen[2], kept[2];
	uint32_t count; /* kept[0] + kept[1] */
	struct point *points;
	uint8_t ends[2][16]; /* client, server */
	uint16_t ports[2];
	uint8_t ip_version;
	char name[256];
};

struct sequences {
	const struct ruleset *ruleset;
	uint32_t used;
	uint16_t slot[SLOTS]; /* number of a followed flow + 1 */
	struct followed flows[FOLLOWED];
};

struct sequences *sequences_begin(const struct ruleset *ruleset)
{
	struct sequences *sequences = calloc(1, sizeof(*sequences));

	if (sequences)
		sequences->ruleset = ruleset;
	return sequences;
}

void sequences_free(struct sequences *sequences)
{
	if (!sequences)
		return;
	for (uint32_t i = 0; i < sequences->used; i++)
		free(sequences->flows[i].points);
	free(sequences);
}

static uint16_t *slot_of(struct sequences *sequences, uint64_t flow)
{
	uint32_t slot = flow * 0x9e3779b97f4a7c15ull >> 54;

	while (sequences->slot[slot] && sequences->flows[sequences->slot[slot] - 1].flow != flow)
		slot = (slot + 1) % SLOTS;
	return &sequences->slot[slot];
}

static void note_ends(struct followed *followed, const struct packet *packet, uint8_t direction)
{
	size_t length = packet->ip_version == 4 ? 4 : 16;

	memcpy(followed->ends[direction], packet_source(packet), length);
	memcpy(followed->ends[!direction], packet_destination(packet), length);
	followed->ports[direction] = packet->source_port;
	followed->ports[!direction] = packet->destination_port;
	followed->ip_version = packet->ip_version;
}

static struct followed *follow(
	struct sequences *sequences, const struct packet *packet, const struct verdict *verdict)
{
	uint16_t *slot = slot_of(sequences, verdict->flow);
	struct followed *followed;

	if (*slot)
		return &sequences->flows[*slot - 1];
	if (sequences->used == FOLLOWED)
		return NULL;
	followed = &sequences->flows[sequences->used];
	followed->points = malloc(POINTS * sizeof(struct point));
	if (!followed->points)
		return NULL;
	followed->flow = verdict->flow;
	followed->first_ns = packet->time_ns;
	followed->keep_every[0] = followed->keep_every[1] = 1;
	note_ends(followed, packet, verdict->direction);
	*slot = ++sequences->used;
	return followed;
}

/* Where this packet ends in its direction's stream. */
static uint64_t stream_end(
	struct followed *followed, const struct packet *packet, uint8_t direction)
{
	uint32_t begin = packet->tcp_seq + !!(packet->tcp_flags & TCP_SYN); /* a SYN takes one */
	uint32_t end = begin + packet->payload_bytes;
	int32_t ahead;

	if (packet->proto != PROTO_TCP)
		return followed->bytes[direction] += packet->payload_bytes;
	if (!followed->begun[direction]) {
		followed->begun[direction] = true;
		followed->next_seq[direction] = begin;
	}
	ahead = (int32_t)(end - followed->next_seq[direction]);
	if (ahead < 0 && (uint64_t) - (int64_t)ahead > followed->bytes[direction])
		return 0; /* from before the first packet that was seen */
	if (ahead > 0) {
		followed->next_seq[direction] = end;
		followed->bytes[direction] += ahead;
		return followed->bytes[direction];
	}
	return followed->bytes[direction] + ahead;
}

/* Gives up every second point of what there is more of, drops or the others, so that each stays
 * evenly spread over the flow's life. */
static void thin(struct followed *followed)
{
	bool which = followed->kept[1] > followed->kept[0];
	uint32_t count = 0, of_which = 0;

	for (uint32_t i = 0; i < followed->count; i++) {
		if (followed->points[i].dropped != which || of_which++ % 2 == 0)
			followed->points[count++] = followed->points[i];
	}
	followed->kept[which] = (of_which + 1) / 2;
	followed->count = count;
	followed->keep_every[which] *= 2;
}

void sequences_add(
	struct sequences *sequences, const struct packet *packet, const struct verdict *verdict)
{
	const struct rule *rule = ruleset_rule(sequences->ruleset, verdict->rule);
	struct followed *followed;
	uint64_t end;
	bool dropped;

	if (!rule || !rule->throttle_count)
		return;
	followed = follow(sequences, packet, verdict);
	if (!followed)
		return;
	end = stream_end(followed, packet, verdict->direction);
	dropped = verdict->fate == FATE_DROP;
	followed->dropped += dropped;
	followed->held += verdict->fate == FATE_HOLD;
	if (followed->seen[dropped]++ % followed->keep_every[dropped])
		return;
	if (followed->count == POINTS)
		thin(followed);
	followed->points[followed->count++] = (struct point){
		.time_ns = verdict->fate == FATE_HOLD ? verdict->leaves_ns : packet->time_ns,
		.number = followed->seen[0] + followed->seen[1],
		.bytes = end,
		.direction = verdict->direction,
		.dropped = dropped,
	};
	followed->kept[dropped]++;
}

void sequences_name(struct sequences *sequences, uint64_t flow, const uint8_t *name, size_t len)
{
	uint16_t slot = *slot_of(sequences, flow);
	char *into = slot ? sequences->flows[slot - 1].name : NULL;

	for (size_t i = 0; into && i < len; i++) {
		bool plain = name[i] >= 0x20 && name[i] < 0x7f && name[i] != '"' && name[i] != '\\';

		*into++ = plain ? name[i] : '?';
	}
}

static int by_drops(const void *a, const void *b)
{
	const struct followed *left = *(const struct followed *const *)a;
	const struct followed *right = *(const struct followed *const *)b;

	if (left->dropped != right->dropped)
		return left->dropped < right->dropped ? 1 : -1;
	if (left->held != right->held)
		return left->held < right->held ? 1 : -1;
	return (left->flow > right->flow) - (left->flow < right->flow);
}

static void write_end(const struct followed *followed, int which, FILE *out)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool ipv4 = followed->ip_version == 4;

	inet_ntop(ipv4 ? AF_INET : AF_INET6, followed->ends[which], text, sizeof(text));
	fprintf(out, "\"%s\":\"%s%s%s:%u\",", which ? "server" : "client", ipv4 ? "" : "[", text,
		ipv4 ? "" : "]", followed->ports[which]);
}

static int by_time(const void *a, const void *b)
{
	const struct point *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

static void write_flow(const struct followed *followed, FILE *out)
{
	qsort(followed->points, followed->count, sizeof(struct point), by_time);
	fprintf(out, "{\"flow\":%" PRIu64 ",\"name\":\"%s\",", followed->flow, followed->name);
	write_end(followed, 0, out);
	write_end(followed, 1, out);
	fprintf(out,
		"\"first_ns\":%" PRIu64 ",\"dropped\":%" PRIu64
		",\"thinned\":%u,\"drops_thinned\":%u,\"points\":[",
		followed->first_ns, followed->dropped, followed->keep_every[0],
		followed->keep_every[1]);
	for (uint32_t i = 0; i < followed->count; i++) {
		const struct point *point = &followed->points[i];

		fprintf(out, "%s[%" PRIu64 ",%u,%" PRIu64 ",%d]", i ? "," : "",
			point->time_ns - followed->first_ns, point->direction, point->bytes,
			point->dropped);
	}
	fputs("]}", out);
}

void sequences_write(const struct sequences *sequences, FILE *out)
{
	const struct followed *order[FOLLOWED];

	for (uint32_t i = 0; i < sequences->used; i++)
		order[i] = &sequences->flows[i];
	qsort(order, sequences->used, sizeof(order[0]), by_drops);
	fputs("{\"flows\":[", out);
	for (uint32_t i = 0; i < sequences->used && i < WRITTEN; i++) {
		fputs(i ? ",\n" : "\n", out);
		write_flow(order[i], out);
	}
	fputs("\n]}\n", out);
}
