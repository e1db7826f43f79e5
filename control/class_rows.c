/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/class_rows.h"

#include "classifiers/classify.h"
#include "classifiers/fingerprint.h"
#include "classifiers/hello_texts.h"

/* Columns of the table; what is longer pushes the rest of its line. */
enum {
	PROTO_WIDTH = 6,
	END_WIDTH = 22,
	CLASS_WIDTH = 22,
	NAME_WIDTH = 36,
	BY_WIDTH = 6,
	AT_WIDTH = 9,
};

void class_rows_header(enum class_format format, bool fingerprints, FILE *out)
{
	if (format == CLASS_TABLE) {
		fprintf(out, "%-*s %-*s %-*s %-*s %-*s %-*s %s", PROTO_WIDTH, "proto", END_WIDTH,
			"client", END_WIDTH, "server", CLASS_WIDTH, "class", NAME_WIDTH, "name",
			BY_WIDTH, "by", "at packet");
		if (fingerprints)
			fprintf(out, " %-*s %-*s %s", JA3_BYTES, "ja3", JA4_BYTES, "ja4",
				"fully encrypted");
		fputc('\n', out);
	}
	if (format == CLASS_CSV)
		fprintf(out,
			"proto,client,client_port,server,server_port,class,name,by,at_packet%s\r\n",
			fingerprints ? ",ja3,ja4,fully_encrypted" : "");
}

/* Blanks up to a column that began at `begin`, one at least. */
static void pad(struct csv_line *line, size_t begin, size_t width)
{
	csv_put_char(line, ' ');
	while (line->used - begin <= width)
		csv_put_char(line, ' ');
}

static void put_end(
	struct csv_line *line, const uint8_t *address, uint8_t ip_version, uint16_t port)
{
	size_t begin = line->used;

	if (ip_version == 6)
		csv_put_char(line, '[');
	flow_put_address(line, address, ip_version);
	if (ip_version == 6)
		csv_put_char(line, ']');
	csv_put_char(line, ':');
	csv_put_digits(line, port);
	pad(line, begin, END_WIDTH);
}

/* A JA4 may hold what a protocol of one's own begins and ends with, but letters and digits only. */
static void put_hello(struct csv_line *line, const struct flow_row *row, uint8_t source)
{
	struct span texts = {row->name + row->name_len, row->hello_len};
	struct span text = hello_texts_find(texts, source);

	flow_put_name(line, text.data, text.len);
}

enum { ENCRYPTED_UNKNOWN, ENCRYPTED_NO, ENCRYPTED_YES };

static const char *const encrypted_words[] = {"", "no", "yes"};

static int encrypted_of(const struct flow_row *row)
{
	const struct entropy *opening = &row->record.opening;

	if (!opening->bytes)
		return ENCRYPTED_UNKNOWN;
	return entropy_exemption(opening, &entropy_published) == ENTROPY_NONE ? ENCRYPTED_YES
									      : ENCRYPTED_NO;
}

static void put_fingerprint_columns(struct csv_line *line, const struct flow_row *row)
{
	size_t begin = line->used;

	put_hello(line, row, HELLO_JA3);
	pad(line, begin, JA3_BYTES);
	begin = line->used;
	put_hello(line, row, HELLO_JA4);
	pad(line, begin, JA4_BYTES);
	csv_put_text(line, encrypted_words[encrypted_of(row)]);
}

static void put_table(struct csv_line *line, const struct flow_row *row, bool fingerprints,
	const struct pipeline *pipeline)
{
	const struct flow_record *record = &row->record;
	size_t begin = line->used;

	flow_put_proto(line, record->proto);
	pad(line, begin, PROTO_WIDTH);
	put_end(line, record->client, record->ip_version, record->client_port);
	put_end(line, record->server, record->ip_version, record->server_port);
	begin = line->used;
	flow_put_class(line, pipeline, record->master, record->app);
	pad(line, begin, CLASS_WIDTH);
	begin = line->used;
	flow_put_name(line, row->name, row->name_len);
	pad(line, begin, NAME_WIDTH);
	begin = line->used;
	csv_put_text(line, classified_by_words[record->by]);
	pad(line, begin, BY_WIDTH);
	begin = line->used;
	csv_put_digits(line, record->classed_at);
	if (fingerprints) {
		pad(line, begin, AT_WIDTH);
		put_fingerprint_columns(line, row);
	}
	csv_put_char(line, '\n');
}

