/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/xdp/redirect.h"

#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* <linux/netdev.h>, which Debian 12 does not have yet. */
enum {
	NETDEV_DEV_GET = 1,
	NETDEV_DEV_IFINDEX = 1,
	NETDEV_DEV_XDP_FEATURES = 3,
	NETDEV_NDO_XMIT = 1 << 2,
	NETDEV_NDO_XMIT_SG = 1 << 6,
};

enum { MESSAGE_MAX = 8192 };

/* A generic netlink message: one attribute is all that is asked with. */
struct message {
	struct nlmsghdr header;
	struct genlmsghdr generic;
	char attributes[MESSAGE_MAX];
};

static void ask(struct message *message, uint16_t family, uint8_t command, uint16_t type,
	const void *value, uint16_t size)
{
	struct nlattr *attribute = (struct nlattr *)message->attributes;

	memset(message, 0, sizeof(message->header) + sizeof(message->generic) + NLA_HDRLEN + 16);
	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + size;
	memcpy(message->attributes + NLA_HDRLEN, value, size);
	message->generic.cmd = command;
	message->generic.version = 1;
	message->header.nlmsg_type = family;
	message->header.nlmsg_flags = NLM_F_REQUEST;
	message->header.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(attribute->nla_len);
}

/* The attribute of that type in the answer; NULL when the kernel refused, or has none. */
static const struct nlattr *answer(int socket, struct message *message, uint16_t type)
{
	ssize_t size;
	size_t at = 0, end;

	if (send(socket, message, message->header.nlmsg_len, 0) < 0)
		return NULL;
	size = recv(socket, message, sizeof(*message), 0);
	if (size < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) || message->header.nlmsg_type == NLMSG_ERROR)
		return NULL;
	end = (size_t)size - NLMSG_LENGTH(GENL_HDRLEN);
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attribute = (const void *)(message->attributes + at);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - at)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		at += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}

static uint16_t family_id(int socket, struct message *message, const char *name)
{
	const struct nlattr *id;
	uint16_t value;

	ask(message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, name,
		(uint16_t)(strlen(name) + 1));
	id = answer(socket, message, CTRL_ATTR_FAMILY_ID);
	if (!id || id->nla_len < NLA_HDRLEN + sizeof(value))
		return 0;
	memcpy(&value, (const char *)id + NLA_HDRLEN, sizeof(value));
	return value;
}

static bool read_features(int socket, uint32_t interface, uint64_t *features)
{
	struct message message;
	const struct nlattr *found;
	uint16_t family = family_id(socket, &message, "netdev");

	if (!family)
		return false;
	ask(&message, family, NETDEV_DEV_GET, NETDEV_DEV_IFINDEX, &interface, sizeof(interface));
	found = answer(socket, &message, NETDEV_DEV_XDP_FEATURES);
	if (!found || found->nla_len < NLA_HDRLEN + sizeof(*features))
		return false;
	memcpy(features, (const char *)found + NLA_HDRLEN, sizeof(*features));
	return true;
}

/* Drivers with ndo_xdp_xmit in Linux 6.1; with buffers in several pieces where `long_frames`. */
static const struct {
	const char *name;
	bool long_frames;
} drivers[] = {
	{"ena", false},
	{"bnxt_en", false},
	{"i40e", false},
	{"ice", false},
	{"igb", false},
	{"igc", false},
	{"ixgbe", false},
	{"mlx5_core", false},
	{"mvneta", true},
	{"sfc", false},
	{"tun", false},
	{"virtio_net", false},
};

static bool known_driver(int socket, unsigned interface, bool long_frames)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&info};

	if (!if_indextoname(interface, request.ifr_name) ||
		ioctl(socket, SIOCETHTOOL, &request) != 0)
		return false;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(drivers[i].name, info.driver) == 0)
			return drivers[i].long_frames || !long_frames;
	}
	return false;
}

bool redirect_delivers(unsigned interface, bool long_frames)
{
	int asked = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	uint64_t needed = NETDEV_NDO_XMIT | (long_frames ? NETDEV_NDO_XMIT_SG : 0);
	uint64_t features = 0;
	bool known = false, delivers;

	if (asked >= 0)
		known = read_features(asked, interface, &features);
	delivers = known && (features & needed) == needed;
	if (asked >= 0)
		close(asked);
	if (known)
		return delivers;
	asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	delivers = asked >= 0 && known_driver(asked, interface, long_frames);
	if (asked >= 0)
		close(asked);
	return delivers;
}
