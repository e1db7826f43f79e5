/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/* A frame in the kernel's program, and its way from Ethernet to the network layer. Reads as
 * classifiers/packet.c does, so that both agree on what is in scope. */
#ifndef SLUICE_FRAME_BPF_H
#define SLUICE_FRAME_BPF_H

#include "steer_maps.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

/* One frame on its way through the program. */
struct frame {
	struct xdp_md *context;
	const struct steer_setup *setup;
	void *at;  /* next header */
	void *end; /* of the bytes that can be read: the first buffer of a long frame */
	const __u16 *destination_mac;
	__u32 bytes;  /* whole frame */
	__u16 type;   /* ethertype after tags, network byte order */
	__u16 tagged; /* belongs to a VLAN */
};

struct tag {
	__be16 control;
	__be16 type;
};

/* 802.1Q, 802.1ad, and the type that was in use before 802.1ad. */
static __always_inline void skip_tags(struct frame *frame)
{
#pragma unroll
	for (int count = 0; count < STEER_TAGS_MAX; count++) {
		const struct tag *tag = frame->at;

		if (frame->type != bpf_htons(ETH_P_8021Q) &&
			frame->type != bpf_htons(ETH_P_8021AD) && frame->type != bpf_htons(0x9100))
			return;
		if ((void *)(tag + 1) > frame->end)
			return;
		frame->tagged |= tag->control & bpf_htons(0xfff);
		frame->type = tag->type;
		frame->at += sizeof(*tag);
	}
}

/* A length in place of an ethertype, and RFC 1042's way to say the ethertype. */
struct snap {
	__be16 start[3];
	__be16 type;
};

static __always_inline void skip_snap(struct frame *frame)
{
	const struct snap *snap = frame->at;

	if (bpf_ntohs(frame->type) >= ETH_P_802_3_MIN || (void *)(snap + 1) > frame->end)
		return;
	if (snap->start[0] != bpf_htons(0xaaaa) || snap->start[1] != bpf_htons(0x300) ||
		snap->start[2])
		return;
	frame->type = snap->type;
	frame->at += sizeof(*snap);
}

/* To the network header, whose type is then frame->type. */
static __always_inline _Bool skip_link(struct frame *frame)
{
	const struct ethhdr *ethernet = frame->at;

	if ((void *)(ethernet + 1) > frame->end)
		return 0;
	frame->destination_mac = (const __u16 *)ethernet->h_dest;
	frame->type = ethernet->h_proto;
	frame->at = (void *)(ethernet + 1);
	skip_tags(frame);
	skip_snap(frame);
	return 1;
}

#endif
