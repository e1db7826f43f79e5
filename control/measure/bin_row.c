/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/bin_row.h"

#include "control/flow_line.h"

#include <stddef.h>

/* Columns in their order: numbers that are counted, and what they are called. */
static const struct {
	const char *name;
	size_t offset;
} columns[] = {
	{"packets", offsetof(struct bin_counts, packets)},
	{"bytes", offsetof(struct bin_counts, bytes)},
	{"payload_bytes", offsetof(struct bin_counts, payload)},
	{"new_bytes", offsetof(struct bin_counts, fresh)},
	{"acknowledged_bytes", offsetof(struct bin_counts, acknowledged)},
	{"retransmitted", offsetof(struct bin_counts, again)},
	{"lost_after", offsetof(struct bin_counts, lost)},
	{"lost_before", offsetof(struct bin_counts, lost_before)},
	{"not_lost", offsetof(struct bin_counts, arrived)},
	{"out_of_order", offsetof(struct bin_counts, late)},
	{"duplicates", offsetof(struct bin_counts, duplicated)},
	{"keep_alives", offsetof(struct bin_counts, kept_alive)},
	{"missed_bytes", offsetof(struct bin_counts, missed)},
	{"rtt_samples", offsetof(struct bin_counts, rtts)},
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static uint64_t column(const struct bin_counts *counts, int i)
{
	return *(const uint64_t *)((const char *)counts + columns[i].offset);
}

void bin_begin(struct bin *bin, struct connection *connection)
{
	*bin = (struct bin){
		.connection = connection,
		.flow = connection->id,
		.client_port = connection->client_port,
		.server_port = connection->server_port,
		.ip_version = connection->ip_version,
		.proto = connection->proto,
		.counts = {{.window_min = UINT64_MAX}, {.window_min = UINT64_MAX}},
	};
	memcpy(bin->client, connection->client, sizeof(bin->client));
	memcpy(bin->server, connection->server, sizeof(bin->server));
}

void bin_packet(struct bin *bin, enum direction direction, const struct packet *packet)
{
	struct bin_counts *counts = &bin->counts[direction];

	counts->packets++;
	counts->bytes += packet->l3_bytes;
	counts->payload += packet->payload_bytes;
	if (packet->proto == PROTO_UDP)
		counts->fresh += packet->payload_bytes;
}

static void note_rtt(struct bin_counts *counts, uint64_t ns)
{
	counts->rtt_min_ns = !counts->rtts || ns < counts->rtt_min_ns ? ns : counts->rtt_min_ns;
	counts->rtt_max_ns = ns > counts->rtt_max_ns ? ns : counts->rtt_max_ns;
	counts->rtt_sum_ns += ns;
	counts->rtts++;
}

static void note_sent(
	struct bin_counts *counts, const struct track_event *event, const struct track *track)
{
	uint64_t end = event->begin + event->bytes;
	uint64_t flight = track->acked && end > track->acked ? end - track->acked : 0;

	flight = flight > track->sacked ? flight - track->sacked : 0;
	if (event->again)
		counts->again++;
	else
		counts->fresh += event->bytes;
	counts->flight_max = flight > counts->flight_max ? flight : counts->flight_max;
	if (track->shift_known && track->acked && track->window < counts->window_min)
		counts->window_min = track->window;
}

void bin_heard(struct bin *bin, enum direction direction, const struct track_event *event,
	const struct track *track)
{
	struct bin_counts *counts = &bin->counts[direction];

	switch (event->news) {
	case TRACK_SENT:
		note_sent(counts, event, track);
		break;
	case TRACK_ABSENT:
		break;
	case TRACK_LOST:
		counts->lost++;
		break;
	case TRACK_LOST_BEFORE:
		counts->lost_before++;
		break;
	case TRACK_ARRIVED:
		counts->arrived++;
		break;
	case TRACK_MISSED:
		counts->missed += event->bytes;
		break;
	case TRACK_LATE:
		counts->late++;
		break;
	case TRACK_DUPLICATED:
		counts->duplicated++;
		break;
	case TRACK_KEPT_ALIVE:
		counts->kept_alive++;
		break;
	case TRACK_RTT:
		note_rtt(counts, event->bytes);
		break;
	case TRACK_ACKNOWLEDGED:
		counts->acknowledged += event->bytes;
		break;
	}
}

/* What reached the receiver, as well as the capture can tell; bit/s. */
static uint64_t goodput(const struct bin *bin, const struct bin_place *place)
{
	const struct bin_counts *counts = &bin->counts[place->direction];
	bool acknowledged =
		bin->proto == PROTO_TCP && bin->vantage[place->direction] != VANTAGE_RECEIVER;
	uint64_t bytes = acknowledged ? counts->acknowledged : counts->fresh;

	return (uint64_t)((double)bytes * 8e9 / (double)place->length_ns + 0.5);
}

void bin_row_header(FILE *out)
{
	fputs("begin_ns,since_ns,flow,proto,client,client_port,server,server_port,direction,"
	      "vantage,goodput_bps",
		out);
	for (int i = 0; i < COLUMNS; i++)
		fprintf(out, ",%s", columns[i].name);
	fputs(",rtt_ns_min,rtt_ns_mean,rtt_ns_max,flight_bytes_max,window_bytes_min\r\n", out);
}

/* A number that may be missing. */
static void put_known(struct csv_line *line, bool known, uint64_t number)
{
	if (known)
		csv_put_digits(line, number);
	csv_put_char(line, ',');
}

static void put_ends(struct csv_line *line, const struct bin *bin)
{
	flow_put_proto(line, bin->proto);
	csv_put_char(line, ',');
	flow_put_address(line, bin->client, bin->ip_version);
	csv_put_char(line, ',');
	csv_put_number(line, bin->client_port);
	flow_put_address(line, bin->server, bin->ip_version);
	csv_put_char(line, ',');
	csv_put_number(line, bin->server_port);
}

void bin_row_csv(const struct bin *bin, const struct bin_place *place, FILE *out)
{
	const struct bin_counts *counts = &bin->counts[place->direction];
	bool tcp = bin->proto == PROTO_TCP;
	struct csv_line line = {0};

	csv_put_number(&line, place->begin_ns);
	csv_put_number(&line, place->since_ns);
	csv_put_number(&line, bin->flow);
	put_ends(&line, bin);
	csv_put_text(&line, place->direction == DIRECTION_UP ? "up," : "down,");
	csv_put_text(&line, vantage_words[bin->vantage[place->direction]]);
	csv_put_char(&line, ',');
	csv_put_number(&line, goodput(bin, place));
	for (int i = 0; i < COLUMNS; i++)
		csv_put_number(&line, column(counts, i));
	put_known(&line, counts->rtts, counts->rtt_min_ns);
	put_known(&line, counts->rtts, counts->rtts ? counts->rtt_sum_ns / counts->rtts : 0);
	put_known(&line, counts->rtts, counts->rtt_max_ns);
	put_known(&line, tcp, counts->flight_max);
	put_known(&line, counts->window_min != UINT64_MAX, counts->window_min);
	csv_write(&line, out);
}

static void put_member(struct csv_line *line, const char *name, bool known, uint64_t number)
{
	csv_put_text(line, ",\"");
	csv_put_text(line, name);
	csv_put_text(line, "\":");
	if (known)
		csv_put_digits(line, number);
	else
		csv_put_text(line, "null");
}

static void put_end(struct csv_line *line, const char *name, const uint8_t *address,
	uint8_t ip_version, uint16_t port)
{
	csv_put_text(line, ",\"");
	csv_put_text(line, name);
	csv_put_text(line, "\":\"");
	flow_put_address(line, address, ip_version);
	csv_put_text(line, "\",\"");
	csv_put_text(line, name);
	csv_put_text(line, "_port\":");
	csv_put_digits(line, port);
}

static void put_string(struct csv_line *line, const char *name, const char *text)
{
	csv_put_text(line, ",\"");
	csv_put_text(line, name);
	csv_put_text(line, "\":\"");
	csv_put_text(line, text);
	csv_put_char(line, '"');
}

void bin_row_json(const struct bin *bin, const struct bin_place *place, FILE *out)
{
	const struct bin_counts *counts = &bin->counts[place->direction];
	bool rtts = counts->rtts != 0;
	struct csv_line line = {0};

	csv_put_text(&line, "{\"begin_ns\":");
	csv_put_digits(&line, place->begin_ns);
	put_member(&line, "since_ns", true, place->since_ns);
	put_member(&line, "flow", true, bin->flow);
	put_string(&line, "proto", bin->proto == PROTO_TCP ? "tcp" : "udp");
	put_end(&line, "client", bin->client, bin->ip_version, bin->client_port);
	put_end(&line, "server", bin->server, bin->ip_version, bin->server_port);
	put_string(&line, "direction", place->direction == DIRECTION_UP ? "up" : "down");
	put_string(&line, "vantage", vantage_words[bin->vantage[place->direction]]);
	put_member(&line, "goodput_bps", true, goodput(bin, place));
	for (int i = 0; i < COLUMNS; i++)
		put_member(&line, columns[i].name, true, column(counts, i));
	put_member(&line, "rtt_ns_min", rtts, counts->rtt_min_ns);
	put_member(&line, "rtt_ns_mean", rtts, rtts ? counts->rtt_sum_ns / counts->rtts : 0);
	put_member(&line, "rtt_ns_max", rtts, counts->rtt_max_ns);
	put_member(&line, "flight_bytes_max", bin->proto == PROTO_TCP, counts->flight_max);
	put_member(&line, "window_bytes_min", counts->window_min != UINT64_MAX, counts->window_min);
	csv_put_text(&line, "}\n");
	fwrite(line.text, 1, line.used, out);
}
