/* SPDX-License-Identifier: BSD-3-Clause */
#include "classify.h"

#include "ssh.h"
#include "stun.h"

#include <string.h>

enum { DNS_PORT = 53 };

const struct inspection_way classify_way = {REASSEMBLY_FULL, TLS_RECORDS_ALL};

/* What classifiers are given of a packet that has payload. */
struct sight {
	const struct packet *packet;
	bool from_client;
	const struct inspection_result *read; /* as classify_packet() is given it */
	struct classification *flow;          /* where one that counts keeps its state */
};

/* IS: *name is filled when the message has one. */
typedef enum finding look(const struct sight *sight, struct classified_name *name);

struct classifier {
	enum classified_by by;
	bool tcp, udp;
	bool late;  /* asked when the class is known as well, for a name that comes later */
	bool aside; /* nDPI need not wait while it says NOT_YET */
	bool broad; /* IS without a name is not the last word: nDPI may tell more apart, or a name
		       may come in what it carries */
	const uint16_t *class;
	look *look;
};

static enum finding look_tls(const struct sight *sight, struct classified_name *name)
{
	if (sight->read->tls == FINDING_IS) {
		name->name = sight->read->name;
		name->source = NAME_TLS;
	}
	return sight->read->tls;
}

static enum finding look_http(const struct sight *sight, struct classified_name *name)
{
	if (sight->read->http == FINDING_IS) {
		name->name = sight->read->name;
		name->source = NAME_HTTP;
	}
	return sight->read->http;
}

/* Packets of a connection that is known to be QUIC say nothing new, but nDPI need not see them. */
static enum finding look_quic(const struct sight *sight, struct classified_name *name)
{
	enum finding finding = sight->read->quic;

	if (finding == FINDING_IS) {
		name->name = sight->read->name;
		name->source = NAME_QUIC;
	}
	if (finding == FINDING_NOT_YET)
		sight->flow->likely = BY_QUIC;
	return sight->flow->likely == BY_QUIC && finding != FINDING_IS ? FINDING_NOT_YET : finding;
}

/* Records that are no hello may be in the middle of a session that nDPI knows more of. */
static enum finding look_dtls(const struct sight *sight, struct classified_name *name)
{
	if (sight->read->dtls == FINDING_IS) {
		name->name = sight->read->name;
		name->source = NAME_DTLS;
	}
	if (sight->read->dtls == FINDING_NOT_YET)
		sight->flow->likely = BY_DTLS;
	return sight->read->dtls;
}

/* Elsewhere the same messages are other protocols (mDNS, LLMNR, NetBIOS). */
static enum finding look_dns(const struct sight *sight, struct classified_name *name)
{
	const struct packet *packet = sight->packet;
	struct dns_question question;
	enum finding finding;

	if (packet->source_port != DNS_PORT && packet->destination_port != DNS_PORT)
		return FINDING_IS_NOT;
	if (packet->proto == PROTO_TCP)
		finding = dns_stream_parse(packet_payload(packet), &question);
	else
		finding = dns_message_parse(packet_payload(packet), &question);
	if (finding != FINDING_IS)
		return finding;
	memcpy(name->text, question.name, question.name_bytes);
	name->name = (struct span){(const uint8_t *)name->text, question.name_bytes};
	return FINDING_IS;
}

/* Each side's first segment; what comes split is left to nDPI. */
static enum finding look_ssh(const struct sight *sight, struct classified_name *name)
{
	struct ssh_banner banner;

	if (sight->flow->packets > 2)
		return FINDING_IS_NOT;
	return ssh_banner_parse(packet_payload(sight->packet), &banner);
}

static enum finding look_stun(const struct sight *sight, struct classified_name *name)
{
	struct stun_message message;

	return stun_message_parse(packet_payload(sight->packet), &message);
}

static enum finding look_wireguard(const struct sight *sight, struct classified_name *name)
{
	return wireguard_look(
		&sight->flow->wireguard, packet_payload(sight->packet), sight->from_client ? 0 : 1);
}

static enum finding look_openvpn(const struct sight *sight, struct classified_name *name)
{
	struct openvpn *openvpn = &sight->flow->openvpn;
	struct span payload = packet_payload(sight->packet);
	int direction = sight->from_client ? 0 : 1;

	if (sight->packet->proto == PROTO_TCP)
		return openvpn_look_stream(openvpn, sight->packet->tcp_seq, payload, direction);
	return openvpn_look(openvpn, payload, direction);
}

