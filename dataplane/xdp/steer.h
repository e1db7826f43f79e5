/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's side of an xdp: port. The program (steer.bpf.c) gives user space only the frames
 * whose two ends are both in scope; frames for the interface itself go to the kernel's stack, all
 * others to the pair's other port.
 *
 * DPDK's driver loads and attaches the program by itself, given its path; afterwards steer_take()
 * makes it ours, tied to this process: when the process ends, however it ends, the kernel detaches
 * it. Until steer_serve() all frames go to the kernel's stack as if nothing were attached.
 *
 * What the kernel's stack no longer gets from such an interface: multicast and broadcast (they
 * cross to the other port), ARP that does not concern its addresses, and VLANs. So its addresses
 * must be static, or have been acquired before.
 *
 * One thread calls these, the control thread. Nothing here waits for the network.
 */
#ifndef SLUICE_STEER_H
#define SLUICE_STEER_H

#include "classifiers/prefixes.h"
#include "dataplane/trouble.h"
#include "dataplane/xdp/steer_maps.h"

#include <stdbool.h>
#include <stddef.h>

/* The compiled program as a file, for the driver's xdp_prog=. Valid until the process ends, not
 * after a fork. NULL with *trouble set. */
const char *steer_object(struct trouble *trouble);

/* Before the driver opens the interface: detaches what a process of ours left behind when it
 * crashed between the driver's attachment and steer_take(). False with *trouble set when another
 * program is there, or a living process of ours. */
bool steer_clean(const char *interface, struct trouble *trouble);

struct steer;

/* After the driver has opened its queues. While the attachment changes hands (some milliseconds)
 * and until steer_serve(), frames go to the kernel's stack. NULL with *trouble set. */
struct steer *steer_take(const char *interface, struct trouble *trouble);

/* Before the driver closes the interface. Detaches. */
void steer_free(struct steer *steer);

struct steer_options {
	const char *other; /* the pair's other interface; NULL when that port is none */
	const struct prefix *scope;
	size_t scope_count;
	unsigned frame_max; /* longest frame that user space can take, bytes; 0 any */
	bool bypass;        /* flows may be forwarded in the kernel */
};

/* From now on frames go where they belong. */
bool steer_serve(struct steer *steer, const struct steer_options *options, struct trouble *trouble);

/* A new scope; every frame is judged by the old or by the new one, never by a mixture. The old one
 * stays when this fails. */
bool steer_scope(
	struct steer *steer, const struct prefix *scope, size_t count, struct trouble *trouble);

/* Frames of this direction of a flow, as they come in, cross in the kernel from now on, but for a
 * TCP segment with SYN, FIN or RST, which ends it; they are counted as STEER_BYPASS and in a row of
 * the program's counts, below STEER_BYPASSES_MAX. False when it is so already, or there is no room.
 */
bool steer_bypass(struct steer *steer, const struct steer_flow *flow, uint32_t row);

/* They come to user space again. */
void steer_judge(struct steer *steer, const struct steer_flow *flow);

/* Once a second or so: the interface's own addresses may have changed, and whether the other
 * interface's driver delivers what is redirected to it. True when the latter changed. */
bool steer_tend(struct steer *steer);

bool steer_native(const struct steer *steer);    /* else generic: the slow way, by any driver */
bool steer_redirects(const struct steer *steer); /* else what is out of scope takes STEER_LIFTED */
bool steer_bypasses(const struct steer *steer);  /* steer_options.bypass */

/* Cumulative. */
struct steer_counters {
	bool serves;                                /* false: all else is zero */
	struct steer_count paths[STEER_PATH_COUNT]; /* where the program sent frames */
	struct steer_losses losses;                 /* which of them did not arrive */
};

void steer_counters(const struct steer *steer, struct steer_counters *counters);

extern const char *const steer_path_words[STEER_PATH_COUNT];

/* What libbpf or the kernel said last that was wrong, in one line; "" nothing. For errors of the
 * driver, which uses the same library. */
const char *steer_last_error(void);

#endif
