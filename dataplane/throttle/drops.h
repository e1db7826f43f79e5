/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every reason for which a packet does not go on, in one table: the counters have a column for
 * each, so that received = forwarded + held + dropped closes by name.
 */
#ifndef SLUICE_DROPS_H
#define SLUICE_DROPS_H

/* First those of the throttles (any run), then those of a live box. */
#define DROPS(X)                                                                              \
	X(POLICE, "police")                                                                   \
	X(DROP, "drop")                                                                       \
	X(FREEZE, "freeze")                                                                   \
	X(SHAPE_BYTES, "shape-queue-bytes") /* the queue held all the bytes it may */         \
	X(SHAPE_TIME, "shape-queue-time")   /* it would have waited longer than it may */     \
	X(LOSS, "loss")                                                                       \
	X(REWRITE, "rewrite")               /* another packet took its place: made.packets */ \
	X(HOLD_FULL, "hold-full")           /* no room to hold one more packet, any queue */  \
	X(NO_BUFFER, "no-buffer")           /* the packet pool was empty */                   \
	X(HAND_OVER_FULL, "hand-over-full") /* another worker's ring was full */              \
	X(TX_FULL, "tx-full")               /* the port took no more */                       \
	X(LINK_DOWN, "link-down")           /* the port it should leave by has no link */     \
	X(TOO_LONG, "too-long")             /* longer than the MTU of that port */            \
	X(TOO_SHORT, "too-short")           /* shorter than a frame of that port can be */    \
	X(STOPPED, "stopped")               /* still held when the box stopped */

enum drop_reason {
	DROP_NONE,
#define X(name, word) DROP_##name,
	DROPS(X)
#undef X
		DROP_COUNT,
	DROPS_OF_THROTTLES = DROP_NO_BUFFER, /* the first that only a live box has */
};

extern const char *const drop_words[DROP_COUNT]; /* [DROP_NONE] is NULL */

#endif