static enum finding look_socks(const struct sight *sight, struct classified_name *name)
{
	struct span payload = packet_payload(sight->packet);

	return socks_look(&sight->flow->socks, payload, sight->from_client, &name->name);
}

/* Our own, in this order; then nDPI. */
static const struct classifier classifiers[] = {
	{BY_TLS, .tcp = true, .late = true, .broad = true, .class = &dpi_tls, .look = look_tls},
	{BY_HTTP, .tcp = true, .late = true, .class = &dpi_http, .look = look_http},
	{BY_QUIC, .udp = true, .class = &dpi_quic, .look = look_quic},
	{BY_DTLS, .udp = true, .aside = true, .late = true, .class = &dpi_dtls, .look = look_dtls},
	{BY_DNS, .tcp = true, .udp = true, .aside = true, .class = &dpi_dns, .look = look_dns},
	{BY_SSH, .tcp = true, .aside = true, .class = &dpi_ssh, .look = look_ssh},
	{BY_SOCKS, .tcp = true, .aside = true, .late = true, .broad = true, .class = &dpi_socks,
		.look = look_socks},
	{BY_STUN, .tcp = true, .udp = true, .broad = true, .class = &dpi_stun, .look = look_stun},
	{BY_WIREGUARD, .udp = true, .aside = true, .class = &dpi_wireguard, .look = look_wireguard},
	{BY_OPENVPN, .tcp = true, .udp = true, .aside = true, .class = &dpi_openvpn,
		.look = look_openvpn},
};

const char *const classified_by_words[CLASSIFIED_BY_COUNT] = {
	[BY_NOTHING] = "",
	[BY_NDPI] = "ndpi",
	[BY_GUESS] = "guess",
	[BY_TLS] = "tls",
	[BY_HTTP] = "http",
	[BY_QUIC] = "quic",
	[BY_DNS] = "dns",
	[BY_DTLS] = "dtls",
	[BY_OPENVPN] = "openvpn",
	[BY_SOCKS] = "socks",
	[BY_SSH] = "ssh",
	[BY_STUN] = "stun",
	[BY_WIREGUARD] = "wireguard",
};

static enum name_source source_of(uint16_t master)
{
	if (master == dpi_quic)
		return NAME_QUIC;
	if (master == dpi_dtls)
		return NAME_DTLS;
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
	memcpy(name->text, result->name, sizeof(result->name));
	name->name = (struct span){(const uint8_t *)name->text, strlen(name->text)};
	name->source = source_of(result->master);
}

/* What our own tables of names and addresses lack, from the packet that completed the message. */
static void ask_for_more(
	struct dpi *dpi, struct classification *flow, const struct packet *packet, bool from_client)
{
	uint32_t context = dpi_begin(dpi);
	struct dpi_result seen, unused;

	if (!context)
		return;
	dpi_feed(dpi, context, packet, from_client, &seen);
	dpi_end(dpi, context, false, &unused);
	if (seen.master == flow->master && seen.app)
		flow->app = seen.app;
}

/* A message that one of our own has read to its end. */
static void take_own(struct dpi *dpi, struct classification *flow, const struct packet *packet,
	bool from_client, const struct classifier *classifier, const struct classified_name *name)
{
	struct dpi_result unused;

	if (flow->context)
		dpi_end(dpi, flow->context, false, &unused);
	flow->context = 0;
	flow->quiet = true;
	if (flow->over) /* the class was known before the name */
		return;
	flow->over = true;
	flow->by = classifier->by;
	flow->master = *classifier->class;
	flow->app = dpi_app_of_host(dpi, name->name);
	if (!flow->app)
		flow->app = dpi_app_of_address(dpi, packet);
	if (flow->master == dpi_tls && dpi_knows_more(flow->app, name->name))
		ask_for_more(dpi, flow, packet, from_client);
}

static bool is_asked(const struct classifier *classifier, const struct sight *sight)
{
	uint8_t proto = sight->packet->proto;

	if (!sight->read || (sight->flow->over && !classifier->late))
		return false;
	return (classifier->tcp && proto == PROTO_TCP) || (classifier->udp && proto == PROTO_UDP);
}

