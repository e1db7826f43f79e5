/* SPDX-License-Identifier: BSD-3-Clause */
#include "inspection.h"

#include "http.h"
#include "socks.h"

#include <stddef.h>
#include <string.h>

bool inspector_begin(struct inspector *inspector, uint32_t streams)
{
	inspector->streams_refused = 0;
	return pool_begin(&inspector->streams, sizeof(struct reassembly), streams) &&
	       quic_begin(&inspector->quic, streams) && dtls_begin(&inspector->dtls, streams);
}

void inspector_end(struct inspector *inspector)
{
	pool_end(&inspector->streams);
	quic_end(&inspector->quic);
	dtls_end(&inspector->dtls);
}

/* Looks for a hello or a request at the start of some bytes. */
static void read_message(struct inspector *inspector, const struct inspection_way *way,
	struct span bytes, struct inspection_result *result)
{
	struct http_request request;

	result->tls = tls_client_hello_parse(
		bytes, way->tls_records, inspector->scratch, &inspector->hello);
	result->http = FINDING_IS_NOT;
	if (result->tls == FINDING_IS) {
		result->source = NAME_TLS;
		result->name = inspector->hello.sni;
		result->hello = &inspector->hello;
	}
	if (result->tls != FINDING_IS_NOT)
		return;
	result->http = http_request_parse(bytes, &request);
	if (result->http == FINDING_IS) {
		result->source = NAME_HTTP;
		result->name = request.host;
	}
}

static bool under_way(const struct inspection_result *result)
{
	return result->tls == FINDING_NOT_YET || result->http == FINDING_NOT_YET;
}

static void end_stream(struct inspector *inspector, struct inspection *inspection, int direction)
{
	pool_give(&inspector->streams, inspection->stream[direction]);
	inspection->stream[direction] = 0;
}

static struct reassembly *begin_stream(
	struct inspector *inspector, struct inspection *inspection, int direction, uint32_t seq)
{
	uint32_t number = pool_take_partly(&inspector->streams, offsetof(struct reassembly, bytes));

	if (!number) {
		inspector->streams_refused++;
		return NULL;
	}
	inspection->stream[direction] = number;
	reassembly_begin(pool_at(&inspector->streams, number), seq);
	return pool_at(&inspector->streams, number);
}

/* A SYN takes a number of its own, before the first byte that it may carry (RFC 7413). */
static uint32_t payload_seq(const struct packet *packet)
{
	return packet->tcp_seq + !!(packet->tcp_flags & TCP_SYN);
}

static void go_on(struct inspector *inspector, struct inspection *inspection,
	const struct inspection_way *way, const struct packet *packet, int direction,
	struct inspection_result *result)
{
	struct reassembly *stream = pool_at(&inspector->streams, inspection->stream[direction]);
	struct span bytes = reassembly_add(
		stream, way->reassembly, payload_seq(packet), packet_payload(packet));

	result->recognised = true;
	if (bytes.len)
		read_message(inspector, way, bytes, result);
	else if (!stream->over)
		result->tls = FINDING_NOT_YET; /* what came overtook the beginning */
	if (bytes.len && !under_way(result))
		end_stream(inspector, inspection, direction);
	else if (stream->over || bytes.len == REASSEMBLY_BYTES)
		end_stream(inspector, inspection, direction);
}

/* A first segment that was overtaken: where the stream really begins, as the SYN told. */
static bool overtook(
	const struct inspection *inspection, const struct packet *packet, int direction)
{
	uint32_t ahead = payload_seq(packet) - inspection->next_seq[direction];

	return inspection->seq_known[direction] && ahead && ahead < REASSEMBLY_BYTES;
}

static void start(struct inspector *inspector, struct inspection *inspection,
	const struct inspection_way *way, const struct packet *packet, int direction,
	struct inspection_result *result)
{
	struct span payload = packet_payload(packet);
	struct reassembly *stream = NULL;

	read_message(inspector, way, payload, result);
	if (way->reassembly == REASSEMBLY_NONE)
		return;
	if (under_way(result))
		stream = begin_stream(inspector, inspection, direction, payload_seq(packet));
	else if (result->tls == FINDING_IS_NOT && result->http == FINDING_IS_NOT &&
		 way->reassembly == REASSEMBLY_FULL && overtook(inspection, packet, direction))
		stream = begin_stream(
			inspector, inspection, direction, inspection->next_seq[direction]);
	if (stream)
		reassembly_add(stream, way->reassembly, payload_seq(packet), payload);
	if (stream && !under_way(result))
		result->tls = FINDING_NOT_YET;
}

static bool is_known_beginning(struct span payload)
{
	return tls_is_record(payload) || http_is_request(payload) || socks_is_greeting(payload);
}

void inspection_read(struct inspector *inspector, struct inspection *inspection,
	const struct inspection_way *way, const struct packet *packet, int direction,
	struct inspection_result *result)
{
	memset(result, 0, sizeof(*result));
	if (packet->tcp_flags & TCP_SYN) {
		inspection->next_seq[direction] = packet->tcp_seq + 1;
		inspection->seq_known[direction] = true;
	}
	if (!packet->payload_captured)
		return;
	if (inspection->stream[direction])
		go_on(inspector, inspection, way, packet, direction, result);
	else
		start(inspector, inspection, way, packet, direction, result);
	result->recognised = result->recognised || is_known_beginning(packet_payload(packet));
	if (!inspection->stream[direction])
		inspection->seq_known[direction] = false;
}

static void read_dtls(struct inspector *inspector, struct inspection *inspection, enum quic_way way,
	struct span datagram, struct inspection_result *result)
{
	struct dtls_result dtls;

	dtls_read(&inspector->dtls, &inspection->dtls_hello, way, datagram, &dtls);
	result->dtls = dtls.finding;
	result->recognised = dtls.finding != FINDING_IS_NOT;
	if (dtls.finding != FINDING_IS)
		return;
	inspector->hello = dtls.hello;
	result->source = NAME_DTLS;
	result->name = dtls.hello.sni;
	result->hello = &inspector->hello;
}

void inspection_read_udp(struct inspector *inspector, struct inspection *inspection,
	enum quic_way way, const struct packet *packet, struct inspection_result *result)
{
	struct quic_result quic;

	memset(result, 0, sizeof(*result));
	quic_read(&inspector->quic, &inspection->quic_hello, way, packet_payload(packet), &quic);
	result->quic = quic.finding;
	result->recognised = quic.finding != FINDING_IS_NOT;
	result->source = NAME_QUIC;
	result->name = quic.name;
	if (quic.finding == FINDING_IS_NOT)
		read_dtls(inspector, inspection, way, packet_payload(packet), result);
	if (!quic.has_hello)
		return;
	inspector->hello = quic.hello;
	result->hello = &inspector->hello;
}

void inspection_end(struct inspector *inspector, struct inspection *inspection)
{
	end_stream(inspector, inspection, 0);
	end_stream(inspector, inspection, 1);
	quic_forget(&inspector->quic, &inspection->quic_hello);
	dtls_forget(&inspector->dtls, &inspection->dtls_hello);
}
