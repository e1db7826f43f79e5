/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * Decides in the kernel what user space gets to see: frames whose two ends are both in scope.
 * What is for the interface itself goes to the kernel's stack; everything else crosses to the other
 * port of the pair. The DPDK driver loads this object, once a port, and puts its sockets into
 * xsks_map; steer.c fills the other maps afterwards.
 */
#include "frame.bpf.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, STEER_QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} other_port SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct steer_setup);
} setup SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STEER_PATH_COUNT);
	__type(key, __u32);
	__type(value, struct steer_count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEER_OWN_MAX);
	__type(key, struct steer_address);
	__type(value, __u8);
} own SEC(".maps");

/* One trie a family. A new scope is a new trie put in the old one's place: no frame sees half. */
struct trie4 {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, STEER_PREFIXES_MAX);
	__type(key, struct steer_prefix4);
	__type(value, __u8);
} empty4 SEC(".maps");

struct trie6 {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, STEER_PREFIXES_MAX);
	__type(key, struct steer_prefix6);
	__type(value, __u8);
} empty6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct trie4);
} scope4 SEC(".maps") = {.values = {&empty4}};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct trie6);
} scope6 SEC(".maps") = {.values = {&empty6}};

/* Flow to row of bypassed. Never evicted by the kernel, so that no count is lost. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, STEER_BYPASSES_MAX);
	__type(key, struct steer_flow);
	__type(value, __u32);
} bypass SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, STEER_BYPASSES_MAX);
	__type(key, __u32);
	__type(value, struct steer_count);
} bypassed SEC(".maps");

static __always_inline _Bool is_own(__u32 family, const void *address)
{
	struct steer_address key = {.family = family};

	__builtin_memcpy(key.bytes, address, family == STEER_IPV4 ? 4 : 16);
	return bpf_map_lookup_elem(&own, &key) != NULL;
}

/* A tag with VLAN 0 carries a priority only. */
static __always_inline _Bool is_ours(const struct frame *frame, __u32 family, const void *address)
{
	const __u16 *mac = frame->setup->mac, *to = frame->destination_mac;

	if (frame->tagged || to[0] != mac[0] || to[1] != mac[1] || to[2] != mac[2])
		return 0;
	return is_own(family, address);
}

/* RFC 826 for IPv4 over Ethernet. Who asks for, or answers to, an address of the interface itself
 * asks or answers the kernel; all other ARP is between the two sides. */
struct arp_ipv4 {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_bytes;
	__u8 protocol_bytes;
	__be16 operation;
	__u8 sender_mac[6];
	__u8 sender[4];
	__u8 target_mac[6];
	__u8 target[4];
} __attribute__((packed));

static __always_inline enum steer_path arp(const struct frame *frame)
{
	const struct arp_ipv4 *arp = frame->at;

	if ((void *)(arp + 1) > frame->end || frame->tagged)
		return STEER_OTHER;
	if (arp->hardware != bpf_htons(1) || arp->protocol != bpf_htons(ETH_P_IP))
		return STEER_OTHER;
	return is_own(STEER_IPV4, arp->target) ? STEER_OWN : STEER_OTHER;
}

/* RFC 4861 section 4.3, sent to a solicited-node address (RFC 4291 section 2.7.1): ff02::1:ffXX:
 * XXXX. One sent to the address itself is an ordinary packet for it. */
struct neighbour_solicitation {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 reserved;
	__u8 target[16];
};

static __always_inline _Bool solicits_us(const struct frame *frame, const struct ipv6hdr *ip)
{
	const struct neighbour_solicitation *ask = (const void *)(ip + 1);
	const __be32 *to = ip->daddr.s6_addr32;

	if (ip->nexthdr != IPPROTO_ICMPV6 || (void *)(ask + 1) > frame->end || frame->tagged)
		return 0;
	if (to[0] != bpf_htonl(0xff020000) || to[1] || to[2] != bpf_htonl(1))
		return 0;
	return ip->daddr.s6_addr[12] == 0xff && ask->type == 135 && is_own(STEER_IPV6, ask->target);
}

struct ports {
	__be16 source, destination;
};

struct tcp_start {
	struct ports ports;
	__be32 sequence, acknowledgement;
	__u8 offset, flags; /* FIN 1, SYN 2, RST 4 */
};

/* *turns: it opens or ends a connection. */
static __always_inline _Bool read_ports(
	const struct frame *frame, struct steer_flow *flow, const void *at, _Bool *turns)
{
	const struct ports *ports = at;
	const struct tcp_start *tcp = at;

	if (flow->protocol == IPPROTO_TCP) {
		if ((void *)(tcp + 1) > frame->end)
			return 0;
		*turns = tcp->flags & 7;
	} else if (flow->protocol != IPPROTO_UDP || (void *)(ports + 1) > frame->end) {
		return 0;
	}
	flow->source_port = ports->source;
	flow->destination_port = ports->destination;
	return 1;
}

static __always_inline _Bool is_bypassed(
	const struct frame *frame, struct steer_flow *flow, const void *transport)
{
	struct steer_count *count;
	_Bool turns = 0;
	__u32 *row;

	if (!read_ports(frame, flow, transport, &turns))
		return 0;
	row = bpf_map_lookup_elem(&bypass, flow);
	if (!row)
		return 0;
	if (turns) { /* what comes after it may be another flow of the same ends */
		bpf_map_delete_elem(&bypass, flow);
		return 0;
	}
	count = bpf_map_lookup_elem(&bypassed, row);
	if (!count)
		return 0;
	__sync_fetch_and_add(&count->packets, 1);
	__sync_fetch_and_add(&count->bytes, frame->bytes);
	return 1;
}

