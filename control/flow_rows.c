/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/flow_rows.h"

#include "classifiers/classify.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct row {
	struct flow flow;
	struct flow_record record;
	uint8_t ending;
	uint8_t name_len;
	uint8_t name[];
};

void flow_rows_add(struct flow_rows *rows, const struct flow_ended *ended)
{
	size_t length = (sizeof(struct row) + ended->name.len + 7) & ~(size_t)7;
	struct row *row;

	if (rows->used + length > rows->size) {
		size_t size = rows->size ? rows->size * 2 : 16384;
		uint8_t *bytes = realloc(rows->bytes, size);

		rows->failed = rows->failed || !bytes;
		if (!bytes)
			return;
		rows->bytes = bytes;
		rows->size = size;
	}
	row = (struct row *)(rows->bytes + rows->used);
	row->flow = *ended->flow;
	row->record = *ended->record;
	row->ending = ended->ending;
	row->name_len = ended->name.len;
	if (ended->name.len)
		memcpy(row->name, ended->name.data, ended->name.len);
	rows->used += length;
	rows->count++;
}

void flow_rows_clear(struct flow_rows *rows)
{
	rows->used = 0;
	rows->count = 0;
}

void flow_rows_free(struct flow_rows *rows)
{
	free(rows->bytes);
	memset(rows, 0, sizeof(*rows));
}

void flow_rows_header(FILE *out)
{
	fputs("flow,proto,client,client_port,server,server_port,initiator,first_ns,last_ns,class,"
	      "name,rule,decided_at,reason,up_packets,up_bytes,up_dropped,down_packets,down_bytes,"
	      "down_dropped,held,delay_ns_max,up_dropped_bytes,down_dropped_bytes\r\n",
		out);
}

/* RFC 4180: quoted when it holds a comma or a quote. What does not print, and the backslash, is
 * written \xNN. */
static void put_name(struct csv_line *line, const uint8_t *name, size_t length)
{
	bool quoted = memchr(name, ',', length) || memchr(name, '"', length);

	if (quoted)
		line->text[line->used++] = '"';
	for (size_t i = 0; i < length; i++) {
		if (name[i] < 0x20 || name[i] >= 0x7f || name[i] == '\\') {
			line->used += sprintf(line->text + line->used, "\\x%02x", name[i]);
			continue;
		}
		if (name[i] == '"')
			line->text[line->used++] = '"';
		line->text[line->used++] = name[i];
	}
	if (quoted)
		line->text[line->used++] = '"';
	csv_put_char(line, ',');
}

/* Millions of rows have addresses: the common case is written without the library. */
static void put_address(struct csv_line *line, const uint8_t *address, uint8_t ip_version)
{
	if (ip_version != 4) {
		inet_ntop(AF_INET6, address, line->text + line->used, INET6_ADDRSTRLEN);
		line->used += strlen(line->text + line->used);
		csv_put_char(line, ',');
		return;
	}
	for (int i = 0; i < 4; i++) {
		csv_put_digits(line, address[i]);
		line->text[line->used++] = i < 3 ? '.' : ',';
	}
}

static void put_proto(struct csv_line *line, uint8_t proto)
{
	static const struct {
		uint8_t number;
		const char *word;
	} protos[] = {{PROTO_TCP, "tcp,"}, {PROTO_UDP, "udp,"}, {PROTO_ICMP, "icmp,"},
		{PROTO_ICMPV6, "icmpv6,"}, {PROTO_SCTP, "sctp,"}};

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (protos[i].number == proto) {
			csv_put_text(line, protos[i].word);
			return;
		}
	}
	csv_put_number(line, proto);
}

void flow_put_class(
	struct csv_line *line, const struct pipeline *pipeline, uint16_t master, uint16_t app)
{
	const char *first = pipeline_app_name(pipeline, master);
	const char *second = app ? pipeline_app_name(pipeline, app) : NULL;

	csv_put_text(line, first ? first : "Unknown");
	if (!second)
		return;
	csv_put_char(line, '.');
	csv_put_text(line, second);
}

static void put_class(struct csv_line *line, const struct row *row, const struct flow_words *words)
{
	flow_put_class(line, words->pipeline, row->record.master, row->record.app);
	if (row->record.by == BY_GUESS)
		csv_put_text(line, " (guess)");
	csv_put_char(line, ',');
}

static void put_directions(struct csv_line *line, const struct row *row)
{
	for (int direction = 0; direction < 2; direction++) {
		uint64_t high = row->record.packets_high[direction];

		csv_put_number(line, high << 32 | row->flow.packets[direction]);
		csv_put_number(line, row->flow.bytes[direction]);
		csv_put_number(line, row->record.dropped[direction]);
	}
}

static void write_row(const struct row *row, const struct flow_words *words, FILE *out)
{
	static const char *const initiators[] = {"unknown,", "inside,", "outside,"};
	const struct flow_record *record = &row->record;
	const char *rule = ruleset_rule_id(words->ruleset, row->flow.rule);
	struct csv_line line;

	line.used = 0;
	csv_put_number(&line, record->id);
	put_proto(&line, record->proto);
	put_address(&line, record->client, record->ip_version);
	csv_put_number(&line, record->client_port);
	put_address(&line, record->server, record->ip_version);
	csv_put_number(&line, record->server_port);
	csv_put_text(&line, initiators[record->initiator]);
	csv_put_number(&line, record->first_ns);
	csv_put_number(&line, row->flow.last_ns);
	put_class(&line, row, words);
	put_name(&line, row->name, row->name_len);
	if (rule)
		csv_put_text(&line, rule);
	csv_put_char(&line, ',');
	csv_put_number(&line, record->decided_at);
	csv_put_text(&line, reason_words[record->reason]);
	csv_put_char(&line, ',');
	put_directions(&line, row);
	csv_put_number(&line, record->held);
	csv_put_number(&line, record->delay_ns_max);
	csv_put_number(&line, record->dropped_bytes[DIRECTION_UP]);
	csv_put_number(&line, record->dropped_bytes[DIRECTION_DOWN]);
	csv_write(&line, out);
}

static int by_first_packet(const void *a, const void *b)
{
	uint64_t left = (*(const struct row *const *)a)->record.id;
	uint64_t right = (*(const struct row *const *)b)->record.id;

	return (left > right) - (left < right);
}

static size_t row_length(const struct row *row)
{
	return (sizeof(struct row) + row->name_len + 7) & ~(size_t)7;
}

bool flow_rows_write(struct flow_rows *const lists[], unsigned list_count,
	const struct flow_words *words, struct flow_totals *totals, FILE *out)
{
	const struct row **rows;
	size_t count = 0, at = 0;

	for (unsigned i = 0; i < list_count; i++) {
		count += lists[i]->count;
		if (lists[i]->failed)
			return false;
	}
	rows = malloc((count + 1) * sizeof(struct row *));
	if (!rows)
		return false;
	for (unsigned i = 0; i < list_count; i++) {
		const uint8_t *next = lists[i]->bytes;

		for (uint32_t n = 0; n < lists[i]->count; n++) {
			rows[at++] = (const struct row *)next;
			next += row_length((const struct row *)next);
		}
	}
	qsort(rows, count, sizeof(struct row *), by_first_packet);
	for (at = 0; at < count; at++) {
		totals->flows++;
		totals->throttled += rows[at]->record.dropped[0] || rows[at]->record.dropped[1] ||
				     rows[at]->record.held;
		totals->held += rows[at]->record.held;
		sequences_name(
			words->sequences, rows[at]->record.id, rows[at]->name, rows[at]->name_len);
		write_row(rows[at], words, out);
	}
	free(rows);
	return true;
}
