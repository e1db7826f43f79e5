/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the outside in. Each function changes what lies in [at, at + bytes) and returns by how much
 * the ones' complement sum of that grew, for the checksum that encloses it. All fields are 16 bits
 * wide or more and lie at even offsets of every checksum's cover.
 */
#include "mend.h"

#include "classifiers/packet.h"
#include "dataplane/checksum.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_RARP = 0x8035,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_LEAST = 0x0600,
	TAGS_MAX = 8,
	EXTENSIONS_MAX = 8,
	PROTO_DCCP = 33,
	PROTO_UDPLITE = 136,
};

struct mending {
	struct readdress *readdress;
	uint64_t pass;
	bool cut;      /* the frame ends in zeros that stand for what was not captured */
	bool quoted;   /* within an ICMP error */
	unsigned done; /* enum mended */
};

static uint64_t put_growing(uint8_t *at, uint32_t value)
{
	uint32_t before = be16(at);

	put_be16(at, value);
	return checksum_growth(before, value);
}

static uint64_t address(struct mending *mending, uint8_t *at, uint8_t ip_version)
{
	unsigned bytes = ip_version == 4 ? 4 : 16;
	uint8_t before[16];
	uint64_t grown = 0;

	memcpy(before, at, bytes);
	if (readdress_address(mending->readdress, mending->pass, at, ip_version))
		mending->done |= MEND_MAPPED;
	if (memcmp(before, at, bytes) == 0)
		return 0;
	for (unsigned i = 0; i < bytes; i += 2)
		grown += checksum_growth(be16(before + i), be16(at + i));
	return grown;
}

/* As many of two addresses in a row as are there. */
static uint64_t addresses(struct mending *mending, uint8_t *at, uint32_t bytes, uint8_t ip_version)
{
	uint32_t size = ip_version == 4 ? 4 : 16;
	uint64_t grown = bytes >= size ? address(mending, at, ip_version) : 0;

	return grown + (bytes >= 2 * size ? address(mending, at + size, ip_version) : 0);
}

/* What a transport header knows of the packet around it. */
struct transport {
	uint8_t *at;
	uint32_t bytes; /* present */
	uint32_t whole; /* as the IP header says */
	uint8_t proto, ip_version;
	bool fragment;
	uint64_t pseudo, pseudo_grown; /* the pseudo-header's sum as captured, and its growth */
};

static uint64_t ip(struct mending *mending, uint8_t *at, uint32_t bytes);

static uint64_t quoted(struct mending *mending, uint8_t *at, uint32_t bytes)
{
	bool was = mending->quoted;
	uint64_t grown;

	if (was) /* an error about an error is never sent (RFC 1122 section 3.2.2) */
		return 0;
	mending->quoted = true;
	grown = ip(mending, at, bytes);
	mending->quoted = was;
	return grown;
}

/* RFC 792. */
static uint64_t icmp(struct mending *mending, const struct transport *of)
{
	enum { UNREACHABLE = 3, QUENCH = 4, REDIRECT = 5, TIME_EXCEEDED = 11, PARAMETER = 12 };
	uint8_t type = of->at[0];
	uint64_t grown = 0;

	if (of->bytes < 8 || (type != UNREACHABLE && type != QUENCH && type != REDIRECT &&
				     type != TIME_EXCEEDED && type != PARAMETER))
		return 0;
	if (type == REDIRECT)
		grown += address(mending, of->at + 4, 4);
	return grown + quoted(mending, of->at + 8, of->bytes - 8);
}

/* RFC 4443, 4861. */
static uint64_t icmpv6(struct mending *mending, const struct transport *of)
{
	enum { LAST_ERROR = 127, SOLICITATION = 135, ADVERTISEMENT = 136, REDIRECT = 137 };
	uint8_t type = of->at[0];

	if (of->bytes < 8)
		return 0;
	if (type <= LAST_ERROR)
		return quoted(mending, of->at + 8, of->bytes - 8);
	if (type == SOLICITATION || type == ADVERTISEMENT)
		return addresses(mending, of->at + 8, of->bytes < 24 ? 0 : 16, 6);
	return type == REDIRECT ? addresses(mending, of->at + 8, of->bytes - 8, 6) : 0;
}

static uint64_t ports(struct mending *mending, const struct transport *of)
{
	uint16_t pair[2];
	uint64_t grown;

	if (of->bytes < 4)
		return 0;
	pair[0] = (uint16_t)be16(of->at);
	pair[1] = (uint16_t)be16(of->at + 2);
	readdress_ports(mending->readdress, mending->pass, pair);
	grown = put_growing(of->at, pair[0]);
	return grown + put_growing(of->at + 2, pair[1]);
}

