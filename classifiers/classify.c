/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify.h"

#include <string.h>

const char *const classified_by_words[CLASSIFIED_BY_COUNT] = {"", "tls", "http", "ndpi", "guess"};

const struct inspection_way classify_way = {REASSEMBLY_FULL, TLS_RECORDS_ALL};

static enum name_source source_of(uint16_t master)
{
	if (master == dpi_quic)
		return NAME_QUIC;
	if (master == dpi_http)
		return NAME_HTTP;
	return master == dpi_tls ? NAME_TLS : NAME_SOURCES;
}

static void take(
	struct classification *flow, const struct dpi_result *result, struct classified_name *name)
{
	flow->context = 0;
	flow->over = true;
	if (!result->master)
		return;
	flow->master = result->master;
	flow->app = result->app;
	flow->by = result->guess ? BY_GUESS : BY_NDPI;
	memcpy(name->text, result->name, sizeof(name->text));
	name->name = (struct span){(const uint8_t *)name->text, strlen(name->text)};
	name->source = source_of(result->master);
}

/* A message that our own parsers read to its end. */
static void take_own(struct dpi *dpi, struct classification *flow,
	const struct inspection_result *read, struct classified_name *name)
{
	struct dpi_result unused;

	if (flow->context)
		dpi_end(dpi, flow->context, false, &unused);
	flow->context = 0;
	flow->quiet = true;
	name->name = read->name;
	name->source = read->source;
	if (flow->over) /* the class was known before the name */
		return;
	flow->over = true;
	flow->by = read->source == NAME_TLS ? BY_TLS : BY_HTTP;
	flow->master = read->source == NAME_TLS ? dpi_tls : dpi_http;
	flow->app = dpi_app_of_host(dpi, read->name);
}

static void ask_ndpi(struct dpi *dpi, struct classification *flow, const struct packet *packet,
	bool from_client, struct classified_name *name)
{
	struct dpi_result result, decided;

	if (!flow->context)
		flow->context = dpi_begin(dpi);
	if (!flow->context) {
		flow->over = true; /* no context free: stays unknown */
		return;
	}
	if (!dpi_feed(dpi, flow->context, packet, from_client, &decided))
		return;
	dpi_end(dpi, flow->context, false, &result);
	take(flow, &decided, name);
}

static unsigned packets_at_most(const struct packet *packet)
{
	if (packet->proto == PROTO_TCP)
		return CLASSIFY_TCP_PACKETS;
	return packet->proto == PROTO_UDP ? CLASSIFY_UDP_PACKETS : 1;
}

static void finish(struct dpi *dpi, struct classification *flow, bool guess_ports,
	struct classified_name *name)
{
	struct dpi_result result;

	flow->over = true;
	flow->quiet = true;
	if (!flow->context)
		return;
	dpi_end(dpi, flow->context, guess_ports, &result);
	take(flow, &result, name);
}

void classify_packet(struct dpi *dpi, struct classification *flow, const struct packet *packet,
	bool from_client, const struct inspection_result *read, bool guess_ports,
	struct classified_name *name)
{
	bool has_ports = packet->proto == PROTO_TCP || packet->proto == PROTO_UDP;

	memset(name, 0, offsetof(struct classified_name, text));
	if (has_ports && !packet->payload_captured)
		return;
	flow->packets++;
	if (read && (read->tls == FINDING_IS || read->http == FINDING_IS))
		take_own(dpi, flow, read, name);
	else if (!flow->over &&
		 (!read || (read->tls == FINDING_IS_NOT && read->http == FINDING_IS_NOT)))
		ask_ndpi(dpi, flow, packet, from_client, name);
	if (flow->packets >= packets_at_most(packet))
		finish(dpi, flow, guess_ports, name);
	flow->quiet = flow->quiet || (flow->over && !read);
}

void classify_end(struct dpi *dpi, struct classification *flow, bool guess_ports,
	struct classified_name *name)
{
	memset(name, 0, offsetof(struct classified_name, text));
	finish(dpi, flow, guess_ports, name);
}
