/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions that no file answers: rtnetlink, ethtool, sockets, locks. */
#include "control/doctor/host.h"
#include "control/doctor/netlink.h"

#include "dataplane/io/interface.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of linux/netdev.h, which Debian 12's headers do not have yet; kernels since 6.3 answer. */
enum { NETDEV_CMD_DEV_GET = 1, NETDEV_A_DEV_IFINDEX = 1, NETDEV_A_DEV_XDP_FEATURES = 3 };

static void copy_text(char *into, size_t size, const struct nlattr *attribute)
{
	size_t len = netlink_length(attribute);

	if (!len)
		return;
	snprintf(into, size, "%.*s", (int)len, (const char *)netlink_data(attribute));
}

/* The answer about an interface, by its number. */
static bool ask_link(struct netlink *netlink, int index)
{
	struct ifinfomsg *link = netlink_request(netlink, RTM_GETLINK, 0, sizeof(*link));

	link->ifi_index = index;
	return netlink_ask(netlink);
}

static void take_link(const struct netlink *netlink, struct interface_facts *facts)
{
	size_t fixed = sizeof(struct ifinfomsg);
	const struct nlattr *info = netlink_attribute(netlink, fixed, IFLA_LINKINFO);
	const struct nlattr *xdp = netlink_attribute(netlink, fixed, IFLA_XDP);

	copy_text(facts->name, sizeof(facts->name), netlink_attribute(netlink, fixed, IFLA_IFNAME));
	copy_text(facts->kind, sizeof(facts->kind), netlink_nested(info, IFLA_INFO_KIND));
	facts->xdp_program = netlink_u32(netlink_nested(xdp, IFLA_XDP_PROG_ID));
}