/* Asks our own. IS: *who has said so. NOT_YET: one of them wants to see more before nDPI does. */
static enum finding ask_own(
	const struct sight *sight, const struct classifier **who, struct classified_name *name)
{
	enum finding answer = FINDING_IS_NOT;

	for (size_t i = 0; i < sizeof(classifiers) / sizeof(classifiers[0]); i++) {
		enum finding finding;

		*who = &classifiers[i];
		if (!is_asked(*who, sight))
			continue;
		finding = (*who)->look(sight, name);
		if (finding == FINDING_IS && (name->name.len || !(*who)->broad))
			return finding;
		if (finding == FINDING_IS)
			sight->flow->likely = (*who)->by;
		if (finding == FINDING_NOT_YET && !(*who)->aside)
			answer = finding;
	}
	return answer;
}

/* For what nDPI may still tell apart. TLS without a hello: by the server's certificate. */
static bool is_worth_waiting(
	const struct classification *flow, const struct dpi_result *decided, bool alone)
{
	return flow->likely || alone || decided->master == dpi_tls;
}

/* `alone`: our own were not asked. */
static void ask_ndpi(struct dpi *dpi, struct classification *flow, const struct packet *packet,
	bool from_client, bool alone, struct classified_name *name)
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
	if (is_worth_waiting(flow, &decided, alone) && dpi_may_say_more(dpi, flow->context))
		return;
	dpi_end(dpi, flow->context, false, &result);
	take(flow, &decided, name);
}

static unsigned packets_at_most(const struct classification *flow, const struct packet *packet)
{
	if (packet->proto == PROTO_TCP)
		return CLASSIFY_TCP_PACKETS;
	if (packet->proto != PROTO_UDP)
		return 1;
	return openvpn_is_likely(&flow->openvpn) ? OPENVPN_MESSAGES : CLASSIFY_UDP_PACKETS;
}

/* The row that was sure but waited. NULL: none, or nDPI, which has `found`, goes before it. */
static const struct classifier *likely(
	const struct classification *flow, const struct dpi_result *found)
{
	const struct classifier *row = classifiers;

	if (!flow->likely || flow->over)
		return NULL;
	while (row->by != flow->likely)
		row++;
	return row->broad && found->master && !found->guess ? NULL : row;
}

static void finish(struct dpi *dpi, struct classification *flow, bool guess_ports,
	struct classified_name *name)
{
	struct dpi_result result = {0};
	const struct classifier *own;

	if (flow->context)
		dpi_end(dpi, flow->context, guess_ports, &result);
	own = likely(flow, &result);
	if (own) {
		flow->master = *own->class;
		flow->app = flow->owner;
		flow->by = own->by;
	} else if (flow->context) {
		take(flow, &result, name);
	}
	flow->context = 0;
	flow->over = true;
	flow->quiet = true;
}

static bool may_begin_dtls(const struct classification *flow)
{
	return (flow->master == dpi_stun || flow->likely == BY_STUN) &&
	       flow->packets < CLASSIFY_STUN_PACKETS;
}

void classify_packet(struct dpi *dpi, struct classification *flow, const struct packet *packet,
	bool from_client, const struct inspection_result *read, bool guess_ports,
	struct classified_name *name)
{
	struct sight sight = {packet, from_client, read, flow};
	bool has_ports = packet->proto == PROTO_TCP || packet->proto == PROTO_UDP;
	const struct classifier *who;
	enum finding own;

	memset(name, 0, offsetof(struct classified_name, text));
	if (has_ports && !packet->payload_captured)
		return;
	flow->packets++;
	own = ask_own(&sight, &who, name);
	if (flow->likely && !flow->owner_known) {
		flow->owner = dpi_app_of_address(dpi, packet);
		flow->owner_known = true;
	}
	if (own == FINDING_IS)
		take_own(dpi, flow, packet, from_client, who, name);
	else if (own == FINDING_IS_NOT && !flow->over)
		ask_ndpi(dpi, flow, packet, from_client, !read, name);
	if (flow->packets >= packets_at_most(flow, packet))
		finish(dpi, flow, guess_ports, name);
	/* Over UDP a hello can come later than the class only where peers have found each other. */
	if (packet->proto != PROTO_TCP && own != FINDING_IS)
		flow->quiet = flow->over && !may_begin_dtls(flow);
}

void classify_end(struct dpi *dpi, struct classification *flow, bool guess_ports,
	struct classified_name *name)
{
	memset(name, 0, offsetof(struct classified_name, text));
	finish(dpi, flow, guess_ports, name);
}
