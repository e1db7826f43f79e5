/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/flow_line.h"

#include <arpa/inet.h>

/* Millions of rows have addresses: the common case is written without the library. */
void flow_put_address(struct csv_line *line, const uint8_t *address, uint8_t ip_version)
{
	if (ip_version != 4) {
		inet_ntop(AF_INET6, address, line->text + line->used, INET6_ADDRSTRLEN);
		line->used += strlen(line->text + line->used);
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (i)
			csv_put_char(line, '.');
		csv_put_digits(line, address[i]);
	}
}

void flow_put_proto(struct csv_line *line, uint8_t proto)
{
	static const struct {
		uint8_t number;
		const char *word;
	} protos[] = {{PROTO_TCP, "tcp"}, {PROTO_UDP, "udp"}, {PROTO_ICMP, "icmp"},
		{PROTO_ICMPV6, "icmpv6"}, {PROTO_SCTP, "sctp"}};

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (protos[i].number == proto) {
			csv_put_text(line, protos[i].word);
			return;
		}
	}
	csv_put_digits(line, proto);
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

static void put_byte(struct csv_line *line, uint8_t byte)
{
	if (byte < 0x20 || byte >= 0x7f || byte == '\\')
		line->used += sprintf(line->text + line->used, "\\x%02x", byte);
	else
		csv_put_char(line, (char)byte);
}

void flow_put_name(struct csv_line *line, const uint8_t *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put_byte(line, name[i]);
}

void flow_put_name_csv(struct csv_line *line, const uint8_t *name, size_t length)
{
	bool quoted = memchr(name, ',', length) || memchr(name, '"', length);

	if (quoted)
		csv_put_char(line, '"');
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '"')
			csv_put_char(line, '"');
		put_byte(line, name[i]);
	}
	if (quoted)
		csv_put_char(line, '"');
}
