/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/ndpi.h"

#include "classifiers/answers.h"
#include "classifiers/pool.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ndpi_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

struct dpi {
	struct ndpi_detection_module_struct *module;
	struct pool contexts;       /* struct ndpi_flow_struct */
	struct answers hosts, ends; /* applications */
};

const uint16_t dpi_tls = NDPI_PROTOCOL_TLS;
const uint16_t dpi_http = NDPI_PROTOCOL_HTTP;
const uint16_t dpi_quic = NDPI_PROTOCOL_QUIC;
const uint16_t dpi_dns = NDPI_PROTOCOL_DNS;
const uint16_t dpi_dtls = NDPI_PROTOCOL_DTLS;
const uint16_t dpi_openvpn = NDPI_PROTOCOL_OPENVPN;
const uint16_t dpi_socks = NDPI_PROTOCOL_SOCKS;
const uint16_t dpi_ssh = NDPI_PROTOCOL_SSH;
const uint16_t dpi_stun = NDPI_PROTOCOL_STUN;
const uint16_t dpi_wireguard = NDPI_PROTOCOL_WIREGUARD;

/*
 * What differs between nDPI 4.2 and 5.0, and nothing else in this file may ask for the version.
 * tests/ndpi_stubs/ has what each version publishes.
 */
#define NDPI_VERSION (NDPI_MAJOR * 100 + NDPI_MINOR)

static struct ndpi_detection_module_struct *version_init(void)
{
#if NDPI_VERSION < 410
	return ndpi_init_detection_module(ndpi_no_prefs);
#else
	return ndpi_init_detection_module(NULL);
#endif
}

/* Every protocol, from 5.0 on without asking. */
static void version_choose(struct ndpi_detection_module_struct *module)
{
#if NDPI_VERSION < 500
	NDPI_PROTOCOL_BITMASK all;

	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(module, &all);
#endif
}

static bool version_begin(struct ndpi_detection_module_struct *module)
{
#if NDPI_VERSION < 410
	ndpi_finalize_initialization(module);
	return true;
#else
	return ndpi_finalize_initialization(module) == 0;
#endif
}

static unsigned version_protocols(struct ndpi_detection_module_struct *module)
{
#if NDPI_VERSION < 500
	return ndpi_get_num_supported_protocols(module);
#else
	return ndpi_get_num_protocols(module);
#endif
}

/* Of a flow whose class is final. From 5.0 on final means that there is no more. */
static bool version_may_say_more(
	struct ndpi_detection_module_struct *module, struct ndpi_flow_struct *flow)
{
#if NDPI_VERSION < 500
	return ndpi_extra_dissection_possible(module, flow);
#else
	return false;
#endif
}

static ndpi_protocol version_packet(struct ndpi_detection_module_struct *module,
	struct ndpi_flow_struct *flow, const uint8_t *bytes, uint16_t len, uint64_t time_ms)
{
#if NDPI_VERSION < 406
	return ndpi_detection_process_packet(module, flow, bytes, len, time_ms);
#else
	return ndpi_detection_process_packet(module, flow, bytes, len, time_ms, NULL);
#endif
}

/* From 4.10 on it guesses always, as its configuration says: the caller leaves it out. */
static ndpi_protocol version_giveup(struct ndpi_detection_module_struct *module,
	struct ndpi_flow_struct *flow, bool guess_ports, uint8_t *guessed)
{
#if NDPI_VERSION < 410
	return ndpi_detection_giveup(module, flow, guess_ports, guessed);
#elif NDPI_VERSION < 500
	return ndpi_detection_giveup(module, flow, guessed);
#else
	ndpi_protocol found = ndpi_detection_giveup(module, flow);

	*guessed = flow->protocol_was_guessed;
	return found;
#endif
}

static uint16_t version_master(const ndpi_protocol *found)
{
#if NDPI_VERSION < 411
	return found->master_protocol;
#else
	return found->proto.master_protocol;
#endif
}

static uint16_t version_app(const ndpi_protocol *found)
{
#if NDPI_VERSION < 411
	return found->app_protocol;
#else
	return found->proto.app_protocol;
#endif
}

static ndpi_protocol version_class(uint16_t master, uint16_t app)
{
	ndpi_protocol class = {0};

#if NDPI_VERSION < 411
	class.master_protocol = master;
	class.app_protocol = app;
#else
	class.proto.master_protocol = master;
	class.proto.app_protocol = app;
#endif
	return class;
}

