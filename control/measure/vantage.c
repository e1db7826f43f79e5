/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a capture was taken, from how far both ends are: next to an end, what it is sent is
 * answered at once.
 */
#include "control/measure/connections.h"

enum { NEARER = 4 }; /* times: less is no side */

const char *const vantage_words[] = {
	[VANTAGE_UNKNOWN] = "unknown",
	[VANTAGE_SENDER] = "sender",
	[VANTAGE_RECEIVER] = "receiver",
	[VANTAGE_MIDDLE] = "middle",
};

/* From the capture to the receiver of a direction and back: the least that was seen. */
static uint64_t half(const struct connection *connection, enum direction direction)
{
	uint64_t answered = connection->half_min_ns[direction];
	uint64_t acknowledged = connection->tracks[direction].rtt_min_ns;

	if (!answered || (acknowledged && acknowledged < answered))
		return acknowledged;
	return answered;
}

enum vantage connection_vantage(const struct connection *connection, enum direction direction)
{
	uint64_t to_receiver = half(connection, direction);
	uint64_t to_sender = half(connection, 1 - direction);

	if (!to_receiver || !to_sender)
		return VANTAGE_UNKNOWN;
	if (to_sender * NEARER < to_receiver)
		return VANTAGE_SENDER;
	return to_receiver * NEARER < to_sender ? VANTAGE_RECEIVER : VANTAGE_MIDDLE;
}
