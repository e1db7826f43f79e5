/* SPDX-License-Identifier: BSD-3-Clause */
/* One question over netlink and its answer: what interfaces are, and what their drivers can do. */
#ifndef SLUICE_NETLINK_H
#define SLUICE_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request under construction, then its answer. */
struct netlink {
	int socket;
	union {
		struct nlmsghdr header;
		uint8_t bytes[32768];
	};
};

/* False when the kernel has no such protocol (NETLINK_ROUTE, NETLINK_GENERIC). */
bool netlink_open(struct netlink *netlink, int protocol);
void netlink_close(struct netlink *netlink);

/* Begins a request; room for `fixed` bytes of its own header is zeroed and returned. */
void *netlink_request(struct netlink *netlink, uint16_t type, uint16_t flags, size_t fixed);
void netlink_put(struct netlink *netlink, uint16_t type, const void *data, size_t len);

/* Sends it and replaces it by the first answer. False on an error answer. */
bool netlink_ask(struct netlink *netlink);

/* An attribute of the answer behind its own header of `fixed` bytes; NULL when it is not there. */
const struct nlattr *netlink_attribute(const struct netlink *netlink, size_t fixed, uint16_t type);
/* An attribute inside another one. */
const struct nlattr *netlink_nested(const struct nlattr *outer, uint16_t type);

const void *netlink_data(const struct nlattr *attribute);
size_t netlink_length(const struct nlattr *attribute);
uint32_t netlink_u32(const struct nlattr *attribute); /* also of 8, 16 and 64 bits; NULL: 0 */

#endif
