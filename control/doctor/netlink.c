/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/doctor/netlink.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

bool netlink_open(struct netlink *netlink, int protocol)
{
	struct timeval limit = {.tv_sec = 2};

	netlink->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (netlink->socket < 0)
		return false;
	setsockopt(netlink->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return true;
}

void netlink_close(struct netlink *netlink)
{
	close(netlink->socket);
}

void *netlink_request(struct netlink *netlink, uint16_t type, uint16_t flags, size_t fixed)
{
	memset(&netlink->header, 0, NLMSG_SPACE(fixed));
	netlink->header.nlmsg_len = NLMSG_LENGTH(fixed);
	netlink->header.nlmsg_type = type;
	netlink->header.nlmsg_flags = NLM_F_REQUEST | flags;
	return NLMSG_DATA(&netlink->header);
}

void netlink_put(struct netlink *netlink, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(netlink->header.nlmsg_len);
	struct nlattr *attribute = (struct nlattr *)(netlink->bytes + at);

	if (at + NLA_ALIGN(NLA_HDRLEN + len) > sizeof(netlink->bytes))
		return;
	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + len;
	memcpy((uint8_t *)attribute + NLA_HDRLEN, data, len);
	netlink->header.nlmsg_len = at + NLA_ALIGN(attribute->nla_len);
}

bool netlink_ask(struct netlink *netlink)
{
	ssize_t len;

	if (send(netlink->socket, netlink->bytes, netlink->header.nlmsg_len, 0) < 0)
		return false;
	len = recv(netlink->socket, netlink->bytes, sizeof(netlink->bytes), 0);
	return len >= (ssize_t)sizeof(netlink->header) && netlink->header.nlmsg_len <= len &&
	       netlink->header.nlmsg_type != NLMSG_ERROR &&
	       netlink->header.nlmsg_type != NLMSG_DONE;
}

static const struct nlattr *find(const uint8_t *next, const uint8_t *end, uint16_t type)
{
	while (end - next >= (ptrdiff_t)NLA_HDRLEN) {
		const struct nlattr *attribute = (const struct nlattr *)next;

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - next)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		if (NLA_ALIGN(attribute->nla_len) > end - next)
			return NULL;
		next += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}

const struct nlattr *netlink_attribute(const struct netlink *netlink, size_t fixed, uint16_t type)
{
	return find(netlink->bytes + NLMSG_SPACE(fixed), netlink->bytes + netlink->header.nlmsg_len,
		type);
}

const struct nlattr *netlink_nested(const struct nlattr *outer, uint16_t type)
{
	const uint8_t *data = netlink_data(outer);

	return outer ? find(data, data + netlink_length(outer), type) : NULL;
}

const void *netlink_data(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + NLA_HDRLEN;
}

size_t netlink_length(const struct nlattr *attribute)
{
	return attribute ? attribute->nla_len - NLA_HDRLEN : 0;
}

uint32_t netlink_u32(const struct nlattr *attribute)
{
	uint32_t value = 0;
	size_t len = netlink_length(attribute);

	if (attribute)
		memcpy(&value, netlink_data(attribute), len < sizeof(value) ? len : sizeof(value));
	return value;
}