static const struct kind {
	uint8_t proto, ip_version; /* 0: either */
	uint8_t checksum_at;
	bool pseudo_header;
	bool zero_is_none;
	uint64_t (*change)(struct mending *mending, const struct transport *of);
} kinds[] = {
	{PROTO_TCP, 0, 16, true, false, ports},
	{PROTO_UDP, 0, 6, true, true, ports},
	{PROTO_UDPLITE, 0, 6, true, false, ports},
	{PROTO_DCCP, 0, 6, true, false, ports},
	{PROTO_ICMP, 4, 2, false, false, icmp},
	{PROTO_ICMPV6, 6, 2, true, false, icmpv6},
};

static const struct kind *kind_of(const struct transport *of)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].proto == of->proto &&
			(!kinds[i].ip_version || kinds[i].ip_version == of->ip_version))
			return &kinds[i];
	}
	return NULL;
}

/* The cover of UDP-Lite and DCCP may be less than the packet (RFC 3828, 4340). */
static bool covers_all(const struct transport *of)
{
	return of->proto != PROTO_UDPLITE && of->proto != PROTO_DCCP;
}

static bool sum_anew(struct mending *mending, const struct transport *of, const struct kind *kind)
{
	bool left_to_card = kind->pseudo_header && kind->change == ports &&
			    be16(of->at + kind->checksum_at) == checksum_fold(of->pseudo);

	return !mending->quoted && (mending->cut || left_to_card) && !of->fragment &&
	       of->whole <= of->bytes && covers_all(of);
}

static uint64_t checksum(struct mending *mending, const struct transport *of,
	const struct kind *kind, uint64_t grown)
{
	uint8_t *at = of->at + kind->checksum_at;
	uint32_t before = be16(at), after;

	if (kind->pseudo_header)
		grown += of->pseudo_grown;
	if ((before == 0 && kind->zero_is_none) || (!grown && !mending->cut))
		return 0;
	if (sum_anew(mending, of, kind)) {
		uint64_t pseudo = kind->pseudo_header ? of->pseudo + of->pseudo_grown : 0;

		put_be16(at, 0);
		after = ~checksum_fold(pseudo + checksum_sum(of->at, of->whole)) & 0xffff;
		mending->done |= MEND_SUMMED;
	} else {
		after = checksum_update(before, grown);
	}
	if (after == 0 && kind->zero_is_none)
		after = 0xffff;
	put_be16(at, after);
	return checksum_growth(before, after);
}

static uint64_t transport(struct mending *mending, const struct transport *of)
{
	const struct kind *kind = kind_of(of);
	uint64_t grown;

	if (!kind)
		return 0;
	grown = of->bytes ? kind->change(mending, of) : 0;
	if (of->bytes < kind->checksum_at + 2u)
		return grown;
	return grown + checksum(mending, of, kind, grown);
}

/* Pseudo-header of RFC 9293, 768 and 8200 without the addresses. */
static uint64_t length_and_proto(const struct transport *of)
{
	return (uint64_t)(of->whole >> 16) + (of->whole & 0xffff) + of->proto;
}

static uint64_t ipv4_checksum(struct mending *mending, uint8_t *at, uint32_t header, uint64_t grown)
{
	uint32_t before = be16(at + 10);

	if (!grown)
		return 0;
	if (before == 0 && !mending->quoted) {
		mending->done |= MEND_SUMMED;
		return put_growing(at + 10, ~checksum_fold(checksum_sum(at, header)) & 0xffff);
	}
	return put_growing(at + 10, checksum_update(before, grown));
}

/* RFC 791. */
static uint64_t ipv4(struct mending *mending, uint8_t *at, uint32_t bytes)
{
	uint32_t header = bytes ? (at[0] & 15) * 4u : 0, whole;
	struct transport of = {.ip_version = 4};
	uint64_t grown;

	if (bytes < 20 || header < 20 || header > bytes || at[0] >> 4 != 4)
		return bytes < 16 ? 0 : addresses(mending, at + 12, bytes - 12, 4);
	of.pseudo = checksum_sum(at + 12, 8);
	of.pseudo_grown = addresses(mending, at + 12, 8, 4);
	grown = of.pseudo_grown + ipv4_checksum(mending, at, header, of.pseudo_grown);
	whole = be16(at + 2) ? be16(at + 2) : bytes; /* 0: segmentation was left to the card */
	if (whole < header || (be16(at + 6) & 0x1fff))
		return grown;
	of.at = at + header;
	of.proto = at[9];
	of.whole = whole - header;
	of.bytes = of.whole < bytes - header ? of.whole : bytes - header;
	of.fragment = be16(at + 6) & 0x2000;
	of.pseudo += length_and_proto(&of);
	return grown + transport(mending, &of);
}