static __always_inline _Bool in_scope4(const struct iphdr *ip)
{
	struct steer_prefix4 key = {.bits = 32};
	__u32 first = 0;
	void *trie = bpf_map_lookup_elem(&scope4, &first);

	if (!trie)
		return 0;
	__builtin_memcpy(key.address, &ip->saddr, 4);
	if (!bpf_map_lookup_elem(trie, &key))
		return 0;
	__builtin_memcpy(key.address, &ip->daddr, 4);
	return bpf_map_lookup_elem(trie, &key) != NULL;
}

static __always_inline _Bool bypassed4(const struct frame *frame, const struct iphdr *ip)
{
	struct steer_flow flow = {.protocol = ip->protocol, .family = STEER_IPV4};

	if (!frame->setup->bypass || ip->frag_off & bpf_htons(0x3fff))
		return 0;
	__builtin_memcpy(flow.source, &ip->saddr, 4);
	__builtin_memcpy(flow.destination, &ip->daddr, 4);
	return is_bypassed(frame, &flow, (const void *)ip + ip->ihl * 4);
}

static __always_inline enum steer_path ipv4(const struct frame *frame)
{
	const struct iphdr *ip = frame->at;

	if ((void *)(ip + 1) > frame->end || ip->version != 4)
		return STEER_OTHER;
	if (is_ours(frame, STEER_IPV4, &ip->daddr))
		return STEER_OWN;
	if (!in_scope4(ip))
		return STEER_OTHER;
	return bypassed4(frame, ip) ? STEER_BYPASS : STEER_SCOPE;
}

static __always_inline _Bool in_scope6(const struct ipv6hdr *ip)
{
	struct steer_prefix6 key = {.bits = 128};
	__u32 first = 0;
	void *trie = bpf_map_lookup_elem(&scope6, &first);

	if (!trie)
		return 0;
	__builtin_memcpy(key.address, &ip->saddr, 16);
	if (!bpf_map_lookup_elem(trie, &key))
		return 0;
	__builtin_memcpy(key.address, &ip->daddr, 16);
	return bpf_map_lookup_elem(trie, &key) != NULL;
}

static __always_inline _Bool bypassed6(const struct frame *frame, const struct ipv6hdr *ip)
{
	struct steer_flow flow = {.protocol = ip->nexthdr, .family = STEER_IPV6};

	if (!frame->setup->bypass)
		return 0;
	__builtin_memcpy(flow.source, &ip->saddr, 16);
	__builtin_memcpy(flow.destination, &ip->daddr, 16);
	return is_bypassed(frame, &flow, ip + 1);
}

static __always_inline enum steer_path ipv6(const struct frame *frame)
{
	const struct ipv6hdr *ip = frame->at;

	if ((void *)(ip + 1) > frame->end || ip->version != 6)
		return STEER_OTHER;
	if (is_ours(frame, STEER_IPV6, &ip->daddr) || solicits_us(frame, ip))
		return STEER_OWN;
	if (!in_scope6(ip))
		return STEER_OTHER;
	return bypassed6(frame, ip) ? STEER_BYPASS : STEER_SCOPE;
}

static __always_inline enum steer_path decide(struct frame *frame)
{
	if (!frame->setup->ready)
		return STEER_IDLE;
	if (!skip_link(frame))
		return STEER_OTHER;
	if (frame->type == bpf_htons(ETH_P_IP))
		return ipv4(frame);
	if (frame->type == bpf_htons(ETH_P_IPV6))
		return ipv6(frame);
	return frame->type == bpf_htons(ETH_P_ARP) ? arp(frame) : STEER_OTHER;
}

/* XDP_REDIRECT, or XDP_ABORTED when the queue has no socket. */
static __always_inline int to_user(const struct frame *frame)
{
	return bpf_redirect_map(&xsks_map, frame->context->rx_queue_index, XDP_ABORTED);
}

/* Where a path leads; it becomes another path when it does not lead there. */
static __always_inline int send(const struct frame *frame, enum steer_path *path)
{
	if (*path == STEER_OWN || *path == STEER_IDLE)
		return XDP_PASS;
	if (*path == STEER_SCOPE) {
		if (frame->setup->frame_max && frame->bytes > frame->setup->frame_max)
			*path = STEER_TOO_LONG;
		else if (to_user(frame) == XDP_REDIRECT)
			return XDP_REDIRECT;
		else
			*path = STEER_UNSERVED;
	}
	if (frame->setup->redirect && bpf_redirect_map(&other_port, 0, XDP_ABORTED) == XDP_REDIRECT)
		return XDP_REDIRECT;
	if (to_user(frame) == XDP_REDIRECT) {
		*path = STEER_LIFTED;
		return XDP_REDIRECT;
	}
	*path = STEER_LOST;
	return XDP_DROP;
}

SEC("xdp.frags")
int sluice_steer(struct xdp_md *context)
{
	__u32 first = 0;
	struct frame frame = {
		.context = context,
		.setup = bpf_map_lookup_elem(&setup, &first),
		.at = (void *)(long)context->data,
		.end = (void *)(long)context->data_end,
		.bytes = bpf_xdp_get_buff_len(context),
	};
	struct steer_count *count;
	enum steer_path path;
	int action;

	if (!frame.setup)
		return XDP_PASS;
	path = decide(&frame);
	action = send(&frame, &path);
	count = bpf_map_lookup_elem(&counts, &path);
	if (count) {
		count->packets++;
		count->bytes += frame.bytes;
	}
	return action;
}
