/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nDPI, and nothing else of it leaves ndpi.c: protocol breadth for flows that our own parsers do
 * not know, and its table of applications by host name.
 *
 * An application number is nDPI's protocol number (0 is unknown). One `struct dpi` is used by one
 * thread at a time; it holds nDPI's caches, so what it answers depends on the flows it has seen.
 */
#ifndef SLUICE_NDPI_H
#define SLUICE_NDPI_H

#include "packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dpi;

/* Numbers of the protocols that our own parsers recognise. */
extern const uint16_t dpi_tls, dpi_http, dpi_quic, dpi_dns, dpi_dtls, dpi_openvpn, dpi_socks,
	dpi_ssh, dpi_stun, dpi_wireguard;

/* The library's version as it says itself, e.g. "4.2.0-...". */
const char *dpi_version(void);
/* False when the library at run time is not the one that was compiled against. */
bool dpi_version_matches(void);

/* Lines of a protos.txt that every dpi_new() from now on knows too, so that numbers mean the same
 * in all of them: before the first one, which threads may not race with. The caller keeps the text
 * as long as it is known. NULL: none. */
void dpi_learn(const char *lines);

/* About 15 ms and 6 MB. `contexts` flows at most are under inspection at once. Thread safe. */
struct dpi *dpi_new(uint32_t contexts);
void dpi_free(struct dpi *dpi);

/* Names as nDPI writes them ("YouTube", "WhatsAppCall", "TLS"). NULL beyond the last number. */
const char *dpi_app_name(const struct dpi *dpi, uint16_t app);
/* Case is ignored. -1 when there is none of this name. */
int dpi_app_number(const struct dpi *dpi, const char *name);
/* Categories as nDPI writes them ("VPN", "SocialNetwork"), from 1; "" for numbers that are not in
 * use, NULL beyond the last. */
const char *dpi_category_name(const struct dpi *dpi, uint16_t category);
/* The application's, else that of the protocol under it; 0 none. */
uint8_t dpi_category_of(const struct dpi *dpi, uint16_t master, uint16_t app);
/* The application that a host name belongs to, 0 when none is known. */
uint16_t dpi_app_of_host(struct dpi *dpi, struct span host);
/* The same for the owner of an IPv4 address, of which `port` is in use. */
uint16_t dpi_app_of_end(struct dpi *dpi, const uint8_t *address, uint16_t port);
/* Of the packet's source, or else of its destination; IPv4 only. */
uint16_t dpi_app_of_address(struct dpi *dpi, const struct packet *packet);

/* Whether nDPI, shown a TLS hello for `host` that its tables put into `app`, would tell or remember
 * more: names that Tor makes up; hosts that use Teams, whose calls look like Skype's. */
bool dpi_knows_more(uint16_t app, struct span host);

struct dpi_result {
	uint16_t master; /* e.g. TLS, QUIC, STUN; 0 unknown */
	uint16_t app;    /* e.g. YouTube; 0 none */
	bool guess;      /* from the port only */
	char name[80];   /* host name that nDPI saw (it cuts at 79 bytes), "" none */
};

/* A context for one undecided flow: 1 and up; 0 when all are in use. */
uint32_t dpi_begin(struct dpi *dpi);
/* Feeds a packet that has payload. True when nDPI has decided (then call dpi_end). */
bool dpi_feed(struct dpi *dpi, uint32_t context, const struct packet *packet, bool from_client,
	struct dpi_result *result);
/* It has decided, and further packets may tell the application. */
bool dpi_may_say_more(struct dpi *dpi, uint32_t context);
/* Takes the best answer so far (`guess_ports`: by port when nothing else is known) and frees the
 * context. */
void dpi_end(struct dpi *dpi, uint32_t context, bool guess_ports, struct dpi_result *result);

#endif