/* RFC 8200, 4302, 6275, 7401, 5533. True: of->at is the transport header, to be changed. */
static bool skip_extensions(struct transport *of)
{
	enum {
		HOP_BY_HOP = 0,
		ROUTING = 43,
		FRAGMENT = 44,
		AUTHENTICATION = 51,
		DESTINATION = 60,
		MOBILITY = 135,
		HIP = 139,
		SHIM6 = 140,
	};

	for (int count = 0; count <= EXTENSIONS_MAX; count++) {
		uint8_t type = of->proto;
		uint32_t size;

		if (type != HOP_BY_HOP && type != ROUTING && type != FRAGMENT &&
			type != AUTHENTICATION && type != DESTINATION && type != MOBILITY &&
			type != HIP && type != SHIM6)
			return true;
		if (of->bytes < 8)
			return false;
		size = type == FRAGMENT         ? 8
		       : type == AUTHENTICATION ? (of->at[1] + 2) * 4u
						: (of->at[1] + 1) * 8u;
		/* The pseudo-header's destination is the last one of the route, which stays. */
		if (size > of->bytes || (type == ROUTING && of->at[3] > 0))
			return false;
		if (type == FRAGMENT && be16(of->at + 2) & 0xfff8)
			return false;
		of->fragment |= type == FRAGMENT && (of->at[3] & 1);
		of->proto = of->at[0];
		of->at += size;
		of->bytes -= size;
		of->whole -= size;
	}
	return false;
}

/* RFC 8200. */
static uint64_t ipv6(struct mending *mending, uint8_t *at, uint32_t bytes)
{
	struct transport of = {.ip_version = 6};

	if (bytes < 40)
		return bytes < 24 ? 0 : addresses(mending, at + 8, bytes - 8, 6);
	of.pseudo = checksum_sum(at + 8, 32);
	of.pseudo_grown = addresses(mending, at + 8, 32, 6);
	of.at = at + 40;
	of.proto = at[6];
	of.whole =
		be16(at + 4) ? be16(at + 4) : bytes - 40; /* 0: left to the card, or a jumbogram */
	of.bytes = of.whole < bytes - 40 ? of.whole : bytes - 40;
	if (at[0] >> 4 != 6 || !skip_extensions(&of))
		return of.pseudo_grown;
	of.pseudo += length_and_proto(&of);
	return of.pseudo_grown + transport(mending, &of);
}

static uint64_t ip(struct mending *mending, uint8_t *at, uint32_t bytes)
{
	if (bytes == 0)
		return 0;
	return at[0] >> 4 == 6 ? ipv6(mending, at, bytes) : ipv4(mending, at, bytes);
}

/* RFC 826: of IPv4 on Ethernet, the two protocol addresses. */
static void arp(struct mending *mending, uint8_t *at, uint32_t bytes)
{
	static const uint8_t ipv4_on_ethernet[] = {0, 1, 8, 0, 6, 4};

	if (bytes < 18 || memcmp(at, ipv4_on_ethernet, sizeof(ipv4_on_ethernet)) != 0)
		return;
	address(mending, at + 14, 4);
	if (bytes >= 28)
		address(mending, at + 24, 4);
}

static bool is_tag(uint32_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* RFC 1042: behind a length, an ethertype may follow. */
static bool is_snap(const uint8_t *at, uint32_t bytes)
{
	static const uint8_t rfc1042[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};

	return bytes >= 8 && memcmp(at, rfc1042, sizeof(rfc1042)) == 0;
}

unsigned mend_frame(struct readdress *readdress, uint64_t pass, uint8_t *frame, uint32_t captured,
	uint32_t bytes)
{
	struct mending mending = {readdress, pass, captured < bytes, false, 0};
	uint32_t at = 14, type;

	if (bytes < at)
		return 0;
	type = be16(frame + 12);
	for (int count = 0; is_tag(type) && count < TAGS_MAX && bytes - at >= 4; count++, at += 4)
		type = be16(frame + at + 2);
	if (type < ETHERTYPE_LEAST && is_snap(frame + at, bytes - at)) {
		type = be16(frame + at + 6);
		at += 8;
	}
	if (type == ETHERTYPE_IPV4)
		ipv4(&mending, frame + at, bytes - at);
	else if (type == ETHERTYPE_IPV6)
		ipv6(&mending, frame + at, bytes - at);
	else if (type == ETHERTYPE_ARP || type == ETHERTYPE_RARP)
		arp(&mending, frame + at, bytes - at);
	return mending.done;
}
