/* SPDX-License-Identifier: BSD-3-Clause */
/* A flow's first packet: who talks to whom, and from which side it was begun. */
#ifndef SLUICE_INTRODUCTION_H
#define SLUICE_INTRODUCTION_H

#include "classifiers/packet.h"
#include "classifiers/prefixes.h"
#include "dataplane/counters.h"
#include "dataplane/flow.h"

struct introduction {
	const struct prefixes *inside;
	bool low;         /* the packet's sender is the lower end of the key */
	bool from_server; /* the box knows the ends from before: the sender is the server */
};

/* Fills flags and record of a flow that was just inserted. A flow with no end inside is counted. */
void introduce(const struct introduction *introduction, struct flow *flow,
	struct flow_record *record, const struct packet *packet, struct counters *counters);

#endif
