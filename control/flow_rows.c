/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/flow_rows.h"

#include "classifiers/classify.h"

#include <stdlib.h>
#include <string.h>

void flow_rows_add(struct flow_rows *rows, const struct flow_ended *ended)
{
	size_t length =
		(sizeof(struct flow_row) + ended->name.len + ended->hello.len + 7) & ~(size_t)7;
	struct flow_row *row;

	if (rows->used + length > rows->size) {
		size_t size = rows->size ? rows->size * 2 : 16384;
		uint8_t *bytes = realloc(rows->bytes, size);

		rows->failed = rows->failed || !bytes;
		if (!bytes)
			return;
		rows->bytes = bytes;
		rows->size = size;
	}
	row = (struct flow_row *)(rows->bytes + rows->used);
	row->flow = *ended->flow;
	row->record = *ended->record;
	row->ending = ended->ending;
	row->name_len = ended->name.len;
	if (ended->name.len)
		memcpy(row->name, ended->name.data, ended->name.len);
	row->hello_len = ended->hello.len;
	if (ended->hello.len)
		memcpy(row->name + row->name_len, ended->hello.data, ended->hello.len);
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

static void put_class(
	struct csv_line *line, const struct flow_row *row, const struct flow_words *words)
{
	flow_put_class(line, words->pipeline, row->record.master, row->record.app);
	if (row->record.by == BY_GUESS)
		csv_put_text(line, " (guess)");
	csv_put_char(line, ',');
}

static void put_directions(struct csv_line *line, const struct flow_row *row)
{
	for (int direction = 0; direction < 2; direction++) {
		uint64_t high = row->record.packets_high[direction];

		csv_put_number(line, high << 32 | row->flow.packets[direction]);
		csv_put_number(line, row->flow.bytes[direction]);
		csv_put_number(line, row->record.dropped[direction]);
	}
}

static void write_row(const struct flow_row *row, const struct flow_words *words, FILE *out)
{
	static const char *const initiators[] = {"unknown,", "inside,", "outside,"};
	const struct flow_record *record = &row->record;
	const char *rule = ruleset_rule_id(words->ruleset, row->flow.rule);
	struct csv_line line;

	line.used = 0;
	csv_put_number(&line, record->id);
	flow_put_proto(&line, record->proto);
	csv_put_char(&line, ',');
	flow_put_address(&line, record->client, record->ip_version);
	csv_put_char(&line, ',');
	csv_put_number(&line, record->client_port);
	flow_put_address(&line, record->server, record->ip_version);
	csv_put_char(&line, ',');
	csv_put_number(&line, record->server_port);
	csv_put_text(&line, initiators[record->initiator]);
	csv_put_number(&line, record->first_ns);
	csv_put_number(&line, row->flow.last_ns);
	put_class(&line, row, words);
	flow_put_name_csv(&line, row->name, row->name_len);
	csv_put_char(&line, ',');
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
	uint64_t left = (*(const struct flow_row *const *)a)->record.id;
	uint64_t right = (*(const struct flow_row *const *)b)->record.id;

	return (left > right) - (left < right);
}

static size_t row_length(const struct flow_row *row)
{
	return (sizeof(struct flow_row) + row->name_len + row->hello_len + 7) & ~(size_t)7;
}

const struct flow_row **flow_rows_sorted(
	struct flow_rows *const lists[], unsigned list_count, size_t *count)
{
	const struct flow_row **rows;
	size_t at = 0;

	*count = 0;
	for (unsigned i = 0; i < list_count; i++) {
		*count += lists[i]->count;
		if (lists[i]->failed)
			return NULL;
	}
	rows = malloc((*count + 1) * sizeof(struct flow_row *));
	if (!rows)
		return NULL;
	for (unsigned i = 0; i < list_count; i++) {
		const uint8_t *next = lists[i]->bytes;

		for (uint32_t n = 0; n < lists[i]->count; n++) {
			rows[at++] = (const struct flow_row *)next;
			next += row_length((const struct flow_row *)next);
		}
	}
	qsort(rows, *count, sizeof(struct flow_row *), by_first_packet);
	return rows;
}

bool flow_rows_write(struct flow_rows *const lists[], unsigned list_count,
	const struct flow_words *words, struct flow_totals *totals, FILE *out)
{
	size_t count;
	const struct flow_row **rows = flow_rows_sorted(lists, list_count, &count);

	if (!rows)
		return false;
	for (size_t at = 0; at < count; at++) {
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