static void put_csv(struct csv_line *line, const struct flow_row *row, bool fingerprints,
	const struct pipeline *pipeline)
{
	const struct flow_record *record = &row->record;

	flow_put_proto(line, record->proto);
	csv_put_char(line, ',');
	flow_put_address(line, record->client, record->ip_version);
	csv_put_char(line, ',');
	csv_put_number(line, record->client_port);
	flow_put_address(line, record->server, record->ip_version);
	csv_put_char(line, ',');
	csv_put_number(line, record->server_port);
	flow_put_class(line, pipeline, record->master, record->app);
	csv_put_char(line, ',');
	flow_put_name_csv(line, row->name, row->name_len);
	csv_put_char(line, ',');
	csv_put_text(line, classified_by_words[record->by]);
	csv_put_char(line, ',');
	csv_put_digits(line, record->classed_at);
	if (fingerprints) {
		csv_put_char(line, ',');
		put_hello(line, row, HELLO_JA3);
		csv_put_char(line, ',');
		put_hello(line, row, HELLO_JA4);
		csv_put_char(line, ',');
		csv_put_text(line, encrypted_words[encrypted_of(row)]);
	}
	csv_put_text(line, "\r\n");
}

/* The name as in CSV; what is special to JSON (RFC 8259 section 7) with a backslash before it. */
static void put_json_name(struct csv_line *line, const uint8_t *name, size_t length)
{
	struct csv_line plain = {.used = 0};

	flow_put_name(&plain, name, length);
	for (size_t i = 0; i < plain.used; i++) {
		if (plain.text[i] == '"' || plain.text[i] == '\\')
			csv_put_char(line, '\\');
		csv_put_char(line, plain.text[i]);
	}
}

static void put_json_fingerprints(struct csv_line *line, const struct flow_row *row)
{
	static const char *const words[] = {"null", "false", "true"};

	csv_put_text(line, ",\"ja3\":\"");
	put_hello(line, row, HELLO_JA3);
	csv_put_text(line, "\",\"ja4\":\"");
	put_hello(line, row, HELLO_JA4);
	csv_put_text(line, "\",\"fully_encrypted\":");
	csv_put_text(line, words[encrypted_of(row)]);
}

static void put_json(struct csv_line *line, const struct flow_row *row, bool fingerprints,
	const struct pipeline *pipeline)
{
	const struct flow_record *record = &row->record;

	csv_put_text(line, "{\"proto\":\"");
	flow_put_proto(line, record->proto);
	csv_put_text(line, "\",\"client\":\"");
	flow_put_address(line, record->client, record->ip_version);
	csv_put_text(line, "\",\"client_port\":");
	csv_put_digits(line, record->client_port);
	csv_put_text(line, ",\"server\":\"");
	flow_put_address(line, record->server, record->ip_version);
	csv_put_text(line, "\",\"server_port\":");
	csv_put_digits(line, record->server_port);
	csv_put_text(line, ",\"class\":\"");
	flow_put_class(line, pipeline, record->master, record->app);
	csv_put_text(line, "\",\"name\":\"");
	put_json_name(line, row->name, row->name_len);
	csv_put_text(line, "\",\"by\":\"");
	csv_put_text(line, classified_by_words[record->by]);
	csv_put_text(line, "\",\"at_packet\":");
	csv_put_digits(line, record->classed_at);
	if (fingerprints)
		put_json_fingerprints(line, row);
	csv_put_text(line, "}\n");
}

void class_row_write(const struct flow_row *row, enum class_format format, bool fingerprints,
	const struct pipeline *pipeline, FILE *out)
{
	static void (*const forms[])(struct csv_line * line, const struct flow_row *flow, bool more,
		const struct pipeline *names) = {put_table, put_csv, put_json};
	struct csv_line line;

	line.used = 0;
	forms[format](&line, row, fingerprints, pipeline);
	fwrite(line.text, 1, line.used, out);
}