/* Whether a protocol that is there may still become another one. */
static bool version_is_final(const ndpi_protocol *found)
{
#if NDPI_VERSION < 500
	return true;
#else
	return found->state == NDPI_STATE_CLASSIFIED || found->state == NDPI_STATE_MONITORING;
#endif
}

const char *dpi_version(void)
{
	return ndpi_revision();
}

bool dpi_version_matches(void)
{
	return ndpi_get_api_version() == NDPI_API_VERSION;
}

static const char *learnt;

void dpi_learn(const char *lines)
{
	learnt = lines;
}

/* nDPI reads them from a file with a name, which a file in memory has. */
static bool load_learnt(struct ndpi_detection_module_struct *module)
{
	size_t len = learnt ? strlen(learnt) : 0;
	char path[64];
	bool good;
	int file;

	if (!len)
		return true;
	file = memfd_create("protos", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	good = file >= 0 && write(file, learnt, len) == (ssize_t)len &&
	       ndpi_load_protocols_file(module, path) == 0;
	if (file >= 0)
		close(file);
	return good;
}

static struct ndpi_detection_module_struct *module_new(void)
{
	/* Loading modules shares tables inside the library. */
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	struct ndpi_detection_module_struct *module;

	pthread_mutex_lock(&one_at_a_time);
	module = version_init();
	if (module)
		version_choose(module);
	if (module && !(load_learnt(module) && version_begin(module))) {
		ndpi_exit_detection_module(module);
		module = NULL;
	}
	pthread_mutex_unlock(&one_at_a_time);
	return module;
}

struct dpi *dpi_new(uint32_t contexts)
{
	struct dpi *dpi = calloc(1, sizeof(*dpi));

	if (!dpi)
		return NULL;
	dpi->module = module_new();
	if (dpi->module &&
		pool_begin(
			&dpi->contexts, ndpi_detection_get_sizeof_ndpi_flow_struct(), contexts) &&
		answers_begin(&dpi->hosts) && answers_begin(&dpi->ends))
		return dpi;
	dpi_free(dpi);
	return NULL;
}

void dpi_free(struct dpi *dpi)
{
	if (!dpi)
		return;
	if (dpi->module)
		ndpi_exit_detection_module(dpi->module);
	pool_end(&dpi->contexts);
	answers_end(&dpi->hosts);
	answers_end(&dpi->ends);
	free(dpi);
}

const char *dpi_app_name(const struct dpi *dpi, uint16_t app)
{
	return app < version_protocols(dpi->module) ? ndpi_get_proto_name(dpi->module, app) : NULL;
}

int dpi_app_number(const struct dpi *dpi, const char *name)
{
	const char *each;

	for (uint16_t app = 0; (each = dpi_app_name(dpi, app)); app++) {
		if (!strcasecmp(each, name))
			return app;
	}
	return -1;
}

const char *dpi_category_name(const struct dpi *dpi, uint16_t category)
{
	if (category >= NDPI_PROTOCOL_NUM_CATEGORIES || category > UINT8_MAX)
		return NULL;
	return category ? ndpi_category_get_name(dpi->module, category) : "";
}

uint8_t dpi_category_of(const struct dpi *dpi, uint16_t master, uint16_t app)
{
	return ndpi_get_proto_category(dpi->module, version_class(master, app));
}

static uint16_t find_host(struct dpi *dpi, struct span host)
{
	ndpi_protocol_match_result match;
	char lower[UINT8_MAX + 1];
	int app;

	for (uint32_t i = 0; i < host.len; i++)
		lower[i] = tolower(host.data[i]);
	lower[host.len] = '\0';
	app = ndpi_match_string_subprotocol(dpi->module, lower, host.len, &match);
	return app > 0 ? app : NDPI_PROTOCOL_UNKNOWN;
}

uint16_t dpi_app_of_host(struct dpi *dpi, struct span host)
{
	struct answer *place;

	if (!host.len || host.len > UINT8_MAX)
		return NDPI_PROTOCOL_UNKNOWN;
	place = answers_place(&dpi->hosts, host);
	if (!place)
		return find_host(dpi, host);
	if (!answer_is_of(place, host))
		answer_put(place, host, find_host(dpi, host));
	return place->answer;
}

uint16_t dpi_app_of_end(struct dpi *dpi, const uint8_t *address, uint16_t port)
{
	const uint8_t bytes[] = {
		address[0], address[1], address[2], address[3], port >> 8, port & 255};
	struct span end = {bytes, sizeof(bytes)};
	struct answer *place = answers_place(&dpi->ends, end);
	struct in_addr in;

	memcpy(&in, address, sizeof(in));
	if (!answer_is_of(place, end))
		answer_put(
			place, end, ndpi_network_port_ptree_match(dpi->module, &in, htons(port)));
	return place->answer;
}

uint16_t dpi_app_of_address(struct dpi *dpi, const struct packet *packet)
{
	uint16_t app;

	if (packet->ip_version != 4)
		return NDPI_PROTOCOL_UNKNOWN;
	app = dpi_app_of_end(dpi, packet_source(packet), packet->source_port);
	if (app == NDPI_PROTOCOL_UNKNOWN)
		app = dpi_app_of_end(dpi, packet_destination(packet), packet->destination_port);
	return app;
}

/* "www.", 4 to 25 characters of base32, ".com" (tor_tls_new() of Tor). */
static bool is_made_up_by_tor(struct span host)
{
	const uint32_t around = 4;

	if (host.len < 4 + 2 * around || host.len > 25 + 2 * around ||
		memcmp(host.data, "www.", around) != 0 ||
		memcmp(host.data + host.len - around, ".com", around) != 0)
		return false;
	for (uint32_t i = around; i < host.len - around; i++) {
		uint8_t byte = host.data[i];

		if (!(byte >= 'a' && byte <= 'z') && !(byte >= '2' && byte <= '7'))
			return false;
	}
	return true;
}

bool dpi_knows_more(uint16_t app, struct span host)
{
	return app == NDPI_PROTOCOL_MSTEAMS ||
	       (app == NDPI_PROTOCOL_UNKNOWN && is_made_up_by_tor(host));
}

uint32_t dpi_begin(struct dpi *dpi)
{
	return pool_take(&dpi->contexts);
}

/* nDPI puts "TLS.YouTube" into two numbers, but a bare "TLS" into either. */
static void take_result(
	const struct ndpi_flow_struct *flow, ndpi_protocol found, struct dpi_result *result)
{
	uint16_t master = version_master(&found), app = version_app(&found);
	bool single = master == NDPI_PROTOCOL_UNKNOWN || master == app;

	result->master = single ? app : master;
	result->app = single ? NDPI_PROTOCOL_UNKNOWN : app;
	memcpy(result->name, flow->host_server_name, sizeof(result->name));
	result->name[sizeof(result->name) - 1] = '\0';
}

bool dpi_feed(struct dpi *dpi, uint32_t context, const struct packet *packet, bool from_client,
	struct dpi_result *result)
{
	struct ndpi_flow_struct *flow = pool_at(&dpi->contexts, context);
	uint32_t present = packet->captured - packet->l3_at;
	ndpi_protocol found;

	if (present > packet->l3_bytes)
		present = packet->l3_bytes;
	if (present > UINT16_MAX)
		return false;
	found = version_packet(dpi->module, flow, packet->frame + packet->l3_at, present,
		packet->time_ns / 1000000);
	memset(result, 0, sizeof(*result));
	take_result(flow, found, result);
	return result->master != NDPI_PROTOCOL_UNKNOWN && version_is_final(&found);
}

bool dpi_may_say_more(struct dpi *dpi, uint32_t context)
{
	return version_may_say_more(dpi->module, pool_at(&dpi->contexts, context));
}

void dpi_end(struct dpi *dpi, uint32_t context, bool guess_ports, struct dpi_result *result)
{
	struct ndpi_flow_struct *flow = pool_at(&dpi->contexts, context);
	uint8_t guessed = 0;

	memset(result, 0, sizeof(*result));
	take_result(flow, version_giveup(dpi->module, flow, guess_ports, &guessed), result);
	result->guess = guessed;
	if (guessed && !guess_ports)
		result->master = result->app = NDPI_PROTOCOL_UNKNOWN;
	ndpi_free_flow_data(flow);
	pool_give(&dpi->contexts, context);
}
