/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * What steer.bpf.c and user space agree on: names and layouts of maps. Plain types, so that both
 * sides can include it. Addresses and ports are in network byte order; an IPv4 address lies in the
 * first four bytes, the rest is zero.
 */
#ifndef SLUICE_STEER_MAPS_H
#define SLUICE_STEER_MAPS_H

#include <linux/types.h>

#define STEER_PROGRAM "sluice_steer" /* at most 15 characters; how an earlier one is known */

/* Which way a frame went. Each frame has exactly one, so their sum is what the interface received.
 */
#define STEER_PATHS(X)                                                                 \
	X(SCOPE, "scope")       /* to user space: both ends are in scope */            \
	X(BYPASS, "bypass")     /* in scope, decided to be free: the other port */     \
	X(OWN, "own")           /* for the interface itself: the kernel's stack */     \
	X(OTHER, "other")       /* out of scope, not IP: the other port */             \
	X(LIFTED, "lifted")     /* likewise, by user space: no redirect to be had */   \
	X(UNSERVED, "unserved") /* in scope, no socket on its queue: the other port */ \
	X(TOO_LONG, "too-long") /* in scope, no buffer holds it: the other port */     \
	X(IDLE, "idle")         /* before and after service: the kernel's stack */     \
	X(LOST, "lost")         /* no way to go: dropped */

enum steer_path {
#define X(name, word) STEER_##name,
	STEER_PATHS(X)
#undef X
		STEER_PATH_COUNT,
};

enum {
	STEER_QUEUES_MAX = 64,
	STEER_OWN_MAX = 256,
	STEER_BYPASSES_MAX = 65536,
	STEER_PREFIXES_MAX = 65536,
	STEER_TAGS_MAX = 8, /* VLAN tags, as packet_parse() */
};

enum steer_family { STEER_IPV4, STEER_IPV6, STEER_FAMILIES };

/* Row 0 of steer_setup. */
struct steer_setup {
	__u32 ready;     /* 0: everything goes to the kernel's stack, as if nothing were attached */
	__u32 redirect;  /* other_port has an interface, and its driver delivers */
	__u32 bypass;    /* look flows up in bypass */
	__u32 frame_max; /* longest frame that user space can take, in bytes; 0 any */
	__u16 mac[3];
	__u16 unused;
};

struct steer_count {
	__u64 packets;
	__u64 bytes; /* of frames, without FCS */
};

/* Packets lost behind the program, of those it sent there. */
struct steer_losses {
	__u64 known; /* 0: the kernel does not tell */
	__u64 to_user;
	__u64 to_other;
};

/* Key of the tries in scopes; .bits is in host byte order. */
struct steer_prefix4 {
	__u32 bits;
	__u8 address[4];
};

struct steer_prefix6 {
	__u32 bits;
	__u8 address[16];
};

struct steer_address {
	__u8 bytes[16];
	__u32 family; /* enum steer_family */
};

/* One direction of a flow, as its frames come in. */
struct steer_flow {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u8 protocol; /* TCP or UDP */
	__u8 family;   /* enum steer_family */
	__u16 unused;
};

#endif
