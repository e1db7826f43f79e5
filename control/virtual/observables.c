/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/observables.h"

const struct observable_row observables[OBSERVABLES] = {
	[OBSERVABLE_GOODPUT] = {"goodput", OBSERVABLE_RATE,
		"payload of the last transfer per time; of its bytes the last 80 % count"},
	[OBSERVABLE_GOODPUT_UP] = {"goodput_up", OBSERVABLE_RATE,
		"likewise of the last one from the client"},
	[OBSERVABLE_GOODPUT_DOWN] = {"goodput_down", OBSERVABLE_RATE,
		"likewise of the last one from the server"},
	[OBSERVABLE_GOODPUT_SUM] = {"goodput_sum", OBSERVABLE_RATE,
		"payload of all flows side by side, from the first begin to the last end"},
	[OBSERVABLE_DURATION] = {"duration", OBSERVABLE_TIME,
		"from the begin of the last transfer to its last byte"},
	[OBSERVABLE_DELAY] = {"delay", OBSERVABLE_TIME, "the longest that the box held a packet"},
	[OBSERVABLE_PAYLOAD_UP] = {"payload_up", OBSERVABLE_BYTES,
		"payload of the flow that got to the server, each byte once"},
	[OBSERVABLE_PAYLOAD_DOWN] = {"payload_down", OBSERVABLE_BYTES,
		"payload of the flow that got to the client"},
	[OBSERVABLE_KNEE] = {"knee", OBSERVABLE_BYTES,
		"payload after which the last transfer turned slow: where two straight lines fit "
		"best"},
	[OBSERVABLE_PACKETS] = {"packets", OBSERVABLE_COUNT,
		"packets of the flow that the box let through, both directions"},
	[OBSERVABLE_PACKETS_UP] = {"packets_up", OBSERVABLE_COUNT, "of them from the client"},
	[OBSERVABLE_PACKETS_DOWN] = {"packets_down", OBSERVABLE_COUNT, "of them from the server"},
	[OBSERVABLE_PACKETS_AFTER] = {"packets_after", OBSERVABLE_COUNT,
		"of them after the first packet of the last message (hello, http, quic initial, "
		"...)"},
	[OBSERVABLE_DECIDED_AT] = {"decided_at", OBSERVABLE_COUNT,
		"the packet of the flow, from 1, at which the box had decided; 0 never"},
	[OBSERVABLE_RST] = {"rst", OBSERVABLE_COUNT,
		"packets with RST that got to an end and that the other end had not sent so"},
	[OBSERVABLE_LOSS] = {"loss", OBSERVABLE_PART,
		"share of the flow's packets that the box dropped"},
	[OBSERVABLE_SHARE] = {"share", OBSERVABLE_PART,
		"share of the flows of which the box dropped, held or changed a packet"},
	[OBSERVABLE_DELIVERED] = {"delivered", OBSERVABLE_PART,
		"share of the last step's packets that got to the other end"},
	[OBSERVABLE_SLOWER] = {"slower", OBSERVABLE_FACTOR,
		"so many times longer than without a box (with `than`: than that script) at least"},
	[OBSERVABLE_FASTER] = {"faster", OBSERVABLE_FACTOR,
		"so many times shorter than the script of `than` at least (without `than`: than "
		"the "
		"same script not inverted)"},
	[OBSERVABLE_THROTTLED] = {"throttled", OBSERVABLE_YESNO,
		"yes: the last transfer takes at least twice as long as without the box, or never "
		"ends"},
	[OBSERVABLE_FROZEN] = {"frozen", OBSERVABLE_YESNO,
		"yes: the last transfer stopped before its end: nothing arrived for 60 s"},
	[OBSERVABLE_ARRIVES] = {"arrives", OBSERVABLE_YESNO,
		"yes: all of the last step (not wait) got to the other end"},
	[OBSERVABLE_CONNECTED] = {"connected", OBSERVABLE_YESNO,
		"yes: the last flow's handshake was completed"},
	[OBSERVABLE_RULE] = {"rule", OBSERVABLE_WORD,
		"id of the rule the flow had at its end, or none"},
	[OBSERVABLE_CLASS] = {"class", OBSERVABLE_WORD,
		"what the flow was taken for: OpenVPN, DNS, ..."},
	[OBSERVABLE_VERDICT] = {"verdict", OBSERVABLE_WORD,
		"policed, shaped or none: what the policing detector of Flach et al. (2016) says "
		"of "
		"the last transfer"},
};

void observables_print(FILE *out)
{
	static const char *const kinds[] = {[OBSERVABLE_RATE] = "RATE",
		[OBSERVABLE_TIME] = "DURATION",
		[OBSERVABLE_BYTES] = "BYTES",
		[OBSERVABLE_COUNT] = "COUNT",
		[OBSERVABLE_PART] = "SHARE",
		[OBSERVABLE_FACTOR] = "FACTOR",
		[OBSERVABLE_YESNO] = "yes|no",
		[OBSERVABLE_WORD] = "WORD"};

	fprintf(out, "What may be expected, one value or [least, most]:\n");
	for (int i = 0; i < OBSERVABLES; i++)
		fprintf(out, "  %s: %s\n      %s\n", observables[i].word,
			kinds[observables[i].kind], observables[i].help);
}
