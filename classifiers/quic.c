/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Most hellos lie whole in one frame of one packet and are read where they were decrypted. Only
 * one that does not takes a buffer, and only until it is whole.
 */
#include "classifiers/quic.h"

#include "classifiers/quic_frames.h"
#include "classifiers/quic_google.h"
#include "classifiers/quic_keys.h"

#include <stddef.h>
#include <string.h>

/* CRYPTO offsets count from 0; reassembly takes sequence numbers, of which it is given these. */
enum { FIRST_SEQ = 0 };

bool quic_begin(struct quic *quic, uint32_t hellos)
{
	quic->hellos_refused = 0;
	quic->keys = quic_keys_new();
	return quic->keys && pool_begin(&quic->hellos, sizeof(struct quic_hello), hellos);
}

void quic_end(struct quic *quic)
{
	quic_keys_free(quic->keys);
	quic->keys = NULL;
	pool_end(&quic->hellos);
}

void quic_forget(struct quic *quic, uint32_t *hello)
{
	pool_give(&quic->hellos, *hello);
	*hello = 0;
}

static struct quic_hello *hello_at(const struct quic *quic, uint32_t hello)
{
	return hello ? pool_at(&quic->hellos, hello) : NULL;
}

static struct quic_hello *begin_hello(struct quic *quic, uint32_t *hello)
{
	*hello = pool_take_partly(&quic->hellos, offsetof(struct quic_hello, crypto.bytes));
	if (!*hello) {
		quic->hellos_refused++;
		return NULL;
	}
	reassembly_begin(&hello_at(quic, *hello)->crypto, FIRST_SEQ);
	return hello_at(quic, *hello);
}

static void keep_id(struct quic_hello *hello, const struct quic_packet *packet)
{
	hello->version = packet->version;
	hello->dcid_bytes = (uint8_t)packet->dcid.len;
	memcpy(hello->dcid, packet->dcid.data, packet->dcid.len);
}

/* A client keeps its first keys when it takes the server's connection id, and takes new ones after
 * a Retry. Empty when neither fit: not from a client, or not from the start of a connection. */
static struct span open_packet(
	struct quic *quic, struct quic_hello *hello, const struct quic_packet *packet)
{
	struct span plain = {NULL, 0}, first;

	if (hello && hello->version == packet->version) {
		first = (struct span){hello->dcid, hello->dcid_bytes};
		plain = quic_keys_open(quic->keys, first, packet, quic->plain);
	}
	if (plain.len)
		return plain;
	plain = quic_keys_open(quic->keys, packet->dcid, packet, quic->plain);
	if (plain.len && hello)
		keep_id(hello, packet);
	return plain;
}

static enum finding read_message(
	const struct quic_version *version, struct span message, struct quic_result *result)
{
	enum finding finding;

	if (version->chlo) {
		finding = quic_chlo_read(message, &result->name);
	} else {
		finding = tls_message_parse(message, &result->hello);
		result->has_hello = finding == FINDING_IS;
		if (result->has_hello)
			result->name = result->hello.sni;
	}
	return finding;
}

/* A frame of the packet holds the whole message. Boxes that join frames see it at once in the first
 * one only, as bytes that came first stay. */
static bool read_one_frame(struct span frames, enum quic_way way,
	const struct quic_version *version, struct quic_result *result)
{
	struct quic_crypto crypto;

	while (quic_crypto_take(&frames, version, &crypto)) {
		if (crypto.offset == 0 && crypto.data.len &&
			read_message(version, crypto.data, result) == FINDING_IS)
			return true;
		if (way != QUIC_WAY_ONE_FRAME)
			return false;
	}
	return false;
}

static void add_frames(struct quic_hello *hello, struct span frames)
{
	struct quic_crypto crypto;

	while (quic_crypto_take(&frames, hello->version, &crypto)) {
		if (crypto.offset < REASSEMBLY_BYTES)
			reassembly_add(&hello->crypto, REASSEMBLY_FULL,
				FIRST_SEQ + (uint32_t)crypto.offset, crypto.data);
	}
}

/* Within a packet frames come in any order, so a gap is one only when the packet is over. */
static bool has_gap(const struct reassembly *crypto)
{
	return crypto->runs_used > 1 || (crypto->runs_used == 1 && crypto->runs[0].begin > 0);
}

/* Puts the packet's frames to those that are there. True when the message was read; a buffer whose
 * message can not come any more is given back. */
static bool read_joined(struct quic *quic, uint32_t *number, enum quic_way way,
	const struct quic_packet *packet, struct span frames, struct quic_result *result)
{
	struct quic_hello *hello = hello_at(quic, *number);
	enum finding finding = FINDING_NOT_YET;
	struct span bytes;

	if (!hello) {
		hello = begin_hello(quic, number);
		if (!hello)
			return false;
		keep_id(hello, packet);
	}
	add_frames(hello, frames);
	bytes = reassembly_contiguous(&hello->crypto);
	if (bytes.len)
		finding = read_message(packet->version, bytes, result);
	if (finding != FINDING_NOT_YET || hello->crypto.over || way == QUIC_WAY_ONE_PACKET ||
		(way == QUIC_WAY_IN_ORDER && has_gap(&hello->crypto)) ||
		bytes.len == REASSEMBLY_BYTES)
		quic_forget(quic, number); /* its bytes stay until the next call */
	return finding == FINDING_IS;
}

static bool read_initial(struct quic *quic, uint32_t *number, enum quic_way way,
	const struct quic_packet *packet, struct quic_result *result)
{
	struct span frames;

	if (way == QUIC_WAY_CLOSED || packet->version->salt == QUIC_SALT_NONE)
		return false;
	frames = open_packet(quic, hello_at(quic, *number), packet);
	if (!frames.len)
		return false;
	if (!*number && read_one_frame(frames, way, packet->version, result))
		return true;
	return way > QUIC_WAY_ONE_FRAME && read_joined(quic, number, way, packet, frames, result);
}

static void read_google(struct span datagram, struct quic_result *result)
{
	result->finding = quic_google_read(datagram, &result->name);
	if (result->finding != FINDING_IS_NOT)
		result->version = quic_version_in(datagram);
}

void quic_read(struct quic *quic, uint32_t *hello, enum quic_way way, struct span datagram,
	struct quic_result *result)
{
	struct span rest = datagram;
	struct quic_packet packet;

	memset(result, 0, sizeof(*result));
	while (result->finding != FINDING_IS && quic_packet_take(&rest, &packet)) {
		result->finding = FINDING_NOT_YET;
		if (packet.type != QUIC_INITIAL)
			continue;
		result->version = quic_version_in(packet.whole);
		if (read_initial(quic, hello, way, &packet, result))
			result->finding = FINDING_IS;
	}
	if (result->finding == FINDING_IS_NOT)
		read_google(datagram, result);
}
