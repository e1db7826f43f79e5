/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/interface.h"

#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool ask(const char *name, unsigned long request, struct ifreq *answer)
{
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good;

	snprintf(answer->ifr_name, sizeof(answer->ifr_name), "%s", name);
	good = control >= 0 && ioctl(control, request, answer) == 0;
	if (control >= 0)
		close(control);
	return good;
}

static uint32_t speed_of(const char *name)
{
	struct ethtool_cmd command = {.cmd = ETHTOOL_GSET};
	struct ifreq request = {.ifr_data = (char *)&command};
	uint32_t speed;

	if (!ask(name, SIOCETHTOOL, &request))
		return 0;
	speed = ethtool_cmd_speed(&command);
	return speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
}

/* Queues that both receive and send; those of a driver that does not tell are not used. */
static void count_queues(const char *name, struct interface *interface)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (char *)&channels};
	bool told = ask(name, SIOCETHTOOL, &request);

	interface->queues = told && channels.combined_count ? channels.combined_count : 1;
	interface->rx_queues = interface->queues;
	if (told && channels.rx_count)
		interface->rx_queues += channels.rx_count - !channels.combined_count;
}

static const struct {
	const char *word;
	uint32_t command;
} offloads[INTERFACE_OFFLOAD_COUNT] = {
#define X(name, word, command) [INTERFACE_##name] = {word, command},
	INTERFACE_OFFLOADS(X)
#undef X
};

static bool is_on(const char *name, enum interface_offload offload)
{
	struct ethtool_value value = {.cmd = offloads[offload].command};
	struct ifreq request = {.ifr_data = (char *)&value};

	if (!ask(name, SIOCETHTOOL, &request))
		return false;
	return offload == INTERFACE_LRO ? value.data & ETH_FLAG_LRO : value.data;
}

void interface_offload_words(uint8_t mask, char *words, size_t size)
{
	size_t used = 0;

	snprintf(words, size, "none");
	for (unsigned i = 0; i < INTERFACE_OFFLOAD_COUNT && used < size; i++) {
		if (mask & 1u << i)
			used += (size_t)snprintf(words + used, size - used, "%s%s", used ? " " : "",
				offloads[i].word);
	}
}

bool interface_read(const char *name, struct interface *interface)
{
	struct ifreq answer = {0};

	memset(interface, 0, sizeof(*interface));
	interface->index = if_nametoindex(name);
	if (!interface->index || !ask(name, SIOCGIFFLAGS, &answer))
		return false;
	interface->up = answer.ifr_flags & IFF_UP;
	interface->running = interface->up && answer.ifr_flags & IFF_RUNNING;
	if (ask(name, SIOCGIFMTU, &answer))
		interface->mtu = answer.ifr_mtu;
	interface->speed_mbps = speed_of(name);
	count_queues(name, interface);
	for (unsigned i = 0; i < INTERFACE_OFFLOAD_COUNT; i++)
		interface->offloads |= is_on(name, i) << i;
	return true;
}

/* The carrier itself: what IFF_RUNNING says may be a second late. */
bool interface_has_link(const char *name)
{
	struct ethtool_value link = {.cmd = ETHTOOL_GLINK};
	struct ifreq request = {.ifr_data = (char *)&link}, answer = {0};

	if (!ask(name, SIOCGIFFLAGS, &answer) || !(answer.ifr_flags & IFF_UP))
		return false;
	return ask(name, SIOCETHTOOL, &request) ? link.data : answer.ifr_flags & IFF_RUNNING;
}

int interface_listen(const char *name)
{
	struct packet_mreq wanted = {
		.mr_ifindex = if_nametoindex(name), .mr_type = PACKET_MR_PROMISC};
	int listener = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (listener >= 0 && setsockopt(listener, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wanted,
				     sizeof(wanted)) == 0)
		return listener;
	if (listener >= 0)
		close(listener);
	return -1;
}
