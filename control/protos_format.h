/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One line of a protos.txt of nDPI: what belongs to a protocol.
 *
 *   host:"example.org",host:"cdn.example.net"@MyApp    names, and all that end so
 *   ip:198.51.100.0/24,ip:203.0.113.7:443@MyApp         IPv4 networks, of one port or of any
 *   tcp:81,udp:5061-5062@MyApp                          ports
 *   # a comment
 *
 * nDPI takes every line and makes something of it (of `ip:2001:db8::1` an IPv4 network, of `tcp:x`
 * port 0), so this is stricter than nDPI is.
 */
#ifndef SLUICE_PROTOS_FORMAT_H
#define SLUICE_PROTOS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum claim_kind { CLAIM_HOST, CLAIM_ADDRESS, CLAIM_TCP, CLAIM_UDP };

enum { PROTOS_NAME_MAX = 63, PROTOS_HOST_MAX = 253, PROTOS_LINE_MAX = 65535 };

/* One of the parts between commas. */
struct claim {
	enum claim_kind kind;
	char host[PROTOS_HOST_MAX + 1]; /* HOST, without quotes, in small letters */
	uint8_t address[4];             /* ADDRESS: the first of its network */
	uint16_t port;                  /* ADDRESS: 0 any */
	uint16_t first_port, last_port; /* TCP, UDP */
};

/* Gets each claim, with the protocol's name and the column (from 1) where it is written. */
typedef void (*claim_sink)(
	void *context, const struct claim *claim, const char *name, size_t column);

/* A line about risks or certificates (`host_risk_mask:`), of which sluice keeps nothing. */
bool protos_is_risk(const char *line, size_t len);

/* NULL, or a static description of what is wrong with the line and *column; then some may have
 * been handed on. Nothing is handed on of comments and lines about risks. */
const char *protos_line(
	const char *line, size_t len, claim_sink sink, void *context, size_t *column);

#endif
