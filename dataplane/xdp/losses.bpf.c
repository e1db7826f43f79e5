/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * What a redirect lost after steer.bpf.c had decided for it: a socket's ring was full, the other
 * port's driver took no more. The kernel tells it to tracepoints alone, so these programs hang
 * there; one object an interface, they pass over all others. What they need of kernel structures is
 * written down here and found in the running kernel by its BTF (CO-RE).
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct net_device {
	int ifindex;
	struct {
		struct net *net;
	} nd_net;
} __attribute__((preserve_access_index));

/* Which interface; set before loading. */
const volatile __u32 interface = 0;
const volatile __u32 net_namespace = 0;

/* Packets. */
__u64 to_user = 0;
__u64 to_other = 0;

static __always_inline _Bool is_ours(const struct net_device *from)
{
	return BPF_CORE_READ(from, ifindex) == (int)interface &&
	       BPF_CORE_READ(from, nd_net.net, ns.inum) == net_namespace;
}

/* (from, program, target, error, map type, map id, index) */
SEC("raw_tp/xdp_redirect_err")
int sluice_refused(struct bpf_raw_tracepoint_args *context)
{
	if (!is_ours((const struct net_device *)context->args[0]))
		return 0;
	if (context->args[4] == BPF_MAP_TYPE_XSKMAP)
		__sync_fetch_and_add(&to_user, 1);
	else
		__sync_fetch_and_add(&to_other, 1);
	return 0;
}

/* (from, to, sent, dropped, error), once for all frames of a poll. */
SEC("raw_tp/xdp_devmap_xmit")
int sluice_unsent(struct bpf_raw_tracepoint_args *context)
{
	__u32 dropped = context->args[3];

	if (dropped && is_ours((const struct net_device *)context->args[0]))
		__sync_fetch_and_add(&to_other, dropped);
	return 0;
}
