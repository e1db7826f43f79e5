/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/xdp/own.h"

#include <bpf/bpf.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void add(struct own *own, const struct sockaddr *address)
{
	struct steer_address *next = &own->addresses[own->count];

	if (address->sa_family == AF_PACKET) {
		memcpy(own->mac, ((const struct sockaddr_ll *)address)->sll_addr, sizeof(own->mac));
		return;
	}
	if (own->count == STEER_OWN_MAX)
		return;
	memset(next, 0, sizeof(*next));
	if (address->sa_family == AF_INET) {
		next->family = STEER_IPV4;
		memcpy(next->bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
		own->count++;
	} else if (address->sa_family == AF_INET6) {
		next->family = STEER_IPV6;
		memcpy(next->bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
		own->count++;
	}
}

bool own_read(struct own *own, const char *interface)
{
	struct ifaddrs *all;

	memset(own, 0, sizeof(*own));
	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (one->ifa_addr && strcmp(one->ifa_name, interface) == 0)
			add(own, one->ifa_addr);
	}
	freeifaddrs(all);
	return true;
}

static bool holds(const struct own *own, const struct steer_address *address)
{
	for (size_t i = 0; i < own->count; i++) {
		if (memcmp(&own->addresses[i], address, sizeof(*address)) == 0)
			return true;
	}
	return false;
}

static void forget_others(const struct own *own, int map)
{
	struct steer_address key, next;
	bool more = bpf_map_get_next_key(map, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		if (!holds(own, &key))
			bpf_map_delete_elem(map, &key);
	}
}

bool own_write(const struct own *own, int map)
{
	const __u8 one = 1;

	forget_others(own, map);
	for (size_t i = 0; i < own->count; i++) {
		if (bpf_map_update_elem(map, &own->addresses[i], &one, BPF_ANY) != 0)
			return false;
	}
	return true;
}