static bool ethtool(int fd, const char *name, void *question)
{
	struct ifreq request = {.ifr_data = question};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

static void ask_ethtool(struct interface_facts *facts)
{
	static const uint32_t offloads[OFFLOAD_COUNT] = {
		[OFFLOAD_TX_CHECKSUM] = ETHTOOL_GTXCSUM,
		[OFFLOAD_TSO] = ETHTOOL_GTSO,
		[OFFLOAD_GSO] = ETHTOOL_GGSO,
		[OFFLOAD_GRO] = ETHTOOL_GGRO,
	};
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ethtool_rxfh hash = {.cmd = ETHTOOL_GRSSH};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	for (int i = 0; i < OFFLOAD_COUNT; i++) {
		struct ethtool_value value = {.cmd = offloads[i]};

		if (!ethtool(fd, facts->name, &value))
			continue;
		facts->known |= 1u << i;
		facts->on |= value.data ? 1u << i : 0;
	}
	if (ethtool(fd, facts->name, &channels))
		facts->queues_max = channels.max_combined ? channels.max_combined : channels.max_rx;
	if (ethtool(fd, facts->name, &hash))
		facts->hash_key_bytes = hash.key_size;
	close(fd);
}

static void ask_features(int index, struct interface_facts *facts)
{
	struct genlmsghdr *header;
	struct netlink netlink;
	uint32_t number = (uint32_t)index;
	const struct nlattr *features;

	if (!netlink_open(&netlink, NETLINK_GENERIC))
		return;
	header = netlink_request(&netlink, GENL_ID_CTRL, 0, sizeof(*header));
	*header = (struct genlmsghdr){.cmd = CTRL_CMD_GETFAMILY, .version = 1};
	netlink_put(&netlink, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
	if (netlink_ask(&netlink)) {
		uint16_t family = (uint16_t)netlink_u32(
			netlink_attribute(&netlink, sizeof(*header), CTRL_ATTR_FAMILY_ID));

		header = netlink_request(&netlink, family, 0, sizeof(*header));
		*header = (struct genlmsghdr){.cmd = NETDEV_CMD_DEV_GET, .version = 1};
		netlink_put(&netlink, NETDEV_A_DEV_IFINDEX, &number, sizeof(number));
		facts->xdp_features_known = netlink_ask(&netlink);
	}
	features = facts->xdp_features_known
			   ? netlink_attribute(&netlink, sizeof(*header), NETDEV_A_DEV_XDP_FEATURES)
			   : NULL;
	facts->xdp_features = netlink_u32(features);
	netlink_close(&netlink);
}

static bool ask_by_index(int index, struct interface_facts *facts)
{
	struct interface interface;
	struct netlink netlink;
	bool known;

	memset(facts, 0, sizeof(*facts));
	if (!index || !netlink_open(&netlink, NETLINK_ROUTE))
		return false;
	known = ask_link(&netlink, index);
	if (known)
		take_link(&netlink, facts);
	netlink_close(&netlink);
	if (!known)
		return false;
	ask_ethtool(facts);
	ask_features(index, facts);
	if (interface_read(facts->name, &interface)) {
		facts->queues = interface.queues;
		facts->rx_queues = interface.rx_queues;
	}
	return true;
}

static bool ask_interface(const char *name, struct interface_facts *facts)
{
	return ask_by_index((int)if_nametoindex(name), facts);
}

/* The number that our namespace has given to another one, -1 none. */
static int32_t namespace_number(int fd)
{
	struct netlink netlink;
	int32_t number = -1;

	if (!netlink_open(&netlink, NETLINK_ROUTE))
		return -1;
	netlink_request(&netlink, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
	netlink_put(&netlink, NETNSA_FD, &fd, sizeof(fd));
	if (netlink_ask(&netlink))
		number = (int32_t)netlink_u32(
			netlink_attribute(&netlink, sizeof(struct rtgenmsg), NETNSA_NSID));
	netlink_close(&netlink);
	return number;
}

/* Asks from inside the namespace, and comes back. */
static bool ask_there(int fd, int index, struct interface_facts *facts)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	bool known = false;

	if (home >= 0 && setns(fd, CLONE_NEWNET) == 0) {
		known = ask_by_index(index, facts);
		if (setns(home, CLONE_NEWNET) != 0)
			_exit(3);
	}
	if (home >= 0)
		close(home);
	return known;
}

/* The namespaces that `ip netns` names. */
static bool ask_named(int32_t number, int index, struct interface_facts *facts)
{
	DIR *folder = opendir("/run/netns");
	const struct dirent *entry;
	bool known = false;

	while (folder && !known && (entry = readdir(folder))) {
		int fd = entry->d_name[0] == '.'
				 ? -1
				 : openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		known = namespace_number(fd) == number && ask_there(fd, index, facts);
		if (known)
			snprintf(facts->netns, sizeof(facts->netns), "%.63s", entry->d_name);
		close(fd);
	}
	if (folder)
		closedir(folder);
	return known;
}

static bool ask_far_end(const char *name, struct interface_facts *facts)
{
	size_t fixed = sizeof(struct ifinfomsg);
	const struct nlattr *there;
	struct netlink netlink;
	int32_t number = -1;
	int index = 0;

	memset(facts, 0, sizeof(*facts));
	if (!netlink_open(&netlink, NETLINK_ROUTE))
		return false;
	if (ask_link(&netlink, (int)if_nametoindex(name))) {
		index = (int)netlink_u32(netlink_attribute(&netlink, fixed, IFLA_LINK));
		there = netlink_attribute(&netlink, fixed, IFLA_LINK_NETNSID);
		number = there ? (int32_t)netlink_u32(there) : -1;
	}
	netlink_close(&netlink);
	if (!index)
		return false;
	return number < 0 ? ask_by_index(index, facts) : ask_named(number, index, facts);
}

static int has_sockets(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, 0);
	int error = errno;

	if (fd >= 0) {
		close(fd);
		return 1;
	}
	return error == EAFNOSUPPORT ? 0 : error == EPERM ? 1 : -1;
}

/* There is no way to ask without trying: the lock is had for a moment. */
static int is_locked(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int answer = -1;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		answer = 0;
	else if (errno == EWOULDBLOCK)
		answer = 1;
	close(fd);
	return answer;
}

const struct host_questions host_kernel = {
	.interface = ask_interface,
	.far_end = ask_far_end,
	.socket_family = has_sockets,
	.locked = is_locked,
};
